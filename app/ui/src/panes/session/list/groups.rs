//! What is done with the list as a whole: groups, files of other programs, variables.

use std::collections::BTreeMap;

use egui::{PopupCloseBehavior, Ui};
use espalier_core::send::is_variable_name;
use espalier_core::send_list::ListEdit;

use crate::command::{DialogRequest, SendListRequest, UiRequest};
use crate::icon::Icon;
use crate::scene::Scene;
use crate::widgets::{self, form};

/// What is being written of the variables.
#[derive(Debug, Default)]
pub(super) struct VariablesForm {
    text: String,
    /// What the text was made of.
    of: Option<BTreeMap<String, String>>,
}

/// The menu of the list.
pub(super) fn menu(ui: &mut Ui, scene: &mut Scene<'_>, variables: &mut VariablesForm) {
    let close = PopupCloseBehavior::CloseOnClickOutside;
    widgets::menu_button(ui, Icon::More, "", scene.text("list-more"), close, |ui| {
        ui.set_width(250.0);
        let mut close = false;
        for (key, request) in [
            (
                "list-add-group",
                UiRequest::List(SendListRequest::Edit(ListEdit::AddGroup(String::new()))),
            ),
            ("list-import", UiRequest::Show(DialogRequest::ImportList)),
            ("list-export", UiRequest::Show(DialogRequest::ExportList)),
        ] {
            if ui.button(scene.text(key)).clicked() {
                scene.ask(request);
                close = true;
            }
        }
        ui.separator();
        variables.ui(ui, scene);
        if close {
            ui.close();
        }
    });
}

impl VariablesForm {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let known = &*scene.send_list.variables;
        if self.of.as_ref() != Some(known) {
            self.text = known
                .iter()
                .fold(String::new(), |text, (name, value)| text + name + "=" + value + "\n");
            self.of = Some(known.clone());
        }
        let name = scene.text("list-variables");
        ui.label(name);
        let field = form::outlined(ui, |ui| {
            let hint = egui::RichText::new("id=7").weak();
            let edit = egui::TextEdit::multiline(&mut self.text).desired_rows(3).hint_text(hint);
            ui.add(edit.code_editor().desired_width(236.0))
        });
        let enabled = ui.is_enabled();
        field.widget_info(|| {
            let mut info = egui::WidgetInfo::labeled(egui::Role::MultilineTextInput, enabled, name);
            info.current_text_value = Some(self.text.clone());
            info
        });
        form::hint(ui, scene.text("list-variables-hint"));
        let is_bad = |line: &&str| {
            let name = line.split_once('=').map_or("", |(name, _)| name.trim());
            !line.trim().is_empty() && !is_variable_name(name)
        };
        if let Some(bad) = self.text.lines().find(is_bad) {
            let bad = bad.chars().take(40).collect::<String>();
            form::problem(ui, &scene.with("list-variable-bad", [("line", bad.into())]));
        }
        if field.changed() {
            let variables: BTreeMap<_, _> = self
                .text
                .lines()
                .filter_map(|line| line.split_once('='))
                .map(|(name, value)| (name.trim().to_owned(), value.to_owned()))
                .filter(|(name, _)| is_variable_name(name))
                .collect();
            // What is being typed stays as it is typed.
            self.of = Some(variables.clone());
            scene.ask(UiRequest::List(SendListRequest::Variables(variables)));
        }
    }
}

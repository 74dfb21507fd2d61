//! Which ELF file backtraces are decoded with.

use std::path::PathBuf;

use egui::{TextEdit, Ui};
use espalier_core::SessionId;
use espalier_core::board::BoardCommand;

use super::BoardContext;
use crate::command::UiRequest;
use crate::icon::Icon;
use crate::scene::Scene;
use crate::theme::space;
use crate::widgets::{self, form};
use crate::words;

/// What was entered.
#[derive(Debug, Default)]
pub(super) struct SymbolsForm {
    typed: String,
    /// A file that was dropped: is it meant for backtraces?
    offered: Option<String>,
}

impl SymbolsForm {
    /// A file was dropped; ELF files have the extension `elf`, or, made by cargo, none.
    pub fn dropped(&mut self, path: &str) {
        let extension = std::path::Path::new(path).extension();
        if extension.is_none_or(|extension| extension.eq_ignore_ascii_case("elf")) {
            self.offered = Some(path.to_owned());
        }
    }

    /// What was dropped there is a build, whose ELF is taken by itself when it is flashed.
    pub fn is_no_file(&mut self, path: &std::path::Path) {
        self.offered.take_if(|offered| std::path::Path::new(offered) == path);
    }
}

/// Decodes with this file from now on; `None`: with what is bundled.
pub(crate) fn choose(id: SessionId, path: Option<PathBuf>) -> UiRequest {
    UiRequest::Board(id, BoardCommand::Symbols(path))
}

pub(super) fn ui(
    state: &mut SymbolsForm,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    context: &BoardContext<'_>,
) {
    super::section(ui, scene, Some(context.id), "board-section-symbols", false, |ui, scene| {
        in_use(ui, scene, context);
        ui.horizontal(|ui| {
            let name = scene.text("symbols-file");
            // Not an id by order: what stands above changes while one types.
            let edit = TextEdit::singleline(&mut state.typed)
                .id_salt("symbols file")
                .hint_text(scene.text("symbols-file-hint"))
                .margin(egui::Margin::symmetric(7, 3))
                .min_size(egui::vec2(0.0, space::CONTROL))
                .desired_width(206.0);
            let field = form::outlined(ui, |ui| ui.add(edit));
            let enabled = ui.is_enabled();
            field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, enabled, name));
            let enter = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            let used = widgets::icon_button(ui, Icon::Check, scene.text("symbols-use"));
            let typed = state.typed.trim().to_owned();
            if (used.clicked() || enter) && !typed.is_empty() {
                scene.ask(choose(context.id, Some(typed.into())));
                state.typed.clear();
            }
            if widgets::icon_button(ui, Icon::Search, scene.text("symbols-pick")).clicked() {
                scene.ask(UiRequest::PickElf(context.id));
            }
        });
    });
}

/// What names come from now.
fn in_use(ui: &mut Ui, scene: &mut Scene<'_>, context: &BoardContext<'_>) {
    let Some(symbols) = &context.status.symbols else {
        form::hint(ui, scene.text("symbols-none"));
        return;
    };
    ui.horizontal(|ui| {
        let from = words::symbols(scene.locale, symbols);
        let text = scene.with("symbols-in-use", [("symbols", from.into())]);
        ui.add(egui::Label::new(text).truncate());
        if symbols.is_file()
            && widgets::icon_button(ui, Icon::Cross, scene.text("symbols-clear")).clicked()
        {
            scene.ask(choose(context.id, None));
        }
    });
}

/// What was dropped, until one says what for.
pub(super) fn offer(
    state: &mut SymbolsForm,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    context: &BoardContext<'_>,
) {
    let Some(path) = state.offered.clone() else { return };
    let file = std::path::Path::new(&path).file_name().unwrap_or_default().to_string_lossy();
    ui.horizontal_wrapped(|ui| {
        ui.label(scene.with("symbols-offer", [("file", file.as_ref().into())]));
        if widgets::primary_button(ui, Some(Icon::Check), scene.text("symbols-accept")).clicked() {
            scene.ask(choose(context.id, Some(path.clone().into())));
            state.offered = None;
        }
        if widgets::button(ui, Icon::Cross, scene.text("symbols-decline")).clicked() {
            state.offered = None;
        }
    });
}

//! The settings of the program, each found by its name or by what it is about, in either language.

use std::path::Path;

use egui::{Key, Modifiers, Response, RichText, Role, Ui, WidgetInfo};
use espalier_core::settings::{
    SETTINGS, SettingKind, SettingSection, SettingUnit, SettingValue, UserSetting,
};

use super::frame;
use crate::icon::Icon;
use crate::inbox::InboxMessage;
use crate::locale::{Language, Locale};
use crate::platform::Pick;
use crate::scene::Scene;
use crate::theme::{self, space};
use crate::widgets::{self, Focus, encoding, form};
use crate::words;

/// What was entered so far.
#[derive(Debug)]
pub struct SettingsPage {
    query: String,
    focus: Focus,
    /// The words of the other language.
    other: Option<Locale>,
    /// What is being written for a setting, before it is taken.
    written: Option<(&'static str, String)>,
    /// What a setting cannot be, and why.
    fault: Option<(&'static str, String)>,
    /// The setting whose file or folder is being picked in the system's dialog.
    picking: Option<&'static str>,
    /// What was picked there.
    picked: Option<String>,
}

impl SettingsPage {
    /// The settings that this finds, with the keyboard in the search.
    pub fn new(query: String) -> Self {
        let (other, written, fault, picking, picked) = Default::default();
        Self { query, focus: Focus::wanted(), other, written, fault, picking, picked }
    }

    /// A file or a folder was picked in the system's dialog.
    pub fn picked(&mut self, path: &Path) {
        self.picked = Some(path.display().to_string());
    }

    /// Draws it; `false` when it is over.
    pub(super) fn ui(&mut self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        self.learn_other_language(scene.locale.language());
        if let Some((key, path)) = self.picking.zip(self.picked.take()) {
            self.written = None;
            self.take(key, &path, scene);
        }
        frame::dialog(ui, scene.locale, scene.text("settings-title"), 640.0, |ui| {
            let name = scene.text("settings-search");
            if self.focus.is_due(ui) {
                form::take_focus(ui, &self.query);
            }
            let field = form::field(ui, &mut self.query, name, ui.available_width());
            field.widget_info(|| WidgetInfo::labeled(Role::SearchInput, true, name));
            let found: Vec<&UserSetting> =
                SETTINGS.iter().filter(|it| self.is_meant(it, scene.locale)).collect();
            if found.is_empty() {
                form::hint(ui, scene.text("nothing-matches"));
            }
            for section in SettingSection::ALL {
                let mut rows = found.iter().filter(|it| it.section == section).peekable();
                if rows.peek().is_none() {
                    continue;
                }
                ui.add_space(space::M);
                let heading = scene.text(words::setting_section(section));
                ui.label(RichText::new(heading).color(theme::tokens(ui).accent));
                for setting in rows {
                    ui.push_id(setting.key, |ui| self.row(ui, scene, setting));
                }
            }
            ui.add_space(space::M);
            form::hint(ui, scene.text("settings-file-hint"));
        })
    }

    fn learn_other_language(&mut self, language: Language) {
        if self.other.as_ref().is_none_or(|other| other.language() == language) {
            let other = Language::ALL.into_iter().find(|other| *other != language);
            self.other = other.map(Locale::new);
        }
    }

    /// Whether all words of the search are in what is said of a setting in one of the languages.
    fn is_meant(&self, setting: &UserSetting, locale: &Locale) -> bool {
        let query = self.query.to_lowercase();
        let texts: Vec<String> = [Some(locale), self.other.as_ref()]
            .into_iter()
            .flatten()
            .map(|it| said(setting, it))
            .collect();
        query.split_whitespace().all(|word| texts.iter().any(|text| text.contains(word)))
    }

    fn row(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, setting: &'static UserSetting) {
        let (name, hint) = words::setting(setting.key);
        let name = scene.text(name);
        form::row(ui, name, |ui| {
            let response = self.control(ui, scene, setting, name);
            if setting.get(scene.settings) != setting.default_value() {
                let reset = scene.with("setting-reset", [("name", name.into())]);
                if widgets::icon_button(ui, Icon::Undo, &reset).clicked() {
                    self.written = None;
                    self.fault = None;
                    scene.set(setting.key, setting.default_value());
                }
            }
            response
        });
        form::plain(ui, |ui| {
            if let Some((_, fault)) = self.fault.as_ref().filter(|(key, _)| *key == setting.key) {
                form::problem(ui, fault);
            }
            let mut said = scene.text(hint).to_owned();
            if setting.at_start {
                said.push_str(scene.text("setting-at-start"));
            }
            form::hint(ui, &said);
        });
    }

    fn control(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        setting: &'static UserSetting,
        name: &str,
    ) -> Response {
        let value = setting.get(scene.settings);
        match (setting.kind, value) {
            (SettingKind::Switch, SettingValue::Switch(mut on)) => {
                let response = ui.checkbox(&mut on, scene.text("setting-on"));
                if response.changed() {
                    scene.set(setting.key, on);
                }
                response
            }
            (
                SettingKind::Number { unit: SettingUnit::Percent, .. },
                SettingValue::Number(number),
            ) => {
                // Not dragged: what it changes is where the pointer is.
                let steps = percents(setting.kind);
                choose(ui, scene, setting, name, SettingValue::Number(number), &steps)
            }
            (SettingKind::Number { least, most, step, unit }, SettingValue::Number(mut number)) => {
                let unit_text = words::setting_unit(unit).map_or("", |key| scene.text(key));
                let none = unit.has_no_limit().then(|| scene.text("captures-keep-all").to_owned());
                let decimals = usize::from(step.fract() != 0.0);
                let drag = form::drag_value(&mut number, least..=most).speed(step);
                // The 1 of 16 is no size, and that of 100 GiB no limit.
                let drag = drag.update_while_editing(false).fixed_decimals(decimals);
                let drag = match none {
                    Some(none) => drag.custom_formatter(move |value, _| {
                        if value < 1.0 { none.clone() } else { format!("{value:.0}") }
                    }),
                    None => drag,
                };
                let response = ui.add(drag);
                // Escape has ended the typing of a number: it does not end the page, too.
                if response.lost_focus() {
                    ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
                }
                ui.weak(unit_text);
                if response.changed() {
                    scene.set(setting.key, SettingValue::Number(number));
                }
                response
            }
            (SettingKind::Choice(words), value) => {
                let choices: Vec<(SettingValue, String)> = words
                    .iter()
                    .map(|word| ((*word).into(), choice_text(setting.key, word, scene.locale)))
                    .collect();
                choose(ui, scene, setting, name, value, &choices)
            }
            (SettingKind::Encoding, value) => {
                let choices: Vec<(SettingValue, String)> =
                    encoding::matching("").map(|it| (it.into(), it.to_owned())).collect();
                choose(ui, scene, setting, name, value, &choices)
            }
            (
                SettingKind::FontFile
                | SettingKind::Folder
                | SettingKind::LogLevel
                | SettingKind::Url,
                value,
            ) => self.text(ui, scene, setting, &value.to_string()),
            // A setting is of its kind: a test sets each.
            (SettingKind::Switch | SettingKind::Number { .. }, _) => ui.label(""),
        }
    }

    /// A field for a text, which is taken when the keyboard leaves it, but not when Escape has it leave.
    fn text(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        setting: &'static UserSetting,
        value: &str,
    ) -> Response {
        let mut text = match &self.written {
            Some((key, written)) if *key == setting.key => written.clone(),
            _ => value.to_owned(),
        };
        let (browses, hint) = match setting.kind {
            SettingKind::FontFile => (true, "setting-font-own"),
            SettingKind::Folder => (true, "setting-folder-own"),
            SettingKind::Url => (false, "setting-url-own"),
            _ => (false, "setting-level-own"),
        };
        let hint = scene.text(hint);
        let others = if browses { 130.0 } else { 40.0 };
        let width = (ui.available_width() - others).max(80.0);
        let field = form::field(ui, &mut text, hint, width);
        if browses && ui.button(scene.text("browse")).clicked() {
            self.picking = Some(setting.key);
            let (inbox, dialog) = (scene.inbox.clone(), scene.dialog);
            let title = scene.text(words::setting(setting.key).0).to_owned();
            let start = scene.path(value);
            let done = move |path: Option<std::path::PathBuf>| {
                if let Some(path) = path {
                    inbox.leave(InboxMessage::Picked(dialog, path));
                }
            };
            if setting.kind == SettingKind::Folder {
                scene.platform.pick_folder(title, Box::new(done));
            } else {
                let ask = Pick { save: false, title, start, extension: None };
                scene.platform.pick(ask, Box::new(done));
            }
        }
        if field.changed() {
            self.written = Some((setting.key, text.clone()));
        }
        if field.lost_focus() && self.written.as_ref().is_some_and(|(key, _)| *key == setting.key) {
            self.written = None;
            if !ui.input(|input| input.key_pressed(Key::Escape)) {
                self.take(setting.key, &text, scene);
            }
        }
        field
    }

    /// Takes what was written for a setting, or says why it cannot be that.
    fn take(&mut self, key: &'static str, text: &str, scene: &mut Scene<'_>) {
        let Some(setting) = UserSetting::named(key) else { return };
        self.fault = None;
        match setting.parse(text) {
            Ok(value) => scene.set(key, value),
            Err(fault) => {
                self.fault = Some((key, scene.locale.sentence(&fault)));
                self.written = Some((key, text.to_owned()));
            }
        }
    }
}

/// A list of what a setting can be.
fn choose(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    setting: &'static UserSetting,
    name: &str,
    mut value: SettingValue,
    choices: &[(SettingValue, String)],
) -> Response {
    let (changed, response) = widgets::choice(ui, setting.key, name, &mut value, choices);
    if changed {
        scene.set(setting.key, value);
    }
    response
}

fn percents(kind: SettingKind) -> Vec<(SettingValue, String)> {
    let SettingKind::Number { least, most, step, .. } = kind else { return Vec::new() };
    let count = ((most - least) / step) as u32;
    let values = (0..=count).map(|index| least + f64::from(index) * step);
    values.map(|value| (SettingValue::Number(value), format!("{value} %"))).collect()
}

fn choice_text(key: &str, word: &'static str, locale: &Locale) -> String {
    match words::setting_choice(key, word) {
        Ok(key) => locale.text(key).to_owned(),
        Err(proper) => proper.to_owned(),
    }
}

/// All that is said of a setting in a language, in lower case.
fn said(setting: &UserSetting, locale: &Locale) -> String {
    let (name, hint) = words::setting(setting.key);
    let section = words::setting_section(setting.section);
    let mut said = format!(
        "{} {} {} {}",
        locale.text(name),
        locale.text(hint),
        locale.text(section),
        setting.key
    );
    if let SettingKind::Choice(words) = setting.kind {
        for word in words {
            said.push(' ');
            said.push_str(&choice_text(setting.key, word, locale));
        }
    }
    said.to_lowercase()
}

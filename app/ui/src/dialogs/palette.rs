//! A search among the commands, the settings, the encodings and the tabs.

use std::collections::HashMap;

use egui::{Align2, Frame, Id, Key, Margin, Modal, Modifiers, Ui};
use espalier_core::backend::LogId;
use espalier_core::settings::{SETTINGS, SettingKind, UserSetting};
use espalier_core::view::EncodingName;

use crate::command::{DialogRequest, UiCommand, UiRequest, shortcut_text};
use crate::locale::{Language, Locale};
use crate::scene::Scene;
use crate::theme::{self, space};
use crate::widgets::{Focus, encoding, form};
use crate::words;

/// What was entered so far.
#[derive(Debug)]
pub struct Palette {
    query: String,
    chosen: usize,
    focus: Focus,
    /// The words of the other language: names are found in both.
    other: Option<Locale>,
    /// What cannot be done now, and why.
    refused: HashMap<UiCommand, &'static str>,
    tabs: Vec<(LogId, String)>,
    has_log: bool,
}

impl Default for Palette {
    fn default() -> Self {
        let (query, chosen, other, refused, tabs, has_log) = Default::default();
        Self { query, chosen, focus: Focus::wanted(), other, refused, tabs, has_log }
    }
}

/// What the palette offers.
#[derive(Clone, Debug)]
enum PaletteItem {
    Command(UiCommand),
    /// A setting, to be changed on its page.
    Setting(&'static UserSetting),
    /// A setting, and what it shall be.
    SettingChoice(&'static UserSetting, &'static str),
    /// An encoding for the log in front.
    Encoding(&'static str),
    /// A tab, and its place among those that are known.
    Tab(LogId, usize),
}

impl Palette {
    /// What cannot be done now and why, and what tabs there are, with or without a log in front.
    pub(crate) fn inform(
        &mut self,
        refused: HashMap<UiCommand, &'static str>,
        tabs: Vec<(LogId, String)>,
        has_log: bool,
    ) {
        (self.refused, self.tabs, self.has_log) = (refused, tabs, has_log);
    }

    /// Draws it; `false` when it is over.
    pub(super) fn ui(&mut self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let language = scene.locale.language();
        if self.other.is_none() {
            let other = Language::ALL.into_iter().find(|other| *other != language);
            self.other = other.map(Locale::new);
        }
        let found = self.matching(scene.locale);
        let (down, up, enter, escape) = ui.input_mut(|input| {
            (
                input.consume_key(Modifiers::NONE, Key::ArrowDown),
                input.consume_key(Modifiers::NONE, Key::ArrowUp),
                input.consume_key(Modifiers::NONE, Key::Enter),
                input.consume_key(Modifiers::NONE, Key::Escape),
            )
        });
        let last = found.len().saturating_sub(1);
        self.chosen = (self.chosen + usize::from(down)).saturating_sub(usize::from(up)).min(last);
        let mut run = enter.then(|| found.get(self.chosen).cloned()).flatten();

        let t = theme::tokens(ui);
        let area = Modal::default_area(Id::unique("palette"))
            .anchor(Align2::CENTER_TOP, egui::vec2(0.0, 72.0));
        let shown = Modal::new(Id::unique("palette"))
            .area(area)
            .backdrop_color(t.backdrop)
            .frame(Frame::window(ui.style()).inner_margin(Margin::same(8)))
            .show(ui.ctx(), |ui| {
                ui.set_width(480.0_f32.min(ui.ctx().content_rect().width() - 40.0));
                let hint = scene.text("palette-hint");
                if self.focus.is_due(ui) {
                    form::take_focus(ui, &self.query);
                }
                let field = form::field(ui, &mut self.query, hint, ui.available_width());
                let enabled = ui.is_enabled();
                field.widget_info(|| {
                    egui::WidgetInfo::labeled(egui::Role::SearchInput, enabled, hint)
                });
                if field.changed() {
                    self.chosen = 0;
                }
                ui.add_space(space::XS);
                // As high as what is found, as long as there is room.
                let room = (ui.ctx().content_rect().height() - 160.0).clamp(80.0, 480.0);
                let high = (found.len().max(1) as f32 * (space::CONTROL + 1.0)).min(room);
                let size = egui::vec2(ui.available_width(), high);
                let (place, _) = ui.allocate_exact_size(size, egui::Sense::hover());
                let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(place));
                egui::ScrollArea::vertical().auto_shrink(false).show(&mut ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 1.0;
                    if found.is_empty() {
                        ui.weak(scene.text("nothing-matches"));
                    }
                    for (index, item) in found.iter().enumerate() {
                        let row = self.row(ui, scene, item, index == self.chosen);
                        if row.clicked() {
                            run = Some(item.clone());
                        }
                        if index == self.chosen && (down || up) {
                            row.scroll_to_me(None);
                        }
                    }
                });
            });
        // What cannot be done now says why, and stays.
        let run = run.filter(|item| self.refusal(item).is_none());
        let open = run.is_none() && !escape && !shown.backdrop_response.clicked();
        if let Some(item) = run {
            choose(&item, scene);
        }
        open
    }

    fn row(&self, ui: &mut Ui, scene: &Scene<'_>, item: &PaletteItem, on: bool) -> egui::Response {
        let t = theme::tokens(ui);
        let text = self.text(item, scene.locale);
        let refusal = self.refusal(item);
        let beside = match (refusal, item) {
            (Some(why), _) => egui::RichText::new(scene.text(why)).small().color(t.muted),
            (None, PaletteItem::Command(command)) => {
                let keys = shortcut_text(ui.ctx(), *command);
                egui::RichText::new(keys).monospace().small().color(t.muted)
            }
            (None, _) => egui::RichText::new(""),
        };
        let shown = egui::RichText::new(&text);
        let button =
            egui::Button::new(if refusal.is_some() { shown.color(t.muted) } else { shown })
                .selected(on)
                .frame_when_inactive(on)
                .truncate()
                .right_text(beside)
                .min_size(egui::vec2(ui.available_width(), space::CONTROL));
        let row = ui.add(button);
        let enabled = ui.is_enabled() && refusal.is_none();
        let spoken = match refusal {
            Some(why) => format!("{text} – {}", scene.text(why)),
            None => text,
        };
        row.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, enabled, on, &spoken));
        row
    }

    fn refusal(&self, item: &PaletteItem) -> Option<&'static str> {
        match item {
            PaletteItem::Command(command) => self.refused.get(command).copied(),
            PaletteItem::Encoding(_) => (!self.has_log).then_some("cannot-no-tab"),
            _ => None,
        }
    }

    /// What it is called.
    fn text(&self, item: &PaletteItem, locale: &Locale) -> String {
        match item {
            PaletteItem::Command(command) => locale.text(command.key()).to_owned(),
            PaletteItem::Setting(setting) => {
                let name = locale.text(words::setting(setting.key).0);
                locale.with("palette-setting", [("name", name.into())])
            }
            PaletteItem::SettingChoice(setting, word) => {
                let name = locale.text(words::setting(setting.key).0);
                let choice = words::setting_choice(setting.key, word);
                let choice = choice.map_or_else(|proper| proper, |key| locale.text(key));
                locale.with("palette-choice", [("name", name.into()), ("choice", choice.into())])
            }
            PaletteItem::Encoding(name) => {
                locale.with("palette-encoding", [("name", (*name).into())])
            }
            PaletteItem::Tab(_, place) => {
                let name = self.tabs.get(*place).map_or("", |(_, name)| name.as_str());
                locale.with("palette-tab", [("name", name.into())])
            }
        }
    }

    /// What all words of the query are in, in either language; what cannot be done now comes last. Without a query, the
    /// commands and the tabs.
    fn matching(&self, locale: &Locale) -> Vec<PaletteItem> {
        let query = self.query.to_lowercase();
        let words: Vec<&str> = query.split_whitespace().collect();
        let is_meant = |item: &PaletteItem| {
            let mut said = self.text(item, locale);
            if let Some(other) = &self.other {
                said.push(' ');
                said.push_str(&self.text(item, other));
            }
            if let PaletteItem::Encoding(name) = item {
                // `latin1`, `gb2312`, 中文
                return words.iter().all(|word| {
                    said.to_lowercase().contains(word)
                        || encoding::matching(word).any(|found| found == *name)
                });
            }
            let said = said.to_lowercase();
            words.iter().all(|word| said.contains(word))
        };
        let mut found: Vec<PaletteItem> = self.offered(!words.is_empty());
        found.retain(|item| is_meant(item));
        found.sort_by_key(|item| self.refusal(item).is_some());
        found
    }

    fn offered(&self, searched: bool) -> Vec<PaletteItem> {
        let commands = UiCommand::ALL.iter().filter(|command| **command != UiCommand::Palette);
        let mut offered: Vec<_> = commands.copied().map(PaletteItem::Command).collect();
        let tabs = self.tabs.iter().enumerate();
        offered.extend(tabs.map(|(place, (log, _))| PaletteItem::Tab(*log, place)));
        if searched {
            for setting in SETTINGS {
                if let SettingKind::Choice(words) = setting.kind {
                    let choices = words.iter();
                    offered.extend(choices.map(|word| PaletteItem::SettingChoice(setting, word)));
                }
                offered.push(PaletteItem::Setting(setting));
            }
            offered.extend(encoding::matching("").map(PaletteItem::Encoding));
        }
        offered
    }
}

fn choose(item: &PaletteItem, scene: &mut Scene<'_>) {
    match item {
        PaletteItem::Command(command) => scene.command(*command),
        PaletteItem::Setting(setting) => {
            let name = scene.text(words::setting(setting.key).0).to_owned();
            scene.ask(UiRequest::Show(DialogRequest::Settings(name)));
        }
        PaletteItem::SettingChoice(setting, word) => scene.set(setting.key, *word),
        PaletteItem::Encoding(name) => {
            scene.ask(UiRequest::Encoding(EncodingName((*name).to_owned())));
        }
        PaletteItem::Tab(log, _) => scene.ask(UiRequest::Focus(*log)),
    }
}

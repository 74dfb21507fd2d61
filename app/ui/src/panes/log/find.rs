//! The find bar.

use egui::{Key, Modifiers, Ui};
use espalier_core::backend::View;
use espalier_core::view::{FindSpec, RowFormat, ViewStatus};

use super::highlights::kind_toggles;
use super::rows::LogRows;
use crate::command::UiCommand;
use crate::icon::Icon;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::{self, Focus, RowTail, form};

/// What is searched for.
#[derive(Debug, Default)]
pub(super) struct FindBar {
    open: bool,
    spec: FindSpec,
    focus: Focus,
    wanted: bool,
}

impl FindBar {
    /// Points that the controls and what is found need beside the field.
    const BESIDE: f32 = 270.0;
    /// Below this many points the field stands above them.
    const NARROW: f32 = 380.0;

    pub(super) const fn is_open(&self) -> bool {
        self.open
    }

    /// Opens it with the keyboard in it, or closes it and ends the search. Where bytes are shown, bytes are searched for.
    pub(super) fn toggle(&mut self, view: &dyn View, format: RowFormat) {
        if self.open {
            return self.close(view);
        }
        if self.spec.pattern.is_empty() {
            self.spec.hex = format == RowFormat::Hex;
            self.spec.regex &= !self.spec.hex;
        }
        self.show(view);
    }

    fn show(&mut self, view: &dyn View) {
        self.open = true;
        self.focus.want();
        self.search(view);
    }

    fn close(&mut self, view: &dyn View) {
        self.open = false;
        self.search(view);
    }

    /// Opens it, and looks for this text.
    pub(super) fn look_for(&mut self, view: &dyn View, pattern: String) {
        (self.open, self.spec) = (true, FindSpec { pattern, ..FindSpec::default() });
        self.search(view);
    }

    fn search(&self, view: &dyn View) {
        let what = self.open && !self.spec.pattern.is_empty();
        view.find(what.then(|| self.spec.clone()));
    }

    /// Goes to the next or previous hit.
    pub(super) fn step(&mut self, view: &dyn View, log: &mut LogRows, forward: bool) {
        if !self.open {
            return self.show(view);
        }
        let current = log.status().find.as_ref().and_then(|find| find.current).map(|(_, row)| row);
        view.step(current.unwrap_or_else(|| log.first_row()), forward);
        self.wanted = true;
    }

    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        scene: &Scene<'_>,
        view: &dyn View,
        log: &mut LogRows,
    ) {
        let status = log.status().clone();
        if self.wanted
            && let Some((_, row)) = status.find.as_ref().and_then(|find| find.current)
        {
            log.go_to(row);
            self.wanted = false;
        }
        // Where both do not fit beside each other, the field has a row of its own.
        let narrow = ui.available_width() < Self::NARROW;
        let mut changed = false;
        let mut escape = false;
        let crossed = ui.horizontal(|ui| {
            let end = RowTail::new(ui, "find");
            end.before(ui, |ui| {
                let beside = if narrow { 0.0 } else { Self::BESIDE };
                let width = (ui.available_width() - beside).clamp(60.0, 340.0);
                (changed, escape) = self.field(ui, scene, view, log, width);
                if !narrow {
                    changed |= self.controls(ui, scene, view, log, &status);
                }
            });
            end.show(ui, |ui| widgets::icon_button(ui, Icon::Cross, scene.text("close")).clicked())
        });
        if narrow {
            ui.horizontal_wrapped(|ui| changed |= self.controls(ui, scene, view, log, &status));
        }
        if changed {
            self.search(view);
        }
        if crossed.inner || escape {
            self.close(view);
        }
    }

    /// What is searched for; whether it changed, and whether Esc was pressed in it.
    fn field(
        &mut self,
        ui: &mut Ui,
        scene: &Scene<'_>,
        view: &dyn View,
        log: &mut LogRows,
        width: f32,
    ) -> (bool, bool) {
        let name = scene.text("command-find");
        if self.focus.is_due(ui) {
            form::take_focus(ui, &self.spec.pattern);
        }
        let field = form::field(ui, &mut self.spec.pattern, name, width);
        let enabled = ui.is_enabled();
        field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SearchInput, enabled, name));
        let enter = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if enter {
            let back = ui.input(|input| input.modifiers == Modifiers::SHIFT);
            self.step(view, log, !back);
            field.request_focus();
        }
        let left = field.has_focus() || field.lost_focus();
        let escape = left && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        (field.changed(), escape)
    }

    /// How it is searched, the way from hit to hit, and how many there are; whether the search changed.
    fn controls(
        &mut self,
        ui: &mut Ui,
        scene: &Scene<'_>,
        view: &dyn View,
        log: &mut LogRows,
        status: &ViewStatus,
    ) -> bool {
        let FindSpec { regex, hex, case_sensitive, whole_word, .. } = &mut self.spec;
        let changed = kind_toggles(ui, scene, regex, hex, case_sensitive, whole_word);
        for (command, forward) in [(UiCommand::FindPrevious, false), (UiCommand::FindNext, true)] {
            if widgets::command_button(ui, scene.locale, command).clicked() {
                self.step(view, log, forward);
            }
        }
        self.result(ui, scene, status);
        changed
    }

    fn result(&self, ui: &mut Ui, scene: &Scene<'_>, status: &ViewStatus) {
        let Some(find) = &status.find else { return };
        if let Some(error) = &find.error {
            let error = scene.locale.translate(error);
            let said = egui::RichText::new(error.lines().last().unwrap_or_default());
            ui.add(egui::Label::new(said.color(theme::tokens(ui).bad)).truncate())
                .on_hover_text(egui::RichText::new(&*error).monospace());
            return;
        }
        let text = match find.current {
            Some((at, _)) => {
                // It may have been found before it was counted.
                let hits = find.hits.max(at + 1);
                scene.with("find-at", [("at", (at + 1).into()), ("hits", hits.into())])
            }
            None => scene.with("find-hits", [("hits", find.hits.into())]),
        };
        ui.add(egui::Label::new(text).truncate());
        if find.searched < status.shown {
            let percent = find.searched * 100 / status.shown.max(1);
            ui.weak(scene.with("find-searched", [("percent", percent.into())]));
        }
    }
}

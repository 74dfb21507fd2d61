//! Where to save the log of the program, and the report of a crash.

use egui::{RichText, ScrollArea, Ui};
use espalier_core::program_log::Severity;

use super::{frame, save};
use crate::command::UiRequest;
use crate::icon::Icon;
use crate::scene::Scene;
use crate::theme::space;
use crate::widgets::{self, Focus, form};

/// What was entered so far.
#[derive(Debug)]
pub struct SaveProgramLog {
    path: String,
    level: Severity,
    from: u64,
    focus: Focus,
}

impl SaveProgramLog {
    /// Asks for a file for the lines of at least this level, from number `from` on.
    pub const fn new(path: String, level: Severity, from: u64) -> Self {
        Self { path, level, from, focus: Focus::wanted() }
    }

    /// A file was picked in the system's dialog.
    pub fn picked(&mut self, path: &std::path::Path) {
        self.path = path.display().to_string();
    }

    /// Draws it; `false` when it is over.
    pub(super) fn ui(&mut self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let (mut go, mut cancelled) = (frame::enter(ui), false);
        let title = scene.text("program-save");
        let open = frame::dialog(ui, scene.locale, title, 520.0, |ui| {
            form::hint(ui, scene.text("program-save-hint"));
            ui.add_space(space::S);
            let focus = self.focus.is_due(ui);
            save::path_row(ui, scene, &mut self.path, true, "txt", focus);
            frame::actions(ui, None, |ui| {
                cancelled = ui.button(scene.text("cancel")).clicked();
                ui.add_enabled_ui(!self.path.trim().is_empty(), |ui| {
                    go |= widgets::primary_button(ui, None, scene.text("save")).clicked();
                });
            });
        });
        if go && !cancelled && !self.path.trim().is_empty() {
            let path = scene.path(&self.path);
            scene.ask(UiRequest::SaveProgramLog(path, self.level, self.from));
            return false;
        }
        open && !cancelled
    }
}

/// The report of a crash, to be read and passed on.
#[derive(Debug)]
pub struct CrashReport {
    text: String,
}

impl CrashReport {
    /// Shows this report.
    pub const fn new(text: String) -> Self {
        Self { text }
    }

    /// Draws it; `false` when it is over.
    pub(super) fn ui(&self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let (mut copied, mut deleted, mut kept) = (frame::enter(ui), false, false);
        let title = scene.text("crash-title");
        let room = ui.ctx().content_rect().height();
        let open = frame::dialog(ui, scene.locale, title, 720.0, |ui| {
            form::hint(ui, scene.text("crash-hint"));
            ui.add_space(space::S);
            ScrollArea::both().max_height((room - 260.0).max(120.0)).show(ui, |ui| {
                let text = RichText::new(&self.text).monospace();
                ui.add(egui::Label::new(text).extend().selectable(true));
            });
            frame::actions(ui, None, |ui| {
                deleted = widgets::danger_button(ui, None, scene.text("crash-delete")).clicked();
                kept = ui.button(scene.text("crash-keep")).clicked();
                copied |=
                    widgets::primary_button(ui, Some(Icon::Copy), scene.text("copy")).clicked();
            });
        });
        if copied {
            scene.ask(UiRequest::CopyText(self.text.clone()));
        }
        if deleted || kept {
            scene.ask(UiRequest::SettleCrash { delete: deleted });
        }
        open && !deleted && !kept
    }
}

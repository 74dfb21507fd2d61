//! A capture file to open.

use egui::Ui;

use super::{frame, save};
use crate::command::UiRequest;
use crate::scene::Scene;
use crate::theme::space;
use crate::widgets::{self, Focus, form};

/// What was entered so far.
#[derive(Debug)]
pub struct OpenCapture {
    path: String,
    focus: Focus,
}

impl OpenCapture {
    /// Asks for a file.
    pub fn new(path: String) -> Self {
        Self { path, focus: Focus::wanted() }
    }

    /// A file was picked in the system's dialog.
    pub fn picked(&mut self, path: &std::path::Path) {
        self.path = path.display().to_string();
    }

    /// Draws it; `false` when it is over.
    pub(super) fn ui(&mut self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let (mut go, mut cancelled) = (frame::enter(ui), false);
        let title = scene.text("capture-open-title");
        let open = frame::dialog(ui, scene.locale, title, 520.0, |ui| {
            let focus = self.focus.is_due(ui);
            form::hint(ui, scene.text("capture-open-hint"));
            ui.add_space(space::S);
            save::path_row(ui, scene, &mut self.path, false, "pcapng", focus);
            frame::actions(ui, None, |ui| {
                cancelled = ui.button(scene.text("cancel")).clicked();
                ui.add_enabled_ui(!self.path.trim().is_empty(), |ui| {
                    go |= widgets::primary_button(ui, None, scene.text("open")).clicked();
                });
            });
        });
        if go && !cancelled && !self.path.trim().is_empty() {
            scene.ask(UiRequest::OpenCapture(scene.path(&self.path)));
            return false;
        }
        open && !cancelled
    }
}

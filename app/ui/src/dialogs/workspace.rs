//! A workspace file to open or to write.

use egui::Ui;

use super::{frame, save};
use crate::command::UiRequest;
use crate::scene::Scene;
use crate::theme::space;
use crate::widgets::{self, Focus, form};

/// What was entered so far.
#[derive(Debug)]
pub struct WorkspaceFile {
    write: bool,
    path: String,
    focus: Focus,
}

impl WorkspaceFile {
    /// Asks for a file to write, or one to read.
    pub fn new(write: bool, path: String) -> Self {
        Self { write, path, focus: Focus::wanted() }
    }

    /// A file was picked in the system's dialog.
    pub fn picked(&mut self, path: &std::path::Path) {
        self.path = path.display().to_string();
    }

    /// Draws it; `false` when it is over.
    pub(super) fn ui(&mut self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let (mut go, mut cancelled) = (frame::enter(ui), false);
        let (title, button) = if self.write {
            (scene.text("workspace-save-title"), scene.text("save"))
        } else {
            (scene.text("workspace-open-title"), scene.text("open"))
        };
        let open = frame::dialog(ui, scene.locale, title, 520.0, |ui| {
            let focus = self.focus.is_due(ui);
            form::hint(ui, scene.text("workspace-hint"));
            ui.add_space(space::S);
            save::path_row(ui, scene, &mut self.path, self.write, "toml", focus);
            frame::actions(ui, None, |ui| {
                cancelled = ui.button(scene.text("cancel")).clicked();
                ui.add_enabled_ui(!self.path.trim().is_empty(), |ui| {
                    go |= widgets::primary_button(ui, None, button).clicked();
                });
            });
        });
        if go && !cancelled && !self.path.trim().is_empty() {
            let path = scene.path(&self.path);
            scene.ask(match self.write {
                true => UiRequest::WriteWorkspace(path),
                false => UiRequest::ReadWorkspace(path),
            });
            return false;
        }
        open && !cancelled
    }
}

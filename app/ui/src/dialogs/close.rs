//! A log is lost when its tab is closed: save it first?

use egui::Ui;
use espalier_core::SessionId;

use super::{Dialog, SaveLog, frame};
use crate::command::Request;
use crate::icon::Icon;
use crate::scene::Scene;
use crate::widgets;

/// The session whose tab is to be closed.
#[derive(Debug)]
pub struct CloseSession {
    id: SessionId,
    title: String,
    size: String,
    suggestion: String,
}

impl CloseSession {
    /// Asks about a session with a log of this size; `suggestion` is a file name for it.
    pub fn new(id: SessionId, title: String, size: String, suggestion: String) -> Self {
        Self { id, title, size, suggestion }
    }

    /// Draws it; `false` when it is over.
    pub(super) fn ui(&mut self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let mut answered = false;
        let title = scene.with("close-title", [("name", (&self.title).into())]);
        let open = frame::dialog(ui, scene.locale, &title, 420.0, |ui| {
            ui.add(
                egui::Label::new(scene.with("close-text", [("size", (&self.size).into())])).wrap(),
            );
            frame::actions(ui, |ui| {
                if widgets::primary_button(ui, None, scene.text("close-and-delete")).clicked() {
                    scene.requests.push(Request::ForgetSession(self.id));
                    answered = true;
                }
                if widgets::button(ui, Icon::Save, scene.text("save-first")).clicked() {
                    let dialog = SaveLog::new(self.id, self.suggestion.clone());
                    scene.requests.push(Request::Show(Box::new(Dialog::SaveLog(dialog))));
                    answered = true;
                }
                answered |= ui.button(scene.text("cancel")).clicked();
            });
        });
        open && !answered
    }
}

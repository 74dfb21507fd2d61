//! A log is lost when its tab is closed: save it first?

use egui::Ui;
use espalier_core::{Direction, SessionId};

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
    direction: Option<Direction>,
}

impl CloseSession {
    /// Asks about a session with a log of this size; `suggestion` is a file name for it.
    pub fn new(
        id: SessionId,
        title: String,
        size: String,
        suggestion: String,
        direction: Option<Direction>,
    ) -> Self {
        Self { id, title, size, suggestion, direction }
    }

    /// Draws it; `false` when it is over.
    pub(super) fn ui(&mut self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let mut answered = false;
        let enter = frame::enter(ui);
        let title = scene.with("close-title", [("name", (&self.title).into())]);
        let open = frame::dialog(ui, scene.locale, &title, 420.0, |ui| {
            ui.add(
                egui::Label::new(scene.with("close-text", [("size", (&self.size).into())])).wrap(),
            );
            frame::actions(ui, None, |ui| {
                answered |= ui.button(scene.text("cancel")).clicked();
                if widgets::danger_button(ui, None, scene.text("close-and-delete")).clicked() {
                    scene.requests.push(Request::ForgetSession(self.id));
                    answered = true;
                }
                let save = scene.text("save-first");
                if widgets::primary_button(ui, Some(Icon::Save), save).clicked() || enter {
                    let dialog = SaveLog::new(self.id, self.suggestion.clone(), self.direction);
                    scene.requests.push(Request::Show(Box::new(Dialog::SaveLog(dialog))));
                    answered = true;
                }
            });
        });
        open && !answered
    }
}

//! What is done with the terminal of a session.

use egui::Context;
use espalier_core::SessionId;
use espalier_core::backend::SessionCommand;

use super::App;
use crate::command::Toast;

impl App {
    /// Shows a session as a terminal, or its log again. Both show the same capture.
    pub(super) fn toggle_terminal(&mut self, ctx: &Context, id: SessionId) {
        let Some(pane) = self.panes.get_mut(&id) else { return };
        let spec = pane.toggle_terminal();
        if !spec.open {
            self.backend.close_terminal(id);
        }
        self.session(ctx, id, SessionCommand::SetTerminal(spec));
    }

    /// Sends what was pasted into the terminal of a session.
    pub(super) fn paste(&mut self, ctx: &Context, id: SessionId, text: &str) {
        let known = self.backend.spec(id).zip(self.backend.status(id));
        let Some((spec, status)) = known else { return };
        let Some(pane) = self.panes.get_mut(&id) else { return };
        match pane.paste(&*self.backend, (&spec, &status), text) {
            Ok(Some(command)) => self.session(ctx, id, command),
            Ok(None) => {}
            Err(error) => {
                let told = self.locale.translate(&error.to_string());
                self.toast(ctx, Toast::failure(told));
            }
        }
    }
}

//! What F1 opens: the page on what is in front.

use espalier_core::session::SessionState;

use super::App;
use crate::command::Topic;
use crate::manual;
use crate::words;

impl App {
    /// Opens the manual where it has something to say of what the user looks at, or closes it.
    pub(super) fn toggle_manual(&mut self) {
        match self.topic().filter(|_| !self.manual.open) {
            Some(topic) => self.manual.show(topic),
            None => self.manual.toggle(),
        }
    }

    /// What the user looks at: a dialog, the board panel, or a session that ended; `None`: nothing that a page is about.
    fn topic(&self) -> Option<Topic> {
        if let Some(dialog) = &self.dialog {
            return Some(dialog.topic());
        }
        if self.boards.open && self.pressed_in_panel {
            return Some(("board", "go"));
        }
        let status = self.backend.status(self.focused?.session()?)?;
        match &status.state {
            SessionState::Ended { reason, .. } | SessionState::Waiting { reason, .. } => {
                manual::topic(words::advice(*reason))
            }
            _ => None,
        }
    }
}

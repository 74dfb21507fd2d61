//! A session as a terminal, as the window uses it.

use std::sync::Arc;

use crate::PeerId;
use crate::terminal::{GridScroll, GridSelection, GridSize, TerminalScreen, TerminalSpec};
use crate::view::EncodingName;

/// A second way to look at a session's capture: what was received, fed to a terminal in the background.
///
/// It begins with at most the last MiB of what is there, and answers no query in that; queries that come later are answered
/// as long as the session runs. Everything that is asked of it is done in order, in the background.
pub trait TerminalView: Send + Sync {
    /// What is on it at this moment.
    fn screen(&self) -> Arc<TerminalScreen>;

    /// It is drawn with room for so much; to be said with every frame. The next change is announced once after that.
    /// Nothing is fed before the size is known.
    fn draw(&self, size: GridSize);

    /// Shows what this connection sends, from the beginning; `None`: what all of them send.
    fn show(&self, peer: Option<PeerId>);

    /// How what comes is decoded, and whether what is sent is shown, too. It begins anew where that changes.
    fn configure(&self, spec: &TerminalSpec, encoding: &EncodingName);

    /// Scrolls.
    fn scroll(&self, to: GridScroll);

    /// Selects.
    fn select(&self, what: GridSelection);

    /// Calls `done` with what is selected, from another thread; not when that is nothing.
    fn copy(&self, done: Box<dyn FnOnce(String) + Send>);

    /// Clears it, with its history, and forgets all that a program has asked of it.
    fn reset(&self);
}

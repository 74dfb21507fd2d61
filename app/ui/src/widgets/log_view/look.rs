//! How a log is to look, as its pane says.

use espalier_core::session::SessionEvent;
use espalier_core::view::{Clock, RowFormat};

/// What the pane lends the log while it is drawn.
pub struct LogLook<'a> {
    /// Text, hex, or both: as in the view's specification.
    pub format: RowFormat,
    /// The times before rows.
    pub clock: &'a Clock,
    /// Says whose each row is: for sessions with several peers.
    pub peers: bool,
    /// It is a board's log: rows are coloured by their level, and addresses in them are links.
    pub board: bool,
    /// The shown row that find last stepped to.
    pub current_hit: Option<u64>,
    /// The log's name for those who do not see it.
    pub name: &'a str,
    /// The scroll bars' name.
    pub scroll_name: &'a str,
    /// What stands behind a row that so many rows are folded behind.
    pub folded: &'a dyn Fn(u64) -> String,
    /// An event in the user's language.
    pub event: &'a dyn Fn(&SessionEvent) -> String,
}

impl std::fmt::Debug for LogLook<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogLook").field("format", &self.format).finish_non_exhaustive()
    }
}

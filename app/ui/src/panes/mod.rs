//! What tabs hold. The tree of tiles holds only names of panes; their state lives in the app, so closing a tab is a
//! command and not a drop.

pub mod board;
pub mod log;
pub mod session;
mod tabs;
mod welcome;

use espalier_core::SessionId;

pub(crate) use tabs::Tabs;
pub(crate) use welcome::welcome;

/// What a tab shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pane {
    /// A session.
    Session(SessionId),
}

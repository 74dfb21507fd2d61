//! What tabs hold. The tree of tiles holds only names of panes; their state lives in the app, so closing a tab is a
//! command and not a drop.

pub mod board;
pub mod log;
pub mod program_log;
pub mod session;
mod tabs;
pub mod timeline;
mod welcome;

use espalier_core::SessionId;

pub(crate) use tabs::Tabs;
pub(crate) use welcome::welcome;

/// What a tab shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pane {
    /// A session.
    Session(SessionId),
    /// The timeline, by its number.
    Timeline(SessionId),
}

impl Pane {
    /// The number of the session or timeline.
    pub const fn id(self) -> SessionId {
        let (Self::Session(id) | Self::Timeline(id)) = self;
        id
    }
}

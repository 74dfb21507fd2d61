//! Where the window meets the engine: commands go down, small snapshots come up, and nothing here ever blocks.
//!
//! - [`Sessions`], [`Boards`], [`Timelines`], [`Captures`]: what there is, and what is asked of it
//! - [`Backend`]: all of them, as the window holds them
//! - [`View`]: a log as rows; [`TerminalView`]: a session as a terminal

mod boards;
mod captures;
mod sessions;
mod terminal;
mod timelines;
mod trim;
mod view;

use std::sync::Arc;

use crate::SessionId;
use crate::timeline::TimelineId;
pub use boards::Boards;
pub use captures::{CaptureChanges, Captures, FoundCaptures, OnCapturesFound, OnDone};
pub use sessions::{
    Busy, CommandRefusal, ListControl, ListRequest, OnRulesTried, PeerSelector, Refusal,
    SessionCommand, Sessions, SharedRules,
};
pub use terminal::TerminalView;
pub use timelines::{NoLane, NoTimeline, TimelineStatus, Timelines};
pub use trim::Trim;
pub use view::{Copying, SaveFormat, Saving, TextFormat, View};

/// All that an engine does, for who has one and not a `dyn` [`Backend`]: `use espalier_core::backend::prelude::*`.
pub mod prelude {
    pub use super::{Backend as _, Boards as _, Captures as _, Sessions as _, Timelines as _};
}

/// The engine as the window sees it. Every method returns at once: commands are queued (bounded; who cannot take one says
/// so), snapshots are the last published ones.
pub trait Backend: Sessions + Boards + Timelines + Captures + Send + Sync {
    /// Sets what is called, from any thread and at most once per frame, when something to draw has changed.
    fn on_change(&self, wake: Box<dyn Fn() + Send + Sync>);

    /// The window has drawn a frame: the next change wakes it again.
    fn drawn(&self);

    /// The view of a log; `None` when what it is of is not open.
    fn log(&self, id: LogId) -> Option<Arc<dyn View>> {
        match id {
            LogId::Session(id) => self.view(id),
            LogId::Timeline(id) => self.timeline_view(id),
        }
    }
}

/// Whose log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogId {
    /// A session's.
    Session(SessionId),
    /// A timeline's.
    Timeline(TimelineId),
}

impl LogId {
    /// The session; `None` when it is a timeline's.
    pub const fn session(self) -> Option<SessionId> {
        match self {
            Self::Session(id) => Some(id),
            Self::Timeline(_) => None,
        }
    }
}

impl From<SessionId> for LogId {
    fn from(id: SessionId) -> Self {
        Self::Session(id)
    }
}

impl From<TimelineId> for LogId {
    fn from(id: TimelineId) -> Self {
        Self::Timeline(id)
    }
}

//! Timelines of sessions.

use std::sync::Arc;

use super::View;
use crate::SessionId;
use crate::board::ClockBounds;
use crate::timeline::TimelineId;

/// The timelines that are open.
pub trait Timelines {
    /// Opens a timeline: the records of these sessions, merged by time and kept so as long as it is open. Its rows' peers
    /// are [`LanePeer`](crate::timeline::LanePeer)s.
    ///
    /// # Errors
    /// [`NoTimeline`]: the system gives no thread for it.
    fn open_timeline(&self, lanes: Vec<SessionId>) -> Result<TimelineId, NoTimeline>;

    /// Adds a session to a timeline, which goes on with it from its oldest record. A session that is added when it is opened
    /// has all its records in order; what is older than the records that stand there already comes after them.
    ///
    /// # Errors
    /// [`NoLane`]: the timeline is not open, or has no lane left.
    fn join_timeline(&self, timeline: TimelineId, session: SessionId) -> Result<(), NoLane>;

    /// Ends a timeline and deletes its copy of the records; nothing happens when it is not open.
    fn close_timeline(&self, id: TimelineId);

    /// The status of a timeline; `None` when it is not open.
    fn timeline(&self, id: TimelineId) -> Option<TimelineStatus>;

    /// The rows of a timeline; `None` when it is not open.
    fn timeline_view(&self, id: TimelineId) -> Option<Arc<dyn View>>;
}

/// A timeline cannot be opened; what the system says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoTimeline(pub String);

/// Why a session was not added to a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoLane {
    /// The timeline is not open.
    #[error("the timeline is not open")]
    Closed,
    /// All lanes are taken.
    #[error("the timeline has no lane left")]
    Full,
}

/// A timeline as it is.
#[derive(Clone, Debug, Default)]
pub struct TimelineStatus {
    /// The timeline's sessions, in the order of their lanes; those that were closed keep theirs.
    pub lanes: Arc<[SessionId]>,
    /// The clocks of the boards among them, by lane, as far as they are known.
    pub clocks: Arc<[(u32, ClockBounds)]>,
    /// Bytes of its oldest history that retention has let go.
    pub retired_bytes: u64,
    /// Why it no longer grows (a full disk).
    pub fault: Option<Arc<str>>,
}

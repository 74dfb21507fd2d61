//! Timelines, as the window asks for them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use espalier_core::backend::{NoLane, NoTimeline, TimelineStatus, Timelines, View};
use espalier_core::session::SessionId;
use espalier_core::timeline::TimelineId;

use super::Engine;

impl Timelines for Engine {
    fn open_timeline(&self, lanes: Vec<SessionId>) -> Result<TimelineId, NoTimeline> {
        let id = TimelineId(self.next_timeline.fetch_add(1, Ordering::Relaxed));
        let folder = self.captures.timeline(id);
        let opened = self.shared.timelines.open(id, &folder, lanes, self.waker());
        opened.map_err(|error| NoTimeline(error.to_string()))?;
        self.shared.publisher.notify_one();
        Ok(id)
    }

    fn join_timeline(&self, timeline: TimelineId, session: SessionId) -> Result<(), NoLane> {
        let joined = self.shared.timelines.join(timeline, session);
        self.shared.publisher.notify_one();
        joined
    }

    fn close_timeline(&self, id: TimelineId) {
        self.shared.timelines.forget(id);
    }

    fn timeline(&self, id: TimelineId) -> Option<TimelineStatus> {
        self.shared.timelines.status(id)
    }

    fn timeline_view(&self, id: TimelineId) -> Option<Arc<dyn View>> {
        self.shared.timelines.view(id)
    }
}

//! The timeline of all sessions: one tab at most.

use egui::Context;
use espalier_core::backend::{LogId, NoTimeline};
use espalier_core::timeline::TimelineId;
use espalier_core::view::ViewSpec;
use espalier_core::{Origin, Position, SessionId};

use super::App;
use crate::command::Toast;
use crate::panes::log::LogPane;
use crate::panes::timeline::TimelinePane;
use crate::state::SavedTimeline;

impl App {
    /// Brings the timeline to the front; opens it when there is none.
    pub(super) fn show_timeline(&mut self, ctx: &Context) {
        if let Some(id) = self.timeline.as_ref().map(TimelinePane::id) {
            return self.bring_to_front(id);
        }
        match self.open_timeline(TimelinePane::fresh_view()) {
            Ok(id) => self.add_tab(id),
            Err(NoTimeline(why)) => {
                let sentence = self.locale.text("timeline-failed");
                self.toast(ctx, Toast::failure(format!("{sentence} ({why})")));
            }
        }
    }

    /// Opens a timeline of all sessions and gives it a pane, but no tab yet.
    pub(super) fn open_timeline(&mut self, view: ViewSpec) -> Result<TimelineId, NoTimeline> {
        let sessions = self.backend.sessions();
        // What has happened before is on it as well.
        let opened = sessions.iter().filter_map(|id| self.panes.get(id)?.opened().into()).min();
        let id = self.backend.open_timeline(sessions)?;
        if let Some(rows) = self.backend.timeline_view(id) {
            rows.set_spec(view.clone());
        }
        let opened = opened.unwrap_or_else(|| self.platform.now());
        self.timeline = Some(TimelinePane::new(id, view, opened));
        Ok(id)
    }

    /// A session was opened: it is on the timeline from its first record on.
    pub(super) fn join_timeline(&self, session: SessionId) {
        if let Some(timeline) = &self.timeline {
            // Those that find no lane are counted on it, and it is open as long as its pane is there.
            self.backend.join_timeline(timeline.id(), session).ok();
        }
    }

    pub(super) fn timeline_state(&self) -> Option<SavedTimeline> {
        self.timeline.as_ref().map(|pane| SavedTimeline { view: pane.log.view.clone() })
    }

    /// The log of a session or of the timeline.
    pub(super) fn log_mut(&mut self, id: LogId) -> Option<&mut LogPane> {
        match id {
            LogId::Session(id) => self.panes.get_mut(&id).map(|pane| &mut pane.log),
            LogId::Timeline(id) => {
                let timeline = self.timeline.as_mut().filter(|timeline| timeline.id() == id);
                timeline.map(|timeline| &mut timeline.log)
            }
        }
    }

    /// Brings a session's log into sight: its tab, or the board panel.
    pub(super) fn reveal(&mut self, id: SessionId) {
        self.boards.reveal(id);
        self.bring_to_front(id);
    }

    /// Goes from a row of a timeline to where it is from.
    pub(super) fn jump(
        &mut self,
        ctx: &Context,
        timeline: TimelineId,
        origin: Origin,
        offset: u32,
    ) {
        let lane = usize::try_from(origin.lane).unwrap_or(usize::MAX);
        let status = self.backend.timeline(timeline);
        let session = status.and_then(|status| status.lanes.get(lane).copied());
        let target = session.and_then(|id| Some((id, self.backend.view(id)?)));
        let Some((id, view)) = target else {
            return self.toast(ctx, Toast::failure(self.locale.text("timeline-session-closed")));
        };
        self.reveal(id);
        if let Some(log) = self.log_mut(id.into()) {
            log.seek(&*view, origin.position, offset);
        }
        ctx.request_repaint();
    }

    /// Goes to a place in the log of a session.
    pub(super) fn show_place(
        &mut self,
        ctx: &Context,
        id: SessionId,
        record: Position,
        offset: u32,
    ) {
        let Some(view) = self.backend.view(id) else { return };
        if let Some(log) = self.log_mut(id.into()) {
            log.seek(&*view, record, offset);
        }
        ctx.request_repaint();
    }
}

//! Timelines of the engine in memory: the rows of sessions, merged whenever the window looks.

use std::sync::Arc;

use espalier_core::board::ClockBounds;
use espalier_core::session::{BoardEvent, SessionEvent, SessionId};
use espalier_core::timeline::{LanePeer, TimelineId};
use espalier_core::view::{Row, RowKind};
use espalier_core::{Direction, Origin, PeerId, Position, Timestamp};

use super::Fake;
use super::rows::Rows;

/// Rows of sessions, merged whenever the window looks.
pub(super) struct FakeTimeline {
    pub(super) id: TimelineId,
    pub(super) lanes: Vec<SessionId>,
    /// What a board did, by lane, and what it told it by.
    pub(super) said: Vec<(Timestamp, u32, Origin, BoardEvent)>,
    pub(super) clocks: Vec<(u32, ClockBounds)>,
    pub(super) rows: Arc<Rows>,
}

impl Fake {
    /// Has a timeline say something of a board.
    pub fn say(&self, timeline: TimelineId, lane: u32, origin: Origin, event: BoardEvent) {
        let mut timelines = self.timelines.lock();
        let open = timelines.iter_mut().find(|it| it.id == timeline).expect("a timeline");
        open.said.push((Timestamp(i64::MAX), lane, origin, event));
    }

    /// Tells the clock of a board on a timeline.
    pub fn tell_clock(&self, timeline: TimelineId, lane: u32, zero: ClockBounds) {
        let mut timelines = self.timelines.lock();
        let open = timelines.iter_mut().find(|it| it.id == timeline).expect("a timeline");
        open.clocks = vec![(lane, zero)];
    }

    pub(super) fn merge(&self, timeline: &FakeTimeline) {
        let sessions = self.sessions.lock();
        let mut merged: Vec<Row> = Vec::new();
        for (lane, id) in (0..).zip(&timeline.lanes) {
            let Some(session) = sessions.iter().find(|it| it.id == *id) else { continue };
            merged.extend(session.rows.rows.lock().iter().cloned().map(|row| Row {
                origin: Some(Origin { lane, position: row.position }),
                peer: LanePeer { lane, peer: row.peer }.id(),
                ..row
            }));
        }
        for (at, lane, origin, event) in &timeline.said {
            let event = SessionEvent::Board(event.clone());
            merged.push(Row {
                number: 0,
                position: Position(0),
                offset: 0,
                origin: Some(*origin),
                at: *at,
                previous_at: *at,
                direction: Direction::In,
                peer: LanePeer { lane: *lane, peer: PeerId::SESSION }.id(),
                text: event.to_string().into(),
                kind: RowKind::Event(event),
                bytes: Arc::default(),
                spans: Arc::default(),
                ..Row::blank(0)
            });
        }
        merged.sort_by_key(|row| row.at);
        for (number, row) in (0..).zip(&mut merged) {
            (row.number, row.position) = (number, Position(number * 100));
        }
        *timeline.rows.rows.lock() = merged;
    }
}

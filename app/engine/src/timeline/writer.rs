//! What is written on a timeline: copies of the records, and the board's word beside them.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use espalier_core::board::ClockBounds;
use espalier_core::capture::{Endpoints, Record, RecordBody};
use espalier_core::session::{BoardEvent, SessionEvent};
use espalier_core::timeline::{BoardRow, Correlator, LanePeer};
use espalier_core::{Direction, Origin, PeerId, Position, Timestamp};

use super::reorder_buffer::ReorderBuffer;
use crate::capture::{Capture, CaptureError};

/// Of how many connections that ended the addresses are kept, for what boards say of them later.
const OVER: usize = 1024;

/// Writes records into the timeline's capture and follows both ends of the boards among its lanes.
pub(super) struct TimelineWriter {
    into: Capture,
    boards: Vec<BoardLane>,
    ends: HashMap<LanePeer, Endpoints>,
    /// Connections that ended, the oldest first: boards may still speak of them.
    over: VecDeque<LanePeer>,
    /// When each lane last began to connect.
    asked: HashMap<u32, Timestamp>,
    buffer: ReorderBuffer,
    broken: Option<CaptureError>,
}

/// A board among the lanes.
struct BoardLane {
    lane: u32,
    correlator: Correlator,
    /// The record of its serial line that was read last.
    read: Position,
}

/// Something worth a row: which board told it, and which record the board, or we, told it by.
type Observation = (u32, Origin, BoardRow);

impl TimelineWriter {
    pub fn new(into: Capture) -> Self {
        Self {
            into,
            boards: Vec::new(),
            ends: HashMap::new(),
            over: VecDeque::new(),
            asked: HashMap::new(),
            buffer: ReorderBuffer::default(),
            broken: None,
        }
    }

    /// This lane is a board's serial line.
    pub fn add_board(&mut self, lane: u32) {
        self.buffer.await_board();
        self.boards.push(BoardLane { lane, correlator: Correlator::default(), read: Position(0) });
    }

    /// Why nothing can be written any more, once.
    pub fn fault(&mut self) -> Result<(), CaptureError> {
        self.broken.take().map_or(Ok(()), Err)
    }

    /// Where the zero of each board's clock lies on ours.
    pub fn clocks(&self) -> Vec<(u32, ClockBounds)> {
        let zero =
            |board: &BoardLane| Some((board.lane, board.correlator.reported().clock().zero()?));
        self.boards.iter().filter_map(zero).collect()
    }

    pub fn take(&mut self, lane: u32, record: &Record<'_>) {
        let who = LanePeer { lane, peer: record.peer };
        if let RecordBody::Event(event) = &record.body {
            self.learn(who, event, record.at);
        }
        let ends = self.ends.get(&who).copied();
        let origin = Origin { lane, position: record.position };
        let copy = Record { peer: who.id(), origin: Some(origin), ..record.clone() };
        self.buffer.push(&copy, ends);
        let mut observations = Vec::new();
        match &record.body {
            RecordBody::Data(bytes) => self.moved(who, record, bytes, &mut observations),
            RecordBody::Event(event) => self.happened(who, event, record, &mut observations),
        }
        observations.into_iter().for_each(|observations| self.row(observations, record.at));
        self.write(record.at);
    }

    fn moved(
        &mut self,
        who: LanePeer,
        record: &Record<'_>,
        bytes: &[u8],
        observations: &mut Vec<Observation>,
    ) {
        let (at, position) = (record.at, record.position);
        for board in &mut self.boards {
            let lane = board.lane;
            match record.direction {
                Direction::In if lane == who.lane => {
                    board.read = position;
                    let origin = Origin { lane, position };
                    board
                        .correlator
                        .serial(bytes, at, |row| observations.push((lane, origin, row)));
                }
                Direction::Out if lane != who.lane => board.correlator.sent(who, bytes.len(), at),
                _ => {}
            }
        }
    }

    fn learn(&mut self, who: LanePeer, event: &SessionEvent, at: Timestamp) {
        match event {
            SessionEvent::Connecting { .. } => drop(self.asked.insert(who.lane, at)),
            SessionEvent::Connected { local, remote }
            | SessionEvent::Accepted { local, remote } => {
                self.ends.insert(who, Endpoints::tcp(*local, *remote));
            }
            SessionEvent::Met { local, remote } => {
                self.ends.insert(who, Endpoints::udp(*local, *remote));
            }
            _ => {}
        }
    }

    fn happened(
        &mut self,
        who: LanePeer,
        event: &SessionEvent,
        record: &Record<'_>,
        observations: &mut Vec<Observation>,
    ) {
        match event {
            SessionEvent::Connected { local, .. } | SessionEvent::Accepted { local, .. } => {
                let asked = self.asked.get(&who.lane).copied().unwrap_or(record.at);
                let origin = Origin { lane: who.lane, position: record.position };
                for BoardLane { lane, correlator, .. } in &mut self.boards {
                    correlator
                        .opened(who, *local, asked, |row| observations.push((*lane, origin, row)));
                }
            }
            SessionEvent::Ended { .. } => {
                self.boards.iter_mut().for_each(|board| board.correlator.ended(who, record.at));
                self.over.push_back(who);
                if self.over.len() > OVER
                    && let Some(oldest) = self.over.pop_front()
                {
                    self.ends.remove(&oldest);
                }
            }
            _ => {}
        }
    }

    /// Time passes.
    pub fn tick(&mut self, now: Timestamp) {
        let mut observations = Vec::new();
        for BoardLane { lane, correlator, read } in &mut self.boards {
            let origin = Origin { lane: *lane, position: *read };
            correlator.tick(now, |row| observations.push((*lane, origin, row)));
        }
        observations.into_iter().for_each(|observations| self.row(observations, now));
        self.write(now);
    }

    /// How long after this time [`Self::tick`] should be called again, if anything waits to be written.
    pub fn next_due(&self, now: Timestamp) -> Option<Duration> {
        self.buffer.next_due(now)
    }

    /// Writes what the board did beside the bytes: under the connection that it concerns, else under the board.
    fn row(&mut self, (lane, origin, row): Observation, seen: Timestamp) {
        let board = LanePeer { lane, peer: PeerId::SESSION };
        let (who, at, event) = match row {
            BoardRow::Event { at, line, ours: Some(ours) } => {
                let within = at.uncertainty().map(whole_microseconds);
                (ours, at.estimate(), BoardEvent::Said { line: line.to_string(), within })
            }
            // Its own line in the serial lane says it all.
            BoardRow::Event { ours: None, .. } => return,
            BoardRow::Started(cause) => (board, seen, BoardEvent::Started(cause)),
            // Known only when it is complete: its first line stands where it began.
            BoardRow::Panicked(panic) => {
                (board, seen, BoardEvent::Panicked { message: panic.message })
            }
            BoardRow::CutOff { ours, in_flight } => (ours, seen, BoardEvent::CutOff { in_flight }),
        };
        let ends = self.ends.get(&who).copied();
        let record = Record {
            position: Position(0),
            at,
            direction: Direction::In,
            peer: who.id(),
            origin: Some(origin),
            datagram: false,
            body: RecordBody::Event(SessionEvent::Board(event)),
        };
        self.buffer.insert(&record, ends);
    }

    /// Writes what has waited long enough by this time.
    fn write(&mut self, now: Timestamp) {
        while self.broken.is_none()
            && let Some(held) = self.buffer.take(now)
        {
            let (record, ends) = held.record();
            self.broken = self.into.append_record(&record, ends).err();
        }
    }
}

/// As it is kept: rounded up, so that it stays true.
const fn whole_microseconds(time: Duration) -> Duration {
    Duration::from_micros(time.as_nanos().div_ceil(1000) as u64)
}

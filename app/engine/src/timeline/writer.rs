//! What is written on a timeline: copies of the records, and the board's word beside them.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use espalier_core::capture::Endpoints;
use espalier_core::record::{Position, Record, RecordBody};
use espalier_core::session::{BoardEvent, SessionEvent};
use espalier_core::timeline::{BoardRow, BothEnds, ClockBounds, LanePeer, Origin};
use espalier_core::{Direction, PeerId, Timestamp};

use super::shelf::Shelf;
use crate::capture::{Capture, CaptureError};

/// Of how many connections that ended the addresses are kept, for what boards say of them later.
const OVER: usize = 1024;

/// Writes records into the timeline's capture and follows both ends of the boards among its lanes.
pub(super) struct Writer {
    into: Capture,
    boards: Vec<Board>,
    ends: HashMap<LanePeer, Endpoints>,
    /// Connections that ended, the oldest first: boards may still speak of them.
    over: VecDeque<LanePeer>,
    /// When each lane last began to connect.
    asked: HashMap<u32, Timestamp>,
    shelf: Shelf,
    broken: Option<CaptureError>,
}

/// A board among the lanes.
struct Board {
    lane: u32,
    both: BothEnds,
    /// The record of its serial line that was read last.
    read: Position,
}

/// Something worth a row: which board told it, and which record the board, or we, told it by.
type Told = (u32, Origin, BoardRow);

impl Writer {
    pub fn new(into: Capture) -> Self {
        Self {
            into,
            boards: Vec::new(),
            ends: HashMap::new(),
            over: VecDeque::new(),
            asked: HashMap::new(),
            shelf: Shelf::default(),
            broken: None,
        }
    }

    /// This lane is a board's serial line.
    pub fn add_board(&mut self, lane: u32) {
        self.shelf.await_board();
        self.boards.push(Board { lane, both: BothEnds::default(), read: Position(0) });
    }

    /// Why nothing can be written any more, once.
    pub fn fault(&mut self) -> Result<(), CaptureError> {
        self.broken.take().map_or(Ok(()), Err)
    }

    /// Where the zero of each board's clock lies on ours.
    pub fn clocks(&self) -> Vec<(u32, ClockBounds)> {
        let zero = |board: &Board| Some((board.lane, board.both.account().clock().zero()?));
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
        self.shelf.push(&copy, ends);
        let mut told = Vec::new();
        match &record.body {
            RecordBody::Data(bytes) => self.moved(who, record, bytes, &mut told),
            RecordBody::Event(event) => self.happened(who, event, record, &mut told),
        }
        told.into_iter().for_each(|told| self.row(told, record.at));
        self.write(record.at);
    }

    fn moved(&mut self, who: LanePeer, record: &Record<'_>, bytes: &[u8], told: &mut Vec<Told>) {
        let (at, position) = (record.at, record.position);
        for board in &mut self.boards {
            let lane = board.lane;
            match record.direction {
                Direction::In if lane == who.lane => {
                    board.read = position;
                    let origin = Origin { lane, position };
                    board.both.serial(bytes, at, |row| told.push((lane, origin, row)));
                }
                Direction::Out if lane != who.lane => board.both.sent(who, bytes.len(), at),
                _ => {}
            }
        }
    }

    fn learn(&mut self, who: LanePeer, event: &SessionEvent, at: Timestamp) {
        match event {
            SessionEvent::Connecting { .. } => drop(self.asked.insert(who.lane, at)),
            SessionEvent::Connected { local, remote }
            | SessionEvent::Accepted { local, remote } => {
                self.ends.insert(who, Endpoints { local: *local, remote: *remote });
            }
            _ => {}
        }
    }

    fn happened(
        &mut self,
        who: LanePeer,
        event: &SessionEvent,
        record: &Record<'_>,
        told: &mut Vec<Told>,
    ) {
        match event {
            SessionEvent::Connected { local, .. } | SessionEvent::Accepted { local, .. } => {
                let asked = self.asked.get(&who.lane).copied().unwrap_or(record.at);
                let origin = Origin { lane: who.lane, position: record.position };
                for Board { lane, both, .. } in &mut self.boards {
                    both.opened(who, *local, asked, |row| told.push((*lane, origin, row)));
                }
            }
            SessionEvent::Ended { .. } => {
                self.boards.iter_mut().for_each(|board| board.both.ended(who, record.at));
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
    pub fn quiet(&mut self, now: Timestamp) {
        let mut told = Vec::new();
        for Board { lane, both, read } in &mut self.boards {
            let origin = Origin { lane: *lane, position: *read };
            both.quiet(now, |row| told.push((*lane, origin, row)));
        }
        told.into_iter().for_each(|told| self.row(told, now));
        self.write(now);
    }

    /// How long after this time [`Self::quiet`] should be called again, if anything waits to be written.
    pub fn rest(&self, now: Timestamp) -> Option<Duration> {
        self.shelf.rest(now)
    }

    /// Writes what the board did beside the bytes: under the connection that it concerns, else under the board.
    fn row(&mut self, (lane, origin, row): Told, seen: Timestamp) {
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
            body: RecordBody::Event(SessionEvent::Board(event)),
        };
        self.shelf.insert(&record, ends);
    }

    /// Writes what has waited long enough by this time.
    fn write(&mut self, now: Timestamp) {
        while self.broken.is_none()
            && let Some(held) = self.shelf.take(now)
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

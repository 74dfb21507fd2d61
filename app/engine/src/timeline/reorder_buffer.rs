//! Holds records back for a moment, so that what a board says afterwards is sorted in among them.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use espalier_core::capture::{Endpoints, Record, RecordBody};
use espalier_core::session::SessionEvent;
use espalier_core::{Direction, Origin, PeerId, Position, Timestamp};

/// How long they wait for boards: longer than one takes to print a line (460 characters at 115,200 baud).
const WAIT: Duration = Duration::from_millis(40);
/// No record waits longer than this: a clock that was set back must not hold anything for hours.
const LONGEST: Duration = Duration::from_millis(200);
/// Bytes that wait at most; the oldest go before their time then, and board events may come after what they caused.
const MOST: usize = 8 << 20;

/// Records in the order in which they will be written.
#[derive(Debug, Default)]
pub(super) struct ReorderBuffer {
    rows: VecDeque<BufferedRecord>,
    bytes: usize,
    /// How long they wait: not at all while there is no board that could say anything.
    wait: Duration,
}

/// A record that waits.
#[derive(Debug)]
pub(super) struct BufferedRecord {
    /// The record's place in time: never before that of the one before it, whatever its own time stamp says.
    key: Timestamp,
    arrived: Instant,
    at: Timestamp,
    direction: Direction,
    peer: PeerId,
    origin: Option<Origin>,
    datagram: bool,
    ends: Option<Endpoints>,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Data(Vec<u8>),
    Event(SessionEvent),
}

impl ReorderBuffer {
    /// Waits for what a board says, from now on.
    pub const fn await_board(&mut self) {
        self.wait = WAIT;
    }

    /// Adds a record behind all others.
    pub fn push(&mut self, record: &Record<'_>, ends: Option<Endpoints>) {
        let last = self.rows.back().map_or(record.at, |last| last.key);
        let held = BufferedRecord::of(record, ends, record.at.max(last));
        self.bytes += held.bytes();
        self.rows.push_back(held);
    }

    /// Adds a record where its time is, as far as those around it are still here.
    pub fn insert(&mut self, record: &Record<'_>, ends: Option<Endpoints>) {
        let held = BufferedRecord::of(record, ends, record.at);
        self.bytes += held.bytes();
        let place = self.rows.partition_point(|it| it.key <= held.key);
        self.rows.insert(place, held);
    }

    /// The next record that has waited long enough by `now`.
    pub fn take(&mut self, now: Timestamp) -> Option<BufferedRecord> {
        let until = now.0.saturating_sub(self.wait.as_nanos() as i64);
        let over = |it: &BufferedRecord| it.key.0 <= until || it.arrived.elapsed() > LONGEST;
        let full = self.bytes > MOST;
        let held = self.rows.pop_front_if(|it| full || over(it))?;
        self.bytes -= held.bytes();
        Some(held)
    }

    /// How long until [`Self::take`] has something to give, if anything waits at this time.
    pub fn next_due(&self, now: Timestamp) -> Option<Duration> {
        let due = self.rows.front()?.key.0.saturating_add(self.wait.as_nanos() as i64);
        Some(Duration::from_nanos(due.saturating_sub(now.0).max(0) as u64).min(LONGEST))
    }
}

impl BufferedRecord {
    fn of(record: &Record<'_>, ends: Option<Endpoints>, key: Timestamp) -> Self {
        let Record { position: _, at, direction, peer, origin, datagram, ref body } = *record;
        let body = match body {
            RecordBody::Data(bytes) => Body::Data(bytes.to_vec()),
            RecordBody::Event(event) => Body::Event(event.clone()),
        };
        Self { key, arrived: Instant::now(), at, direction, peer, origin, datagram, ends, body }
    }

    /// What it costs while it waits.
    fn bytes(&self) -> usize {
        size_of::<Self>() + if let Body::Data(bytes) = &self.body { bytes.len() } else { 0 }
    }

    /// The record and its ends.
    pub fn record(&self) -> (Record<'_>, Option<&Endpoints>) {
        let Self { at, direction, peer, origin, datagram, ref ends, ref body, .. } = *self;
        let body = match body {
            Body::Data(bytes) => RecordBody::Data(bytes),
            Body::Event(event) => RecordBody::Event(event.clone()),
        };
        let position = Position(0);
        (Record { position, at, direction, peer, origin, datagram, body }, ends.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(ms: i64, bytes: &[u8]) -> Record<'_> {
        Record {
            position: Position(0),
            at: Timestamp(ms * 1_000_000),
            direction: Direction::In,
            peer: PeerId(1),
            origin: None,
            datagram: false,
            body: RecordBody::Data(bytes),
        }
    }

    fn beside_a_board() -> ReorderBuffer {
        let mut buffer = ReorderBuffer::default();
        buffer.await_board();
        buffer
    }

    fn all(buffer: &mut ReorderBuffer, now_ms: i64) -> String {
        let mut texts = String::new();
        while let Some(held) = buffer.take(Timestamp(now_ms * 1_000_000)) {
            let RecordBody::Data(bytes) = held.record().0.body else { panic!("data") };
            texts.push_str(std::str::from_utf8(bytes).unwrap());
        }
        texts
    }

    #[test]
    fn what_is_said_later_finds_its_place() {
        let mut buffer = beside_a_board();
        buffer.push(&record(100, b"cause "), None);
        buffer.push(&record(120, b"answer "), None);
        buffer.push(&record(125, b"line "), None);
        buffer.insert(&record(110, b"board "), None);
        buffer.insert(&record(120, b"after "), None);
        assert_eq!(all(&mut buffer, 155), "cause board ");
        buffer.insert(&record(90, b"late "), None);
        assert_eq!(all(&mut buffer, 175), "late answer after line ");
        assert_eq!((buffer.bytes, buffer.next_due(Timestamp(0))), (0, None));
    }

    #[test]
    fn nothing_waits_where_no_board_could_say_anything() {
        let mut buffer = ReorderBuffer::default();
        buffer.push(&record(100, b"at once "), None);
        assert_eq!(all(&mut buffer, 100), "at once ");
        buffer.await_board();
        buffer.push(&record(101, b"later"), None);
        assert_eq!(all(&mut buffer, 111), "");
        assert_eq!(buffer.next_due(Timestamp(111_000_000)), Some(WAIT - Duration::from_millis(10)));
        assert_eq!(all(&mut buffer, 141), "later");
    }

    #[test]
    fn the_order_of_what_is_pushed_is_never_changed() {
        let mut buffer = beside_a_board();
        for (ms, text) in [(100, "1"), (40, "2"), (101, "3")] {
            buffer.push(&record(ms, text.as_bytes()), None);
        }
        buffer.insert(&record(50, b"0"), None);
        assert_eq!(all(&mut buffer, 1000), "0123");
    }

    #[test]
    fn more_than_it_can_hold_goes_before_its_time() {
        let mut buffer = beside_a_board();
        let large = vec![b'x'; MOST / 2];
        (0..3).for_each(|ms| buffer.push(&record(ms, &large), None));
        assert!(buffer.take(Timestamp(0)).is_some());
        assert!(buffer.take(Timestamp(0)).is_some());
        assert!(buffer.take(Timestamp(0)).is_none());
    }
}

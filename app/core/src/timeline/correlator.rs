//! Correlates a board's serial line with our sessions' connections to it, in the order of time: what the board says of our
//! connections, when it happened on our clock, and what was under way when it crashed.

use std::collections::VecDeque;
use std::net::SocketAddr;

use espalier_protocol::{Line, LineEvent, Reset};

use super::LanePeer;
use crate::Timestamp;
use crate::board::{
    BoardMessage, BoardStream, ClockBounds, Finding, Panic, ReportedState, ResetCause,
};

/// How many of our own connections are followed at once; the oldest goes first.
const FOLLOWED: usize = 256;
/// How many sends of a connection wait for the board's word; the oldest goes first and bounds nothing then.
const SENDS: usize = 4096;
/// How many of the board's words on connections that we do not know (yet) are remembered; the oldest goes first.
const MOST_UNMATCHED: usize = 64;
/// How long before the board's last words a connection may have been reset by its crash: a panic is printed slowly, and the
/// watchdog that ends a hanging board takes seconds.
const RESET_BEFORE_NS: i64 = 10_000_000_000;

/// Something worth a row beside the bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum BoardRow {
    /// The board did or saw this.
    Event {
        /// When, on our clock.
        at: ClockBounds,
        /// What, and when on its own clock.
        line: Line<'static>,
        /// Which of our connections it speaks of.
        ours: Option<LanePeer>,
    },
    /// The board started.
    Started(ResetCause),
    /// The board panicked.
    Panicked(Panic),
    /// The board restarted while this connection of ours stood.
    CutOff {
        /// Which.
        ours: LanePeer,
        /// Bytes that we had sent and the board had not reported as received.
        in_flight: u64,
    },
}

/// Correlates what a board says with our sessions' connections to it.
/// Records must come in the order of time, as [`super::merge`] hands them.
#[derive(Clone, Debug, Default)]
pub struct Correlator {
    stream: BoardStream,
    reported: ReportedState,
    ours: VecDeque<OwnConnection>,
    /// What the board said of connections that are not ours, or not yet: its word may come before our system's.
    unmatched: VecDeque<(SocketAddr, ClockBounds, Line<'static>)>,
    /// The ROM has told of the start under way: the program need not.
    start_told: bool,
}

/// One of our connections with the board, perhaps: until the board speaks of it we cannot know.
#[derive(Clone, Debug)]
struct OwnConnection {
    who: LanePeer,
    local: SocketAddr,
    opened: Timestamp,
    sent: u64,
    reported_bytes: u64,
    /// How much had been sent in all by when.
    sends: VecDeque<(u64, Timestamp)>,
    ended: Option<Timestamp>,
    /// The board restarted, and it was said so.
    cut_off: bool,
}

impl Correlator {
    /// What the board has reported.
    pub const fn reported(&self) -> &ReportedState {
        &self.reported
    }

    /// A connection of ours opened: `asked` is when we began to (before the board can have seen it), `local` is our end. What
    /// the board has said of it already is told now.
    pub fn opened(
        &mut self,
        who: LanePeer,
        local: SocketAddr,
        asked: Timestamp,
        mut row: impl FnMut(BoardRow),
    ) {
        if self.ours.len() >= FOLLOWED {
            let oldest = self.ours.iter().position(|it| it.ended.is_some()).unwrap_or(0);
            self.ours.remove(oldest);
        }
        self.ours.push_back(OwnConnection {
            who,
            local,
            opened: asked,
            sent: 0,
            reported_bytes: 0,
            sends: VecDeque::new(),
            ended: None,
            cut_off: false,
        });
        let unmatched = std::mem::take(&mut self.unmatched);
        for (peer, at, line) in unmatched {
            // What was said before we asked was said of an earlier connection from the same port. The board's clock is cut to a
            // millisecond, so a moment may lie that much later than its bound.
            if peer != local || at.latest.0.saturating_add(1_000_000) < asked.0 {
                self.unmatched.push_back((peer, at, line));
            } else if let Some((ours, cause)) = self.match_connection(peer, &line) {
                row(BoardRow::Event { at: at.not_before(cause), line, ours: Some(ours) });
            }
        }
    }

    /// We sent this many bytes on a connection.
    pub fn sent(&mut self, who: LanePeer, bytes: usize, at: Timestamp) {
        let Some(ours) = self.ours.iter_mut().rev().find(|it| it.who == who) else { return };
        ours.sent = ours.sent.saturating_add(bytes as u64);
        if ours.sends.len() >= SENDS {
            ours.sends.pop_front();
        }
        ours.sends.push_back((ours.sent, at));
    }

    /// A connection of ours ended.
    pub fn ended(&mut self, who: LanePeer, at: Timestamp) {
        if let Some(ours) = self.ours.iter_mut().rev().find(|it| it.who == who) {
            ours.ended.get_or_insert(at);
        }
    }

    /// The board's serial line brought these bytes.
    pub fn serial(&mut self, bytes: &[u8], at: Timestamp, mut row: impl FnMut(BoardRow)) {
        let mut all = Vec::new();
        self.stream.receive(bytes, at, |message| all.push(message));
        all.into_iter().for_each(|message| self.take(message, at, &mut row));
    }

    /// Time passes on the serial line.
    pub fn tick(&mut self, now: Timestamp, mut row: impl FnMut(BoardRow)) {
        let mut all = Vec::new();
        self.stream.tick(now, |message| all.push(message));
        all.into_iter().for_each(|message| self.take(message, now, &mut row));
    }

    fn take(&mut self, message: BoardMessage, at: Timestamp, row: &mut impl FnMut(BoardRow)) {
        match message {
            BoardMessage::Line(line) => {
                if let LineEvent::Started { reset, .. } = &line.event {
                    if !std::mem::take(&mut self.start_told) {
                        row(BoardRow::Started(cause(*reset)));
                    }
                    self.cut_off(at, row);
                }
                self.reported.line(&line, at);
                let peer = peer_of(&line.event);
                let ours = peer.and_then(|peer| self.match_connection(peer, &line));
                if let Some(at) = self.reported.clock().locate(line.ms) {
                    let at = ours.map_or(at, |(_, cause)| at.not_before(cause));
                    let ours = ours.map(|(who, _)| who);
                    if let (Some(peer), None) = (peer, ours) {
                        if self.unmatched.len() >= MOST_UNMATCHED {
                            self.unmatched.pop_front();
                        }
                        self.unmatched.push_back((peer, at, line.clone()));
                    }
                    row(BoardRow::Event { at, line, ours });
                }
            }
            BoardMessage::Finding(Finding::Started(boot)) => {
                self.start_told = true;
                row(BoardRow::Started(boot.cause));
                self.cut_off(at, row);
                self.reported.restarted();
            }
            BoardMessage::Finding(Finding::Panicked(panic)) => {
                row(BoardRow::Panicked(panic));
                self.cut_off(at, row);
                self.reported.restarted();
            }
            BoardMessage::Finding(_) | BoardMessage::Improv(_) | BoardMessage::ImprovFault(_) => {}
        }
    }

    /// Finds our connection that the board calls `peer`, and learns from cause and effect; the latest cause that is known comes
    /// with it.
    fn match_connection(
        &mut self,
        peer: SocketAddr,
        line: &Line<'_>,
    ) -> Option<(LanePeer, Timestamp)> {
        let ours = self.ours.iter_mut().rev().find(|it| it.local == peer)?;
        let mut cause = ours.opened;
        match &line.event {
            LineEvent::Accepted { .. } | LineEvent::Waiting { .. } | LineEvent::Refused { .. } => {
                self.reported.caused(line.ms, ours.opened);
            }
            LineEvent::Received { bytes, .. } => {
                // Its word may come before that of our own system: that we sent them is learned next then.
                ours.reported_bytes = ours.reported_bytes.saturating_add(u64::from(*bytes));
                while ours.sends.front().is_some_and(|(sent, _)| *sent < ours.reported_bytes) {
                    ours.sends.pop_front();
                }
                if let Some((_, sent_at)) = ours.sends.front() {
                    self.reported.caused(line.ms, *sent_at);
                    cause = *sent_at;
                }
            }
            LineEvent::Closed { bytes_in, .. } => ours.reported_bytes = *bytes_in,
            _ => {}
        }
        Some((ours.who, cause))
    }

    /// The board is gone for a moment: its connections of ours are told once each. Some have been reset just before, since the
    /// network may be quicker than the serial line.
    fn cut_off(&mut self, at: Timestamp, row: &mut impl FnMut(BoardRow)) {
        let ended_long_ago = |it: &OwnConnection| {
            it.ended.is_some_and(|ended| at.0.saturating_sub(ended.0) > RESET_BEFORE_NS)
        };
        for ours in self.ours.iter_mut().filter(|it| !it.cut_off && !ended_long_ago(it)) {
            let open = self.reported.connection(ours.local).is_some_and(|it| !it.state.is_over());
            if open {
                row(BoardRow::CutOff {
                    ours: ours.who,
                    in_flight: ours.sent.saturating_sub(ours.reported_bytes),
                });
                ours.cut_off = true;
            }
        }
    }
}

/// Why the chip started, as our firmware tells it where the ROM does not (over USB its banner is lost).
const fn cause(reset: Reset) -> ResetCause {
    match reset {
        Reset::PowerOn | Reset::External => ResetCause::PowerOn,
        Reset::Software | Reset::Panic => ResetCause::Software,
        Reset::Watchdog => ResetCause::Watchdog,
        Reset::Brownout => ResetCause::BrownOut,
        Reset::DeepSleep => ResetCause::DeepSleep,
        Reset::Usb => ResetCause::Usb,
        Reset::Other => ResetCause::Other,
    }
}

/// The connection that an event speaks of, by the board's name for it.
const fn peer_of(event: &LineEvent<'_>) -> Option<SocketAddr> {
    match event {
        LineEvent::Accepted { peer, .. }
        | LineEvent::Waiting { peer, .. }
        | LineEvent::Promoted { peer, .. }
        | LineEvent::Refused { peer, .. }
        | LineEvent::Closed { peer, .. }
        | LineEvent::Received { peer, .. }
        | LineEvent::CheckFailed { peer, .. }
        | LineEvent::Checked { peer, .. }
        | LineEvent::Connected { peer, .. }
        | LineEvent::Client { peer, .. } => Some(*peer),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PeerId;

    const ME: LanePeer = LanePeer { lane: 1, peer: PeerId(1) };
    const CRASH: &str = "rst:0xf (BROWNOUT_RST),boot:0xc (SPI_FAST_FLASH_BOOT)\n";
    const BROWN_OUT: BoardRow = BoardRow::Started(ResetCause::BrownOut);

    fn ms(ms: i64) -> Timestamp {
        Timestamp(1_000_000_000_000 + ms * 1_000_000)
    }

    fn local() -> SocketAddr {
        SocketAddr::from(([10, 0, 2, 2], 50001))
    }

    fn serial(ends: &mut Correlator, text: &str, at: Timestamp) -> Vec<BoardRow> {
        let mut rows = Vec::new();
        ends.serial(text.as_bytes(), at, |row| rows.push(row));
        rows
    }

    /// A board whose clock started at our 0 ms: a connection, then five bytes.
    fn conversation() -> Correlator {
        let mut ends = Correlator::default();
        serial(&mut ends, "I (500) tcp: listening port=7681 served=0/2 waiting=0/1\n", ms(502));
        ends.opened(ME, local(), ms(999), |_| {});
        let accepted = "I (1000) tcp: accepted peer=10.0.2.2:50001 slot=1 served=1/2\n";
        let rows = serial(&mut ends, accepted, ms(1003));
        assert!(matches!(rows[..], [BoardRow::Event { ours: Some(ME), .. }]), "{rows:?}");
        ends.sent(ME, 5, ms(1100));
        ends
    }

    #[test]
    fn a_board_event_lies_between_its_cause_and_its_line() {
        let mut ends = conversation();
        let received = "I (1101) tcp: received peer=10.0.2.2:50001 slot=1 bytes=5\n";
        let rows = serial(&mut ends, received, ms(1104));
        let [BoardRow::Event { at, .. }] = &rows[..] else { panic!("{rows:?}") };
        assert!(at.earliest.unwrap() <= ms(1101) && ms(1101) <= at.latest);
        assert!(at.uncertainty().unwrap().as_millis() <= 2, "{at:?}");
    }

    #[test]
    fn no_board_event_is_placed_before_its_cause() {
        let mut ends = conversation();
        // Sent in the middle of the board's millisecond, and reported at once.
        let sent = Timestamp(ms(1200).0 + 700_000);
        ends.sent(ME, 5, ms(1150));
        let report =
            |at: u32| format!("I ({at}) tcp: received peer=10.0.2.2:50001 slot=1 bytes=5\n");
        serial(&mut ends, &report(1101), ms(1102));
        serial(&mut ends, &report(1150), ms(1151));
        ends.sent(ME, 5, sent);
        let rows = serial(&mut ends, &report(1200), Timestamp(sent.0 + 100_000));
        let [BoardRow::Event { at, .. }] = &rows[..] else { panic!("{rows:?}") };
        assert!(at.earliest.unwrap() >= sent && at.estimate() >= sent, "{at:?}");
    }

    #[test]
    fn a_crash_tells_which_bytes_were_in_flight() {
        let mut ends = conversation();
        let rows = serial(&mut ends, CRASH, ms(1200));
        assert_eq!(rows, [BROWN_OUT, BoardRow::CutOff { ours: ME, in_flight: 5 }]);
        let again = serial(
            &mut ends,
            "I (5) boot: started app=espalier version=0.1.0 chip=esp32c3 reset=brownout\n",
            ms(1300),
        );
        let message =
            |row: &BoardRow| matches!(row, BoardRow::CutOff { .. } | BoardRow::Started(_));
        assert!(!again.iter().any(message), "told once: {again:?}");
    }

    #[test]
    fn a_board_that_tells_of_a_connection_before_our_system_does_is_heard() {
        let mut ends = Correlator::default();
        let accepted = "I (1000) tcp: accepted peer=10.0.2.2:50001 slot=1 served=1/2\n";
        let rows = serial(&mut ends, accepted, ms(1001));
        assert!(matches!(rows[..], [BoardRow::Event { ours: None, .. }]), "{rows:?}");
        let mut late = Vec::new();
        ends.opened(ME, local(), ms(999), |row| late.push(row));
        assert!(matches!(late[..], [BoardRow::Event { ours: Some(ME), .. }]), "{late:?}");
        let mut later = Vec::new();
        serial(&mut ends, accepted, ms(1010));
        let again = LanePeer { lane: 2, peer: PeerId(1) };
        ends.opened(again, local(), ms(5000), |row| later.push(row));
        assert_eq!(later, [], "that was an earlier connection from the same port");
    }

    #[test]
    fn bytes_that_the_board_tells_of_before_our_system_does_were_not_in_flight() {
        let mut ends = Correlator::default();
        let told = "I (1000) tcp: accepted peer=10.0.2.2:50001 slot=1 served=1/2\n\
                    I (1004) tcp: received peer=10.0.2.2:50001 slot=1 bytes=7 data=\"before\\n\"\n";
        serial(&mut ends, told, ms(1005));
        ends.opened(ME, local(), ms(999), |_| {});
        ends.sent(ME, 7, ms(1003));
        assert_eq!(
            serial(&mut ends, CRASH, ms(1200)),
            [BROWN_OUT, BoardRow::CutOff { ours: ME, in_flight: 0 }]
        );
    }

    #[test]
    fn a_connection_that_was_reset_just_before_the_board_said_why_was_cut_off() {
        let mut ends = conversation();
        ends.ended(ME, ms(1150));
        assert_eq!(
            serial(&mut ends, CRASH, ms(1200)),
            [BROWN_OUT, BoardRow::CutOff { ours: ME, in_flight: 5 }]
        );
        let mut ends = conversation();
        ends.ended(ME, ms(1150));
        let late = serial(&mut ends, CRASH, ms(60_000));
        assert_eq!(late, [BROWN_OUT], "a minute later it is not the cause");
    }

    #[test]
    fn a_connection_to_somebody_else_is_not_the_boards() {
        let mut ends = conversation();
        let stranger = LanePeer { lane: 2, peer: PeerId(1) };
        ends.opened(stranger, SocketAddr::from(([10, 0, 2, 2], 60000)), ms(1150), |_| {});
        let rows = serial(&mut ends, CRASH, ms(1200));
        assert_eq!(rows, [BROWN_OUT, BoardRow::CutOff { ours: ME, in_flight: 5 }]);
    }

    #[test]
    fn a_start_whose_banner_was_lost_is_told_by_the_program() {
        let mut ends = conversation();
        let started =
            "I (5) boot: started app=espalier version=0.1.0 chip=esp32c3 reset=brownout\n";
        let rows = serial(&mut ends, started, ms(1300));
        assert_eq!(rows[..2], [BROWN_OUT, BoardRow::CutOff { ours: ME, in_flight: 5 }]);
    }
}

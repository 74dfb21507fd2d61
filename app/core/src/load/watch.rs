//! What comes of one client: what it sends and receives, against what it expects.

use std::time::Duration;

use espalier_protocol::pattern::Checker;

use super::{LoadClient, LoadClientState, LoadTraffic, PatternCheck};
use crate::PeerId;
use crate::session::EndReason;

/// A connection that is reset within this time, before anything came, was never served: the system took it, and the program behind
/// it had no room.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Watches one client of a load test. Times are counted from any beginning, the same for all of them.
#[derive(Debug)]
pub struct ClientWatch {
    client: LoadClient,
    expected: ExpectedAnswer,
    /// Compares what comes of this connection.
    checker: Option<Checker>,
    /// Bytes of this connection.
    sent: u64,
    received: u64,
    /// An answer is there when so much was received; what it answers was sent at this time.
    mark: Option<(u64, Duration)>,
    /// When its connection was made.
    since: Duration,
    /// It has done all that it should: its connection may end.
    is_done: bool,
    /// Some of the pattern has moved, the way that it should, in any of its connections.
    has_moved: bool,
}

/// What comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ExpectedAnswer {
    /// Anything.
    Any,
    /// None: the other end compares what it gets.
    Taken,
    /// What was sent.
    Echo,
    /// The check pattern, without being asked.
    Pattern,
}

/// What a connection leaves behind at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionRest {
    /// Bytes that waited to be sent, and were not.
    pub unsent: u64,
    /// Its list was yet to be sent, or the answer to come that it waited for.
    pub is_unfinished: bool,
    /// Our end was sent, and the other end has not acknowledged it.
    pub is_unheard: bool,
}

/// What a read was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeardPiece {
    /// It holds the end of an answer, which took so long.
    pub answer: Option<Duration>,
    /// It holds the first byte of the connection that is not as it should be: its place in what came.
    pub first_wrong: Option<u64>,
}

impl ClientWatch {
    /// The client of this number, before its turn.
    pub fn new(number: u32, traffic: &LoadTraffic) -> Self {
        let expected = match traffic {
            LoadTraffic::Pattern { check: PatternCheck::Echo, .. } => ExpectedAnswer::Echo,
            LoadTraffic::Pattern { check: PatternCheck::Source, .. } => ExpectedAnswer::Pattern,
            LoadTraffic::Pattern { check: PatternCheck::None, .. } => ExpectedAnswer::Taken,
            LoadTraffic::Nothing | LoadTraffic::List { .. } => ExpectedAnswer::Any,
        };
        let client = LoadClient { number, ..LoadClient::default() };
        Self {
            client,
            expected,
            checker: None,
            sent: 0,
            received: 0,
            mark: None,
            since: Duration::ZERO,
            is_done: false,
            has_moved: false,
        }
    }

    /// How it stands.
    pub const fn client(&self) -> LoadClient {
        self.client
    }

    /// It begins to connect; the attempt has this number in the log.
    pub const fn connecting(&mut self, peer: PeerId) {
        self.client.peer = Some(peer);
        self.client.attempts = self.client.attempts.saturating_add(1);
        self.client.state = LoadClientState::Connecting;
    }

    /// That came to nothing.
    pub const fn not_connected(&mut self, why: EndReason) {
        let client = &mut self.client;
        let count = match why {
            // It stood for a moment, in the backlog of somebody who has no room.
            EndReason::Refused | EndReason::ResetByPeer => &mut client.refused,
            EndReason::ConnectTimedOut => &mut client.timed_out,
            EndReason::TlsFailed => &mut client.tls_failed,
            _ => &mut client.failed,
        };
        *count = count.saturating_add(1);
        client.in_vain = client.in_vain.saturating_add(1);
        client.state = LoadClientState::Ended(why);
    }

    /// It is over before that came to anything, because all of it is.
    pub const fn given_up(&mut self) {
        self.client.state = LoadClientState::Ended(EndReason::ClosedByUs);
    }

    /// Its connection stands, which took so long, and its handshake of TLS, where there was one, so long.
    pub fn connected(&mut self, took: Duration, handshake: Option<Duration>, now: Duration) {
        self.since = now;
        self.client.connections = self.client.connections.saturating_add(1);
        self.client.in_vain = 0;
        self.client.connect_us = Some(micros(took));
        self.client.handshake_us = handshake.map(micros);
        self.client.state = LoadClientState::Connected;
        (self.sent, self.received, self.mark, self.is_done) = (0, 0, None, false);
        let is_compared = matches!(self.expected, ExpectedAnswer::Echo | ExpectedAnswer::Pattern);
        self.checker = is_compared.then(Checker::new);
    }

    /// The system took so many bytes of it at this time.
    pub fn sent(&mut self, bytes: u64, now: Duration) {
        self.client.sent += bytes;
        self.sent += bytes;
        self.has_moved |= bytes > 0 && self.expected == ExpectedAnswer::Taken;
        if self.mark.is_none() {
            self.mark = match self.expected {
                ExpectedAnswer::Any | ExpectedAnswer::Taken => Some((self.received + 1, now)),
                ExpectedAnswer::Echo => Some((self.sent, now)),
                ExpectedAnswer::Pattern => None,
            };
        }
    }

    /// It received these bytes at this time.
    pub fn heard(&mut self, bytes: &[u8], now: Duration) -> HeardPiece {
        let length = bytes.len() as u64;
        self.client.received += length;
        self.received += length;
        self.has_moved |= self.checker.is_some();
        let mut heard = HeardPiece::default();
        if let Some((_, since)) = self.mark.take_if(|(whole, _)| self.received >= *whole) {
            let took = now.saturating_sub(since);
            self.client.answers += 1;
            self.client.answer_us = Some(micros(took));
            self.client.longest_answer_us = self.client.longest_answer_us.max(micros(took));
            heard.answer = Some(took);
        }
        if let Some(checker) = &mut self.checker {
            let before = checker.errors();
            let wrong = checker.check(bytes);
            self.client.wrong += wrong;
            if wrong > 0 && before == 0 {
                heard.first_wrong = checker.first_error();
                self.client.first_wrong = self.client.first_wrong.or(heard.first_wrong);
            }
        }
        heard
    }

    /// Bytes that were sent, and did not come back yet; 0 where nothing comes back.
    pub const fn outstanding(&self) -> u64 {
        match self.expected {
            ExpectedAnswer::Echo => self.sent.saturating_sub(self.received),
            ExpectedAnswer::Any | ExpectedAnswer::Taken | ExpectedAnswer::Pattern => 0,
        }
    }

    /// A message of its list was sent.
    pub const fn sent_message(&mut self) {
        self.client.messages += 1;
    }

    /// So many answers did not come in time.
    pub const fn unanswered(&mut self, count: u64) {
        self.client.unanswered += count;
    }

    /// It has done all that it should.
    pub const fn done(&mut self) {
        self.is_done = true;
    }

    /// Its connection has ended at this time.
    pub fn ended(&mut self, why: EndReason, rest: ConnectionRest, now: Duration) {
        let was_served = self.received > 0 || now.saturating_sub(self.since) > AT_ONCE;
        let missing = self.outstanding();
        let client = &mut self.client;
        client.state = LoadClientState::Ended(why);
        if why == EndReason::ResetByPeer && !was_served {
            client.connections = client.connections.saturating_sub(1);
            client.refused = client.refused.saturating_add(1);
            client.in_vain = client.in_vain.saturating_add(1);
            return;
        }
        match why {
            EndReason::ClosedByUs | EndReason::ResetByUs if !rest.is_unheard => {}
            EndReason::ClosedByPeer if self.is_done => {}
            EndReason::ClosedByPeer => client.closed_early = client.closed_early.saturating_add(1),
            _ => client.broken = client.broken.saturating_add(1),
        }
        client.missing += missing;
        client.unsent += rest.unsent;
        client.unfinished = client.unfinished.saturating_add(rest.is_unfinished.into());
        client.silent = self.expected != ExpectedAnswer::Any && !self.has_moved;
    }

    /// It waited to connect again, and all of it is over.
    pub const fn stays_ended(&mut self, why: EndReason) {
        self.client.state = LoadClientState::Ended(why);
    }

    /// It connects again, later.
    pub const fn waits(&mut self, why: EndReason) {
        self.client.state = LoadClientState::Waiting(why);
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use espalier_protocol::pattern;
    use proptest::prelude::*;

    use super::*;

    const NOTHING: ConnectionRest =
        ConnectionRest { unsent: 0, is_unfinished: false, is_unheard: false };

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn connected(traffic: &LoadTraffic) -> ClientWatch {
        let mut watch = ClientWatch::new(1, traffic);
        watch.connecting(PeerId(1));
        watch.connected(ms(3), None, ms(0));
        watch
    }

    const fn pattern(check: PatternCheck) -> LoadTraffic {
        LoadTraffic::Pattern { rate: 0, check }
    }

    fn first(length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        pattern::fill(0, &mut bytes);
        bytes
    }

    #[test]
    fn an_answer_is_the_first_that_comes_after_a_message() {
        let mut watch = connected(&LoadTraffic::List { group: None, rounds: 1 });
        assert_eq!(watch.heard(b"welcome", ms(1)), HeardPiece::default(), "nothing was asked");
        watch.sent(4, ms(10));
        watch.sent(4, ms(12));
        assert_eq!(watch.heard(b"O", ms(15)).answer, Some(ms(5)));
        assert_eq!(watch.heard(b"K", ms(16)).answer, None);
        watch.sent(4, ms(20));
        assert_eq!(watch.heard(b"OK", ms(50)).answer, Some(ms(30)));
        let client = watch.client();
        assert_eq!((client.answers, client.longest_answer_us), (2, 30_000));
        assert_eq!((client.sent, client.received, client.wrong), (12, 11, 0));
    }

    #[test]
    fn an_echo_is_there_when_all_of_a_piece_is_back() {
        let mut watch = connected(&pattern(PatternCheck::Echo));
        let bytes = first(100);
        watch.sent(60, ms(0));
        watch.sent(40, ms(5));
        assert_eq!(watch.heard(&bytes[..59], ms(7)).answer, None);
        assert_eq!(watch.heard(&bytes[59..80], ms(8)).answer, Some(ms(8)));
        watch.ended(EndReason::ClosedByPeer, NOTHING, ms(9));
        let client = watch.client();
        assert_eq!((client.wrong, client.missing, client.closed_early), (0, 20, 1));
    }

    #[test]
    fn what_is_not_back_at_the_end_is_missing_whoever_ended_it() {
        for why in [
            EndReason::ClosedByUs,
            EndReason::ResetByUs,
            EndReason::ClosedByPeer,
            EndReason::ResetByPeer,
            EndReason::KeepaliveLost,
        ] {
            let mut watch = connected(&pattern(PatternCheck::Echo));
            watch.sent(100, ms(0));
            watch.heard(&first(70), ms(5));
            watch.done();
            watch.ended(why, NOTHING, ms(9));
            assert_eq!(watch.client().missing, 30, "{why:?}");
            assert!(!watch.client().is_good());
        }
    }

    #[test]
    fn of_a_pattern_some_has_to_move() {
        for (check, is_sent, comes, is_silent) in [
            (PatternCheck::Echo, false, false, true),
            (PatternCheck::Echo, true, false, true),
            (PatternCheck::Echo, true, true, false),
            (PatternCheck::Source, false, false, true),
            (PatternCheck::Source, false, true, false),
            (PatternCheck::None, false, true, true),
            (PatternCheck::None, true, false, false),
        ] {
            let mut watch = connected(&pattern(check));
            if is_sent {
                watch.sent(9, ms(0));
            }
            if comes {
                watch.heard(&first(9), ms(1));
            }
            watch.done();
            watch.ended(EndReason::ClosedByUs, NOTHING, ms(9));
            assert_eq!(watch.client().silent, is_silent, "{check:?} {is_sent} {comes}");
        }
        // Of nobody is anything expected here.
        let mut watch = connected(&LoadTraffic::Nothing);
        watch.ended(EndReason::ClosedByUs, NOTHING, ms(9));
        assert!(watch.client().is_good());
    }

    #[test]
    fn an_end_that_nobody_has_heard_is_a_connection_that_was_lost() {
        let mut watch = connected(&LoadTraffic::Nothing);
        watch.done();
        let rest = ConnectionRest { is_unheard: true, ..NOTHING };
        watch.ended(EndReason::ClosedByUs, rest, ms(1009));
        assert_eq!((watch.client().broken, watch.client().is_good()), (1, false));
    }

    #[test]
    fn what_is_left_over_is_an_error_and_not_of_who_was_refused() {
        let rest = ConnectionRest { unsent: 7, is_unfinished: true, is_unheard: false };
        let mut watch = connected(&LoadTraffic::List { group: None, rounds: 1 });
        watch.ended(EndReason::ClosedByUs, rest, ms(9));
        let client = watch.client();
        assert_eq!((client.unsent, client.unfinished, client.errors()), (7, 1, 8));
        let mut watch = connected(&LoadTraffic::List { group: None, rounds: 1 });
        watch.ended(EndReason::ResetByPeer, rest, ms(9));
        assert_eq!((watch.client().refused, watch.client().errors()), (1, 0));
    }

    #[test]
    fn who_is_not_reached_any_more_is_not_good() {
        let mut watch = connected(&LoadTraffic::Nothing);
        watch.ended(EndReason::ClosedByUs, NOTHING, ms(9));
        watch.connecting(PeerId(2));
        watch.not_connected(EndReason::Refused);
        watch.connecting(PeerId(3));
        watch.given_up();
        let client = watch.client();
        assert_eq!((client.in_vain, client.errors(), client.is_good()), (1, 0, false));
        watch.connecting(PeerId(4));
        watch.connected(ms(1), Some(ms(7)), ms(20));
        let client = watch.client();
        assert_eq!((client.in_vain, client.handshake_us, client.is_good()), (0, Some(7000), true));
    }

    #[test]
    fn each_connection_begins_the_pattern_anew() {
        let mut watch = connected(&pattern(PatternCheck::Source));
        assert_eq!(watch.heard(&first(7), ms(1)), HeardPiece::default());
        watch.ended(EndReason::ResetByPeer, NOTHING, ms(2));
        watch.connecting(PeerId(2));
        watch.connected(ms(1), None, ms(3));
        assert_eq!(watch.heard(&first(9), ms(1)), HeardPiece::default());
        let client = watch.client();
        assert_eq!((client.connections, client.broken, client.received), (2, 1, 16));
        assert!(!client.is_good());
    }

    #[test]
    fn each_end_of_an_attempt_is_counted_as_what_it_is() {
        let mut watch = ClientWatch::new(7, &LoadTraffic::Nothing);
        for why in [
            EndReason::Refused,
            EndReason::ConnectTimedOut,
            EndReason::TlsFailed,
            EndReason::Unreachable,
        ] {
            watch.connecting(PeerId(1));
            watch.not_connected(why);
        }
        let client = watch.client();
        assert_eq!(
            (client.attempts, client.refused, client.timed_out, client.tls_failed, client.failed),
            (4, 1, 1, 1, 1)
        );
        assert!(!client.is_good() && client.errors() == 0);
        let mut watch = connected(&LoadTraffic::Nothing);
        watch.done();
        watch.ended(EndReason::ClosedByPeer, NOTHING, ms(5));
        assert!(watch.client().is_good());
    }

    #[test]
    fn who_is_reset_before_anything_came_was_refused() {
        let refused = |served: bool, after: Duration| {
            let mut watch = connected(&LoadTraffic::Nothing);
            if served {
                watch.heard(b"hello", ms(1));
            }
            watch.ended(EndReason::ResetByPeer, NOTHING, after);
            let client = watch.client();
            assert_eq!(client.refused + client.broken, 1);
            assert_eq!(client.connections == 0, client.refused == 1);
            client.refused == 1
        };
        assert!(refused(false, ms(5)));
        assert!(!refused(true, ms(5)));
        assert!(!refused(false, ms(5000)));
        let mut watch = ClientWatch::new(1, &LoadTraffic::Nothing);
        watch.connecting(PeerId(1));
        watch.not_connected(EndReason::ResetByPeer);
        assert_eq!(watch.client().refused, 1);
    }

    proptest! {
        #[test]
        fn a_wrong_byte_is_found_however_the_stream_is_cut(
            length in 1_usize..2000,
            place in any::<prop::sample::Index>(),
            flip in 1_u8..=255,
            cuts in proptest::collection::vec(1_usize..300, 0..10),
        ) {
            let mut bytes = first(length);
            let place = place.index(length);
            bytes[place] ^= flip;
            let mut watch = connected(&pattern(PatternCheck::Source));
            let (mut rest, mut told) = (&bytes[..], Vec::new());
            for cut in cuts.into_iter().chain([length]) {
                let (piece, behind) = rest.split_at(cut.min(rest.len()));
                told.extend(watch.heard(piece, ms(0)).first_wrong);
                rest = behind;
            }
            prop_assert_eq!(told, vec![place as u64]);
            let client = watch.client();
            prop_assert_eq!((client.wrong, client.first_wrong), (1, Some(place as u64)));
        }
    }
}

//! Captures that were made to be played, over real sockets: what is played when, and what of them is not there.

use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use espalier_core::backend::PeerSelector;
use espalier_core::capture::{Encoder, Source, file_header};
use espalier_core::replay::{
    ReplayChoice, ReplayControl, ReplayEnd, ReplayPace, ReplayPhase, ReplayRequest,
};
use espalier_core::session::{ConnectionState, EndReason, SessionEvent};
use espalier_core::{Direction, PeerId, Timestamp};
use espalier_engine::session::Session;

use crate::replay::{ONCE, by_answer, control, fast, over, play, read, recorded, replay_until};
use crate::rig::{Rig, captured, notes, plain, rest, send, status_until, until};

/// What a capture has of a moment, in seconds.
enum Then {
    Sent(i64, &'static [u8]),
    Came(i64, &'static [u8]),
    Told(i64, SessionEvent),
}

/// A capture of one connection in which this moved.
fn made_of(moments: &[Then]) -> Vec<u8> {
    let mut bytes = file_header();
    let mut encoder = Encoder::default();
    for moment in moments {
        let (at, direction, data) = match moment {
            Then::Sent(at, data) => (at, Direction::Out, *data),
            Then::Came(at, data) => (at, Direction::In, *data),
            Then::Told(at, event) => {
                encoder.event(Timestamp(at * 1_000_000_000), PeerId(1), None, event);
                bytes.extend([encoder.head(), encoder.tail()].concat());
                continue;
            }
        };
        encoder.data(Timestamp(at * 1_000_000_000), direction, PeerId(1), None, data.len());
        bytes.extend([encoder.head(), data, encoder.tail()].concat());
    }
    bytes
}

/// A capture in which one question was answered so many seconds later.
fn answered_after(seconds: i64) -> Vec<u8> {
    made_of(&[Then::Sent(0, b"slow?\n"), Then::Came(seconds, b"so be\n")])
}

fn play_made(source: Vec<u8>, to: &Session, request: ReplayRequest) {
    to.start_replay(PeerSelector::All, Arc::new(source), request, (None, false));
}

fn as_recorded() -> ReplayRequest {
    ReplayRequest { pace: ReplayPace::Recorded(1.0), ..by_answer(60_000) }
}

/// Whether there is nothing to be read from it now, neither bytes nor its end.
fn is_quiet(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let peeked = stream.peek(&mut [0]);
    stream.set_nonblocking(false).unwrap();
    peeked.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}

#[test]
fn a_fin_is_played_when_it_was_sent_then() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    let then = made_of(&[
        Then::Sent(0, b"question"),
        Then::Came(0, b"answer"),
        Then::Told(3600, SessionEvent::HalfClosed),
        Then::Came(3600, b"bye"),
    ]);
    play_made(then, &session, as_recorded());
    assert_eq!(read(&mut stream, 8), b"question");
    stream.write_all(b"answer").unwrap();
    replay_until(&session, "the answer is compared", |status| status.totals.new == 6);
    assert!(is_quiet(&stream), "an hour is not over");
    control(&session, ReplayControl::Step);
    assert_eq!(rest(&mut stream), b"");
    stream.write_all(b"bye").unwrap();
    let (end, status) = over(&session);
    assert_eq!((end, status.totals.differences), (ReplayEnd::Done, 0), "{status:?}");
}

#[test]
fn by_answers_a_fin_waits_for_the_answer_that_came_before_it() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    let then = made_of(&[
        Then::Sent(0, b"question"),
        Then::Came(0, b"answer"),
        Then::Told(0, SessionEvent::HalfClosed),
    ]);
    play_made(then, &session, by_answer(60_000));
    assert_eq!(read(&mut stream, 8), b"question");
    replay_until(&session, "it waits", |status| status.phase == ReplayPhase::Waiting);
    assert!(is_quiet(&stream));
    stream.write_all(b"answer").unwrap();
    assert_eq!(rest(&mut stream), b"");
    drop(stream);
    assert_eq!(over(&session).0, ReplayEnd::Done);
}

#[test]
fn a_server_goes_on_behind_the_fin_of_its_client_as_it_did_then() {
    let rig = Rig::new();
    let (server, address) = rig.server(|_| {});
    let mut client = plain(address);
    until("it has the client", || !server.status().peers.is_empty());
    // As its client has recorded it.
    let then = made_of(&[
        Then::Sent(0, b"question"),
        Then::Told(0, SessionEvent::HalfClosed),
        Then::Came(1, b"one "),
        Then::Came(2, b"two"),
        Then::Told(3, SessionEvent::Ended { reason: EndReason::ClosedByUs, detail: "".into() }),
    ]);
    let choice = ReplayChoice { direction: Direction::In, ..ReplayChoice::default() };
    play_made(then, &server, ReplayRequest { choice, ..by_answer(60_000) });
    replay_until(&server, "it waits", |status| status.phase == ReplayPhase::Waiting);
    client.write_all(b"question").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(rest(&mut client), b"one two");
    let (end, status) = over(&server);
    assert_eq!((end, status.totals.differences, status.sent), (ReplayEnd::Done, 0, 2));
    until("the connection is over", || {
        server.status().peers.iter().all(|it| matches!(it.state, ConnectionState::Ended(_)))
    });
}

#[test]
fn the_clock_begins_when_the_other_end_speaks_where_it_spoke_first() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    let then = made_of(&[Then::Came(0, b"welcome\n"), Then::Sent(0, b"hello\n")]);
    play_made(then, &session, as_recorded());
    let waits = replay_until(&session, "it waits", |status| status.phase == ReplayPhase::Waiting);
    assert!(waits.sent == 0 && is_quiet(&stream));
    stream.write_all(b"welcome\n").unwrap();
    assert_eq!(read(&mut stream, 6), b"hello\n");
    let (end, status) = over(&session);
    assert_eq!((end, status.totals.differences), (ReplayEnd::Done, 0));
}

#[test]
fn a_step_does_not_wait_for_the_answer() {
    let rig = Rig::new();
    let then = recorded(&rig, &ONCE);
    let (session, mut stream) = rig.connected(|spec| spec.options.nodelay = true);
    play(&rig, &then, &session, by_answer(60_000));
    assert_eq!(read(&mut stream, 5), b"id?\r\n");
    replay_until(&session, "it waits", |status| status.phase == ReplayPhase::Waiting);
    control(&session, ReplayControl::Step);
    assert_eq!(read(&mut stream, 7), b"temp?\r\n");
    control(&session, ReplayControl::Step);
    assert_eq!(read(&mut stream, 5), b"bye\r\n");
    // What was not waited for is no difference when it comes.
    stream.write_all(b"board 7\r\n20.5\r\nok\r\n").unwrap();
    let (end, status) = over(&session);
    assert_eq!((end, status.totals.differences), (ReplayEnd::Done, 0), "{status:?}");
}

#[test]
fn what_is_not_as_it_was_is_told_when_it_is_played_all_the_same() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    let mut then = made_of(&[Then::Sent(0, b"one"), Then::Sent(1, b"two")]);
    let at = then.windows(3).position(|it| it == b"one").unwrap();
    let block = then[..at].windows(4).rposition(|it| it == [6, 0, 0, 0]).unwrap();
    then[block + 4] ^= 0x55;
    play_made(then.clone(), &session, fast());
    assert!(matches!(over(&session).0, ReplayEnd::Failed(why) if why.contains("damaged")));
    control(&session, ReplayControl::Dismiss);
    status_until(&session, "it is forgotten", |status| status.replay.is_none());
    play_made(then, &session, ReplayRequest { damaged: true, ..fast() });
    assert_eq!(read(&mut stream, 3), b"two");
    assert_eq!(over(&session).0, ReplayEnd::Done);
    let told = notes(&session);
    assert!(told.iter().any(|it| it.contains("it is played all the same: parts")), "{told:?}");
}

/// A capture that is read no further than its first bytes until it may be.
struct Slow {
    bytes: Vec<u8>,
    may: AtomicBool,
}

impl Source for Slow {
    fn extent(&self) -> Range<u64> {
        self.bytes.extent()
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> usize {
        until("it may be read", || self.may.load(Ordering::Acquire));
        self.bytes.read_at(at, into)
    }
}

#[test]
fn looking_through_a_capture_is_shown_and_can_be_stopped() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    let source = Arc::new(Slow { bytes: answered_after(1), may: AtomicBool::new(false) });
    session.start_replay(PeerSelector::All, source.clone(), fast(), (None, false));
    replay_until(&session, "it is read", |status| {
        status.phase == ReplayPhase::Reading && status.read.is_some()
    });
    // It is no answer to anything.
    stream.write_all(b"early").unwrap();
    control(&session, ReplayControl::Stop);
    control(&session, ReplayControl::Pause);
    replay_until(&session, "it has heard of both", |status| status.paused);
    source.may.store(true, Ordering::Release);
    let (end, status) = over(&session);
    assert_eq!((end, status.sent, status.totals.new), (ReplayEnd::Stopped, 0, 0));
    assert!(is_quiet(&stream));
}

#[test]
fn an_answer_may_take_as_long_as_it_did_then() {
    let rig = Rig::new();
    for pace in [
        ReplayPace::ByAnswer,
        ReplayPace::Fast,
        ReplayPace::Recorded(1.0),
        ReplayPace::Recorded(0.01),
    ] {
        let (session, mut stream) = rig.connected(|_| {});
        play_made(answered_after(60), &session, ReplayRequest { pace, ..by_answer(1) });
        assert_eq!(read(&mut stream, 6), b"slow?\n");
        replay_until(&session, "it waits", |status| status.phase == ReplayPhase::Ending);
        stream.write_all(b"so be\n").unwrap();
        let (end, status) = over(&session);
        assert_eq!((end, status.totals.differences), (ReplayEnd::Done, 0), "{pace:?}");
    }
}

/// A capture whose beginning can go, as retention has it.
struct Vanishing {
    bytes: Vec<u8>,
    gone: AtomicBool,
}

impl Source for Vanishing {
    fn extent(&self) -> Range<u64> {
        let Range { start, end } = self.bytes.extent();
        if self.gone.load(Ordering::Acquire) { end..end } else { start..end }
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> usize {
        if self.gone.load(Ordering::Acquire) { 0 } else { self.bytes.read_at(at, into) }
    }
}

#[test]
fn a_capture_that_goes_while_it_is_played_is_no_success() {
    let rig = Rig::new();
    // More than is read at once.
    let part = vec![b'p'; 300 << 10];
    let (then, mut stream) = rig.connected(|_| {});
    for answers in 1..=3 {
        send(&then, &part);
        assert_eq!(read(&mut stream, part.len()), part);
        stream.write_all(b"1").unwrap();
        until("the answer is kept", || captured(&then, Direction::In, None).len() == answers);
    }
    let capture = then.capture().unwrap();
    let mut bytes = vec![0; usize::try_from(capture.extent().end).unwrap()];
    assert_eq!(capture.read_at(0, &mut bytes), bytes.len());
    let source = Arc::new(Vanishing { bytes, gone: AtomicBool::new(false) });
    let (session, mut stream) = rig.connected(|_| {});
    let request = by_answer(60_000);
    session.start_replay(PeerSelector::All, source.clone(), request, (None, false));
    // Its answer is waited for before anything more is read.
    assert_eq!(read(&mut stream, part.len()), part);
    source.gone.store(true, Ordering::Release);
    stream.write_all(b"1").unwrap();
    let (end, _) = over(&session);
    assert!(matches!(&end, ReplayEnd::Failed(why) if why.contains("has gone while")), "{end:?}");
}

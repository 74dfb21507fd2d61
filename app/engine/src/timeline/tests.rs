//! What stands on a timeline.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use espalier_core::capture::{Cursor, Endpoints, RecordBody, Source};
use espalier_core::session::SessionEvent;
use espalier_core::{Direction, Origin, PeerId, Position, Timestamp};

use super::*;
use crate::clock::now;

fn capture(folder: &Path, name: &str) -> Capture {
    Capture::open(&folder.join(name), CaptureLimits::default()).unwrap()
}

fn begin(into: &Capture) -> Timeline {
    with_lanes(into, [])
}

/// A timeline that begins when it has all of these lanes: what is old is not waited for.
fn with_lanes<const N: usize>(into: &Capture, lanes: [(u32, Lane); N]) -> Timeline {
    let (into, (all, added)) = (into.clone(), std::sync::mpsc::sync_channel(1));
    let make = move || {
        added.recv().ok();
        Ok(into)
    };
    let timeline = Timeline::begin(make, |error| panic!("{error}")).unwrap();
    timeline.add(lanes);
    all.send(()).unwrap();
    timeline
}

fn ends() -> Endpoints {
    let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
    Endpoints::tcp(address(50001), address(7681))
}

/// What stands on the timeline, once it holds `count` records; at most five seconds later.
fn rows(timeline: &Capture, count: usize) -> Vec<(LanePeer, String)> {
    let latest = Instant::now() + Duration::from_secs(5);
    loop {
        let mut rows = Vec::new();
        let mut cursor = Cursor::new(timeline, Position(0));
        while let Some(record) = cursor.next() {
            let text = match record.body {
                RecordBody::Data(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                RecordBody::Event(event) => event.to_string(),
            };
            rows.push((LanePeer::of(record.peer).unwrap(), text));
        }
        if rows.len() >= count || Instant::now() > latest {
            return rows;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Each record says where it was copied from, and there stands the same.
fn origins_are_true(timeline: &Capture, lanes: &[Capture]) {
    let mut cursor = Cursor::new(timeline, Position(0));
    while let Some(record) = cursor.next() {
        let Origin { lane, position } = record.origin.unwrap();
        let source: &dyn Source = &lanes[lane as usize];
        let mut own = Cursor::new(source, position);
        let own = own.next().unwrap();
        assert_eq!(own.position, position);
        if !matches!(record.body, RecordBody::Event(SessionEvent::Board(_))) {
            assert_eq!(LanePeer::of(record.peer), Some(LanePeer { lane, peer: own.peer }));
            assert_eq!(
                (own.at, own.direction, own.body),
                (record.at, record.direction, record.body)
            );
        }
    }
}

#[test]
fn the_boards_clock_is_told_as_near_as_it_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let (serial, into) = (capture(folder.path(), "serial"), capture(folder.path(), "timeline"));
    let timeline = begin(&into);
    timeline.add([(4, Lane { capture: serial.clone(), is_board: true })]);
    assert_eq!(timeline.clocks().len(), 0);
    let at = Timestamp(now().0 - 1_000_000_000);
    let line = b"I (250) tcp: listening port=7681 served=0/2 waiting=0/1\n";
    serial.append_data(at, Direction::In, PeerId::SESSION, None, line).unwrap();
    rows(&into, 1);
    let latest = Instant::now() + Duration::from_secs(5);
    while timeline.clocks().is_empty() && Instant::now() < latest {
        std::thread::sleep(Duration::from_millis(5));
    }
    let clocks = timeline.clocks();
    let [(4, zero)] = clocks[..] else { panic!("{clocks:?}") };
    assert_eq!((zero.latest, zero.uncertainty()), (Timestamp(at.0 - 250_000_000), None));
}

#[test]
fn bytes_of_a_client_and_the_boards_word_on_them_stand_in_one_order() {
    let folder = tempfile::tempdir().unwrap();
    let (client, serial) = (capture(folder.path(), "client"), capture(folder.path(), "serial"));
    let into = capture(folder.path(), "timeline");
    let start = now().0 - 10_000_000_000;
    let ms = |ms: i64| Timestamp(start + ms * 1_000_000);
    let (me, board) = (PeerId(1), PeerId::SESSION);
    let ends = ends();
    let connected = SessionEvent::Connected { local: ends.local, remote: ends.remote };
    let connecting = SessionEvent::Connecting { target: "127.0.0.1:7681".to_owned() };
    client.append_event(ms(0), board, None, &connecting).unwrap();
    client.append_event(ms(2), me, Some(&ends), &connected).unwrap();
    client.append_data(ms(10), Direction::Out, me, Some(&ends), b"hello").unwrap();
    client.append_data(ms(20), Direction::In, me, Some(&ends), b"hello").unwrap();
    let said = |at, text: &str| {
        serial.append_data(ms(at), Direction::In, board, None, text.as_bytes()).unwrap();
    };
    said(3, "I (5001) tcp: accepted peer=127.0.0.1:50001 slot=1 served=1/2\n");
    said(15, "I (5012) tcp: received peer=127.0.0.1:50001 slot=1 bytes=5\n");

    let lanes = [
        (1, Lane { capture: serial.clone(), is_board: true }),
        (0, Lane { capture: client.clone(), is_board: false }),
    ];
    let timeline = with_lanes(&into, lanes);
    let before = rows(&into, 8);
    said(300, "rst:0xf (BROWNOUT_RST),boot:0xc (SPI_FAST_FLASH_BOOT)\n");
    let all = rows(&into, 11);
    let clocks = timeline.clocks();

    let lanes: Vec<u32> = before.iter().map(|(who, _)| who.lane).collect();
    // The board's word comes after its cause and before the answer, though its line came later.
    assert_eq!(lanes, [0, 0, 0, 1, 0, 0, 1, 0], "{before:#?}");
    assert!(before[1].1.contains("accepted") && before[1].1.contains("ms]"), "{before:#?}");
    assert!(before[5].1.contains("received"), "{before:#?}");
    assert!(all.iter().any(|(_, text)| text.contains("0 bytes were in flight")), "{all:#?}");
    let started = all.iter().find(|(_, text)| text == "board started: brown-out");
    assert_eq!(started.map(|(who, _)| (who.lane, who.peer)), Some((1, board)), "{all:#?}");
    assert_eq!(clocks.len(), 0, "the board's clock began anew, and it has not spoken since");
    origins_are_true(&into, &[client, serial]);
}

#[test]
fn what_comes_later_is_merged_when_its_time_has_come() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (capture(folder.path(), "a"), capture(folder.path(), "b"));
    let into = capture(folder.path(), "timeline");
    let timeline = begin(&into);
    for (number, capture) in [(0, &a), (1, &b)] {
        timeline.add([(number, Lane { capture: capture.clone(), is_board: false })]);
    }
    let write = |capture: &Capture, text: &str| {
        capture.append_data(now(), Direction::In, PeerId(1), None, text.as_bytes()).unwrap();
    };
    for (capture, text) in [(&a, "1"), (&b, "2"), (&a, "3"), (&b, "4")] {
        write(capture, text);
    }
    let texts: String = rows(&into, 4).into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, "1234");

    // Another session is opened, and all that it does comes in order as well.
    let c = capture(folder.path(), "c");
    timeline.add([(2, Lane { capture: c.clone(), is_board: false })]);
    for (capture, text) in [(&a, "5"), (&c, "6"), (&b, "7"), (&c, "8")] {
        write(capture, text);
    }
    let all = rows(&into, 8);
    let texts: String = all.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, "12345678");
    assert_eq!(all.iter().map(|(who, _)| who.lane).collect::<Vec<_>>(), [0, 1, 0, 1, 0, 2, 1, 2]);
    origins_are_true(&into, &[a, b, c]);
}

#[test]
fn a_session_whose_stamps_are_ahead_of_a_clock_that_was_set_back_is_merged_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (capture(folder.path(), "a"), capture(folder.path(), "b"));
    let into = capture(folder.path(), "timeline");
    let timeline = begin(&into);
    for (number, capture) in [(0, &a), (1, &b)] {
        timeline.add([(number, Lane { capture: capture.clone(), is_board: false })]);
    }
    let hour = 3_600_000_000_000;
    for (count, text) in ["1", "2", "3"].into_iter().enumerate() {
        let (ahead, at) = (Timestamp(now().0 + hour), now());
        a.append_data(ahead, Direction::In, PeerId(1), None, text.as_bytes()).unwrap();
        b.append_data(at, Direction::In, PeerId(1), None, text.as_bytes()).unwrap();
        assert_eq!(rows(&into, 2 * (count + 1)).len(), 2 * (count + 1));
    }
    origins_are_true(&into, &[a, b]);
}

#[test]
fn a_timeline_that_cannot_be_made_says_so_and_one_that_is_over_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let told = Arc::<OnceLock<String>>::default();
    let (file, tell) = (folder.path().join("file"), told.clone());
    std::fs::write(&file, "not a folder").unwrap();
    let make = move || Capture::open(&file, CaptureLimits::default());
    let broken = Timeline::begin(make, move |error| tell.set(error.to_string()).unwrap()).unwrap();
    let into = capture(folder.path(), "timeline");
    let timeline = begin(&into);
    drop(timeline);
    let latest = Instant::now() + Duration::from_secs(5);
    let gone = || !folder.path().join("timeline").exists();
    while (told.get().is_none() || !gone()) && Instant::now() < latest {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(told.get().is_some());
    assert!(gone());
    drop(broken);
}

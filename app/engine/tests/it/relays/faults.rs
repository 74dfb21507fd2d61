//! Each fault, as plain peers on both sides see it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::time::{Duration, Instant};

use espalier_core::Direction;
use espalier_core::faults::{FaultSpec, RelayFaults};
use espalier_core::session::ConnectionState;

use super::{Ends, ends_by_reset, read_exactly};
use crate::rig::{What, captured, noise, plain, records, reset, rest, status_until, until};

fn up(up: FaultSpec) -> RelayFaults {
    RelayFaults { up, ..RelayFaults::default() }
}

#[test]
fn latency_is_between_what_is_sent_and_what_arrives_and_the_other_way_is_as_fast_as_ever() {
    let ends = Ends::new(up(FaultSpec { latency_ms: 150, ..FaultSpec::default() }));
    let (mut client, mut target) = ends.pair();
    target.write_all(b"down").unwrap();
    assert_eq!(read_exactly(&mut client, 4), b"down");
    let sent = Instant::now();
    client.write_all(b"up").unwrap();
    assert_eq!(read_exactly(&mut target, 2), b"up");
    // No sooner; how much later is the machine's affair.
    assert!(sent.elapsed() >= Duration::from_millis(150));
    ends.told("fault (up): latency 150 ms, jitter 0 ms");
}

#[test]
fn the_end_comes_behind_what_is_late() {
    let spec =
        FaultSpec { latency_ms: 80, jitter_ms: 40, slow_close_ms: 100, ..Default::default() };
    let ends = Ends::new(up(spec));
    let (mut client, mut target) = ends.pair();
    let letter = noise(8, 300_000);
    let sent = Instant::now();
    client.write_all(&letter).unwrap();
    drop(client);
    assert!(rest(&mut target) == letter);
    assert!(sent.elapsed() >= Duration::from_millis(40 + 100));
    ends.told("fault (up): slow close, FIN is held back for 100 ms");
}

#[test]
fn no_more_than_the_rate_arrives() {
    let ends = Ends::new(up(FaultSpec { rate: Some(500_000), ..FaultSpec::default() }));
    let (mut client, mut target) = ends.pair();
    let letter = noise(9, 150_000);
    let sent = Instant::now();
    client.write_all(&letter).unwrap();
    drop(client);
    assert!(rest(&mut target) == letter);
    // What was saved up is 20 ms at most.
    assert!(sent.elapsed() >= Duration::from_millis(280), "{:?}", sent.elapsed());
    ends.told("fault (up): rate limited to 500000 bytes a second");
}

#[test]
fn pieces_are_sent_one_by_one_and_come_to_the_same() {
    let spec = FaultSpec { slicer: Some(7), slicer_variation: 2, ..FaultSpec::default() };
    let ends = Ends::new(up(spec));
    let (mut client, mut target) = ends.pair();
    let letter = noise(10, 2_000);
    client.write_all(&letter).unwrap();
    drop(client);
    assert!(rest(&mut target) == letter);
    let sizes = records(&ends.relay).into_iter().filter_map(|kept| match kept.what {
        What::Bytes(bytes) if kept.direction == Direction::Out => Some(bytes.len()),
        _ => None,
    });
    let sizes: Vec<usize> = sizes.collect();
    assert!(sizes.iter().all(|size| (1..=9).contains(size)) && sizes.len() > 200, "{sizes:?}");
    ends.told("fault (up): slicer, pieces of 7 bytes on average");
}

#[test]
fn pieces_with_a_pause_between_them_are_read_one_by_one() {
    let spec = FaultSpec { slicer: Some(3), slicer_delay_ms: 60, ..FaultSpec::default() };
    let ends = Ends::new(up(spec));
    let (mut client, mut target) = ends.pair();
    let sent = Instant::now();
    client.write_all(b"abcdefghi").unwrap();
    let mut first = [0; 9];
    let count = target.read(&mut first).unwrap();
    assert_eq!(&first[..count], &b"abcdefghi"[..count]);
    assert_eq!(read_exactly(&mut target, 9 - count), &b"abcdefghi"[count..]);
    assert!(sent.elapsed() >= Duration::from_millis(120));
}

#[test]
fn what_is_held_for_others_arrives_with_them() {
    let spec = FaultSpec { coalesce: Some(10), coalesce_ms: 60_000, ..FaultSpec::default() };
    let ends = Ends::new(up(spec));
    let (mut client, mut target) = ends.pair();
    client.write_all(b"01234").unwrap();
    until("it is read", || captured(&ends.relay, Direction::In, None) == b"01234");
    assert_eq!(captured(&ends.relay, Direction::Out, None), b"");
    client.write_all(b"56789").unwrap();
    assert_eq!(read_exactly(&mut target, 10), b"0123456789");
    // The end lets go of what is held.
    client.write_all(b"rest").unwrap();
    drop(client);
    assert_eq!(rest(&mut target), b"rest");
}

#[test]
fn the_same_bytes_are_wrong_with_the_same_seed_and_others_with_another() {
    let spec = FaultSpec { corrupt: 0.01, ..FaultSpec::default() };
    let letter = noise(11, 20_000);
    let arrives = |seed| {
        let ends = Ends::new(RelayFaults { seed, up: spec.clone(), ..RelayFaults::default() });
        let (mut client, mut target) = ends.pair();
        client.write_all(&letter).unwrap();
        drop(client);
        let all = rest(&mut target);
        ends.told("fault (up): corrupted byte ");
        until("the others are counted", || {
            crate::rig::notes(&ends.relay).iter().any(|it| it.contains("more bytes were corrupted"))
        });
        all
    };
    let first = arrives(1);
    let wrong = first.iter().zip(&letter).filter(|(one, other)| one != other).count();
    assert!((100..300).contains(&wrong), "{wrong} of 20,000");
    assert!(arrives(1) == first);
    assert!(arrives(2) != first);
}

#[test]
fn a_connection_ends_after_so_many_bytes_by_fin_or_by_rst_on_both_sides() {
    let ends = Ends::new(up(FaultSpec { limit_data: Some(1000), ..FaultSpec::default() }));
    let (mut client, mut target) = ends.pair();
    client.write_all(&noise(12, 5000)).unwrap();
    assert!(rest(&mut target) == noise(12, 1000));
    drop(target);
    // Whether what it still sends is answered by RST or read and let go, it is over for the client.
    let mut all = Vec::new();
    client.read_to_end(&mut all).ok();
    ends.told("fault (up): closed (FIN) after 1000 bytes");
    ends.all_over();

    ends.set(up(FaultSpec { reset_after: Some(0), ..FaultSpec::default() }));
    let (mut client, mut target) = ends.pair();
    assert!(ends_by_reset(&mut client) && ends_by_reset(&mut target));
    ends.told("fault (up): reset (RST) after 0 bytes");
}

#[test]
fn silence_is_told_to_nobody() {
    let ends = Ends::new(up(FaultSpec { silence_after: Some(4), ..FaultSpec::default() }));
    let (mut client, mut target) = ends.pair();
    client.write_all(b"heard, and not heard").unwrap();
    assert_eq!(read_exactly(&mut target, 4), b"hear");
    ends.told("fault (up): silent after 4 bytes");
    drop(client);
    status_until(&ends.relay, "the client has gone", |status| {
        status.peers.iter().any(|peer| peer.state == ConnectionState::PeerHalfClosed)
    });
    target.set_nonblocking(true).unwrap();
    let nothing = target.read(&mut [0]).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock, "no FIN came through");
}

#[test]
fn what_silence_has_hidden_is_told_when_it_is_over() {
    let ends = Ends::new(up(FaultSpec { silence_after: Some(0), ..FaultSpec::default() }));
    let (client, mut target) = ends.pair();
    reset(client);
    status_until(&ends.relay, "the client has gone", |status| {
        status.peers.iter().any(|peer| matches!(peer.state, ConnectionState::Ended(_)))
    });
    ends.set(RelayFaults::default());
    assert!(ends_by_reset(&mut target));
    ends.all_over();
}

#[test]
fn a_time_closes_and_a_time_resets() {
    let ends = Ends::new(up(FaultSpec { timeout_ms: Some(120), ..FaultSpec::default() }));
    let begun = Instant::now();
    let (mut client, mut target) = ends.pair();
    client.write_all(b"lost").unwrap();
    assert_eq!(rest(&mut target), b"");
    assert!(begun.elapsed() >= Duration::from_millis(120));
    ends.told("fault (up): closed after 120 ms in which nothing passed");

    ends.set(RelayFaults {
        down: FaultSpec { reset_peer_ms: Some(80), ..FaultSpec::default() },
        ..RelayFaults::default()
    });
    let begun = Instant::now();
    let (mut client, mut target) = ends.pair();
    assert!(ends_by_reset(&mut client) && ends_by_reset(&mut target));
    assert!(begun.elapsed() >= Duration::from_millis(80));
    ends.told("fault (down): reset (RST) after 80 ms");
}

#[test]
fn nothing_is_read_until_it_is_switched_off_again() {
    let ends = Ends::new(up(FaultSpec { stop_reading: true, ..FaultSpec::default() }));
    let (mut client, mut target) = ends.pair();
    client.write_all(b"waits").unwrap();
    target.write_all(b"passes").unwrap();
    assert_eq!(read_exactly(&mut client, 6), b"passes");
    ends.told("fault (up): nothing is read, so the window closes");
    assert_eq!(captured(&ends.relay, Direction::In, Some(espalier_core::PeerId(1))), b"");
    ends.set(RelayFaults::default());
    assert_eq!(read_exactly(&mut target, 5), b"waits");
}

#[test]
fn faults_are_changed_in_connections_that_stand() {
    let ends = Ends::new(RelayFaults::default());
    let (mut client, mut target) = ends.pair();
    client.write_all(b"clear").unwrap();
    assert_eq!(read_exactly(&mut target, 5), b"clear");
    ends.set(up(FaultSpec { corrupt: 1.0, ..FaultSpec::default() }));
    until("bytes are wrong", || {
        client.write_all(b"x").unwrap();
        read_exactly(&mut target, 1) != b"x"
    });
    ends.set(up(FaultSpec { reset_after: Some(3), ..FaultSpec::default() }));
    assert!(ends_by_reset(&mut client) && ends_by_reset(&mut target));
}

#[test]
fn clients_wait_or_are_refused_at_the_door() {
    let ends = Ends::new(RelayFaults { accept_delay_ms: 150, ..RelayFaults::default() });
    let begun = Instant::now();
    let (mut client, mut target) = ends.pair();
    assert!(begun.elapsed() >= Duration::from_millis(150));
    client.write_all(b"late").unwrap();
    assert_eq!(read_exactly(&mut target, 4), b"late");
    ends.told("before it is served (delayed accept)");
    ends.set(RelayFaults { refuse: true, ..RelayFaults::default() });
    until("it refuses", || {
        let mut client = plain(ends.address);
        ends_by_reset(&mut client)
    });
    ends.told("fault: each new client is reset (refuse)");
}

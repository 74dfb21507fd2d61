//! Clients and servers that receive wrongly on purpose, as the other end sees it.

use std::io::{ErrorKind, Write as _};
use std::net::TcpStream;

use espalier_core::Direction;
use espalier_core::backend::SessionCommand;
use espalier_core::faults::ReceiveFaults;
use espalier_core::session::{SessionEvent, SessionSpec, TransportSpec};
use espalier_engine::session::Session;

use crate::rig::{Rig, What, captured, events, noise, notes, plain, records, until};

/// Has a session receive so from now on.
fn set(session: &Session, faults: ReceiveFaults) {
    let mut spec = SessionSpec::clone(&session.spec());
    match &mut spec.transport {
        TransportSpec::TcpClient(client) => client.faults = faults,
        TransportSpec::TcpServer(server) => server.faults = faults,
        other => panic!("{other:?}"),
    }
    session.command(SessionCommand::SetSpec(Box::new(spec))).unwrap();
}

fn told(session: &Session, words: &str) -> bool {
    notes(session).iter().any(|note| note.contains(words))
}

/// Writes until the other end takes no more, and says how much that was.
fn fill(stream: &mut TcpStream, letter: &[u8]) -> usize {
    stream.set_nonblocking(true).unwrap();
    let mut sent = 0;
    let mut refused = 0;
    while sent < letter.len() && refused < 20 {
        match stream.write(&letter[sent..]) {
            Ok(count) => {
                sent += count;
                refused = 0;
            }
            // The system may still be moving what it took.
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                refused += 1;
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            Err(error) => panic!("{error}"),
        }
    }
    stream.set_nonblocking(false).unwrap();
    sent
}

#[test]
fn who_reads_nothing_blocks_the_sender_until_it_reads_again() {
    let rig = Rig::new();
    let (server, address) = rig.server(|spec| {
        spec.options.receive_buffer = Some(8192);
        spec.faults.stop_reading = true;
    });
    let mut client = plain(address);
    let letter = noise(1, 16 << 20);
    let sent = fill(&mut client, &letter);
    assert!(sent < letter.len(), "the window is closed");
    until("it is told", || told(&server, "fault: nothing is read from here on"));
    assert_eq!(captured(&server, Direction::In, None), b"");
    set(&server, ReceiveFaults::default());
    client.write_all(&letter[sent..]).unwrap();
    until("all came", || captured(&server, Direction::In, None).len() == letter.len());
    assert!(captured(&server, Direction::In, None) == letter);
    assert!(told(&server, "is read again"));
}

#[test]
fn a_slow_reader_takes_little_at_once_and_nothing_is_lost() {
    let rig = Rig::new();
    let (client, mut server) = rig.connected(|spec| spec.faults.read_rate = Some(5000));
    let letter = noise(2, 40_000);
    server.write_all(&letter).unwrap();
    until("some came", || captured(&client, Direction::In, None).len() >= 300);
    // What is saved up is a fiftieth of a second's bytes.
    let sizes = records(&client).into_iter().filter_map(|kept| match kept.what {
        What::Bytes(bytes) => Some(bytes.len()),
        What::Event(_) => None,
    });
    let (largest, count) = sizes.fold((0, 0), |(most, count), size| (most.max(size), count + 1));
    assert!(largest <= 100 && count >= 3, "{largest} bytes at once, {count} times");
    assert!(told(&client, "fault: at most 5000 bytes a second are read (slow reader)"));
    set(&client, ReceiveFaults::default());
    until("all came", || captured(&client, Direction::In, None).len() == letter.len());
    assert!(captured(&client, Direction::In, None) == letter);
}

#[test]
fn a_server_serves_late_on_purpose() {
    let rig = Rig::new();
    let (server, address) = rig.server(|spec| spec.faults.accept_delay_ms = 3_600_000);
    let mut early = plain(address);
    early.write_all(b"in vain").unwrap();
    until("it is told", || told(&server, "(delayed accept)"));
    set(&server, ReceiveFaults::default());
    until("that is so", || {
        let TransportSpec::TcpServer(spec) = &server.spec().transport else { return false };
        spec.faults.are_clear()
    });
    let mut late = plain(address);
    late.write_all(b"at once").unwrap();
    until("who came later is served", || captured(&server, Direction::In, None) == b"at once");
    let accepted = |event: &&SessionEvent| matches!(event, SessionEvent::Accepted { .. });
    assert_eq!(events(&server).iter().filter(accepted).count(), 1);
}

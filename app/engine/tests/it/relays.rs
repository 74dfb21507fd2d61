//! Relays: what passes, how ends pass, and the faults on the way, as plain peers on both sides see them.

#[path = "../../../../firmware/simulator/tests/it/esptool_program.rs"]
#[cfg(unix)]
mod esptool_program;
mod faults;
#[cfg(unix)]
mod from_port;
#[cfg(unix)]
mod serial;
#[cfg(unix)]
pub use serial::pty;

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::faults::RelayFaults;
use espalier_core::session::{
    ConnectionState, EndReason, RelayEnd, RelaySpec, SessionEvent, SessionSpec, SessionState,
    TransportSpec,
};
use espalier_core::{Direction, PeerId};
use espalier_engine::session::Session;

use crate::rig::{
    Foreign, PATIENCE, Rig, captured, digest, end, events, noise, notes, plain, reset, rest,
    status_until, until,
};

fn tcp(address: SocketAddr) -> RelayEnd {
    address.to_string().parse().unwrap()
}

fn relay_to(
    rig: &Rig,
    target: SocketAddr,
    change: impl FnOnce(&mut RelaySpec),
) -> (Session, SocketAddr) {
    let mut spec = RelaySpec::new("127.0.0.1:0".parse().unwrap(), tcp(target));
    change(&mut spec);
    let session = rig.open(SessionSpec::new(TransportSpec::Relay(spec)));
    until("the relay listens", || session.status().state == SessionState::Listening);
    let local = session.status().local.unwrap();
    (session, local)
}

/// A relay with plain sockets on both sides.
struct Ends {
    rig: Rig,
    relay: Session,
    address: SocketAddr,
    listener: TcpListener,
}

impl Ends {
    fn new(faults: RelayFaults) -> Self {
        let rig = Rig::new();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = listener.local_addr().unwrap();
        let (relay, address) = relay_to(&rig, target, |spec| spec.faults = faults);
        Self { rig, relay, address, listener }
    }

    /// A client, and what the target has of it.
    fn pair(&self) -> (TcpStream, TcpStream) {
        let client = plain(self.address);
        (client, self.accept())
    }

    fn accept(&self) -> TcpStream {
        let (target, _) = self.listener.accept().unwrap();
        target.set_read_timeout(Some(PATIENCE)).unwrap();
        target.set_write_timeout(Some(PATIENCE)).unwrap();
        target
    }

    fn set(&self, faults: RelayFaults) {
        self.relay.command(SessionCommand::SetFaults(Box::new(faults))).unwrap();
    }

    #[track_caller]
    fn told(&self, words: &str) {
        until(words, || notes(&self.relay).iter().any(|note| note.contains(words)));
    }

    fn all_over(&self) {
        status_until(&self.relay, "all connections are over", |status| {
            !status.peers.is_empty()
                && status.peers.iter().all(|peer| matches!(peer.state, ConnectionState::Ended(_)))
        });
    }
}

fn read_exactly(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

/// Reads until the other end has gone; whether it went by RST.
fn ends_by_reset(stream: &mut TcpStream) -> bool {
    let mut all = Vec::new();
    match stream.read_to_end(&mut all) {
        Ok(_) => false,
        Err(error) if error.kind() == ErrorKind::ConnectionReset => true,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn what_passes_is_one_conversation_of_two_connections() {
    let ends = Ends::new(RelayFaults::default());
    let (mut client, mut target) = ends.pair();
    client.write_all(b"question").unwrap();
    assert_eq!(read_exactly(&mut target, 8), b"question");
    target.write_all(b"answer").unwrap();
    assert_eq!(read_exactly(&mut client, 6), b"answer");
    drop(client);
    assert_eq!(rest(&mut target), b"");
    drop(target);
    ends.all_over();
    let of = |direction, peer| captured(&ends.relay, direction, Some(PeerId(peer)));
    assert_eq!(
        (of(Direction::In, 1), of(Direction::Out, 2)),
        (b"question".to_vec(), b"question".to_vec())
    );
    assert_eq!(
        (of(Direction::In, 2), of(Direction::Out, 1)),
        (b"answer".to_vec(), b"answer".to_vec())
    );
    let events = events(&ends.relay);
    let target = ends.listener.local_addr().unwrap();
    assert!(
        events
            .iter()
            .any(|it| matches!(it, SessionEvent::Accepted { local, .. } if *local == ends.address))
    );
    assert!(
        events
            .iter()
            .any(|it| matches!(it, SessionEvent::Connected { remote, .. } if *remote == target))
    );
    ends.told("carries on #1");
}

#[test]
fn each_half_is_closed_for_itself() {
    let ends = Ends::new(RelayFaults::default());
    let (mut client, mut target) = ends.pair();
    client.write_all(b"all I have").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(rest(&mut target), b"all I have");
    // The other half is open for as long as it is wanted.
    target.write_all(b"and here is").unwrap();
    assert_eq!(read_exactly(&mut client, 11), b"and here is");
    target.write_all(b" the rest").unwrap();
    target.shutdown(Shutdown::Write).unwrap();
    assert_eq!(rest(&mut client), b" the rest");
    ends.all_over();
    let status = ends.relay.status();
    let reasons = status.peers.iter().map(|peer| peer.state);
    assert!(
        reasons.clone().all(|state| matches!(
            state,
            ConnectionState::Ended(EndReason::ClosedByPeer | EndReason::ClosedByUs)
        )),
        "{:?}",
        reasons.collect::<Vec<_>>()
    );
}

#[test]
fn a_reset_is_a_reset_on_the_other_side_whichever_that_is() {
    let ends = Ends::new(RelayFaults::default());
    let (client, mut target) = ends.pair();
    reset(client);
    assert!(ends_by_reset(&mut target));
    let (mut client, target) = ends.pair();
    reset(target);
    assert!(ends_by_reset(&mut client));
    ends.all_over();
}

#[test]
fn a_client_whose_target_refuses_is_reset_and_told_of() {
    let rig = Rig::new();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (relay, address) = relay_to(&rig, nobody, |_| {});
    let mut client = plain(address);
    assert!(ends_by_reset(&mut client));
    until("it is told", || {
        notes(&relay).iter().any(|note| note.contains(&format!("the target {nobody} refused")))
    });
    assert_eq!(relay.status().state, SessionState::Listening, "others may come");
}

#[test]
fn a_relay_to_itself_is_refused_and_so_are_relays_in_a_circle() {
    let rig = Rig::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let spec = RelaySpec::new(format!("*:{}", port.port()).parse().unwrap(), tcp(port));
    let (reason, detail) = end(&rig.open(SessionSpec::new(TransportSpec::Relay(spec))));
    assert_eq!(reason, EndReason::Other);
    assert!(detail.contains("forward to itself"), "{detail}");

    let (second, back) = relay_to(&rig, port, |_| {});
    let (first, there) = relay_to(&rig, back, |spec| spec.listen = tcp(port));
    assert!(ends_by_reset(&mut plain(there)));
    until("the circle is told", || {
        let told = |relay| notes(relay).iter().any(|note| note.contains("forward in a circle"));
        told(&first) || told(&second)
    });
    for relay in [first, second] {
        status_until(&relay, "nothing is left of it", |status| {
            status.peers.iter().all(|peer| matches!(peer.state, ConnectionState::Ended(_)))
        });
    }
}

#[test]
fn an_address_in_use_and_one_that_is_not_ours_are_told_as_such() {
    let ends = Ends::new(RelayFaults::default());
    let target = ends.listener.local_addr().unwrap();
    let open = |listen: &str| {
        let spec = RelaySpec::new(listen.parse().unwrap(), tcp(target));
        end(&ends.rig.open(SessionSpec::new(TransportSpec::Relay(spec))))
    };
    let (reason, detail) = open(&ends.address.to_string());
    assert_eq!(reason, EndReason::BindFailed);
    assert!(detail.contains(&ends.address.to_string()), "{detail}");
    assert!(open("board.invalid:7000").1.contains("an address of this computer"));
}

#[test]
fn a_flood_both_ways_is_the_same_on_the_other_side() {
    const SIZE: usize = 24 << 20;
    let ends = Ends::new(RelayFaults::default());
    let (client, target) = ends.pair();
    let sums = std::thread::scope(|scope| {
        let run = |name: &str, stream: &TcpStream, seed: u64| {
            let (mut out, mut back) = (stream.try_clone().unwrap(), stream.try_clone().unwrap());
            let piece = noise(seed, 1 << 20);
            let sent = std::thread::Builder::new().name(format!("{name} sends"));
            let sent = sent.spawn_scoped(scope, move || {
                for _ in 0..SIZE >> 20 {
                    out.write_all(&piece).unwrap();
                }
                out.shutdown(Shutdown::Write).unwrap();
                digest(&piece.repeat(SIZE >> 20))
            });
            let got = std::thread::Builder::new().name(format!("{name} reads"));
            let got = got.spawn_scoped(scope, move || digest(&rest(&mut back)));
            (sent.unwrap(), got.unwrap())
        };
        let (up_sent, down_got) = run("client", &client, 1);
        let (down_sent, up_got) = run("target", &target, 2);
        [up_sent, up_got, down_sent, down_got].map(|thread| thread.join().unwrap())
    });
    assert!(sums[0] == sums[1] && sums[2] == sums[3]);
    ends.all_over();
    let traffic = ends.relay.status().traffic;
    assert_eq!((traffic.received.bytes, traffic.sent.bytes), (2 * SIZE as u64, 2 * SIZE as u64));
}

#[test]
fn who_reads_nothing_on_one_side_stops_who_sends_on_the_other() {
    let ends = Ends::new(RelayFaults::default());
    let (mut client, mut target) = ends.pair();
    client.set_nonblocking(true).unwrap();
    let piece = vec![7; 64 << 10];
    let (mut sent, mut idle) = (0, 0);
    // The system's buffers of both connections, and our window.
    while idle < 40 {
        match client.write(&piece) {
            Ok(count) => (sent, idle) = (sent + count, 0),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                idle += 1;
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(error) => panic!("{error}"),
        }
        assert!(sent < 64 << 20, "nobody reads, and {sent} bytes were taken");
    }
    assert!(ends.relay.status().queued < 1 << 20, "{}", ends.relay.status().queued);
    client.set_nonblocking(false).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(rest(&mut target).len(), sent);
}

#[test]
fn what_is_sent_by_hand_is_marked() {
    let ends = Ends::new(RelayFaults::default());
    let (_client, mut target) = ends.pair();
    ends.told("carries on #1");
    let to = PeerSelector::Peers(vec![PeerId(2)]);
    ends.relay.command(SessionCommand::Send { to, bytes: b"by hand".as_slice().into() }).unwrap();
    assert_eq!(read_exactly(&mut target, 7), b"by hand");
    ends.told("7 bytes are sent from here, and were not relayed");
}

#[test]
fn closing_one_side_by_hand_closes_the_other_behind_what_it_had_said() {
    let ends = Ends::new(RelayFaults::default());
    let (mut client, mut target) = ends.pair();
    target.write_all(b"last words").unwrap();
    until("they are relayed", || {
        captured(&ends.relay, Direction::Out, Some(PeerId(1))).len() == 10
    });
    let to = PeerSelector::Peers(vec![PeerId(2)]);
    ends.relay.command(SessionCommand::Close(to)).unwrap();
    assert_eq!(rest(&mut target), b"");
    assert_eq!(rest(&mut client), b"last words");
    ends.all_over();
    ends.relay.command(SessionCommand::Stop).unwrap();
    status_until(&ends.relay, "it is idle", |status| status.state == SessionState::Idle);
}

#[test]
fn a_thousand_clients_do_not_hurt_each_other() {
    const CLIENTS: usize = 1000;
    let ends = Ends::new(RelayFaults::default());
    let mut pairs = Vec::new();
    for _ in 0..CLIENTS {
        pairs.push(ends.pair());
    }
    for (number, (client, _)) in pairs.iter_mut().enumerate() {
        client.write_all(&(number as u32).to_be_bytes()).unwrap();
    }
    let mut heard: Vec<u32> = pairs
        .iter_mut()
        .map(|(_, target)| {
            let bytes = read_exactly(target, 4);
            target.write_all(&bytes).unwrap();
            u32::from_be_bytes(bytes.try_into().unwrap())
        })
        .collect();
    heard.sort_unstable();
    assert!(heard.into_iter().eq(0..CLIENTS as u32));
    for (number, (client, _)) in pairs.iter_mut().enumerate() {
        assert_eq!(read_exactly(client, 4), (number as u32).to_be_bytes());
    }
}

#[test]
fn socat_talks_to_ncat_through_a_relay() {
    let rig = Rig::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let number = port.port().to_string();
    let Some(mut ncat) = Foreign::start("ncat", &["-l", "127.0.0.1", &number]) else { return };
    until("ncat listens", || {
        // It serves one connection alone, so nobody may try.
        std::fs::read_to_string("/proc/net/tcp").map_or(true, |all| {
            all.contains(&format!("0100007F:{:04X} 00000000:0000 0A", port.port()))
        })
    });
    let (_relay, address) = relay_to(&rig, port, |_| {});
    let Some(mut socat) = Foreign::start("socat", &["-", &format!("TCP4:{address}")]) else {
        return;
    };
    let letter = noise(5, 200_000);
    socat.write(&letter);
    socat.close_stdin();
    ncat.close_stdin();
    assert!(ncat.output() == letter);
}

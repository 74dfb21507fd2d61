//! Relays whose one client is a serial port, with pseudo-terminals as ports.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};

use espalier_core::backend::SessionCommand;
use espalier_core::faults::{FaultSpec, RelayFaults};
use espalier_core::session::{
    ConnectionState, EndReason, Reconnect, RelaySpec, SessionEvent, SessionSpec, SessionState,
    TransportSpec,
};
use espalier_core::{Direction, PeerId};
use espalier_engine::session::Session;

use super::read_exactly;
use super::serial::{pty, read_port};
use crate::rig::{
    Foreign, PATIENCE, Rig, captured, events, noise, notes, reset, rest, status_until, until,
};

/// A relay from a pseudo-terminal to this target: it, our end of the terminal, and what keeps that open.
fn from_pty(rig: &Rig, target: &str, change: impl FnOnce(&mut RelaySpec)) -> (Session, File, File) {
    let (ours, terminal, name) = pty();
    let listen = format!("serial:{name}@115200");
    let mut spec = RelaySpec::new(listen.parse().unwrap(), target.parse().unwrap());
    spec.reconnect = Reconnect::Fixed { delay_ms: 50 };
    change(&mut spec);
    let session = rig.open(SessionSpec::new(TransportSpec::Relay(spec)));
    until("the port is open", || {
        events(&session).iter().any(|it| matches!(it, SessionEvent::PortOpened { .. }))
    });
    (session, ours, terminal)
}

fn accept(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

#[test]
fn what_a_port_says_goes_to_the_target_again_after_it_was_away() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap();
    let (relay, mut port, _held) = from_pty(&rig, &target.to_string(), |_| {});
    let mut first = accept(&listener);
    status_until(&relay, "it is connected", |status| {
        status.state == SessionState::Connected(ConnectionState::Open)
    });
    port.write_all(b"from the port").unwrap();
    assert_eq!(read_exactly(&mut first, 13), b"from the port");
    first.write_all(b"to the port").unwrap();
    assert_eq!(read_port(&mut port, 11), b"to the port");
    until("all is kept, both ways and on both sides", || {
        captured(&relay, Direction::In, Some(PeerId::SESSION)) == b"from the port"
            && captured(&relay, Direction::Out, Some(PeerId(1))) == b"from the port"
            && captured(&relay, Direction::In, Some(PeerId(1))) == b"to the port"
            && captured(&relay, Direction::Out, Some(PeerId::SESSION)) == b"to the port"
    });
    // While nobody is there: kept, and given to who comes.
    drop(listener);
    reset(first);
    status_until(&relay, "it waits", |status| matches!(status.state, SessionState::Waiting { .. }));
    port.write_all(b"meanwhile").unwrap();
    until("it was read", || {
        captured(&relay, Direction::In, Some(PeerId::SESSION)).ends_with(b"meanwhile")
    });
    let listener = TcpListener::bind(target).unwrap();
    let mut second = accept(&listener);
    assert_eq!(read_exactly(&mut second, 9), b"meanwhile");
    // An end in order is answered when all that came before is in the port.
    let letter = noise(9, 3000);
    second.write_all(&letter).unwrap();
    second.shutdown(Shutdown::Write).unwrap();
    assert!(read_port(&mut port, 3000) == letter);
    assert_eq!(rest(&mut second), b"");
    let mut third = accept(&listener);
    relay.command(SessionCommand::Stop).unwrap();
    assert_eq!(rest(&mut third), b"");
    status_until(&relay, "it rests", |status| status.state == SessionState::Idle);
}

#[test]
fn what_has_no_room_while_the_target_is_away_is_told() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap();
    drop(listener);
    let (relay, mut port, _held) = from_pty(&rig, &target.to_string(), |spec| {
        spec.reconnect = Reconnect::Fixed { delay_ms: 600_000 };
    });
    let letter = noise(11, 2 << 20);
    port.write_all(&letter).unwrap();
    until("it is told", || {
        notes(&relay).iter().any(|note| note.contains("the oldest are dropped from here on"))
    });
    until("all is in the capture", || {
        captured(&relay, Direction::In, Some(PeerId::SESSION)).len() == letter.len()
    });
    let listener = TcpListener::bind(target).unwrap();
    // At once, because it is asked for.
    relay.command(SessionCommand::Start).unwrap();
    let mut stream = accept(&listener);
    until("what was lost is told", || {
        notes(&relay).iter().any(|note| note.contains("were dropped while the other side was away"))
    });
    let note = notes(&relay).into_iter().find(|note| note.contains("were dropped")).unwrap();
    let lost: usize = note.split(' ').next().unwrap().parse().unwrap();
    let rest = read_exactly(&mut stream, letter.len() - lost);
    assert!(letter.ends_with(&rest), "the newest are kept");
}

#[test]
fn a_target_that_is_not_tried_again_ends_the_relay_with_its_reason() {
    let rig = Rig::new();
    let target = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (_port, _held, name) = pty();
    let listen = format!("serial:{name}@115200");
    let mut spec = RelaySpec::new(listen.parse().unwrap(), target.to_string().parse().unwrap());
    spec.reconnect = Reconnect::Off;
    // The target may have refused before the port is open.
    let relay = rig.open(SessionSpec::new(TransportSpec::Relay(spec)));
    status_until(&relay, "it has ended", |status| {
        matches!(&status.state, SessionState::Ended { reason: EndReason::Refused, .. })
    });
}

#[test]
fn a_port_that_goes_away_ends_the_relay_behind_what_it_has_said() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let (relay, mut port, held) = from_pty(&rig, &target, |spec| {
        spec.faults.up = FaultSpec { latency_ms: 200, ..FaultSpec::default() };
    });
    let mut stream = accept(&listener);
    port.write_all(b"last words").unwrap();
    until("it was read", || captured(&relay, Direction::In, None) == b"last words");
    drop((port, held));
    assert_eq!(rest(&mut stream), b"last words");
    drop(stream);
    status_until(&relay, "it has ended", |status| {
        matches!(&status.state, SessionState::Ended { reason: EndReason::PortGone, .. })
    });
}

#[test]
fn a_cut_by_a_fault_is_followed_by_the_next_connection() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let up = FaultSpec { limit_data: Some(4), ..FaultSpec::default() };
    let faults = RelayFaults { up, ..RelayFaults::default() };
    let (relay, mut port, _held) = from_pty(&rig, &target, |spec| spec.faults = faults);
    let mut first = accept(&listener);
    port.write_all(b"abcdef").unwrap();
    assert_eq!(rest(&mut first), b"abcd");
    drop(first);
    until("it is told", || {
        notes(&relay).iter().any(|note| note.contains("fault (up): closed (FIN) after 4 bytes"))
    });
    let mut second = accept(&listener);
    // Changed while it stands.
    relay.command(SessionCommand::SetFaults(Box::default())).unwrap();
    until("that is so", || {
        let TransportSpec::Relay(spec) = &relay.spec().transport else { return false };
        spec.faults.are_clear()
    });
    port.write_all(b"more than four").unwrap();
    assert_eq!(read_exactly(&mut second, 14), b"more than four");
}

#[test]
fn two_ports_talk_with_each_other() {
    let rig = Rig::new();
    let (mut far, _far_held, name) = pty();
    let (relay, mut near, near_held) = from_pty(&rig, &format!("serial:{name}@9600"), |_| {});
    status_until(&relay, "both are open", |status| status.state == SessionState::Open);
    let letter = noise(13, 3000);
    near.write_all(&letter).unwrap();
    assert!(read_port(&mut far, 3000) == letter);
    far.write_all(b"answer").unwrap();
    assert_eq!(read_port(&mut near, 6), b"answer");
    let of = |direction, peer| captured(&relay, direction, Some(peer));
    until("each is kept for itself", || {
        of(Direction::In, PeerId::SESSION) == letter
            && of(Direction::Out, PeerId(1)) == letter
            && of(Direction::In, PeerId(1)) == b"answer"
            && of(Direction::Out, PeerId::SESSION) == b"answer"
    });
    let down = FaultSpec { corrupt: 1.0, ..FaultSpec::default() };
    let faults = RelayFaults { down, ..RelayFaults::default() };
    relay.command(SessionCommand::SetFaults(Box::new(faults))).unwrap();
    until("that is so", || {
        let TransportSpec::Relay(spec) = &relay.spec().transport else { return false };
        !spec.faults.are_clear()
    });
    far.write_all(b"wrong").unwrap();
    assert_ne!(read_port(&mut near, 5), b"wrong");
    drop((near, near_held));
    status_until(&relay, "it has ended", |status| {
        matches!(&status.state, SessionState::Ended { reason: EndReason::PortGone, .. })
    });
}

#[test]
fn socat_hears_a_port() {
    let rig = Rig::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listen = format!("TCP4-LISTEN:{port},bind=127.0.0.1,reuseaddr");
    let Some(mut socat) = Foreign::start("socat", &["-", &listen]) else { return };
    let (_relay, mut serial, _held) = from_pty(&rig, &format!("127.0.0.1:{port}"), |_| {});
    serial.write_all(b"from the port").unwrap();
    let mut heard = [0; 13];
    socat.0.stdout.as_mut().unwrap().read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"from the port");
    socat.write(b"from socat");
    assert_eq!(read_port(&mut serial, 10), b"from socat");
}

#[test]
fn a_port_here_and_a_port_elsewhere_by_rfc_2217_are_one_line() {
    let rig = Rig::new();
    let (mut far, _far_held, name) = pty();
    let spec = RelaySpec::new(
        "rfc2217:127.0.0.1:0".parse().unwrap(),
        format!("serial:{name}@9600").parse().unwrap(),
    );
    let offers = rig.open(SessionSpec::new(TransportSpec::Relay(spec)));
    status_until(&offers, "it listens", |status| status.state == SessionState::Listening);
    let offered = offers.status().local.unwrap();
    let (_relay, mut near, _held) = from_pty(&rig, &format!("rfc2217:{offered}@57600"), |_| {});
    let letter: Vec<u8> = [&[255, 255, 0, 13, 255][..], &noise(7, 2000)].concat();
    near.write_all(&letter).unwrap();
    assert!(read_port(&mut far, letter.len()) == letter);
    far.write_all(&letter).unwrap();
    assert!(read_port(&mut near, letter.len()) == letter);
    until("the speed was set", || notes(&offers).iter().any(|note| note.contains("57600")));
}

//! Relays to serial ports, raw and by RFC 2217, with pseudo-terminals as ports and foreign programs at the other end.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr};
use std::process::Command;

use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::faults::{FaultSpec, RelayFaults};
use espalier_core::session::{
    EndReason, RelayEnd, RelaySpec, SessionEvent, SessionSpec, SessionState, TransportSpec,
};
use espalier_core::{Direction, PeerId};
use espalier_engine::session::Session;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::read_exactly;
use crate::rig::{Rig, captured, events, noise, notes, plain, rest, status_until, until};

/// Both ends of a pseudo-terminal in raw mode: ours, the terminal, and its name.
pub fn pty() -> (File, File, String) {
    use rustix::fs::{Mode, OFlags};
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let terminal = rustix::fs::open(&name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    let mut raw = rustix::termios::tcgetattr(&terminal).unwrap();
    raw.make_raw();
    rustix::termios::tcsetattr(&terminal, rustix::termios::OptionalActions::Now, &raw).unwrap();
    (master.into(), terminal.into(), name.into_string().unwrap())
}

fn relay(rig: &Rig, listen: &str, target: &str) -> (Session, SocketAddr) {
    let spec = RelaySpec::new(listen.parse().unwrap(), target.parse().unwrap());
    let session = rig.open(SessionSpec::new(TransportSpec::Relay(spec)));
    status_until(&session, "the relay listens", |it| it.state == SessionState::Listening);
    let local = session.status().local.unwrap();
    (session, local)
}

/// A relay to a pseudo-terminal whose port is open.
fn to_pty(rig: &Rig, listen: &str) -> (Session, SocketAddr, File, File) {
    let (ours, terminal, name) = pty();
    let (session, address) = relay(rig, listen, &format!("serial:{name}@115200"));
    until("the port is open", || {
        events(&session).iter().any(|it| matches!(it, SessionEvent::PortOpened { .. }))
    });
    (session, address, ours, terminal)
}

pub(super) fn read_port(port: &mut File, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    port.read_exact(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_port_is_shared_by_its_clients() {
    let rig = Rig::new();
    let (session, address, mut port, _held) = to_pty(&rig, "127.0.0.1:0");
    let mut first = plain(address);
    let mut second = plain(address);
    status_until(&session, "both are there", |status| status.peers.len() == 2);
    port.write_all(b"from the port").unwrap();
    assert_eq!(read_exactly(&mut first, 13), b"from the port");
    assert_eq!(read_exactly(&mut second, 13), b"from the port");
    first.write_all(b"one").unwrap();
    assert_eq!(read_port(&mut port, 3), b"one");
    second.write_all(b"two").unwrap();
    assert_eq!(read_port(&mut port, 3), b"two");
    until("all is kept", || {
        captured(&session, Direction::Out, Some(PeerId::SESSION)) == b"onetwo"
            && captured(&session, Direction::In, Some(PeerId::SESSION)) == b"from the port"
    });
    // By hand: to a client, not to the port.
    let to = PeerSelector::Peers(vec![PeerId(2)]);
    session.command(SessionCommand::Send { to, bytes: b"psst".as_slice().into() }).unwrap();
    assert_eq!(read_exactly(&mut second, 4), b"psst");
    // What is on its way to the port when a client closes still goes in, and then its end is answered.
    let letter = noise(3, 3000);
    first.write_all(&letter).unwrap();
    first.shutdown(Shutdown::Write).unwrap();
    assert!(read_port(&mut port, 3000) == letter);
    assert_eq!(rest(&mut first), b"");
}

#[test]
fn a_client_that_reads_nothing_does_not_keep_the_port_from_others() {
    let rig = Rig::new();
    let (session, address, mut port, _held) = to_pty(&rig, "127.0.0.1:0");
    let stuck = plain(address);
    status_until(&session, "it is there", |status| status.peers.len() == 1);
    let sender = std::thread::Builder::new().name("port".to_owned());
    // More than all buffers on the way to one client hold.
    let sender = sender.spawn(move || port.write_all(&noise(5, 16 << 20)).unwrap()).unwrap();
    // Who is alone is waited for, but not when others come.
    let mut other = plain(address);
    read_exactly(&mut other, 64 << 10);
    until("it is told", || notes(&session).iter().any(|note| note.contains("reads nothing")));
    drop((stuck, other));
    sender.join().unwrap();
}

#[test]
fn a_stop_does_not_wait_for_what_a_fault_holds_back() {
    let rig = Rig::new();
    let (session, address, _port, _held) = to_pty(&rig, "127.0.0.1:0");
    let up = FaultSpec { latency_ms: 3_600_000, ..FaultSpec::default() };
    let faults = RelayFaults { up, ..RelayFaults::default() };
    session.command(SessionCommand::SetFaults(Box::new(faults.clone()))).unwrap();
    until("they are set", || match &session.spec().transport {
        TransportSpec::Relay(relay) => relay.faults == faults,
        _ => false,
    });
    let mut client = plain(address);
    client.write_all(b"late").unwrap();
    until("it came", || captured(&session, Direction::In, None) == b"late");
    session.command(SessionCommand::Stop).unwrap();
    status_until(&session, "it is over", |status| status.state == SessionState::Idle);
    assert!(notes(&session).iter().any(|note| note.contains("4 bytes that it had sent were not")));
}

#[test]
fn a_port_that_goes_away_ends_the_relay_with_its_reason() {
    let rig = Rig::new();
    let (session, address, port, held) = to_pty(&rig, "127.0.0.1:0");
    let mut client = plain(address);
    status_until(&session, "it is there", |status| status.peers.len() == 1);
    drop((port, held));
    status_until(&session, "it has ended", |status| {
        matches!(&status.state, SessionState::Ended { reason: EndReason::PortGone, .. })
    });
    assert_eq!(rest(&mut client), b"");
}

#[test]
fn a_port_elsewhere_is_spoken_to_by_rfc_2217_through_a_relay_of_each_kind() {
    let rig = Rig::new();
    let (offers, offered, mut port, _held) = to_pty(&rig, "rfc2217:127.0.0.1:0");
    let (uses, address) = relay(&rig, "127.0.0.1:0", &format!("rfc2217:{offered}@57600"));
    let mut client = plain(address);
    let letter: Vec<u8> = [&[255, 255, 0, 13, 255][..], &noise(7, 2000)].concat();
    client.write_all(&letter).unwrap();
    assert!(read_port(&mut port, letter.len()) == letter);
    port.write_all(&letter).unwrap();
    assert!(read_exactly(&mut client, letter.len()) == letter);
    until("the speed was set", || notes(&offers).iter().any(|note| note.contains("57600")));
    assert!(!notes(&uses).iter().any(|note| note.contains("and not 57600")));
    // What is sent by hand is bytes of the port, too.
    let by_hand = |session: &Session, peer, bytes: &[u8]| {
        let to = PeerSelector::Peers(vec![PeerId(peer)]);
        session.command(SessionCommand::Send { to, bytes: bytes.into() }).unwrap();
    };
    by_hand(&uses, 2, &[255, 1]);
    assert_eq!(read_port(&mut port, 2), [255, 1]);
    by_hand(&offers, 1, &[255, 2]);
    assert_eq!(read_exactly(&mut client, 2), [255, 2]);
}

#[test]
fn what_does_not_go_together_is_told_at_the_start() {
    let rig = Rig::new();
    for (listen, target, words) in [
        ("rfc2217:127.0.0.1:0", "127.0.0.1:1", "RFC 2217 offers a serial port"),
        ("serial:COM3@9600", "serial:COM3", "both sides are the same serial port"),
    ] {
        let ends = [listen, target].map(|end| end.parse::<RelayEnd>().unwrap());
        let [listen, target] = ends;
        let session =
            rig.open(SessionSpec::new(TransportSpec::Relay(RelaySpec::new(listen, target))));
        let (_, detail) = crate::rig::end(&session);
        assert!(detail.contains(words), "{detail}");
    }
}

#[test]
fn socat_reaches_a_port_raw() {
    let rig = Rig::new();
    let (_session, address, mut port, _held) = to_pty(&rig, "127.0.0.1:0");
    let target = format!("TCP4:{address}");
    let Some(mut socat) = crate::rig::Foreign::start("socat", &["-", &target]) else { return };
    socat.write(b"from socat");
    assert_eq!(read_port(&mut port, 10), b"from socat");
    port.write_all(b"from the port").unwrap();
    let mut heard = [0; 13];
    socat.0.stdout.as_mut().unwrap().read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"from the port");
}

/// pyserial opens our port, sets it, and sends and receives what telnet would take for itself.
const PYSERIAL: &str = r"
import serial, sys
port = serial.serial_for_url('rfc2217://' + sys.argv[1], baudrate=57600, timeout=30)
port.bytesize, port.parity, port.stopbits = 7, serial.PARITY_EVEN, serial.STOPBITS_TWO
port.baudrate = 230400
port.rts = True
port.dtr = True
port.dtr = False
port.rts = False
port.reset_input_buffer()
port.reset_output_buffer()
letter = bytes(range(256)) * 4 + b'\xff' * 16
port.write(letter)
back = port.read(len(letter))
assert back == letter, (len(back), back[:32])
port.send_break(0.01)
port.close()
print('done')
";

#[test]
fn pyserial_sets_and_uses_a_port_of_ours() {
    let Some(python) = python() else { return };
    let rig = Rig::new();
    let (session, address, port, _held) = to_pty(&rig, "rfc2217:127.0.0.1:0");
    let mut echo = (port.try_clone().unwrap(), port);
    let echoes = std::thread::Builder::new().name("echo".to_owned());
    let echoes = echoes.spawn(move || {
        let mut bytes = vec![0; 256 * 4 + 16];
        echo.0.read_exact(&mut bytes).unwrap();
        echo.1.write_all(&bytes).unwrap();
    });
    let said = Command::new(python).args(["-c", PYSERIAL, &address.to_string()]).output().unwrap();
    assert!(said.stdout.ends_with(b"done\n"), "{}", String::from_utf8_lossy(&said.stderr));
    echoes.unwrap().join().unwrap();
    until("the speed was set", || notes(&session).iter().any(|note| note.contains("230400")));
}

/// A Python with pyserial: that of esptool, which needs it.
fn python() -> Option<std::path::PathBuf> {
    super::esptool_program::program().map(|it| it.with_file_name("python"))
}

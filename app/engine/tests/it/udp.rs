//! Datagrams: with plain sockets, with foreign programs, and between our own sessions.

use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::Command;

use espalier_core::backend::{PeerSelector, Refusal, SessionCommand};
use espalier_core::capture::{Cursor, RecordBody};
use espalier_core::rules::{Rule, RuleAction, RuleAnswer, Trigger};
use espalier_core::session::{
    Behaviour, ConnectionState, EndReason, SessionEvent, SessionSpec, SessionState, TransportSpec,
    UdpSpec,
};
use espalier_core::{Direction, PeerId, Position};
use espalier_engine::session::{CaptureTarget, Session};

use crate::rig::{
    Foreign, PATIENCE, Rig, What, captured, end, events, noise, notes, records, status_until, until,
};

fn spec(change: impl FnOnce(&mut UdpSpec)) -> SessionSpec {
    let mut udp = UdpSpec::at(std::net::IpAddr::from(Ipv4Addr::LOCALHOST), 0);
    change(&mut udp);
    SessionSpec::new(TransportSpec::Udp(udp))
}

/// A session whose socket is open, and where it receives.
fn open(rig: &Rig, change: impl FnOnce(&mut UdpSpec)) -> (Session, SocketAddr) {
    let session = rig.open(spec(change));
    until("the socket is open", || {
        let status = session.status();
        assert!(!matches!(status.state, SessionState::Ended { .. }), "{:?}", status.state);
        status.state == SessionState::Listening
    });
    let local = session.status().local.unwrap();
    (session, local)
}

fn toward(address: SocketAddr) -> impl FnOnce(&mut UdpSpec) {
    move |udp| udp.remote = UdpSpec::to(address.ip().to_string(), address.port()).remote
}

fn plain() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let local = socket.local_addr().unwrap();
    (socket, local)
}

fn received(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut buffer = vec![0; 65_536];
    let (count, from) = socket.recv_from(&mut buffer).unwrap();
    buffer.truncate(count);
    (buffer, from)
}

/// Each datagram of a direction, as the capture has it.
pub fn datagrams(session: &Session, direction: Direction) -> Vec<Vec<u8>> {
    let data = records(session).into_iter().filter_map(|kept| match kept.what {
        What::Bytes(bytes) if kept.direction == direction => Some(bytes),
        _ => None,
    });
    data.collect()
}

fn to_counterpart(session: &Session, bytes: &[u8]) {
    session.send(&PeerSelector::Counterpart, &bytes.to_vec().into()).unwrap();
}

#[test]
fn each_datagram_is_a_record_also_an_empty_one_both_ways() {
    let rig = Rig::new();
    let (session, address) = open(&rig, |_| {});
    let (socket, ours) = plain();
    let sent = [&b"one"[..], b"", b"two\nlines\n", b""];
    for bytes in sent {
        socket.send_to(bytes, address).unwrap();
    }
    until("all are there", || datagrams(&session, Direction::In).len() == 4);
    assert_eq!(datagrams(&session, Direction::In), sent);
    assert!(events(&session).contains(&SessionEvent::Met { local: address, remote: ours }));
    for bytes in sent {
        to_counterpart(&session, bytes);
    }
    for bytes in sent {
        assert_eq!(received(&socket), (bytes.to_vec(), address));
    }
    until("all are written down", || datagrams(&session, Direction::Out).len() == 4);
    assert_eq!(datagrams(&session, Direction::Out), sent);
    let capture = session.capture().unwrap();
    let mut cursor = Cursor::new(&capture, Position(0));
    while let Some(record) = cursor.next() {
        assert!(record.datagram || !matches!(record.body, RecordBody::Data(_)), "{record:?}");
    }
}

#[test]
fn the_answer_goes_to_who_sent_last_or_to_who_is_chosen() {
    let rig = Rig::new();
    let (session, address) = open(&rig, |_| {});
    assert_eq!(
        session.send(&PeerSelector::Counterpart, &b"nobody".to_vec().into()),
        Err(Refusal::Nobody)
    );
    let ((first, _), (second, at)) = (plain(), plain());
    first.send_to(b"1", address).unwrap();
    until("the first is there", || captured(&session, Direction::In, None) == b"1");
    second.send_to(b"2", address).unwrap();
    until("both are there", || captured(&session, Direction::In, None) == b"12");
    to_counterpart(&session, b"to the second");
    assert_eq!(received(&second).0, b"to the second");
    let one = PeerSelector::Peers(vec![PeerId(1)]);
    session.send(&one, &b"to the first".to_vec().into()).unwrap();
    assert_eq!(received(&first).0, b"to the first");
    session.send(&PeerSelector::All, &b"to both".to_vec().into()).unwrap();
    assert_eq!(
        (received(&first).0, received(&second).0),
        (b"to both".to_vec(), b"to both".to_vec())
    );
    let status = status_until(&session, "both are shown", |status| status.peers.len() == 2);
    assert_eq!(status.peers[1].remote, at);
    // One that is let go comes back as somebody new.
    session.command(SessionCommand::Close(one)).unwrap();
    status_until(&session, "it has gone", |status| {
        status.peers[0].state == ConnectionState::Ended(EndReason::ClosedByUs)
    });
    first.send_to(b"3", address).unwrap();
    status_until(&session, "it is back", |status| status.peers.iter().any(|it| it.id.0 == 3));
}

#[test]
fn a_remote_that_is_given_is_sent_to_whoever_else_sends() {
    let rig = Rig::new();
    let ((remote, at), (other, _)) = (plain(), plain());
    let (session, address) = open(&rig, toward(at));
    other.send_to(b"somebody else", address).unwrap();
    until("it is heard", || captured(&session, Direction::In, None) == b"somebody else");
    to_counterpart(&session, b"hello");
    assert_eq!(received(&remote).0, b"hello");
    assert_eq!(session.status().remote, Some(at));
}

#[test]
fn a_socket_for_both_families_knows_an_ipv4_peer_by_its_own_address() {
    let rig = Rig::new();
    let (session, address) = open(&rig, |udp| udp.bind = Some("::".parse().unwrap()));
    let (socket, ours) = plain();
    let at = SocketAddr::from(([127, 0, 0, 1], address.port()));
    socket.send_to(b"four", at).unwrap();
    let status = status_until(&session, "it is there", |status| status.peers.len() == 1);
    assert_eq!((status.peers[0].remote, status.peers[0].local), (ours, at));
    to_counterpart(&session, b"answer");
    assert_eq!(received(&socket), (b"answer".to_vec(), at));
}

#[test]
fn what_is_more_than_a_datagram_is_refused_and_what_ethernet_cuts_is_told_once() {
    let rig = Rig::new();
    let (socket, at) = plain();
    let (session, _) = open(&rig, toward(at));
    let send = |length: usize| session.send(&PeerSelector::All, &noise(1, length).into());
    assert_eq!(send(65_508), Err(Refusal::TooLong { most: 65_507 }));
    session
        .command(SessionCommand::Send { to: PeerSelector::All, bytes: noise(1, 70_000).into() })
        .unwrap();
    until("that is told", || {
        notes(&session).iter().any(|it| it.contains("65507 bytes at most, and this has 70000"))
    });
    for length in [1472, 1473, 65_507] {
        send(length).unwrap();
        assert_eq!(received(&socket).0, noise(1, length));
    }
    until("it is told", || notes(&session).iter().any(|it| it.contains("fragments")));
    let fragments = notes(&session).into_iter().filter(|it| it.contains("fragments"));
    assert_eq!(fragments.collect::<Vec<_>>().len(), 1);
    assert_eq!(datagrams(&session, Direction::Out).len(), 3, "nothing was cut");
}

#[test]
#[cfg(target_os = "linux")]
fn a_closed_port_is_told_and_the_session_goes_on() {
    let rig = Rig::new();
    let (closed, at) = plain();
    drop(closed);
    let (session, address) = open(&rig, toward(at));
    to_counterpart(&session, b"lost");
    let undelivered = |event: &SessionEvent| matches!(event, SessionEvent::Undelivered { remote: Some(remote), count: 1, .. } if *remote == at);
    until("it is told", || events(&session).iter().any(undelivered));
    // The system tells of the first one instead of sending the next: it is sent all the same.
    let open_again = UdpSocket::bind(at).unwrap();
    open_again.set_read_timeout(Some(PATIENCE)).unwrap();
    to_counterpart(&session, b"arrives");
    assert_eq!(received(&open_again), (b"arrives".to_vec(), address));
    assert_eq!(session.state(), SessionState::Listening);
    until("both are kept", || datagrams(&session, Direction::Out) == [&b"lost"[..], b"arrives"]);
}

#[test]
#[cfg(target_os = "linux")]
fn sending_to_a_closed_port_a_thousand_times_loses_no_datagram_and_floods_no_log() {
    let rig = Rig::new();
    let (closed, at) = plain();
    drop(closed);
    let (session, _) = open(&rig, toward(at));
    for _ in 0..1000 {
        to_counterpart(&session, b"x");
    }
    until("all are sent", || captured(&session, Direction::Out, None).len() == 1000);
    session.command(SessionCommand::Stop).unwrap();
    status_until(&session, "it is over", |status| status.state == SessionState::Idle);
    let counts: Vec<u64> = events(&session)
        .iter()
        .filter_map(|event| match event {
            SessionEvent::Undelivered { count, .. } => Some(*count),
            _ => None,
        })
        .collect();
    let told: u64 = counts.iter().sum();
    assert!((1..=1000).contains(&told) && counts.len() < 100, "{counts:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn broadcast_needs_its_switch() {
    let rig = Rig::new();
    // What the loopback network has for a broadcast address.
    let receiver = UdpSocket::bind("127.255.255.255:0").unwrap();
    receiver.set_read_timeout(Some(PATIENCE)).unwrap();
    let at = receiver.local_addr().unwrap();
    let refused = rig.open(spec(toward(at)));
    let (reason, detail) = end(&refused);
    assert_eq!(reason, EndReason::Forbidden);
    assert!(detail.contains("127.255.255.255") && detail.contains("--broadcast"), "{detail}");
    let (session, _) = open(&rig, |udp| {
        toward(at)(udp);
        udp.broadcast = true;
    });
    to_counterpart(&session, b"to all");
    assert_eq!(received(&receiver).0, b"to all");
}

const GROUP: &str = "239.255.77.5";

/// A member of a group on the loopback interface; `None`, said aloud, where that has no multicast.
fn member(
    rig: &Rig,
    port: u16,
    change: impl FnOnce(&mut UdpSpec),
) -> Option<(Session, SocketAddr)> {
    let session = rig.open(spec(|udp| {
        udp.bind = Some(Ipv4Addr::UNSPECIFIED.to_string().parse().unwrap());
        udp.port = port;
        udp.groups = vec![GROUP.parse().unwrap()];
        udp.interface = "127.0.0.1".to_owned();
        change(udp);
    }));
    until("it is open or not", || {
        matches!(session.state(), SessionState::Listening | SessionState::Ended { .. })
    });
    if let SessionState::Ended { detail, .. } = session.state() {
        assert!(detail.contains("cannot join"), "{detail}");
        eprintln!("SKIPPED: {detail}");
        return None;
    }
    let local =
        status_until(&session, "it is open", |status| status.local.is_some()).local.unwrap();
    Some((session, local))
}

#[test]
fn members_of_a_group_hear_each_other_and_who_left_hears_nothing() {
    let rig = Rig::new();
    let Some((first, local)) = member(&rig, 0, |_| {}) else { return };
    let port = local.port();
    let (sender, _) = open(&rig, |udp| {
        udp.remote = UdpSpec::to(GROUP, port).remote;
        udp.interface = "127.0.0.1".to_owned();
        udp.ttl = Some(1);
    });
    let Some((second, _)) = member(&rig, port, |_| {}) else { return };
    to_counterpart(&sender, b"to the group");
    for session in [&first, &second] {
        until("it is heard", || captured(session, Direction::In, None) == b"to the group");
    }
    let left = |session: &Session| {
        let mut spec = SessionSpec::clone(&session.spec());
        let TransportSpec::Udp(udp) = &mut spec.transport else { panic!("a UDP session") };
        udp.groups.clear();
        session.command(SessionCommand::SetSpec(Box::new(spec))).unwrap();
        until("it has left", || notes(session).iter().any(|it| it.contains("left the multicast")));
    };
    left(&second);
    to_counterpart(&sender, b", again");
    until("it is heard", || captured(&first, Direction::In, None) == b"to the group, again");
    // What comes later is there: what was before it never came.
    let (socket, _) = plain();
    socket
        .send_to(b"!", SocketAddr::from(([127, 0, 0, 1], second.status().local.unwrap().port())))
        .unwrap();
    until("one of both has it", || {
        let heard = |session| captured(session, Direction::In, None).ends_with(b"!");
        heard(&first) || heard(&second)
    });
    assert!(!captured(&second, Direction::In, None).ends_with(b"again"));
}

#[test]
fn socat_in_a_group_is_heard_and_hears() {
    let rig = Rig::new();
    let Some((session, local)) = member(&rig, 0, |_| {}) else { return };
    let to = format!("UDP4-DATAGRAM:{GROUP}:{},ip-multicast-if=127.0.0.1", local.port());
    let Some(mut socat) = Foreign::start("socat", &["-", &to]) else { return };
    socat.write(b"from socat");
    until("socat is heard", || captured(&session, Direction::In, None) == b"from socat");
    to_counterpart(&session, b"back");
    let mut answer = [0; 4];
    socat.0.stdout.as_mut().unwrap().read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"back");
}

#[test]
fn ncat_talks_with_us_both_ways() {
    let rig = Rig::new();
    let (session, address) = open(&rig, |udp| udp.behaviour = Behaviour::Echo);
    let port = address.port().to_string();
    let Some(mut ncat) = Foreign::start("ncat", &["-u", "127.0.0.1", &port]) else { return };
    ncat.write(b"from ncat\n");
    let mut echo = [0; 10];
    ncat.0.stdout.as_mut().unwrap().read_exact(&mut echo).unwrap();
    assert_eq!(&echo, b"from ncat\n");
    assert_eq!(datagrams(&session, Direction::In), [b"from ncat\n"]);
}

#[test]
fn socat_answers_each_datagram_of_ours() {
    let rig = Rig::new();
    let (free, at) = plain();
    drop(free);
    let listen = format!("UDP4-RECVFROM:{},bind=127.0.0.1,fork", at.port());
    let Some(_socat) = Foreign::start("socat", &[&listen, "EXEC:cat"]) else { return };
    let (session, _) = open(&rig, toward(at));
    let letter = noise(3, 1000);
    until("it has come back", || {
        // Until socat is there, nobody is.
        to_counterpart(&session, &letter);
        std::thread::sleep(std::time::Duration::from_millis(20));
        datagrams(&session, Direction::In).first() == Some(&letter)
    });
}

#[test]
fn what_makes_no_sense_is_one_sentence_that_says_what_to_do() {
    let rig = Rig::new();
    let (taken, at) = plain();
    type Change = Box<dyn FnOnce(&mut UdpSpec)>;
    let cases: Vec<(&str, Change, EndReason)> = vec![
        ("in use", Box::new(move |udp| udp.port = at.port()), EndReason::BindFailed),
        (
            "join the group",
            Box::new(|udp| udp.bind = Some("239.1.2.3".parse().unwrap())),
            EndReason::BindFailed,
        ),
        (
            "is no multicast group",
            Box::new(|udp| udp.groups = vec!["192.168.1.5".parse().unwrap()]),
            EndReason::BindFailed,
        ),
        (
            "there is no interface no-such",
            Box::new(|udp| udp.interface = "no-such".to_owned()),
            EndReason::BindFailed,
        ),
        (
            "",
            Box::new(|udp| udp.remote = UdpSpec::to("no-such-host.invalid", 7).remote),
            EndReason::NameNotFound,
        ),
        (
            "another family",
            Box::new(|udp| udp.remote = UdpSpec::to("::1", 7).remote),
            EndReason::BindFailed,
        ),
    ];
    for (words, change, reason) in cases {
        let session = rig.open(spec(change));
        let (why, detail) = end(&session);
        assert_eq!(why, reason, "{words}: {detail}");
        assert!(detail.contains(words), "{words}: {detail}");
    }
    drop(taken);
}

#[test]
fn a_hundred_thousand_datagrams_are_received_or_counted_as_dropped() {
    const COUNT: u64 = 100_000;
    let rig = Rig::new();
    let (session, address) = open(&rig, |_| {});
    let (socket, _) = plain();
    for number in 0..COUNT {
        socket.send_to(&number.to_le_bytes()[..(number % 9) as usize], address).unwrap();
    }
    let dropped = || {
        let counts = notes(&session).into_iter().filter_map(|note| {
            let count =
                note.strip_prefix("the system dropped ")?.split(' ').next()?.parse().ok()?;
            Some::<u64>(count)
        });
        counts.sum::<u64>()
    };
    if cfg!(target_os = "linux") {
        until("all are accounted for", || {
            session.status().traffic.received.records + dropped() == COUNT
        });
    } else {
        until("some are there", || session.status().traffic.received.records > 0);
    }
    assert_eq!(session.status().peers.len(), 1);
}

#[test]
#[cfg(target_os = "linux")]
fn ten_thousand_peers_do_not_hurt_the_others() {
    const BATCH: u32 = 200;
    let rig = Rig::new();
    let (session, address) = open(&rig, |_| {});
    let (echo, echoed) = open(&rig, |udp| udp.behaviour = Behaviour::Echo);
    let (socket, _) = plain();
    for batch in 0..50_u32 {
        for number in 0..BATCH {
            let number = batch * BATCH + number;
            // Each from an address of its own: all of 127.0.0.0/8 is this computer.
            let from = Ipv4Addr::from(0x7F01_0000 + number);
            let peer = UdpSocket::bind((from, 0)).unwrap();
            peer.send_to(&number.to_le_bytes(), address).unwrap();
        }
        let sent = u64::from((batch + 1) * BATCH);
        until("all are there", || session.status().traffic.received.records == sent);
        socket.send_to(b"still?", echoed).unwrap();
        assert_eq!(received(&socket).0, b"still?");
    }
    let status = status_until(&session, "all are peers", |status| status.peers.len() == 10_000);
    assert!(status.peers.iter().all(|peer| peer.state == ConnectionState::Open));
    assert_eq!(echo.status().peers.len(), 1);
}

#[test]
fn rules_and_cyclic_sends_work_on_datagrams() {
    let rig = Rig::new();
    let (session, address) = open(&rig, |_| {});
    let (socket, _) = plain();
    let answer = RuleAnswer { text: "pong".to_owned(), ..RuleAnswer::default() };
    let rule = Rule {
        when: Trigger::Received(espalier_core::rules::ReceivedTrigger {
            pattern: "ping".to_owned(),
            place: espalier_core::rules::PatternPlace::Whole,
            ..Default::default()
        }),
        actions: vec![RuleAction::Send(answer)],
        ..Rule::default()
    };
    let encoding = session.spec().view.encoding.clone();
    session.command(SessionCommand::SetRules { rules: vec![rule], encoding }).unwrap();
    until("the rules work", || session.rules().is_some());
    for _ in 0..3 {
        socket.send_to(b"ping", address).unwrap();
    }
    for _ in 0..3 {
        assert_eq!(received(&socket).0, b"pong");
    }
    session
        .command(SessionCommand::StartCycle {
            to: PeerSelector::Counterpart,
            bytes: b"beat".to_vec().into(),
            period_ms: 1,
            count: Some(3),
        })
        .unwrap();
    for _ in 0..3 {
        assert_eq!(received(&socket).0, b"beat");
    }
}

#[test]
fn a_session_that_is_stopped_sends_what_waits_and_starts_again_at_its_port() {
    let rig = Rig::new();
    let (socket, at) = plain();
    let (session, address) = open(&rig, toward(at));
    let mut spec = SessionSpec::clone(&session.spec());
    let TransportSpec::Udp(udp) = &mut spec.transport else { panic!("a UDP session") };
    udp.port = address.port();
    session.command(SessionCommand::SetSpec(Box::new(spec))).unwrap();
    for number in 0..20_u8 {
        let bytes = vec![number; 1000].into();
        session.command(SessionCommand::Send { to: PeerSelector::All, bytes }).unwrap();
    }
    session.command(SessionCommand::Stop).unwrap();
    session.command(SessionCommand::Start).unwrap();
    for number in 0..20_u8 {
        assert_eq!(received(&socket).0, vec![number; 1000]);
    }
    until("it is open again", || {
        let listening = |event: &&SessionEvent| matches!(event, SessionEvent::Listening { .. });
        events(&session).iter().filter(listening).count() == 2
    });
    status_until(&session, "at the same port", |status| status.local == Some(address));
    assert!(!notes(&session).iter().any(|note| note.contains("not sent")));
}

#[test]
fn tshark_reads_udp_with_addresses_ports_and_directions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("udp.pcapng");
    let rig = Rig::new();
    let target = CaptureTarget::File(path.clone());
    let session = rig.engine.open_tapped(spec(|_| {}), target, None);
    let status = status_until(&session, "it is open", |status| status.local.is_some());
    let (local, (socket, ours)) = (status.local.unwrap(), plain());
    socket.send_to(b"in", local).unwrap();
    until("it is heard", || captured(&session, Direction::In, None) == b"in");
    to_counterpart(&session, b"out");
    until("it is sent", || captured(&session, Direction::Out, None) == b"out");
    let mut tshark = Command::new("tshark");
    tshark.arg("-r").arg(&path).args(["-Y", "data", "-T", "fields", "-E", "separator=|"]);
    for field in [
        "frame.packet_flags_direction",
        "exported_pdu.ipv4_src",
        "exported_pdu.port_type",
        "exported_pdu.src_port",
        "exported_pdu.dst_port",
        "data.data",
    ] {
        tshark.args(["-e", field]);
    }
    let output = match tshark.output() {
        Ok(output) => output,
        Err(error) => return eprintln!("SKIPPED: tshark cannot be run: {error}"),
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (ours, local) = (ours.port(), local.port());
    let expected = format!(
        "0x00000001|127.0.0.1|3|{ours}|{local}|696e\n0x00000002|127.0.0.1|3|{local}|{ours}|6f7574\n"
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
}

#[test]
fn a_workspace_file_holds_it() {
    let mut udp = UdpSpec::to("fe80::1%eth0", 7681);
    udp.groups = vec!["239.1.2.3".parse().unwrap(), "ff02::1".parse().unwrap()];
    (udp.interface, udp.ttl, udp.loopback) = ("eth0".to_owned(), Some(4), false);
    let spec = SessionSpec::new(TransportSpec::Udp(udp));
    let text = toml::to_string(&spec).unwrap();
    assert!(text.contains("kind = \"udp\"") && text.contains("[fe80::1%eth0]:7681"), "{text}");
    assert_eq!(toml::from_str::<SessionSpec>(&text).unwrap(), spec);
    let least: SessionSpec = toml::from_str("[transport]\nkind = \"udp\"\n").unwrap();
    assert_eq!(least.transport, TransportSpec::Udp(UdpSpec::default()));
    let bad = toml::from_str::<SessionSpec>("[transport]\nkind = \"udp\"\nremote = \"host:0\"\n");
    assert!(bad.unwrap_err().to_string().contains("1 to 65535"));
}

//! Load tests: many clients of one session, against servers of ours, plain sockets and foreign programs.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use espalier_core::backend::prelude::*;
use espalier_core::backend::{SessionCommand, SharedRules};
use espalier_core::load::{
    LoadClientState, LoadSpec, LoadStatus, LoadTraffic, LoadVerdict, PatternCheck,
};
use espalier_core::send::{LineEnding, SendSpec};
use espalier_core::send_list::{AnswerSpec, OnNoAnswer, SendEntry, SendGroup, SendList};
use espalier_core::session::{
    Behaviour, ConnectionState, EndReason, Reconnect, SessionSpec, SessionState, TransportSpec,
};
use espalier_core::{Direction, PeerId};
use espalier_engine::session::Session;
use espalier_protocol::pattern;

use crate::rig::{
    Foreign, PATIENCE, Rig, captured, events, notes, reset, send, status_until, until,
};

pub fn load(rig: &Rig, target: SocketAddr, change: impl FnOnce(&mut LoadSpec)) -> Session {
    let mut spec = LoadSpec::new(target.ip().to_string(), target.port());
    (spec.clients, spec.ramp) = (3, 10_000);
    change(&mut spec);
    rig.open(SessionSpec::new(TransportSpec::Load(spec)))
}

pub fn status(session: &Session) -> Arc<LoadStatus> {
    session.status().load.clone().unwrap_or_default()
}

/// Waits for the figures to be so.
#[track_caller]
fn figures_until(
    session: &Session,
    what: &str,
    is_so: impl Fn(&LoadStatus) -> bool,
) -> Arc<LoadStatus> {
    until(what, || is_so(&status(session)));
    status(session)
}

/// Waits until it has ended by itself, and gives its last figures.
#[track_caller]
pub fn over(session: &Session) -> Arc<LoadStatus> {
    status_until(session, "it is over", |status| {
        matches!(status.state, SessionState::Ended { .. })
    });
    status(session)
}

/// Stops it, and gives its last figures.
#[track_caller]
fn stopped(session: &Session) -> Arc<LoadStatus> {
    session.command(SessionCommand::Stop).unwrap();
    status_until(session, "it is idle", |status| status.state == SessionState::Idle);
    status(session)
}

/// Serves each client in a thread of its own, as long as there are any.
fn serve(act: impl Fn(TcpStream, usize) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let accept = move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let act = act.clone();
            let client = std::thread::Builder::new().name("client".to_owned());
            client.spawn(move || act(stream, number)).unwrap();
        }
    };
    std::thread::Builder::new().name("server".to_owned()).spawn(accept).unwrap();
    address
}

pub const ECHO: LoadTraffic = LoadTraffic::Pattern { rate: 0, check: PatternCheck::Echo };
const SOURCE: LoadTraffic = LoadTraffic::Pattern { rate: 0, check: PatternCheck::Source };

#[test]
fn the_pattern_comes_back_right_from_an_echo_and_all_is_counted() {
    let rig = Rig::new();
    let (server, address) = rig.server(|spec| spec.behaviour = Behaviour::Echo);
    let session = load(&rig, address, |spec| spec.traffic = ECHO);
    figures_until(&session, "much came back", |it| it.sum.received > 1 << 20);
    let last = stopped(&session);
    assert_eq!(last.verdict(), LoadVerdict::Good, "{last:?}");
    assert_eq!(last.sum.wrong, 0);
    // Unless this computer is so busy that an orderly end takes longer.
    if !notes(&session).iter().any(|it| it.contains("connections did not close within")) {
        assert_eq!(last.sum.sent, last.sum.received);
    }
    assert_eq!((last.sum.reached, last.connect.count), (3, 3));
    assert!(last.answer.count > 0 && last.answer.count == last.sum.answers, "{last:?}");
    status_until(&server, "the server has counted what came back", |status| {
        status.traffic.sent.bytes >= last.sum.received
    });
    assert!(notes(&session).iter().any(|it| it.contains("3 of 3 clients were connected")));
}

#[test]
fn a_thousand_clients_come_and_go_and_another_session_does_not_notice() {
    const CLIENTS: u32 = 1000;
    let rig = Rig::new();
    let (server, address) = rig.server(|_| {});
    let (other, mut peer) = rig.connected(|_| {});
    let session = load(&rig, address, |spec| spec.clients = CLIENTS);
    figures_until(&session, "all are connected", |it| it.sum.connected == CLIENTS);
    status_until(&server, "the server has all", |status| status.peers.len() == CLIENTS as usize);
    // The others talk on.
    send(&other, b"still here");
    let mut heard = [0; 10];
    peer.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"still here");
    let last = stopped(&session);
    assert_eq!(last.verdict(), LoadVerdict::Good, "{:?}", last.sum);
    assert!(last.over.is_some() && last.sum.connected == 0);
    status_until(&server, "all have left", |status| {
        status
            .peers
            .iter()
            .all(|peer| peer.state == ConnectionState::Ended(EndReason::ClosedByPeer))
    });
    let connected = events(&session)
        .into_iter()
        .filter(|event| matches!(event, espalier_core::session::SessionEvent::Connected { .. }));
    assert_eq!(connected.count(), CLIENTS as usize);
}

#[test]
fn who_is_refused_is_counted_and_told_by_number() {
    let rig = Rig::new();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let session = load(&rig, nobody, |_| {});
    let last = over(&session);
    assert_eq!(last.verdict(), LoadVerdict::NoneConnected(Some(EndReason::Refused)));
    assert_eq!((last.sum.refused, last.sum.failed, last.sum.errors()), (3, 0, 0));
    for number in 1..=3 {
        let ended = crate::rig::records(&session).into_iter().any(|kept| {
            kept.peer == PeerId(number)
                && matches!(
                    kept.what,
                    crate::rig::What::Event(espalier_core::session::SessionEvent::Ended {
                        reason: EndReason::Refused,
                        ..
                    })
                )
        });
        assert!(ended, "#{number}");
    }
}

#[test]
fn a_byte_that_is_altered_on_its_way_is_found_at_its_place() {
    let rig = Rig::new();
    let address = serve(|mut stream, number| {
        let mut bytes = vec![0; 50_000];
        pattern::fill(0, &mut bytes);
        if number == 1 {
            bytes[12_345] ^= 0x40;
        }
        stream.write_all(&bytes).unwrap();
        // Until we are closed.
        stream.read_to_end(&mut Vec::new()).ok();
    });
    let session = load(&rig, address, |spec| spec.traffic = SOURCE);
    figures_until(&session, "all came", |it| it.sum.received == 150_000);
    let last = stopped(&session);
    assert_eq!((last.sum.wrong, last.sum.good), (1, 2));
    assert_eq!(last.verdict(), LoadVerdict::SomeFailed);
    let first: Vec<u64> = last.clients.iter().filter_map(|it| it.first_wrong).collect();
    assert_eq!(first, [12_345]);
    assert!(notes(&session).iter().any(|it| it.contains("wrong from byte 12345 on")));
}

#[test]
fn an_end_before_the_client_is_done_is_an_error_and_which() {
    let rig = Rig::new();
    let address = serve(|mut stream, number| {
        // Who gets nothing at all was refused.
        stream.write_all(b"!").unwrap();
        stream.read_exact(&mut [0]).unwrap();
        if number % 2 == 0 {
            return reset(stream);
        }
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        // Whoever drops what came unread resets.
        stream.read_to_end(&mut Vec::new()).unwrap();
    });
    let traffic = LoadTraffic::Pattern { rate: 1000, check: PatternCheck::None };
    let session = load(&rig, address, |spec| (spec.clients, spec.traffic) = (4, traffic));
    let last = over(&session);
    assert_eq!((last.sum.reached, last.sum.broken, last.sum.closed_early), (4, 2, 2));
    assert_eq!(last.verdict(), LoadVerdict::SomeFailed);
}

#[test]
fn what_an_echo_leaves_out_is_missing() {
    let rig = Rig::new();
    let address = serve(|mut stream, _| {
        let mut bytes = [0; 1000];
        stream.read_exact(&mut bytes).unwrap();
        stream.write_all(&bytes[..900]).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        stream.read_to_end(&mut Vec::new()).ok();
    });
    let slow = LoadTraffic::Pattern { rate: 10_000, check: PatternCheck::Echo };
    let session = load(&rig, address, |spec| (spec.clients, spec.traffic) = (1, slow));
    let last = over(&session);
    assert_eq!((last.sum.received, last.sum.wrong), (900, 0));
    assert!(last.sum.missing >= 100, "{:?}", last.sum);
}

/// Nothing comes back, and nobody closes before we do.
#[test]
fn an_echo_that_is_swallowed_is_missing_whoever_ends_the_test() {
    let rig = Rig::new();
    let address = serve(|mut stream, _| drop(stream.read_to_end(&mut Vec::new())));
    let traffic = LoadTraffic::Pattern { rate: 20_000, check: PatternCheck::Echo };
    let timed = load(&rig, address, |spec| {
        (spec.traffic, spec.time_ms) = (traffic.clone(), 300);
    });
    let left = load(&rig, address, |spec| {
        (spec.traffic, spec.stay_ms) = (traffic.clone(), Some(300));
    });
    let by_hand = load(&rig, address, |spec| spec.traffic = traffic);
    figures_until(&by_hand, "each has sent some", |it| {
        it.clients.len() == 3 && it.clients.iter().all(|it| it.sent > 0)
    });
    for last in [stopped(&by_hand), over(&timed), over(&left)] {
        assert_eq!((last.sum.missing, last.sum.silent), (last.sum.sent, 3), "{:?}", last.sum);
        assert_eq!((last.sum.reached, last.sum.good), (3, 0));
        assert_eq!(last.verdict(), LoadVerdict::SomeFailed);
    }
}

#[test]
fn a_source_that_says_nothing_is_no_success() {
    let rig = Rig::new();
    let address = serve(|mut stream, number| {
        if number > 0 {
            let mut bytes = [0; 100];
            pattern::fill(0, &mut bytes);
            stream.write_all(&bytes).unwrap();
        }
        stream.read_to_end(&mut Vec::new()).ok();
    });
    let session = load(&rig, address, |spec| (spec.time_ms, spec.traffic) = (300, SOURCE));
    let last = over(&session);
    assert_eq!((last.sum.reached, last.sum.silent, last.sum.good), (3, 1, 2));
    assert_eq!(last.verdict(), LoadVerdict::SomeFailed);
}

#[test]
fn whoever_takes_nothing_more_is_no_success() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let traffic = LoadTraffic::Pattern { rate: 0, check: PatternCheck::None };
    let session = load(&rig, listener.local_addr().unwrap(), |spec| {
        (spec.clients, spec.time_ms, spec.traffic) = (1, 300, traffic);
        spec.options.send_buffer = Some(8192);
    });
    let _reads_nothing = listener.accept().unwrap();
    let last = over(&session);
    assert!(last.sum.sent > 0 && last.sum.unsent > 0, "{:?}", last.sum);
    assert_eq!(last.verdict(), LoadVerdict::SomeFailed);
}

/// What the system has taken of us, and does not get rid of, nobody has.
#[test]
#[cfg(target_os = "linux")]
fn an_end_that_is_never_acknowledged_is_a_connection_that_was_lost() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    socket2::SockRef::from(&listener).set_recv_buffer_size(4096).unwrap();
    // Less than our system takes, more than theirs.
    let traffic = LoadTraffic::Pattern { rate: 100_000, check: PatternCheck::None };
    let session = load(&rig, listener.local_addr().unwrap(), |spec| {
        (spec.clients, spec.time_ms, spec.traffic) = (1, 1500, traffic);
        spec.options.send_buffer = Some(1 << 20);
    });
    let _reads_nothing = listener.accept().unwrap();
    let last = over(&session);
    assert_eq!((last.sum.broken, last.sum.unsent, last.sum.good), (1, 0, 0), "{:?}", last.sum);
    assert!(notes(&session).iter().any(|it| it.contains("has not acknowledged our end (FIN)")));
}

#[test]
fn whoever_is_gone_when_clients_come_again_is_no_success() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let session = load(&rig, listener.local_addr().unwrap(), |spec| {
        (spec.clients, spec.stay_ms, spec.time_ms) = (1, Some(10), 600);
        spec.again = Reconnect::Fixed { delay_ms: 50 };
    });
    let (mut once, _) = listener.accept().unwrap();
    drop(listener);
    once.read_to_end(&mut Vec::new()).unwrap();
    drop(once);
    let last = over(&session);
    assert!(last.sum.connections >= 1 && last.sum.refused > 0, "{:?}", last.sum);
    assert_eq!((last.sum.good, last.verdict()), (0, LoadVerdict::SomeFailed));
}

fn question(text: &str, answer: Option<&str>) -> SendEntry {
    SendEntry {
        text: text.to_owned(),
        placeholders: true,
        delay_ms: 0,
        spec: SendSpec { line_ending: LineEnding::Lf, ..SendSpec::default() },
        answer: answer.map(|pattern| AnswerSpec {
            pattern: pattern.to_owned(),
            within_ms: 200,
            otherwise: OnNoAnswer::GoOn,
            ..AnswerSpec::default()
        }),
        ..SendEntry::default()
    }
}

fn share(rig: &Rig, entries: impl IntoIterator<Item = SendEntry>) {
    let list = SendList { groups: vec![SendGroup::new("ask", entries)] };
    let shared = SharedRules { list: Arc::new(list), ..SharedRules::default() };
    // A session that is opened from now on has it.
    rig.engine.share_rules(Arc::new(shared));
}

#[test]
fn each_client_sends_the_list_with_its_own_number_and_leaves_when_all_is_answered() {
    let rig = Rig::new();
    let address = serve(|stream, _| {
        let mut answer = stream.try_clone().unwrap();
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if let Some(number) = line.strip_prefix("id ") {
                writeln!(answer, "hello {number}").unwrap();
            }
        }
    });
    share(&rig, [question("id {{client}}", Some("hello")), question("bye", None)]);
    let list = LoadTraffic::List { group: Some("ask".to_owned()), rounds: 2 };
    let session = load(&rig, address, |spec| spec.traffic = list);
    let last = over(&session);
    assert_eq!(last.verdict(), LoadVerdict::Good, "{last:?}");
    assert_eq!((last.sum.messages, last.sum.unanswered), (12, 0));
    for client in last.clients.iter() {
        let peer = client.peer;
        let said = captured(&session, Direction::Out, peer);
        let number = client.number;
        let expected = format!("id {number}\nbye\n").repeat(2);
        assert_eq!(String::from_utf8(said).unwrap(), expected);
        assert_eq!(client.state, LoadClientState::Ended(EndReason::ClosedByUs));
    }
}

#[test]
fn answers_that_do_not_come_are_counted() {
    let rig = Rig::new();
    let (_server, address) = rig.server(|_| {});
    share(&rig, [question("anybody?", Some("yes"))]);
    let list = LoadTraffic::List { group: None, rounds: 1 };
    let session = load(&rig, address, |spec| spec.traffic = list);
    let last = over(&session);
    assert_eq!((last.sum.messages, last.sum.unanswered), (3, 3));
    assert_eq!(last.verdict(), LoadVerdict::SomeFailed);
}

#[test]
fn a_list_that_is_cut_short_is_told_and_an_answer_on_its_way_is_waited_for() {
    let rig = Rig::new();
    let (_server, address) = rig.server(|_| {});
    let now = SendEntry { delay_ms: 3_600_000, ..question("now", None) };
    share(&rig, [now, question("an hour later", None)]);
    let list = LoadTraffic::List { group: None, rounds: 1 };
    let session = load(&rig, address, |spec| (spec.time_ms, spec.traffic) = (300, list.clone()));
    let last = over(&session);
    assert_eq!((last.sum.messages, last.sum.unfinished, last.sum.unanswered), (3, 3, 0));
    assert_eq!(last.verdict(), LoadVerdict::SomeFailed);
    // Without an end of its own a list ends with the test, and the answer to its last message is heard.
    let address = serve(|mut stream, _| {
        let mut question = [0; 4];
        while stream.read_exact(&mut question).is_ok() {
            std::thread::sleep(std::time::Duration::from_millis(100));
            stream.write_all(b"yes").unwrap();
        }
    });
    let mut patient = question("now", Some("yes"));
    patient.answer.as_mut().unwrap().within_ms = 60_000;
    share(&rig, [patient]);
    let endless = LoadTraffic::List { group: None, rounds: 0 };
    let session = load(&rig, address, |spec| (spec.time_ms, spec.traffic) = (350, endless));
    let last = over(&session);
    assert_eq!((last.sum.unfinished, last.sum.unanswered), (0, 0), "{:?}", last.sum);
    assert_eq!((last.verdict(), last.sum.answers), (LoadVerdict::Good, last.sum.messages));
}

#[test]
fn a_list_that_is_not_there_is_told_before_anybody_is_connected_to() {
    let rig = Rig::new();
    let (server, address) = rig.server(|_| {});
    let list = LoadTraffic::List { group: Some("none".to_owned()), rounds: 1 };
    let session = load(&rig, address, |spec| spec.traffic = list);
    let SessionState::Ended { detail, .. } = over_state(&session) else { panic!() };
    assert!(detail.contains("no group \"none\""), "{detail}");
    assert!(server.status().peers.is_empty());
}

fn over_state(session: &Session) -> SessionState {
    status_until(session, "it has ended", |status| {
        matches!(status.state, SessionState::Ended { .. })
    })
    .state
    .clone()
}

#[test]
fn an_address_outside_is_not_loaded_before_somebody_allows_it() {
    let rig = Rig::new();
    // Addresses for documentation (RFC 5737, RFC 3849): nobody is there.
    for host in ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1"] {
        let mut spec = LoadSpec::new(host, 9);
        (spec.clients, spec.connect_timeout_ms, spec.time_ms) = (1, 100, 300);
        let session = rig.open(SessionSpec::new(TransportSpec::Load(spec)));
        let SessionState::Ended { reason, detail } = over_state(&session) else { panic!() };
        assert_eq!(reason, EndReason::Forbidden, "{host}: {detail}");
        assert!(detail.contains("outside of this computer"), "{detail}");
        let last = status(&session);
        assert!(last.outside.is_some() && last.clients.is_empty(), "{last:?}");
        let attempts = events(&session).into_iter().filter(|event| {
            matches!(event, espalier_core::session::SessionEvent::Connected { .. })
        });
        assert_eq!(attempts.count(), 0);
        session.command(SessionCommand::AllowOutside).unwrap();
        let last = figures_until(&session, "it is tried", |it| it.sum.begun == 1);
        assert_eq!(last.outside, None);
        session.command(SessionCommand::Stop).unwrap();
    }
}

#[test]
fn bytes_of_the_first_clients_are_kept_and_those_of_all_are_counted() {
    let rig = Rig::new();
    let (_server, address) = rig.server(|spec| spec.behaviour = Behaviour::Echo);
    let traffic = LoadTraffic::Pattern { rate: 20_000, check: PatternCheck::Echo };
    let session = load(&rig, address, |spec| (spec.kept_clients, spec.traffic) = (1, traffic));
    figures_until(&session, "each has some", |it| {
        it.clients.len() == 3 && it.clients.iter().all(|it| it.received > 3000)
    });
    let last = stopped(&session);
    let kept = captured(&session, Direction::In, None).len() as u64;
    assert_eq!(kept, last.clients[0].received);
    assert_eq!(captured(&session, Direction::In, last.clients[1].peer), b"");
    assert_eq!(session.status().integrity.received_bytes, last.sum.received);
    assert!(notes(&session).iter().any(|it| it.contains("bytes of the first 1 of 3 clients")));
}

#[test]
fn clients_that_stay_for_a_moment_come_again_until_the_time_is_over() {
    let rig = Rig::new();
    let (_server, address) = rig.server(|_| {});
    let session = load(&rig, address, |spec| {
        (spec.stay_ms, spec.time_ms) = (Some(10), 600);
        spec.again = Reconnect::Fixed { delay_ms: 50 };
    });
    let last = over(&session);
    assert!(last.sum.connections > 3, "{:?}", last.sum);
    assert_eq!(last.verdict(), LoadVerdict::Good, "{:?}", last.sum);
    let SessionState::Ended { reason, .. } = session.status().state.clone() else { panic!() };
    assert_eq!(reason, EndReason::ClosedByUs);
}

/// What comes is there before it is asked for, so nothing ever waits: the time is over all the same, and others are connected.
#[test]
fn whoever_sends_faster_than_we_read_does_not_keep_it_from_ending() {
    let rig = Rig::new();
    let address = serve(|mut stream, _| {
        let bytes = vec![0; 1 << 20];
        while stream.write_all(&bytes).is_ok() {}
    });
    let session = load(&rig, address, |spec| {
        (spec.clients, spec.time_ms, spec.traffic) = (6, 500, SOURCE);
    });
    let last = over(&session);
    assert_eq!(last.sum.reached, 6, "{:?}", last.sum);
    assert!(last.sum.wrong > 0 && last.sum.closed_early == 0, "{:?}", last.sum);
}

#[test]
fn a_ramp_gives_each_client_its_turn() {
    let rig = Rig::new();
    let (_server, address) = rig.server(|_| {});
    // The second one would have its turn in a second, the time is over before.
    let session = load(&rig, address, |spec| (spec.ramp, spec.time_ms) = (1, 300));
    let last = over(&session);
    assert_eq!((last.sum.begun, last.sum.reached), (1, 1));
    assert_eq!(last.clients[1].state, LoadClientState::NotYet);
    assert_eq!(last.verdict(), LoadVerdict::SomeFailed);
}

#[test]
fn it_starts_again_after_a_stop_and_counts_anew() {
    let rig = Rig::new();
    let (_server, address) = rig.server(|_| {});
    let session = load(&rig, address, |_| {});
    figures_until(&session, "all are connected", |it| it.sum.connected == 3);
    let first = stopped(&session);
    session.command(SessionCommand::Start).unwrap();
    figures_until(&session, "all are connected again", |it| {
        it.began > first.began && it.sum.connected == 3
    });
    assert_eq!(stopped(&session).sum.connections, 3);
}

#[test]
fn what_is_out_of_bounds_is_told() {
    let rig = Rig::new();
    let session = load(&rig, ([127, 0, 0, 1], 9).into(), |spec| spec.clients = 10_001);
    let SessionState::Ended { detail, .. } = over_state(&session) else { panic!() };
    assert!(detail.contains("1 to 10000 clients"), "{detail}");
}

#[test]
fn socat_echoes_the_pattern_to_each_client() {
    let rig = Rig::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listen = format!("TCP4-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr");
    let Some(_socat) = Foreign::start("socat", &[&listen, "EXEC:cat"]) else { return };
    until("socat listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    let traffic = LoadTraffic::Pattern { rate: 100_000, check: PatternCheck::Echo };
    let session = load(&rig, ([127, 0, 0, 1], port).into(), |spec| spec.traffic = traffic);
    figures_until(&session, "each has some", |it| {
        it.clients.len() == 3 && it.clients.iter().all(|it| it.received > 20_000)
    });
    let last = stopped(&session);
    assert_eq!((last.sum.wrong, last.sum.reached), (0, 3), "{:?}", last.sum);
}

#[test]
fn ncat_gets_the_list_of_a_client() {
    let rig = Rig::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let Some(ncat) = Foreign::start("ncat", &["-l", "127.0.0.1", &port.to_string()]) else {
        return;
    };
    share(&rig, [question("to ncat, from {{client}}", None)]);
    let session = load(&rig, ([127, 0, 0, 1], port).into(), |spec| {
        spec.clients = 1;
        spec.traffic = LoadTraffic::List { group: None, rounds: 1 };
        // It may not listen yet; afterwards it listens no more.
        spec.again = Reconnect::Fixed { delay_ms: 50 };
    });
    assert_eq!(ncat.output(), b"to ncat, from 1\n");
    figures_until(&session, "it is counted", |it| it.sum.messages >= 1);
    let last = stopped(&session);
    assert!(last.sum.messages >= 1, "{:?}", last.sum);
}

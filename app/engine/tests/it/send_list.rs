//! Runs of send lists, over real sockets.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use espalier_core::backend::{ListControl, ListRequest, PeerSelector, SessionCommand};
use espalier_core::send_list::{
    AnswerSpec, ListPlan, OnNoAnswer, RunEnd, RunPhase, SendEntry, SendGroup, SendList,
};
use espalier_core::session::{ListStatus, SessionStatus};
use espalier_core::view::EncodingName;
use espalier_engine::session::Session;

use crate::rig::{Rig, notes, status_until};

fn entry(text: &str, delay_ms: u32) -> SendEntry {
    SendEntry { text: text.to_owned(), delay_ms, ..SendEntry::default() }
}

fn waits(text: &str, pattern: &str, otherwise: OnNoAnswer) -> SendEntry {
    let answer = AnswerSpec {
        pattern: pattern.to_owned(),
        otherwise,
        within_ms: 60_000,
        ..AnswerSpec::default()
    };
    SendEntry { answer: Some(answer), ..entry(text, 0) }
}

fn start(session: &Session, entries: Vec<SendEntry>, rounds: Option<u64>) {
    let list = SendList { groups: vec![SendGroup::new("", entries)] };
    let request = ListRequest {
        to: PeerSelector::All,
        plan: ListPlan::of_all(&list, None, rounds),
        encoding: EncodingName("GBK".to_owned()),
        variables: [("id".to_owned(), "42".to_owned())].into(),
    };
    session.command(SessionCommand::StartList(Box::new(request))).unwrap();
}

fn phase_until(
    session: &Session,
    what: &str,
    wanted: impl Fn(&ListStatus) -> bool,
) -> Arc<ListStatus> {
    let has = |status: &SessionStatus| status.list.as_ref().is_some_and(|list| wanted(list));
    status_until(session, what, has).list.clone().unwrap()
}

fn read(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

#[test]
fn entries_are_sent_in_order_as_often_as_asked() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    let counted = SendEntry { placeholders: true, ..entry("{{n}}/{{id}} ", 1) };
    start(&session, vec![entry("你好 ", 1), counted], Some(3));
    let expected =
        [&b"\xC4\xE3\xBA\xC3 1/42 "[..], b"\xC4\xE3\xBA\xC3 3/42 ", b"\xC4\xE3\xBA\xC3 5/42 "]
            .concat();
    assert_eq!(read(&mut stream, expected.len()), expected);
    let list =
        phase_until(&session, "it is over", |list| list.phase == RunPhase::Over(RunEnd::Done));
    assert_eq!((list.progress.sent, list.progress.rounds, list.messages), (6, 3, 2));
    session.command(SessionCommand::List(ListControl::Dismiss)).unwrap();
    status_until(&session, "it is forgotten", |status| status.list.is_none());
}

#[test]
fn an_answer_in_two_segments_lets_it_go_on() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|spec| spec.options.nodelay = true);
    start(&session, vec![waits("AT", r"OK\r\n", OnNoAnswer::Stop), entry("next", 0)], Some(1));
    assert_eq!(read(&mut stream, 2), b"AT");
    phase_until(&session, "it waits", |list| list.phase == RunPhase::Waiting);
    stream.write_all(b"junk O").unwrap();
    stream.flush().unwrap();
    stream.write_all(b"K\r\nmore").unwrap();
    assert_eq!(read(&mut stream, 4), b"next");
    let list =
        phase_until(&session, "it is over", |list| list.phase == RunPhase::Over(RunEnd::Done));
    assert_eq!(list.progress.answers, 1);
}

#[test]
fn a_run_is_paused_stepped_and_stopped() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    start(&session, vec![entry("a", 3_600_000), entry("b", 3_600_000), entry("c", 0)], None);
    assert_eq!(read(&mut stream, 1), b"a");
    session.command(SessionCommand::List(ListControl::Pause)).unwrap();
    phase_until(&session, "it pauses", |list| list.phase == RunPhase::Paused);
    session.command(SessionCommand::List(ListControl::Step)).unwrap();
    assert_eq!(read(&mut stream, 1), b"b");
    let list = phase_until(&session, "it pauses again", |list| list.at == Some((0, 2)));
    assert_eq!((&list.phase, list.entry.as_str()), (&RunPhase::Paused, "c"));
    session.command(SessionCommand::List(ListControl::Stop)).unwrap();
    phase_until(&session, "it is over", |list| list.phase == RunPhase::Over(RunEnd::Stopped));
    assert!(notes(&session).is_empty(), "what the user does is no news: {:?}", notes(&session));
}

#[test]
fn it_stops_in_sight_when_its_target_goes_or_an_entry_cannot_be_sent() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    start(&session, vec![entry("a", 3_600_000), entry("b", 0)], Some(1));
    assert_eq!(read(&mut stream, 1), b"a");
    drop(stream);
    phase_until(&session, "it stops", |list| {
        matches!(list.phase, RunPhase::Over(RunEnd::TargetGone(_)))
    });
    assert!(
        notes(&session).iter().any(|it| it.contains("has stopped before \"b\"")),
        "{:?}",
        notes(&session)
    );
    let (session, _stream) = rig.connected(|_| {});
    let broken = SendEntry { placeholders: true, ..entry("{{nothing}}", 0) };
    start(&session, vec![entry("a", 0), broken], None);
    phase_until(&session, "it stops", |list| {
        matches!(list.phase, RunPhase::Over(RunEnd::Unsendable(_)))
    });
    assert!(notes(&session)[0].contains("nothing is called \"nothing\""), "{:?}", notes(&session));
}

#[test]
fn nothing_is_skipped_when_the_peer_is_slow() {
    const ROUNDS: usize = 600;
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    // More than the outbox and the system's buffers hold.
    let filler = "x".repeat(64 * 1024 - 8);
    let counted = SendEntry { placeholders: true, ..entry(&format!("{{{{n:08}}}}{filler}"), 0) };
    start(&session, vec![counted], Some(ROUNDS as u64));
    for number in 0..ROUNDS {
        let message = read(&mut stream, 64 * 1024);
        assert_eq!(&message[..8], format!("{number:08}").as_bytes());
    }
    phase_until(&session, "it is over", |list| list.phase == RunPhase::Over(RunEnd::Done));
}

//! Rules, over real sockets.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use espalier_core::backend::prelude::*;
use espalier_core::backend::{SessionCommand, SharedRules};
use espalier_core::matching::PatternFormat;
use espalier_core::rules::{
    MessageFraming, PatternPlace, ReceivedTrigger, Rule, RuleAction, RuleAnswer, RuleTally, Trigger,
};
use espalier_core::send_list::{SendEntry, SendGroup, SendList};
use espalier_core::session::{
    KnownClient, SessionEvent, SessionSpec, SessionState, TcpClientSpec, TcpServerSpec,
    TransportSpec,
};
use espalier_core::view::EncodingName;
use espalier_core::{Direction, PeerId, Progress};
use espalier_engine::session::Session;

use crate::rig::{Foreign, Rig, captured, events, notes, plain, status_until, until};

pub fn on(pattern: &str, actions: Vec<RuleAction>) -> Rule {
    let received = ReceivedTrigger { pattern: pattern.to_owned(), ..ReceivedTrigger::default() };
    Rule { when: Trigger::Received(received), actions, ..Rule::default() }
}

pub fn send(text: &str) -> RuleAction {
    RuleAction::Send(RuleAnswer { text: text.to_owned(), ..RuleAnswer::default() })
}

pub fn tally(session: &Session, rule: usize) -> RuleTally {
    session.status().rules.as_ref().and_then(|it| it.tallies.get(rule).copied()).unwrap_or_default()
}

fn server(rig: &Rig, rules: Vec<Rule>) -> (Session, SocketAddr) {
    let mut spec = SessionSpec::new(TransportSpec::TcpServer(TcpServerSpec::new(0)));
    spec.rules = rules;
    spec.view.encoding = EncodingName("GBK".to_owned());
    let session = rig.open(spec);
    until("the server listens", || session.status().state == SessionState::Listening);
    let local = session.status().local.unwrap();
    (session, local)
}

fn read(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_server_answers_the_one_that_asked_in_its_encoding() {
    let rig = Rig::new();
    let (session, local) = server(&rig, vec![on("你好", vec![send("再见 {{peer}}\\n")])]);
    let (mut one, mut two) = (plain(local), plain(local));
    two.write_all(b"\xC4\xE3").unwrap();
    one.write_all("你好".as_bytes()).unwrap();
    until("the first half is there", || captured(&session, Direction::In, None).len() == 8);
    two.write_all(b"\xBA\xC3").unwrap();
    let expected =
        [b"\xD4\xD9\xBC\xFB ", two.local_addr().unwrap().to_string().as_bytes(), b"\n"].concat();
    assert_eq!(read(&mut two, expected.len()), expected);
    let status = status_until(&session, "it is counted", |status| {
        status.rules.as_ref().is_some_and(|rules| rules.tallies[0].sent == 1)
    });
    assert_eq!(status.rules.as_ref().unwrap().tallies[0].matches, 1);
    let to_one = captured(&session, Direction::Out, Some(PeerId(1)));
    assert!(to_one.is_empty(), "the other one said UTF-8, and hears nothing");
    assert!(
        notes(&session).iter().any(|note| note.contains("rule \"你好\" sends")),
        "{:?}",
        notes(&session)
    );
}

#[test]
fn what_a_client_says_is_matched_in_the_encoding_that_it_has_of_its_own() {
    let rig = Rig::new();
    let mut spec = SessionSpec::new(TransportSpec::TcpServer(TcpServerSpec::new(0)));
    spec.rules = vec![on("你好", vec![send("再见\\n")])];
    let session = rig.open(spec);
    until("the server listens", || session.status().state == SessionState::Listening);
    let local = session.status().local.unwrap();
    let mut stream = plain(local);
    stream.write_all("你好".as_bytes()).unwrap();
    assert_eq!(read(&mut stream, 7), "再见\n".as_bytes());
    let gbk = EncodingName("GBK".to_owned());
    let known = KnownClient { name: String::new(), encoding: Some(gbk) };
    session.command(SessionCommand::SetClient(local.ip(), known)).unwrap();
    until("it is known", || session.spec().transport.clients().has_encodings());
    let gbk = b"\xC4\xE3\xBA\xC3";
    stream.write_all(gbk).unwrap();
    assert_eq!(read(&mut stream, 5), b"\xD4\xD9\xBC\xFB\n");
    // And one that comes later.
    let mut later = plain(local);
    later.write_all(gbk).unwrap();
    assert_eq!(read(&mut later, 5), b"\xD4\xD9\xBC\xFB\n");
    let (tell, told) = sync_channel(1);
    let done = Box::new(move |trial| tell.send(trial).unwrap());
    let rules = session.spec().rules.clone();
    let encoding = EncodingName::default();
    rig.engine.try_rules(session.id(), rules, encoding, Progress::default(), done);
    // What was said before it was known is read like that, too.
    assert_eq!(told.recv().unwrap().unwrap().matches, [2]);
}

#[test]
fn what_the_system_did_not_take_is_not_sent() {
    let rig = Rig::new();
    let mut server = TcpServerSpec::new(0);
    server.options.send_buffer = Some(4096);
    let mut spec = SessionSpec::new(TransportSpec::TcpServer(server));
    spec.rules = vec![on("x", vec![send(&"y".repeat(8 << 20))]), on("z", vec![send("z")])];
    let session = rig.open(spec);
    until("the server listens", || session.status().state == SessionState::Listening);
    let mut stream = plain(session.status().local.unwrap());
    stream.write_all(b"z").unwrap();
    assert_eq!(read(&mut stream, 1), b"z");
    stream.write_all(b"x").unwrap();
    until("it is under way", || tally(&session, 0).sent == 1);
    crate::rig::reset(stream);
    until("it did not arrive", || tally(&session, 0).refused == 1);
    assert_eq!((tally(&session, 0).sent, tally(&session, 1).sent), (0, 1));
}

#[test]
fn two_sessions_that_echo_each_other_stop_and_say_so() {
    let rig = Rig::new();
    let echo = || {
        let mut rule = on("x", vec![send("{{0}}")]);
        rule.name = "echo".to_owned();
        vec![rule]
    };
    let (server, local) = server(&rig, echo());
    let mut spec =
        SessionSpec::new(TransportSpec::TcpClient(TcpClientSpec::new("127.0.0.1", local.port())));
    spec.rules = echo();
    let client = rig.open(spec);
    until("it is connected", || !server.status().peers.is_empty());
    crate::rig::send(&client, b"x");
    until("one of them is switched off", || {
        [&server, &client].iter().any(|session| tally(session, 0).tripped)
    });
    let session = if tally(&server, 0).tripped { &server } else { &client };
    for session in [&server, &client] {
        assert!(tally(session, 0).sent <= 1100, "{:?}", tally(session, 0));
    }
    let told = || notes(session).iter().filter(|note| note.contains("is switched off")).count();
    until("it is told", || told() > 0);
    assert_eq!(told(), 1, "once: {:?}", notes(session));
    // One click, and it works again.
    let before = tally(session, 0).matches;
    session.command(SessionCommand::ArmRule(0)).unwrap();
    until("it is on", || !tally(session, 0).tripped);
    let other = if std::ptr::eq(session, &raw const server) { &client } else { &server };
    crate::rig::send(other, b"x");
    until("it matches again", || tally(session, 0).matches > before);
}

#[test]
fn a_connection_is_greeted_and_what_it_says_is_marked_told_and_done() {
    let rig = Rig::new();
    let greet = Rule { when: Trigger::Connected, ..on("", vec![send("hello\\n")]) };
    let gone = Rule {
        when: Trigger::Disconnected,
        ..on("", vec![RuleAction::Mark { text: "gone".into() }])
    };
    let act = on(
        "ERR",
        vec![
            RuleAction::Mark { text: "an error".into() },
            RuleAction::Notify { text: "look".into() },
            RuleAction::Highlight { color: 3 },
            RuleAction::RunList { group: "recover".into() },
            RuleAction::RunList { group: "none".into() },
        ],
    );
    let entry = SendEntry { text: "reset".into(), ..SendEntry::default() };
    let list = SendList { groups: vec![SendGroup::new("recover", [entry])] };
    rig.engine.share_rules(Arc::new(SharedRules {
        rules: vec![act, gone, on("STOP", vec![RuleAction::EndSession])],
        list: Arc::new(list),
        ..SharedRules::default()
    }));
    let (session, local) = server(&rig, vec![greet]);
    let mut stream = plain(local);
    assert_eq!(read(&mut stream, 6), b"hello\n");
    stream.write_all(b"x ERR").unwrap();
    assert_eq!(read(&mut stream, 5), b"reset");
    until("all is done", || notes(&session).iter().any(|it| it.contains("no group \"none\"")));
    let status = status_until(&session, "it is shown", |status| {
        status.rules.as_ref().is_some_and(|rules| !rules.marked.is_empty())
    });
    let rules = status.rules.as_ref().unwrap();
    assert_eq!((rules.marked[0].offset, rules.marked[0].color), (4, 3));
    assert_eq!(&*rules.notices[0].1, "look");
    drop(stream);
    let marks = || {
        let all = events(&session).into_iter();
        all.filter_map(|event| match event {
            SessionEvent::Mark(text) => Some(text),
            _ => None,
        })
        .collect::<Vec<_>>()
    };
    until("its end is marked", || marks() == ["an error", "gone"]);
    plain(local).write_all(b"STOP").unwrap();
    until("the session ends", || session.status().state == SessionState::Idle);
}

#[test]
fn rules_are_changed_while_they_work() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    let rules = |on_: bool| {
        let first = Rule { on: on_, ..on("a", vec![send("A")]) };
        vec![first, on("b", vec![send("B")])]
    };
    let set = |rules: Vec<Rule>| {
        let encoding = EncodingName::default();
        session.command(SessionCommand::SetRules { rules, encoding }).unwrap();
    };
    set(rules(true));
    until("they work", || session.status().rules.is_some());
    stream.write_all(b"ab").unwrap();
    assert_eq!(read(&mut stream, 2), b"AB");
    set(rules(false));
    until("it is off", || !session.spec().rules[0].on);
    stream.write_all(b"ab").unwrap();
    assert_eq!(read(&mut stream, 1), b"B");
    until("the counts stay", || tally(&session, 1).sent == 2);
    assert_eq!(tally(&session, 0).matches, 1);
}

#[test]
fn silence_and_whole_messages_of_a_foreign_program_are_answered() {
    let rig = Rig::new();
    let mut whole = on(r"^ver(\w+)$", vec![send("{{1}}-1.0\\n")]);
    if let Trigger::Received(received) = &mut whole.when {
        received.format = PatternFormat::Regex;
        received.place = PatternPlace::Whole;
        received.framing = MessageFraming::Line;
    }
    let quiet = Rule {
        when: Trigger::Silence { after_ms: 30 },
        ..on("", vec![send("bye\\n"), RuleAction::EndSession])
    };
    let (_session, local) = server(&rig, vec![whole, quiet]);
    let Some(mut ncat) = Foreign::start("ncat", &["127.0.0.1", &local.port().to_string()]) else {
        return;
    };
    ncat.write(b"version\r\n");
    let said = ncat.output();
    let said = String::from_utf8(said).unwrap();
    assert!(
        said == "sion-1.0\nbye\n" || said == "bye\n",
        "it may have been slow to start: {said:?}"
    );
}

#[test]
fn rules_are_tried_on_what_has_passed_and_send_nothing() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    stream.write_all(b"one two one").unwrap();
    until("it is there", || captured(&session, Direction::In, None).len() == 11);
    let (tell, told) = sync_channel(1);
    let rules = vec![on("one", vec![send("1")]), on("three", vec![send("3")])];
    let done = Box::new(move |trial| tell.send(trial).unwrap());
    let encoding = EncodingName::default();
    rig.engine.try_rules(session.id(), rules.clone(), encoding.clone(), Progress::default(), done);
    let trial = told.recv().unwrap().unwrap();
    assert_eq!((&trial.matches[..], trial.bytes), (&[2, 0][..], 11));
    assert_eq!((trial.places[0].offset, trial.places[1].offset), (2, 10));
    assert_eq!(trial.places[1].bytes, b"one");
    assert!(captured(&session, Direction::Out, None).is_empty());
    let (tell, told) = sync_channel(1);
    let cancelled = Progress::default();
    cancelled.cancel();
    let done = Box::new(move |trial| tell.send(trial).unwrap());
    rig.engine.try_rules(session.id(), rules, encoding, cancelled, done);
    assert_eq!(told.recv().unwrap(), None);
}

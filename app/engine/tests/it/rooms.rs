//! Chat rooms, and their members: plain ones, and those whose messages surely arrive.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use espalier_core::Direction;
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::chat::{ChatLineKind, ChatSpec, ChatState, MessageState};
use espalier_core::faults::{FaultSpec, RelayFaults};
use espalier_core::session::{
    Behaviour, EndReason, Reconnect, RelaySpec, SessionSpec, SessionState, TransportSpec, UdpSpec,
};
use espalier_engine::session::Session;

use crate::rig::{Foreign, PATIENCE, Rig, captured, notes, plain, send, status_until, until};

fn room(rig: &Rig) -> (Session, SocketAddr) {
    rig.server(|spec| spec.behaviour = Behaviour::Room)
}

pub fn member(rig: &Rig, port: u16, name: &str) -> Session {
    let session = rig.client(port, |spec| {
        spec.reconnect = Reconnect::Fixed { delay_ms: 50 };
        spec.chat = Some(ChatSpec { name: name.to_owned(), say_again: false });
    });
    live(&session);
    session
}

pub fn live(session: &Session) {
    status_until(session, "it is in the room", |status| {
        status.chat.as_ref().is_some_and(|chat| chat.state == ChatState::Live)
    });
}

pub fn say(session: &Session, text: &str) {
    until("it is taken", || session.command(SessionCommand::Chat(text.to_owned())).is_ok());
}

/// What others have said, as `name: text`; `name> text` between two.
pub fn heard(session: &Session) -> Vec<String> {
    let status = session.status();
    let Some(chat) = &status.chat else { return Vec::new() };
    let lines = chat.history.lines().filter(|line| line.own.is_none());
    let said = lines.filter_map(|line| match &line.kind {
        ChatLineKind::Said { name, text } => {
            Some(format!("{name}{} {text}", if line.private.is_some() { ">" } else { ":" }))
        }
        ChatLineKind::Acts { name, text } => Some(format!("* {name} {text}")),
        _ => None,
    });
    said.collect()
}

pub fn states(session: &Session) -> Vec<MessageState> {
    let status = session.status();
    let lines = status.chat.as_ref().map(|chat| chat.history.clone()).unwrap_or_default();
    lines.lines().filter_map(|line| line.own).map(|(_, state)| state).collect()
}

/// What it was told has happened.
fn told(session: &Session) -> Vec<String> {
    let Some(chat) = session.chat() else { return Vec::new() };
    let lines = chat.history.lines().filter_map(|line| match &line.kind {
        ChatLineKind::Happened(sentence) => Some(sentence.to_string()),
        _ => None,
    });
    lines.collect()
}

/// A line that is not of who comes and goes, and does not ask for that.
fn line(reader: &mut BufReader<TcpStream>) -> String {
    loop {
        let mut line = String::new();
        assert!(reader.read_line(&mut line).unwrap() > 0, "the room has closed");
        if !["/join", "/part", "/away", "/back", "/who\n"].iter().any(|word| line.starts_with(word))
        {
            return line.trim_end().to_owned();
        }
    }
}

#[test]
fn plain_members_have_names_private_words_and_hear_of_what_cannot_be() {
    let rig = Rig::new();
    let (_server, address) = room(&rig);
    let mut one = plain(address);
    let mut at_one = BufReader::new(one.try_clone().unwrap());
    one.write_all(b"/nick alice\n/who\n").unwrap();
    assert_eq!(line(&mut at_one), "/nick guest1 alice");
    assert_eq!(line(&mut at_one), "/who 1 alice");
    let mut two = plain(address);
    let mut at_two = BufReader::new(two.try_clone().unwrap());
    two.write_all(b"/nick alice\r\n/nick bob\r\nhello all\r\n/msg alice psst\r\n").unwrap();
    assert_eq!(line(&mut at_two), "/error 2 that name is taken");
    assert_eq!(line(&mut at_two), "/nick guest1 bob");
    assert_eq!(line(&mut at_one), "/nick guest1 bob");
    assert_eq!(line(&mut at_one), "bob: hello all");
    assert_eq!(line(&mut at_one), "bob> psst");
    one.write_all(b"/msg carol hi\n/shout\n/me waves\n//who\n").unwrap();
    assert_eq!(line(&mut at_one), "/error 7 nobody has that name");
    assert!(line(&mut at_one).starts_with("/error 4 "));
    assert_eq!(line(&mut at_two), "* alice waves");
    assert_eq!(line(&mut at_two), "alice: /who");
    one.write_all(&[vec![b'x'; 600], b"\nstill here\n".to_vec()].concat()).unwrap();
    assert!(line(&mut at_one).starts_with("/error 1 "));
    assert_eq!(line(&mut at_two), "alice: still here");
}

#[test]
fn text_without_an_ending_is_a_line_after_a_silence() {
    let rig = Rig::new();
    let (_server, address) = room(&rig);
    let (mut assistant, listener) = (plain(address), plain(address));
    let mut listener = BufReader::new(listener);
    // 你好 in GBK, as an assistant sends it.
    assistant.write_all(b"\xc4\xe3\xba\xc3").unwrap();
    let mut line = Vec::new();
    while !line.ends_with(b"\xc4\xe3\xba\xc3\n") {
        line.clear();
        listener.read_until(b'\n', &mut line).unwrap();
    }
    assert!(line.starts_with(b"guest"), "{}", line.escape_ascii());
}

#[test]
fn ncat_and_a_member_of_ours_talk() {
    let rig = Rig::new();
    let (server, address) = room(&rig);
    let port = address.port().to_string();
    let Some(mut ncat) = Foreign::start("ncat", &["127.0.0.1", &port]) else { return };
    let alice = member(&rig, address.port(), "alice");
    ncat.write(b"/nick bob\nhi alice\n");
    until("she hears him", || heard(&alice) == ["bob: hi alice"]);
    say(&alice, "hi bob");
    say(&alice, "/me smiles");
    until("all is taken", || states(&alice) == [MessageState::Taken; 2]);
    status_until(&alice, "both are there", |status| {
        let members = status.chat.as_ref().map(|chat| chat.members.clone()).unwrap_or_default();
        let mut names: Vec<_> = members.iter().map(|member| member.name.to_string()).collect();
        names.sort();
        names == ["alice", "bob"]
    });
    ncat.write(b"/quit\n");
    ncat.close_stdin();
    let output = String::from_utf8(ncat.output()).unwrap();
    assert!(output.contains("alice: hi bob\n* alice smiles\n"), "{output}");
    until("his end is told", || notes(&server).iter().any(|note| note == "bob has left the room"));
}

#[test]
fn what_is_said_over_a_broken_connection_arrives_once_and_in_order() {
    let rig = Rig::new();
    let (server, address) = room(&rig);
    let alice = member(&rig, address.port(), "alice");
    let bob = member(&rig, address.port(), "bob");
    for n in 0..60 {
        say(&alice, &format!("a{n}"));
        say(&bob, &format!("b{n}"));
        if n % 20 == 10 {
            server.command(SessionCommand::Reset(PeerSelector::All)).unwrap();
        }
    }
    let wanted = |who: &str, letter: char| -> Vec<String> {
        (0..60).map(|n| format!("{who}: {letter}{n}")).collect()
    };
    until("bob has heard all", || heard(&bob).len() >= 60);
    until("alice has heard all", || heard(&alice).len() >= 60);
    until("all is taken", || {
        [&alice, &bob].iter().all(|member| states(member) == [MessageState::Taken; 60])
    });
    assert_eq!(heard(&bob), wanted("alice", 'a'));
    assert_eq!(heard(&alice), wanted("bob", 'b'));
}

/// A room that says this when it is greeted, and gives what it hears then.
fn greets(listener: &TcpListener, welcome: &str) -> (TcpStream, BufReader<TcpStream>) {
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    assert!(line(&mut lines).starts_with("/hello 1 alice"));
    stream.write_all(welcome.as_bytes()).unwrap();
    (stream, lines)
}

#[test]
fn a_room_that_is_started_anew_does_not_know_what_was_heard() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let alice = rig.client(listener.local_addr().unwrap().port(), |spec| {
        spec.reconnect = Reconnect::Fixed { delay_ms: 50 };
        spec.chat = Some(ChatSpec { name: "alice".to_owned(), say_again: false });
    });
    let (stream, mut lines) = greets(&listener, "/welcome 1 00000000000000aa 0 300 32\n");
    say(&alice, "heard or not");
    assert_eq!(line(&mut lines), "#1 heard or not");
    until("it is sent", || states(&alice) == [MessageState::Sent]);
    drop((stream, lines));
    // A room of the same address that knows nobody.
    let (mut stream, mut lines) =
        greets(&listener, "/welcome 1 00000000000000bb 0 300 32\n/fresh\n");
    until("nobody knows", || states(&alice) == [MessageState::Unknown]);
    live(&alice);
    assert_eq!(alice.chat().map(|chat| chat.unknown), Some(1));
    say(&alice, "new");
    assert_eq!(line(&mut lines), "#1 new");
    alice.command(SessionCommand::SayAgain).unwrap();
    assert_eq!(line(&mut lines), "#2 heard or not");
    stream.write_all(b"/ack 2\n").unwrap();
    until("it is taken", || states(&alice) == [MessageState::Taken; 2]);
    assert_eq!(alice.chat().map(|chat| chat.unknown), Some(0));
}

#[test]
fn what_is_said_again_by_itself_comes_before_what_waits() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let alice = rig.client(listener.local_addr().unwrap().port(), |spec| {
        spec.chat = Some(ChatSpec { name: "alice".to_owned(), say_again: true });
    });
    // One without an acknowledgement at once.
    let (stream, mut lines) = greets(&listener, "/welcome 1 00000000000000aa 0 300 1\n");
    for text in ["one", "two"] {
        say(&alice, text);
    }
    assert_eq!(line(&mut lines), "#1 one");
    // Nobody has asked for another attempt, but a member comes back.
    drop((stream, lines));
    let (_stream, mut lines) = greets(&listener, "/welcome 1 00000000000000bb 0 300 8\n/fresh\n");
    assert_eq!(line(&mut lines), "#1 one");
    assert_eq!(line(&mut lines), "#2 two");
}

#[test]
fn a_connection_that_breaks_at_once_is_made_again() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let alice = rig.client(listener.local_addr().unwrap().port(), |spec| {
        spec.chat = Some(ChatSpec { name: "alice".to_owned(), say_again: false });
    });
    let (mut stream, _) = listener.accept().unwrap();
    stream.write_all(b"/welcome 1 00000000000000aa 0 300 32\n").unwrap();
    drop(stream);
    let (_stream, _lines) = greets(&listener, "/welcome 1 00000000000000aa 0 300 32\n");
    live(&alice);
}

#[test]
fn a_server_becomes_a_room_and_none_while_it_runs() {
    let rig = Rig::new();
    let (server, address) = room(&rig);
    let mut ncat = plain(address);
    let mut at_ncat = BufReader::new(ncat.try_clone().unwrap());
    ncat.write_all(b"/nick bob\n").unwrap();
    assert_eq!(line(&mut at_ncat), "/nick guest1 bob");
    let alice = member(&rig, address.port(), "alice");
    server.command(SessionCommand::SetBehaviour(Behaviour::Echo)).unwrap();
    assert_eq!(line(&mut at_ncat), "/error 11 the room has ended");
    ncat.write_all(b"echo\n").unwrap();
    assert_eq!(line(&mut at_ncat), "echo");
    status_until(&alice, "she is to come anew", |status| {
        status.chat.as_ref().is_some_and(|chat| chat.state != ChatState::Live)
    });
    // By another specification as by the command.
    let mut spec = (*server.spec()).clone();
    if let TransportSpec::TcpServer(server) = &mut spec.transport {
        server.behaviour = Behaviour::Room;
    }
    server.command(SessionCommand::SetSpec(Box::new(spec))).unwrap();
    until("who is connected is a member", || {
        ncat.write_all(b"/nick bob\n").unwrap();
        server.status().room.as_ref().is_some_and(|room| {
            room.members.iter().any(|member| &*member.name == "bob" && member.peer.is_some())
        })
    });
    live(&alice);
    say(&alice, "back");
    let mut heard = String::new();
    while heard != "alice: back" {
        heard = line(&mut at_ncat);
        assert!(!heard.contains("guest") || heard.starts_with("/nick "), "{heard}");
    }
}

#[test]
fn datagrams_are_no_room_and_that_is_told() {
    let rig = Rig::new();
    let mut spec = UdpSpec::at(std::net::IpAddr::from(std::net::Ipv4Addr::LOCALHOST), 0);
    spec.behaviour = Behaviour::Room;
    let session = rig.open(SessionSpec::new(TransportSpec::Udp(spec)));
    until("it is told", || {
        notes(&session).iter().any(|note| note.starts_with("a chat room needs TCP"))
    });
    assert!(session.status().room.is_none());
}

#[test]
fn who_leaves_is_gone_when_all_is_taken_and_says_nothing_any_more() {
    let rig = Rig::new();
    let (_server, address) = room(&rig);
    let bob = member(&rig, address.port(), "bob");
    let alice = member(&rig, address.port(), "alice");
    // More than may be without an acknowledgement at once.
    let mut lines: Vec<String> = (0..200).map(|n| n.to_string()).collect();
    lines.extend(["/quit enough".to_owned(), "too late".to_owned()]);
    say(&alice, &lines.join("\n"));
    // Whose FIN is first is not said: the room closes, too, when somebody has left.
    let left = status_until(&alice, "she has left", |status| {
        matches!(status.state, SessionState::Ended { .. })
    });
    let SessionState::Ended { reason, .. } = &left.state else { return };
    assert!(matches!(reason, EndReason::ClosedByUs | EndReason::ClosedByPeer), "{reason:?}");
    let chat = alice.chat().unwrap();
    assert_eq!((chat.state, chat.waiting), (ChatState::Left, 0));
    assert_eq!((chat.typed, chat.unsaid), (202, 1));
    assert_eq!(states(&alice), [MessageState::Taken; 200]);
    let wanted: Vec<String> = (0..200).map(|n| format!("alice: {n}")).collect();
    until("bob has heard all", || heard(&bob) == wanted);
    until("her end is told", || {
        told(&bob).iter().any(|told| told == "alice has left the room: enough")
    });
    // A stop that comes late takes nothing back, and what is typed is not said.
    alice.command(SessionCommand::Stop).unwrap();
    say(&alice, "nobody hears");
    until("it is not said", || alice.chat().is_some_and(|chat| chat.unsaid == 2));
    assert_eq!(alice.status().state, left.state);
    alice.command(SessionCommand::Start).unwrap();
    live(&alice);
}

#[test]
fn what_is_refused_is_counted_and_a_name_that_is_taken_leaves_the_old_one() {
    let rig = Rig::new();
    let (_server, address) = room(&rig);
    let _bob = member(&rig, address.port(), "bob");
    let alice = member(&rig, address.port(), "alice");
    for text in ["/nick bob", "/msg nobody hi", "/nonsense", "/ack 5", "/who", "/nick eve", "hi"] {
        say(&alice, text);
    }
    until("all is taken", || states(&alice).contains(&MessageState::Taken));
    until("it is answered", || {
        told(&alice).iter().any(|told| told.starts_with("in the room (2): "))
    });
    let chat = alice.chat().unwrap();
    assert_eq!((chat.typed, chat.unsaid), (7, 4));
    assert_eq!(&*chat.name, "eve");
    say(&alice, "/nick bob");
    until("it is refused", || alice.chat().is_some_and(|chat| chat.unsaid == 5));
    assert_eq!(alice.chat().map(|chat| chat.name.to_string()), Some("eve".to_owned()));
}

#[test]
fn whoever_takes_lines_one_by_one_misses_none() {
    let rig = Rig::new();
    let (_server, address) = room(&rig);
    let bob = member(&rig, address.port(), "bob");
    bob.chat_taken(0);
    let alice = member(&rig, address.port(), "alice");
    const LINES: usize = 12_000;
    let (mut taken, mut said, mut next) = (0, 0, 0);
    while next < LINES {
        let under_way = alice.chat().map_or(0, |chat| said - chat.typed as usize + chat.waiting);
        if said < LINES && under_way < 2_000 {
            let more: Vec<String> = (said..said + 500).map(|n| n.to_string()).collect();
            said +=
                if alice.command(SessionCommand::Chat(more.join("\n"))).is_ok() { 500 } else { 0 };
        }
        let chat = bob.chat().unwrap();
        assert!(chat.history.dropped() <= taken, "nothing goes before it is taken");
        while let Some(line) = chat.history.line(taken) {
            taken += 1;
            if let ChatLineKind::Said { text, .. } = &line.kind {
                assert_eq!(text.parse(), Ok(next));
                next += 1;
            }
        }
        bob.chat_taken(taken);
    }
    assert_eq!(bob.chat().map(|chat| chat.lost), Some(0));
}

#[test]
fn lines_stay_whole_when_others_send_to_the_same_members() {
    let rig = Rig::new();
    let (server, address) = room(&rig);
    let slow = plain(address);
    (&slow).write_all(b"/nick slow\n").unwrap();
    let mut bob = plain(address);
    bob.write_all(b"/nick bob\n").unwrap();
    let names = ["slow", "bob"];
    status_until(&server, "both are there", |status| {
        let members = status.room.as_ref().map_or(&[][..], |room| &room.members);
        names.iter().all(|name| members.iter().any(|member| &*member.name == *name))
    });
    let text = "x".repeat(460);
    for n in 0..3_000 {
        bob.write_all(format!("{text}\n").as_bytes()).unwrap();
        if n % 100 == 0 {
            send(&server, b"by hand\n");
        }
    }
    bob.write_all(b"the end\n").unwrap();
    let said = format!("bob: {text}\n");
    let (mut lines, mut line, mut by_hand) = (BufReader::new(slow), String::new(), 0);
    while line != "bob: the end\n" {
        line.clear();
        lines.read_line(&mut line).unwrap();
        by_hand += usize::from(line == "by hand\n");
        let is_whole = line == said
            || ["by hand\n", "bob: the end\n"].contains(&line.as_str())
            || ["/join ", "/nick ", "/lost "].iter().any(|word| line.starts_with(word));
        assert!(is_whole, "{line:?}");
    }
    assert_eq!(by_hand, 30);
}

#[test]
fn one_in_utf_8_and_one_in_gbk_are_members_and_every_byte_arrives() {
    let rig = Rig::new();
    let (server, address) = room(&rig);
    let port = address.port().to_string();
    let Some(mut utf_8) = Foreign::start("ncat", &["127.0.0.1", &port]) else { return };
    let Some(mut gbk) = Foreign::start("ncat", &["127.0.0.1", &port]) else { return };
    let names = |names: &[&str]| {
        status_until(&server, "they have their names", |status| {
            let room = status.room.as_ref().map(|room| room.members.clone()).unwrap_or_default();
            names.iter().all(|name| room.iter().any(|member| &*member.name == *name))
        })
    };
    utf_8.write("/nick 小明\n".as_bytes());
    names(&["小明"]);
    // 小红 in GBK, whose members are shown as the bytes are read in UTF-8.
    let (xiao_hong, _, _) = encoding_rs::GBK.encode("小红");
    gbk.write(&[b"/nick ", &*xiao_hong, b"\n"].concat());
    let shown = String::from_utf8_lossy(&xiao_hong);
    names(&["小明", &shown]);
    utf_8.write("你好，世界\n".as_bytes());
    let arrives = |said: &[u8]| {
        until("it is on its way to the other one", || {
            let sent = captured(&server, Direction::Out, None);
            sent.windows(said.len()).any(|window| window == said)
        });
    };
    arrives("小明: 你好，世界\n".as_bytes());
    let (hello, _, _) = encoding_rs::GBK.encode("你好，丂乗 all");
    gbk.write(&[&*hello, b"\n/msg ", "小明".as_bytes(), b" ", &*hello, b"\n/quit\n"].concat());
    status_until(&server, "one has left", |status| {
        status.room.as_ref().is_some_and(|room| room.members.len() == 1)
    });
    utf_8.write(b"/quit\n");
    gbk.close_stdin();
    utf_8.close_stdin();
    let (at_gbk, at_utf_8) = (gbk.output(), utf_8.output());
    let has = |all: &[u8], wanted: &[&[u8]]| {
        let wanted = wanted.concat();
        all.windows(wanted.len()).any(|window| window == wanted)
    };
    assert!(has(&at_gbk, &["小明: 你好，世界\n".as_bytes()]), "{}", at_gbk.escape_ascii());
    assert!(has(&at_utf_8, &[&xiao_hong, b": ", &hello, b"\n"]), "{}", at_utf_8.escape_ascii());
    assert!(has(&at_utf_8, &[&xiao_hong, b"> ", &hello, b"\n"]), "{}", at_utf_8.escape_ascii());
}

#[test]
fn all_arrives_once_over_a_relay_that_makes_everything_go_wrong() {
    let rig = Rig::new();
    let (_server, address) = room(&rig);
    let target = address.to_string().parse().unwrap();
    let mut spec = RelaySpec::new("127.0.0.1:0".parse().unwrap(), target);
    let faults = |reset_after| FaultSpec {
        latency_ms: 3,
        jitter_ms: 2,
        slicer: Some(7),
        slicer_variation: 6,
        reset_after: Some(reset_after),
        ..FaultSpec::default()
    };
    // Connections break in the middle of lines, with acknowledgements on their way or not.
    spec.faults =
        RelayFaults { seed: 11, up: faults(900), down: faults(1_400), ..RelayFaults::default() };
    let relay = rig.open(SessionSpec::new(TransportSpec::Relay(spec)));
    until("the relay listens", || relay.status().state == SessionState::Listening);
    let port = relay.status().local.unwrap().port();
    let names = ["alice", "bob", "carol"];
    let members = names.map(|name| member(&rig, port, name));
    const LINES: usize = 100;
    for n in 0..LINES {
        for member in &members {
            say(member, &format!("line {n}"));
        }
    }
    for (member, own) in members.iter().zip(names) {
        until("all is taken", || states(member) == [MessageState::Taken; LINES]);
        until("all is heard", || heard(member).len() >= (names.len() - 1) * LINES);
        let heard = heard(member);
        for name in names.iter().filter(|name| **name != own) {
            let of_name: Vec<_> =
                heard.iter().filter(|line| line.starts_with(&format!("{name}: "))).collect();
            let wanted: Vec<_> = (0..LINES).map(|n| format!("{name}: line {n}")).collect();
            assert_eq!(of_name, wanted.iter().collect::<Vec<_>>(), "{own} hears {name}");
        }
        assert_eq!(heard.len(), (names.len() - 1) * LINES, "nothing comes twice");
    }
    let broken = notes(&relay).iter().filter(|note| note.contains("reset")).count();
    assert!(broken > 5, "{broken} connections broke");
}

#[test]
fn with_something_that_is_no_room_text_is_plain() {
    let rig = Rig::new();
    let (_server, address) = rig.server(|spec| spec.behaviour = Behaviour::Discard);
    let alice = rig.client(address.port(), |spec| {
        spec.chat = Some(ChatSpec { name: "alice".to_owned(), say_again: false });
    });
    say(&alice, "anybody?");
    status_until(&alice, "it is known for what it is", |status| {
        status.chat.as_ref().is_some_and(|chat| chat.state == ChatState::Plain)
    });
    until("it is sent and no more", || states(&alice) == [MessageState::Sent]);
}

#[test]
fn a_member_that_never_reads_costs_the_others_nothing_and_is_told_what_it_lost() {
    let rig = Rig::new();
    let (server, address) = room(&rig);
    let mut deaf = plain(address);
    deaf.write_all(b"/nick deaf\n").unwrap();
    status_until(&server, "it is there", |status| {
        status
            .room
            .as_ref()
            .is_some_and(|room| room.members.iter().any(|member| &*member.name == "deaf"))
    });
    let alice = member(&rig, address.port(), "alice");
    let bob = member(&rig, address.port(), "bob");
    // More than all the buffers on the way to the deaf one.
    let text = "x".repeat(470);
    const LINES: usize = 20_000;
    for n in 0..LINES {
        loop {
            // Bob is never so far behind, on a slow computer either, that lines fall out for him.
            let heard = bob.chat().map_or(0, |chat| chat.history.total());
            if heard + 1_000 > n as u64
                && alice.command(SessionCommand::Chat(format!("{n} {text}"))).is_ok()
            {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
    until("bob has heard the last", || {
        heard(&bob).last().is_some_and(|last| last.starts_with(&format!("alice: {} ", LINES - 1)))
    });
    until("what fell out is told", || {
        notes(&server).iter().any(|note| note.starts_with("deaf takes too little: "))
    });
    let mut lines = BufReader::new(deaf);
    let mut line = String::new();
    while !line.starts_with("/lost ") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0);
    }
}

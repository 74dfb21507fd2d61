//! Chat rooms, and their members: plain ones, and those whose messages surely arrive.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};

use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::chat::{ChatLineKind, ChatSpec, ChatState, MessageState};
use espalier_core::session::{Behaviour, Reconnect};
use espalier_engine::session::Session;

use crate::rig::{Foreign, Rig, notes, plain, status_until, until};

fn room(rig: &Rig) -> (Session, SocketAddr) {
    rig.server(|spec| spec.behaviour = Behaviour::Room)
}

fn member(rig: &Rig, port: u16, name: &str) -> Session {
    let session = rig.client(port, |spec| {
        spec.reconnect = Reconnect::Fixed { delay_ms: 50 };
        spec.chat = Some(ChatSpec { name: name.to_owned(), say_again: false });
    });
    live(&session);
    session
}

fn live(session: &Session) {
    status_until(session, "it is in the room", |status| {
        status.chat.as_ref().is_some_and(|chat| chat.state == ChatState::Live)
    });
}

fn say(session: &Session, text: &str) {
    until("it is taken", || session.command(SessionCommand::Chat(text.to_owned())).is_ok());
}

/// What others have said, as `name: text`; `name> text` between two.
fn heard(session: &Session) -> Vec<String> {
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

fn states(session: &Session) -> Vec<MessageState> {
    let status = session.status();
    let lines = status.chat.as_ref().map(|chat| chat.history.clone()).unwrap_or_default();
    lines.lines().filter_map(|line| line.own).map(|(_, state)| state).collect()
}

/// A line that is not of who comes and goes.
fn line(reader: &mut BufReader<TcpStream>) -> String {
    loop {
        let mut line = String::new();
        assert!(reader.read_line(&mut line).unwrap() > 0, "the room has closed");
        if !["/join", "/part", "/away", "/back"].iter().any(|word| line.starts_with(word)) {
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

#[test]
fn a_room_that_is_started_anew_does_not_know_what_was_heard() {
    let rig = Rig::new();
    let (server, address) = room(&rig);
    let alice = member(&rig, address.port(), "alice");
    say(&alice, "heard");
    until("it is taken", || states(&alice) == [MessageState::Taken]);
    // A room of the same address that knows nobody.
    server.command(SessionCommand::SetBehaviour(Behaviour::Manual)).unwrap();
    until("nothing is answered", || server.status().room.is_none());
    say(&alice, "heard or not");
    until("it is sent", || states(&alice).get(1) == Some(&MessageState::Sent));
    server.command(SessionCommand::SetBehaviour(Behaviour::Room)).unwrap();
    server.command(SessionCommand::Reset(PeerSelector::All)).unwrap();
    until("nobody knows", || states(&alice).get(1) == Some(&MessageState::Unknown));
    live(&alice);
    assert_eq!(alice.status().chat.as_ref().map(|chat| chat.unknown), Some(1));
    alice.command(SessionCommand::SayAgain).unwrap();
    until("it is taken", || states(&alice) == [MessageState::Taken; 2]);
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
            let waiting = alice.status().chat.as_ref().map_or(0, |chat| chat.waiting);
            if waiting < 5_000 && alice.command(SessionCommand::Chat(format!("{n} {text}"))).is_ok()
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

//! Mode `chat`: who is served is a member of the room.

use crate::glue::{Ended, IDENTITY, World, flow, peer};
use espalier_board::{Board, Flow, Time, protocol::CloseCause};

/// A board in mode `chat`, with a silent console so far.
fn chatting() -> World {
    let mut world = World::online(IDENTITY);
    world.say("mode chat");
    world.lines.clear();
    world
}

/// A member, known to the others by a name, and with nothing unread.
fn member(world: &mut World, number: u16, name: &str) {
    world.connect(peer(number)).unwrap();
    world.send(peer(number), format!("/nick {name}\n").as_bytes());
    got(world, number);
}

/// What a client got since the last look.
fn got(world: &mut World, number: u16) -> String {
    let bytes = std::mem::take(&mut world.socket(peer(number)).unwrap().got);
    String::from_utf8(bytes).unwrap()
}

#[test]
fn what_one_says_goes_to_the_others_and_to_console_and_display() {
    let mut world = chatting();
    member(&mut world, 0, "小明");
    member(&mut world, 1, "bob");
    got(&mut world, 0);
    world.lines.clear();
    world.send(peer(0), "你好\r\n/me waves\n/msg bob psst\n".as_bytes());
    assert_eq!(got(&mut world, 1), "小明: 你好\n* 小明 waves\n小明> psst\n");
    assert_eq!(got(&mut world, 0), "", "nobody hears himself");
    assert_eq!(
        world.news(),
        [
            r#"chat: said name="小明" bytes=6 data="你好""#,
            r#"chat: acts name="小明" bytes=5 data="waves""#,
            r#"chat: private name="小明" to="bob""#,
        ]
    );
    assert_eq!(world.board.screen()[3], "* 小明 waves");
    assert_eq!(world.board.screen()[0], "espalier chat");
}

#[test]
fn gbk_passes_as_it_came() {
    let mut world = chatting();
    member(&mut world, 0, "a");
    member(&mut world, 1, "b");
    world.send(peer(0), b"\xc4\xe3\xba\xc3\n");
    let heard = std::mem::take(&mut world.socket(peer(1)).unwrap().got);
    assert_eq!(heard, b"a: \xc4\xe3\xba\xc3\n");
    let news = world.news();
    assert_eq!(news.last().unwrap(), r#"chat: said name="a" bytes=4 data="\xc4\xe3\xba\xc3""#);
}

#[test]
fn who_waits_for_a_slot_is_no_member_until_he_has_one() {
    let mut world = chatting();
    member(&mut world, 0, "a");
    member(&mut world, 1, "b");
    let waiting = world.connect(peer(2)).unwrap();
    assert_eq!(world.connect(peer(3)), None, "the next one is refused");
    world.send(peer(2), b"/nick c\nhello\n");
    world.wait(5_000);
    assert_eq!(flow(&world, waiting), Flow::HOLD);
    world.send(peer(0), b"/who\n");
    assert!(got(&mut world, 0).ends_with("/who 2 a b\n"));
    world.leave(peer(1));
    world.send(peer(0), b"/who\n");
    let heard = got(&mut world, 0);
    assert!(heard.contains("/part b\n") && heard.contains("c: hello\n"), "{heard}");
    assert!(heard.ends_with("/who 2 a c\n"), "{heard}");
}

#[test]
fn who_quits_is_closed_in_order_when_all_is_sent() {
    let mut world = chatting();
    member(&mut world, 0, "a");
    member(&mut world, 1, "b");
    world.lines.clear();
    world.socket(peer(1)).unwrap().window = 0;
    world.send(peer(0), b"bye\n");
    world.send(peer(1), b"/quit home\n");
    assert!(world.socket(peer(1)).is_some(), "something is still to be sent");
    world.socket(peer(1)).unwrap().window = 100;
    world.run();
    let (socket, ended) = world.over.pop().unwrap();
    assert_eq!((socket.peer, ended), (peer(1), Ended::Closed));
    assert_eq!(socket.got, b"a: bye\n");
    let news = world.news();
    assert!(news.contains(&r#"chat: parted name="b" reason="home""#.to_owned()), "{news:?}");
    assert!(news.iter().any(|line| line.contains("tcp: closed") && line.contains("reason=chat")));
    // Not even one that takes nothing keeps its slot.
    world.socket(peer(0)).unwrap().window = 0;
    world.send(peer(0), b"/ping x\n/quit\n");
    world.wait(9_999);
    assert!(world.socket(peer(0)).is_some());
    world.wait(1);
    assert_eq!(world.over.pop().unwrap().1, Ended::Aborted);
}

#[test]
fn one_that_floods_is_read_no_faster_than_the_room_allows() {
    let mut world = chatting();
    member(&mut world, 0, "a");
    member(&mut world, 1, "b");
    world.send(peer(0), "x\n".repeat(100_000).as_bytes());
    let unread = world.socket(peer(0)).unwrap().unread.len();
    assert!(unread > 190_000, "{unread}");
    world.send(peer(1), b"/ping 1\n");
    assert!(got(&mut world, 1).ends_with("/pong 1\n"), "the others are served");
    world.wait(30_000);
    assert!(world.socket(peer(0)).unwrap().unread.len() < unread, "and it goes on");
}

#[test]
fn a_member_whose_connection_broke_goes_on_where_it_was() {
    let mut world = chatting();
    member(&mut world, 0, "a");
    world.connect(peer(1)).unwrap();
    world.send(peer(1), b"/hello 1 b\n");
    let welcome = got(&mut world, 1);
    let token = welcome.split(' ').nth(2).unwrap().to_owned();
    assert!(welcome.starts_with("/welcome 1 ") && welcome.ends_with(" 0 60 4\n"), "{welcome}");
    world.drop_peer(peer(1), CloseCause::Reset);
    world.send(peer(0), b"are you there?\n");
    world.lines.clear();
    world.connect(peer(2)).unwrap();
    world.send(peer(2), format!("/hello 1 b {token} 0\n").as_bytes());
    let heard = got(&mut world, 2);
    assert!(heard.starts_with("/welcome ") && heard.ends_with("#1 a: are you there?\n"), "{heard}");
    assert!(world.news().contains(&r#"chat: back name="b""#.to_owned()));
    // The same token after a restart is nobody's.
    let record = world.store.clone().unwrap();
    let mut board = Board::new(IDENTITY, Ok(&record), Time::ZERO);
    board.set_secret([7; 16]);
    let mut world = World::with(board);
    world.join();
    world.connect(peer(3)).unwrap();
    world.send(peer(3), format!("/hello 1 b {token} 1\n").as_bytes());
    let heard = got(&mut world, 3);
    assert!(heard.ends_with("/fresh\n") && !heard.contains(&token), "{heard}");
}

#[test]
fn another_mode_empties_the_room() {
    let mut world = chatting();
    member(&mut world, 0, "a");
    world.say("mode echo");
    world.send(peer(0), b"echo\n");
    assert_eq!(got(&mut world, 0), "echo\n");
    world.say("mode chat");
    world.send(peer(0), b"/who\n");
    assert!(got(&mut world, 0).ends_with("/who 1 guest1\n"));
}

#[test]
fn what_is_refused_is_told_to_him_and_on_the_console() {
    let mut world = chatting();
    member(&mut world, 0, "a");
    member(&mut world, 1, "b");
    world.lines.clear();
    world.send(peer(1), b"/nick a\n\xff\x00\xfe half a line for ever");
    assert_eq!(got(&mut world, 1), "/error 2 that name is taken\n");
    let told = format!(r#"chat: refused peer={} slot=2 code=2 text="that name is taken""#, peer(1));
    assert_eq!(world.news(), [told]);
    world.send(peer(1), &[b'x'; 5000]);
    assert!(got(&mut world, 1).starts_with("/error 1 too long"));
}

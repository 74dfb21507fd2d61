//! A chat room, and what members must not be able to do to it.

use espalier_chat::room::{
    ARRIVAL, FixedQueue, LINGER, LinkEnd, QUIET, Room, RoomEvent, RoomLimits, RoomLink, WHOLE_MAX,
};
use espalier_chat::{ChatFault, LINE_MAX, Token};
use proptest::prelude::*;
use std::time::Duration;

const MEMBERS: usize = 4;
const LIMITS: RoomLimits = RoomLimits::BOARD;

struct World {
    room: Box<Room<FixedQueue<2048>, MEMBERS>>,
    now: u64,
    lost: usize,
}

impl World {
    fn new() -> Self {
        Self { room: Box::new(Room::new(LIMITS, [3; 16])), now: 0, lost: 0 }
    }

    fn now(&self) -> Duration {
        Duration::from_millis(self.now)
    }

    fn join(&mut self, link: u32) -> Result<(), ChatFault> {
        let now = self.now();
        self.room.joined(RoomLink(link), now, &mut |_| {})
    }

    fn joined(names: &[&str]) -> Self {
        let mut world = Self::new();
        for (link, name) in (1..).zip(names) {
            world.join(link).unwrap();
            world.say(link, format!("/nick {name}\n").as_bytes());
        }
        for link in 1..=names.len() as u32 {
            world.hears(link);
        }
        world
    }

    fn say(&mut self, link: u32, bytes: &[u8]) {
        let (now, lost) = (self.now(), &mut self.lost);
        self.room.received(RoomLink(link), bytes, now, &mut |event| {
            *lost += usize::from(matches!(event, RoomEvent::Lost(_)));
        });
    }

    fn gone(&mut self, link: u32) {
        let now = self.now();
        self.room.gone(RoomLink(link), now, &mut |_| {});
    }

    fn pass(&mut self, ms: u64) {
        self.now += ms;
        let now = self.now();
        self.room.tick(now, &mut |_| {});
    }

    /// All that this one is told now.
    fn hears(&mut self, link: u32) -> String {
        let mut all = Vec::new();
        loop {
            // In small pieces, as a socket takes them.
            let mut piece = [0; 7];
            let made = self.room.produce(RoomLink(link), &mut piece, self.now());
            if made == 0 {
                return String::from_utf8_lossy(&all).into_owned();
            }
            all.extend(&piece[..made]);
        }
    }

    fn end_of(&self, link: u32) -> LinkEnd {
        self.room.end_of(RoomLink(link))
    }
}

/// The token that a welcome gives.
fn token(welcome: &str) -> String {
    welcome.split(' ').nth(2).unwrap().to_owned()
}

#[test]
fn what_is_acknowledged_is_dropped_and_the_rest_comes_again() {
    let mut world = World::joined(&["bob"]);
    world.join(2).unwrap();
    world.say(2, b"/hello 1 alice\n");
    let welcome = world.hears(2);
    assert!(welcome.starts_with("/welcome 1 "), "{welcome}");
    assert!(welcome.ends_with(" 0 60 4\n"), "{welcome}");
    world.hears(1);
    for n in 1..=6 {
        world.say(1, format!("text {n}\n").as_bytes());
    }
    let first: String = (1..=4).map(|n| format!("#{n} bob: text {n}\n")).collect();
    assert_eq!(world.hears(2), first, "as many as the window has");
    world.say(2, b"/ack 2\n");
    assert_eq!(world.hears(2), "#5 bob: text 5\n#6 bob: text 6\n");
    world.gone(2);
    assert_eq!(world.hears(1), "/away alice\n");
    world.say(1, b"text 7\n");
    world.join(9).unwrap();
    let hello = format!("/hello 1 alice {} 3\n", token(&welcome));
    world.say(9, hello.as_bytes());
    let welcome = format!("/welcome 1 {} 0 60 4\n", token(&welcome));
    let rest: String = (4..=7).map(|n| format!("#{n} bob: text {n}\n")).collect();
    assert_eq!(world.hears(9), welcome + &rest);
    assert_eq!(world.hears(1), "/back alice\n");
}

#[test]
fn a_number_that_was_taken_is_acknowledged_again_and_one_too_far_ends_the_connection() {
    let mut world = World::joined(&["bob"]);
    world.join(2).unwrap();
    world.say(2, b"/hello 1 alice\n#1 once\n#1 once\n#2 /nonsense\n");
    world.hears(1);
    let heard = world.hears(2);
    let lines: Vec<&str> = heard.lines().skip(1).collect();
    assert_eq!(lines[..2], ["/ack 1", "/ack 1"]);
    assert!(lines[2].starts_with("/error 4 "), "{heard}");
    assert_eq!(lines[3], "/ack 2", "a line that cannot be is not waited for");
    world.say(2, b"#4 too far\n#5 never looked at\n");
    assert!(world.hears(2).starts_with("/error 5 "));
    assert_eq!(world.end_of(2), LinkEnd::WhenSent);
    world.say(1, b"/who\n");
    assert!(world.hears(1).ends_with("/who 2 bob alice\n"));
}

#[test]
fn who_comes_with_the_token_of_a_member_that_is_there_takes_its_place() {
    let mut world = World::joined(&["bob"]);
    world.join(2).unwrap();
    world.say(2, b"/hello 1 alice\n");
    let token = token(&world.hears(2));
    world.join(3).unwrap();
    world.say(3, format!("/hello 1 alice {token} 0\n").as_bytes());
    assert!(world.hears(2).starts_with("/error 6 "));
    assert_eq!(world.end_of(2), LinkEnd::WhenSent);
    assert!(world.hears(3).starts_with(&format!("/welcome 1 {token} ")));
    world.gone(2);
    world.hears(1);
    world.say(1, b"/who\n");
    assert_eq!(world.hears(1), "/who 2 bob alice\n");
}

#[test]
fn an_unknown_token_makes_a_new_member_and_no_token_can_be_made_of_another() {
    let mut world = World::joined(&["bob"]);
    world.join(2).unwrap();
    world.say(2, b"/hello 1 alice 0123456789abcdef 7\n");
    let heard = world.hears(2);
    assert!(heard.ends_with("/fresh\n"), "{heard}");
    let first = Token::parse(token(&heard).as_bytes()).unwrap();
    world.join(3).unwrap();
    let near = Token(first.0 ^ 1);
    world.say(3, format!("/hello 1 mallory {near} 0\n").as_bytes());
    assert!(world.hears(3).ends_with("/fresh\n"));
    world.say(3, format!("/hello 1 mallory {first} 0\n").as_bytes());
    assert!(world.hears(3).contains("/error 8 "), "once is enough");
}

#[test]
fn a_room_that_is_full_has_the_place_of_who_is_away_and_else_none() {
    let mut world = World::joined(&["a", "b", "c"]);
    world.join(4).unwrap();
    world.say(4, b"/hello 1 d\n");
    assert_eq!(world.join(5), Err(ChatFault::RoomFull));
    world.gone(4);
    world.join(6).unwrap();
    assert!(world.hears(1).contains("/part d its place was needed\n"));
    assert_eq!(world.join(7), Err(ChatFault::RoomFull));
}

#[test]
fn who_is_away_too_long_is_gone_and_who_never_acknowledges_is_cut() {
    let mut world = World::joined(&["bob"]);
    world.join(2).unwrap();
    world.say(2, b"/hello 1 alice\n");
    world.hears(2);
    world.say(1, b"hi\n");
    assert_eq!(world.hears(2), "#1 bob: hi\n");
    for wait in [3_000, 6_000] {
        world.pass(wait);
        assert_eq!(world.hears(2), "#1 bob: hi\n", "again after {wait} ms");
    }
    world.pass(12_000);
    assert_eq!(world.end_of(2), LinkEnd::Now);
    world.gone(2);
    world.pass(59_999);
    assert!(!world.hears(1).contains("/part"));
    world.pass(1);
    assert!(world.hears(1).contains("/part alice was away too long\n"));
}

#[test]
fn half_a_line_is_text_after_a_silence_and_half_a_command_never() {
    let mut world = World::joined(&["bob"]);
    world.join(2).unwrap();
    world.say(2, b"no ending");
    world.pass(QUIET.as_millis() as u64 - 1);
    assert_eq!(world.hears(1), "");
    world.pass(1);
    assert_eq!(world.hears(1), "/join guest1\nguest1: no ending\n");
    world.join(3).unwrap();
    world.say(3, b"/hello 1 alice 0123");
    world.pass(10 * ARRIVAL.as_millis() as u64);
    assert!(!world.hears(1).contains("0123"), "a token is nobody else's");
    world.say(1, b"an ending\nhalf a line");
    world.pass(QUIET.as_millis() as u64);
    assert_eq!(world.hears(2).lines().last(), Some("bob: an ending"), "bob ends his lines");
}

#[test]
fn a_member_that_floods_is_read_no_faster_than_the_limit() {
    let mut world = World::joined(&["bob", "alice"]);
    let mut said = 0;
    for _ in 0..10_000 {
        if world.room.may_read(RoomLink(1), world.now()) > 0 {
            world.say(1, b"x\n");
            said += 1;
        }
        world.pass(1);
        world.hears(2);
    }
    let most = LIMITS.burst + 10 * LIMITS.lines_per_s;
    assert!((most - 2..=most).contains(&said), "{said} of {most}");
    assert_eq!(world.lost, 0);
    let waits = world.room.poll_at(world.now());
    assert!(waits.is_some(), "it is looked at again when it may go on");
}

#[test]
fn a_member_that_never_reads_loses_its_own_lines_and_is_told_how_many() {
    let mut world = World::joined(&["deaf", "alice", "bob"]);
    let mut half = [0; 5];
    world.say(2, b"first\n");
    // Half of a line is on its way when it stops to read.
    assert_eq!(world.room.produce(RoomLink(1), &mut half, world.now()), 5);
    for n in 0..200 {
        world.pass(100);
        world.say(2, format!("line {n} {}\n", "x".repeat(100)).as_bytes());
        assert!(world.hears(3).contains(&format!("line {n} ")));
    }
    let heard = String::from_utf8_lossy(&half).into_owned() + &world.hears(1);
    let mut lines = heard.lines();
    assert_eq!(lines.next(), Some("alice: first"), "nobody hears half a line");
    let lost: usize = lines.next().unwrap().strip_prefix("/lost ").unwrap().parse().unwrap();
    assert_eq!(lost + lines.count(), 200);
    assert_eq!(world.lost, lost);
}

#[test]
fn a_line_that_never_ends_is_read_no_faster_than_the_limit() {
    let mut world = World::joined(&["bob", "alice"]);
    let mut read = 0;
    for _ in 0..10_000 {
        let may = world.room.may_read(RoomLink(1), world.now());
        world.say(1, &vec![b'x'; may]);
        read += may;
        world.pass(1);
    }
    let most = (LIMITS.burst + 10 * LIMITS.lines_per_s) as usize * LINE_MAX;
    assert!(read <= most, "{read} of {most}");
    assert_eq!(world.hears(1).matches("/error 1 ").count(), 1, "it is one line");
    world.pass(1_000);
    world.say(1, b"x\nand it goes on\n");
    assert!(world.hears(2).ends_with("bob: and it goes on\n"));
}

#[test]
fn lines_come_whole_where_others_send_too() {
    let mut world = World::joined(&["bob"]);
    world.join(2).unwrap();
    world.say(2, b"/hello 1 alice\n");
    let longest = "x".repeat(400);
    for _ in 0..4 {
        world.say(1, format!("{longest}\n").as_bytes());
    }
    let mut all = Vec::new();
    loop {
        let mut piece = [0; WHOLE_MAX];
        let made = world.room.produce_lines(RoomLink(2), &mut piece, world.now());
        if made == 0 {
            break;
        }
        assert_eq!(piece[made - 1], b'\n', "nothing of a line is left for later");
        all.extend(&piece[..made]);
    }
    let all = String::from_utf8(all).unwrap();
    let lines: Vec<&str> = all.lines().skip(1).collect();
    assert_eq!(lines, [1, 2, 3, 4].map(|n| format!("#{n} bob: {longest}")));
}

#[test]
fn guests_have_the_lowest_numbers_that_are_free() {
    let mut world = World::joined(&["bob", "guest2"]);
    for link in [3, 4] {
        world.join(link).unwrap();
        world.say(link, b"/who\n");
    }
    assert!(world.hears(4).ends_with("/who 4 bob guest2 guest1 guest3\n"));
    world.gone(3);
    world.join(5).unwrap();
    world.say(5, b"/who\n");
    assert!(world.hears(5).ends_with("/who 4 bob guest2 guest3 guest1\n"));
}

#[test]
fn a_room_that_ends_tells_so_and_who_has_numbers_is_to_connect_anew() {
    let mut world = World::joined(&["bob"]);
    world.join(2).unwrap();
    world.say(2, b"/hello 1 alice\n#1 last\n");
    world.join(3).unwrap();
    world.hears(1);
    world.hears(2);
    world.room.end(&mut |_| {});
    assert_eq!(world.hears(1), "/error 11 the room has ended\n");
    assert_eq!(world.hears(2), "/error 11 the room has ended\n");
    assert_eq!(world.hears(3), "", "who has just come knows of no room");
    let ends = [1, 2, 3].map(|link| world.end_of(link));
    assert_eq!(ends, [LinkEnd::Open, LinkEnd::WhenSent, LinkEnd::Open]);
    world.room.clear();
    world.say(1, b"anybody?\n");
    assert_eq!(world.hears(1), "");
}

#[test]
fn who_does_not_take_its_last_words_is_cut() {
    let mut world = World::joined(&["bob"]);
    world.join(2).unwrap();
    world.say(2, b"/hello 1 alice\n#3 too far\n");
    world.pass(LINGER.as_millis() as u64 - 1);
    world.say(2, b"#4 still there\n");
    assert_eq!(world.end_of(2), LinkEnd::WhenSent);
    world.pass(1);
    assert_eq!(world.end_of(2), LinkEnd::Now);
}

proptest! {
    #[test]
    fn whatever_is_said_the_room_stands_and_every_line_is_one(
        said in prop::collection::vec(
            (1u32..6, prop_oneof![
                prop::collection::vec(any::<u8>(), 0..700),
                prop::sample::select(vec![
                    &b"/hello 1 x\n"[..], b"/hello 1 x 0000000000000000 4294967295\n", b"/ack 4294967295\n",
                    b"#1 a\n", b"#4294967295 b\n", b"/quit\n", b"/who\n", b"/nick guest2\n", b"/msg guest1 y\n",
                ]).prop_map(<[u8]>::to_vec),
            ], 0u64..4_000),
            1..80,
        ),
    ) {
        let mut world = World::new();
        let mut there = std::collections::BTreeSet::new();
        for (link, bytes, ms) in said {
            if world.end_of(link) != LinkEnd::Open {
                world.gone(link);
                there.remove(&link);
            }
            if !there.contains(&link) && world.join(link).is_ok() {
                there.insert(link);
            }
            world.say(link, &bytes);
            world.pass(ms);
            let heard = world.hears(link);
            prop_assert!(heard.is_empty() || heard.ends_with('\n'), "{heard:?}");
            prop_assert!(heard.lines().all(|line| line.len() < 3 * 512));
        }
        for link in 1..6 {
            world.gone(link);
        }
        world.pass(1000 * u64::from(LIMITS.expiry_s));
        prop_assert_eq!(world.room.members().count(), 0);
    }
}

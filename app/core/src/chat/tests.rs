//! Members and a room, with connections that break at any byte.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use espalier_chat::room::{ChatQueue, LinkEnd, Room, RoomLimits, RoomLink};
use espalier_chat::{ChatCommand, ChatName, RoomLine, Told};
use proptest::prelude::*;

use super::{ChatClient, ChatEvent, ChatState, MessageId, MessageState};

const MEMBERS: usize = 8;
type TestRoom<const QUEUE: usize> = Room<Lines<QUEUE>, { 4 * MEMBERS }>;

/// A queue of `N` bytes of text, on the heap.
#[derive(Default)]
struct Lines<const N: usize>(VecDeque<(u32, Vec<u8>)>, usize);

impl<const N: usize> ChatQueue for Lines<N> {
    fn push(&mut self, number: u32, line: &[u8]) -> bool {
        let fits = self.1 + line.len() + 6 <= N;
        if fits {
            self.1 += line.len() + 6;
            self.0.push_back((number, line.to_vec()));
        }
        fits
    }

    fn get(&self, place: usize) -> Option<(u32, &[u8])> {
        self.0.get(place).map(|(number, line)| (*number, &line[..]))
    }

    fn remove(&mut self, place: usize) {
        self.1 -= self.0.remove(place).map_or(0, |(_, line)| line.len() + 6);
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

/// A connection: bytes on their way, in both directions.
#[derive(Default)]
struct Wire {
    up: VecDeque<u8>,
    down: VecDeque<u8>,
}

/// A member with its connection and what it has heard.
struct Guest {
    client: ChatClient,
    wire: Option<(RoomLink, Wire)>,
    /// Who said what, in this order; what was lost as a number.
    heard: Vec<Heard>,
    states: BTreeMap<MessageId, MessageState>,
    is_broken: bool,
    fresh: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Heard {
    Said(Vec<u8>, Vec<u8>),
    Lost(u32),
}

struct World<const QUEUE: usize> {
    room: TestRoom<QUEUE>,
    guests: Vec<Guest>,
    now: u64,
    links: u32,
    /// Connections that are gone without the room's knowledge, and since when.
    stale: Vec<(RoomLink, u64)>,
    /// All that was said, in the room's order.
    said: Vec<Heard>,
}

fn name(number: usize) -> ChatName {
    ChatName::new(format!("m{number}").as_bytes()).unwrap()
}

impl<const QUEUE: usize> World<QUEUE> {
    fn new(limits: RoomLimits) -> Self {
        let guests = (0..MEMBERS).map(|number| Guest {
            client: ChatClient::new(name(number)),
            wire: None,
            heard: Vec::new(),
            states: BTreeMap::new(),
            is_broken: false,
            fresh: 0,
        });
        let room = Room::new(limits, [7; 16]);
        Self {
            room,
            guests: guests.collect(),
            now: 0,
            links: 0,
            stale: Vec::new(),
            said: Vec::new(),
        }
    }

    fn with_client(&mut self, at: usize, act: impl FnOnce(&mut ChatClient, Duration)) {
        let Guest { client, heard, states, is_broken, fresh, .. } = &mut self.guests[at];
        act(client, Duration::from_millis(self.now));
        while let Some(event) = client.next_event() {
            match event {
                ChatEvent::Told(line) => match RoomLine::parse(&line, false).unwrap().told {
                    Told::Said { name, text } => {
                        heard.push(Heard::Said(name.as_bytes().to_vec(), text.to_vec()));
                    }
                    Told::Lost(lines) => heard.push(Heard::Lost(lines)),
                    _ => {}
                },
                ChatEvent::Message(id, state) => drop(states.insert(id, state)),
                ChatEvent::Broken => *is_broken = true,
                ChatEvent::Fresh { .. } => *fresh += 1,
                _ => {}
            }
        }
    }

    fn with_room(
        &mut self,
        act: impl FnOnce(
            &mut TestRoom<QUEUE>,
            Duration,
            &mut dyn FnMut(espalier_chat::room::RoomEvent<'_>),
        ),
    ) {
        let said = &mut self.said;
        act(&mut self.room, Duration::from_millis(self.now), &mut |event| {
            if let espalier_chat::room::RoomEvent::Said { name, text } = event {
                said.push(Heard::Said(name.as_bytes().to_vec(), text.to_vec()));
            }
        });
    }

    fn connect(&mut self, at: usize) {
        self.links += 1;
        let link = RoomLink(self.links);
        self.with_room(|room, now, give| room.joined(link, now, give).unwrap());
        self.guests[at].wire = Some((link, Wire::default()));
        self.guests[at].is_broken = false;
        self.with_client(at, |client, now| client.connected(now));
    }

    /// Cuts the connection; what is on its way is gone. The room may hear of it or not.
    fn cut(&mut self, at: usize, room_hears: bool) {
        let Some((link, _)) = self.guests[at].wire.take() else { return };
        self.with_client(at, |client, _| client.disconnected());
        match room_hears {
            true => self.with_room(|room, now, give| room.gone(link, now, give)),
            false => self.stale.push((link, self.now)),
        }
    }

    fn say(&mut self, at: usize, text: &[u8]) {
        self.with_client(at, |client, now| {
            assert!(client.say(&ChatCommand::Say(text), now).is_ok())
        });
    }

    /// Moves at most so many bytes each way of one connection; how many to the room, and to the member.
    fn carry(&mut self, at: usize, most: usize) -> [usize; 2] {
        let Guest { client, wire, .. } = &mut self.guests[at];
        let Some((link, wire)) = wire else { return [0, 0] };
        let link = *link;
        wire.up.extend(client.output(Duration::from_millis(self.now)));
        let may_read = self.room.may_read(link, Duration::from_millis(self.now));
        let up: Vec<u8> = wire.up.drain(..wire.up.len().min(most).min(may_read)).collect();
        let down: Vec<u8> = wire.down.drain(..wire.down.len().min(most)).collect();
        self.with_room(|room, now, give| room.received(link, &up, now, give));
        self.with_client(at, |client, now| client.received(&down, now));
        // As a socket does: what it has taken is on its way.
        let mut piece = vec![0; most];
        let made = self.room.produce(link, &mut piece, Duration::from_millis(self.now));
        if let Some((_, wire)) = &mut self.guests[at].wire {
            wire.down.extend(&piece[..made]);
        }
        let is_over = match self.room.end_of(link) {
            LinkEnd::Open => false,
            LinkEnd::WhenSent => !self.room.is_pending(link),
            LinkEnd::Now => true,
        };
        if is_over {
            self.with_room(|room, now, give| room.gone(link, now, give));
            self.guests[at].wire = None;
            self.with_client(at, |client, _| client.disconnected());
        }
        if self.guests[at].is_broken {
            self.cut(at, true);
        }
        [up.len(), down.len()]
    }

    fn pass(&mut self, ms: u64) {
        self.now += ms;
        self.with_room(|room, now, give| room.tick(now, give));
        for (link, since) in std::mem::take(&mut self.stale) {
            match self.room.end_of(link) {
                // The system finds it out at last.
                LinkEnd::Open if self.now - since < 10_000 => self.stale.push((link, since)),
                _ => self.with_room(|room, now, give| room.gone(link, now, give)),
            }
        }
        for at in 0..MEMBERS {
            self.with_client(at, |client, now| client.tick(now));
        }
    }

    /// Connects whoever is not, and lets all that waits arrive.
    fn settle(&mut self) {
        // An acknowledgement may be under way for 200 ms.
        let mut rested = 0;
        for _ in 0..4_000 {
            for at in 0..MEMBERS {
                if self.guests[at].wire.is_none() {
                    self.connect(at);
                }
                self.carry(at, 4096);
            }
            self.pass(50);
            let rests = self.guests.iter().all(|guest| {
                let is_empty = guest.wire.as_ref().is_some_and(|(link, wire)| {
                    wire.up.is_empty() && wire.down.is_empty() && !self.room.is_pending(*link)
                });
                is_empty && guest.client.waiting() == 0 && guest.client.state() == ChatState::Live
            });
            rested = if rests { rested + 1 } else { 0 };
            if rested > 5 {
                return;
            }
        }
        panic!(
            "it does not come to rest: {:?}",
            self.guests
                .iter()
                .map(|guest| (guest.client.state(), guest.client.waiting()))
                .collect::<Vec<_>>()
        );
    }

    /// What each has heard is what all have said, but for its own, in the room's order; with the lost counted.
    fn check(&self, members: usize) {
        for (at, guest) in self.guests.iter().enumerate().take(members) {
            let own = name(at);
            let others: Vec<&Heard> = self
                .said
                .iter()
                .filter(|said| !matches!(said, Heard::Said(name, _) if name == own.as_bytes()))
                .collect();
            let heard: Vec<&Heard> =
                guest.heard.iter().filter(|heard| matches!(heard, Heard::Said(..))).collect();
            let first = heard.iter().zip(&others).position(|(heard, said)| heard != said);
            let first = first.unwrap_or(heard.len().min(others.len()));
            assert!(
                heard == others,
                "m{at} at {first}: {:?} of {:?}",
                heard.get(first),
                others.get(first)
            );
        }
    }
}

/// With places enough that nothing falls out.
const ROOMY: usize = 64 << 10;

/// Waits long enough for whoever is away.
const PATIENT: RoomLimits = RoomLimits { expiry_s: 86_400, ..RoomLimits::COMPUTER };

/// All are members before anything is said, so that all are to hear all.
fn gathered<const QUEUE: usize>(limits: RoomLimits) -> Box<World<QUEUE>> {
    let mut world = Box::new(World::<QUEUE>::new(limits));
    for at in 0..MEMBERS {
        world.connect(at);
    }
    world.settle();
    world
}

/// Two talk, and the connection of one breaks behind so many bytes to the room, or from it; whether so many came.
fn breaks_behind(bytes: usize, way: usize, room_hears: bool) -> bool {
    let mut world = gathered::<ROOMY>(PATIENT);
    for n in 0..3 {
        world.say(0, format!("to {n}").as_bytes());
        world.say(1, format!("fro {n}").as_bytes());
    }
    let (mut passed, mut rested) = (0, 0);
    while passed < bytes && rested < 250 {
        world.carry(1, 64);
        let moved = world.carry(0, 1);
        passed += moved[way];
        rested = if moved == [0, 0] { rested + 1 } else { 0 };
        world.pass(1);
    }
    world.cut(0, room_hears);
    world.settle();
    world.check(MEMBERS);
    assert!(world.guests[0].states.values().all(|state| *state == MessageState::Taken));
    passed == bytes
}

#[test]
fn a_connection_may_break_at_every_byte() {
    for (way, room_hears) in [(0, true), (0, false), (1, true), (1, false)] {
        let bytes = (1..).find(|bytes| !breaks_behind(*bytes, way, room_hears)).unwrap_or(0);
        assert!(bytes > 30, "only {bytes} bytes passed");
    }
}

/// Numbers that look like chance, and are the same each time (xorshift64*).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % end
    }
}

/// All talk, so many lines in all, while connections break at any byte, known to the room or not, each time with other acknowledgements on
/// their way.
fn storm(seed: u64, lines: usize) {
    // Who is away misses nothing.
    let mut world = gathered::<{ 64 << 20 }>(PATIENT);
    let mut chance = Chance(seed);
    let (mut said, mut cuts) = (0, 0);
    while said < lines {
        let at = chance.below(MEMBERS);
        match chance.below(60) {
            0 => {
                cuts += usize::from(world.guests[at].wire.is_some());
                world.cut(at, chance.below(2) == 0);
            }
            1..4 => world.pass(1 + chance.below(100) as u64),
            4..20 if world.guests[at].client.waiting() < 100 => {
                world.say(at, format!("{said}").as_bytes());
                said += 1;
            }
            _ if world.guests[at].wire.is_none() => world.connect(at),
            _ => {
                world.carry(at, 1 + chance.below(400));
            }
        }
    }
    world.settle();
    world.check(MEMBERS);
    assert_eq!(world.said.len(), lines, "nothing twice");
    for guest in &world.guests {
        assert!(guest.states.values().all(|state| *state == MessageState::Taken));
        assert!(guest.heard.iter().all(|heard| matches!(heard, Heard::Said(..))), "nothing lost");
    }
    assert!(cuts > lines / 100, "only {cuts} connections broke");
}

#[test]
fn eight_talk_while_their_connections_break() {
    storm(0x5eed, 3_000);
}

/// `cargo test -p espalier-core --release -- --ignored eight_talk_long`
#[test]
#[ignore = "takes a minute"]
fn eight_talk_long_while_their_connections_break() {
    for seed in 1..=3 {
        storm(seed, 100_000);
    }
}

proptest! {
    #[test]
    fn whatever_comes_the_member_stands_and_holds_no_more_than_it_may(
        pieces in prop::collection::vec(
            (
                prop_oneof![
                    prop::collection::vec(any::<u8>(), 0..700),
                    prop::sample::select(vec![
                        &b"/welcome 1 00000000000000aa 0 300 4294967295\n"[..],
                        b"/welcome 1 00000000000000bb 4294967295 300 0\n", b"/fresh\n", b"/ack 1\n",
                        b"/ack 4294967295\n", b"#1 bob: hi\n", b"#4294967295 bob: hi\n",
                        b"/lost 4294967295\n", b"/error 2 taken\n", b"/ping x\n/ping y\n",
                        b"/who 4294967295 a b c\n", b"/nick m0 x\n", b"/part m0\n",
                    ]).prop_map(<[u8]>::to_vec),
                ],
                0u8..12,
                0u64..9_000,
            ),
            1..120,
        ),
    ) {
        let mut client = ChatClient::new(name(0));
        let mut now = 0;
        client.connected(Duration::ZERO);
        for (bytes, act, ms) in pieces {
            now += ms;
            let at = Duration::from_millis(now);
            client.tick(at);
            client.received(&bytes, at);
            match act {
                0 => client.disconnected(),
                1 => client.connected(at),
                2 => client.say_again(at),
                3 => client.quit(b"", at),
                4 => drop(client.say(&ChatCommand::Rename(name(1)), at)),
                5..8 => drop(client.say(&ChatCommand::Say(&[b'x'; 400]), at)),
                _ => {}
            }
            while client.next_event().is_some() {}
            prop_assert!(client.poll_at().is_none_or(|due| due + Duration::from_secs(40) > at));
        }
        // Nobody took anything meanwhile.
        let held = client.output(Duration::from_millis(now)).len();
        prop_assert!(held < (64 << 10) + 1_024, "{} bytes wait", held);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Say(usize, Vec<u8>),
    Carry(usize, usize),
    Cut(usize, bool),
    Connect(usize),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let text = prop::collection::vec(
        any::<u8>().prop_filter("no ending", |byte| !b"\r\n".contains(byte)),
        1..40,
    );
    prop_oneof![
        4 => (0..MEMBERS, text).prop_map(|(at, text)| Step::Say(at, text)),
        12 => (0..MEMBERS, 1usize..200).prop_map(|(at, most)| Step::Carry(at, most)),
        1 => (0..MEMBERS, any::<bool>()).prop_map(|(at, hears)| Step::Cut(at, hears)),
        1 => (0..MEMBERS).prop_map(Step::Connect),
        1 => (1u64..900).prop_map(Step::Pass),
    ]
}

fn run<const QUEUE: usize>(steps: Vec<Step>, limits: RoomLimits) -> Box<World<QUEUE>> {
    let mut world = gathered::<QUEUE>(limits);
    for step in steps {
        match step {
            Step::Say(at, text) => world.say(at, &text),
            Step::Carry(at, most) => {
                world.carry(at, most);
            }
            Step::Cut(at, hears) => world.cut(at, hears),
            Step::Connect(at) if world.guests[at].wire.is_none() => world.connect(at),
            Step::Connect(_) => {}
            Step::Pass(ms) => world.pass(ms),
        }
    }
    world.settle();
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn all_hear_all_once_and_in_one_order_wherever_connections_break(
        steps in prop::collection::vec(step(), 1..400),
    ) {
        let world = run::<ROOMY>(steps, RoomLimits { expiry_s: 86_400, ..RoomLimits::COMPUTER });
        world.check(MEMBERS);
        for guest in &world.guests {
            prop_assert!(guest.states.values().all(|state| *state == MessageState::Taken));
            prop_assert!(guest.heard.iter().all(|heard| matches!(heard, Heard::Said(..))));
        }
    }

    #[test]
    fn what_falls_out_of_a_small_queue_is_counted_and_nothing_else_is_missing(
        steps in prop::collection::vec(step(), 1..400),
    ) {
        let world = run::<600>(steps, RoomLimits { expiry_s: 86_400, window: 4, ..RoomLimits::COMPUTER });
        for (at, guest) in world.guests.iter().enumerate() {
            let own = name(at);
            let said = world.said.iter().filter(|said| !matches!(said, Heard::Said(name, _) if name == own.as_bytes()));
            let mut others = said.peekable();
            let mut heard = 0;
            for line in &guest.heard {
                if let Heard::Said(..) = line {
                    // In the room's order; what is passed over on the way was lost.
                    prop_assert!(others.any(|said| said == line), "m{} heard what was not said next", at);
                    heard += 1;
                }
            }
            let lost: u32 = guest.heard.iter().map(|heard| match heard {
                Heard::Lost(lines) => *lines,
                Heard::Said(..) => 0,
            }).sum();
            let said = world.said.iter().filter(|said| !matches!(said, Heard::Said(name, _) if name == own.as_bytes())).count();
            // Who comes and goes is a line, too.
            prop_assert!(said - heard <= lost as usize, "m{}: {} of {} heard, {} lost", at, heard, said, lost);
        }
    }
}

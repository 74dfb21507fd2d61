//! Sockets and slots: every order of what five clients can do, and what they are told.

use crate::glue::{Ended, IDENTITY, World, flow, peer};
use espalier_board::{
    Duty, Event, Flow, Identity, SocketIndex,
    protocol::{CloseCause, line},
};
use std::collections::{HashSet, VecDeque};

const CLIENTS: u16 = 5;
/// Bytes that each client sends at most.
const BYTES: usize = 2;

/// What one client has done and what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Client {
    New,
    /// Connected; so many bytes sent; the slot, or none while it waits; whether it has closed.
    Here {
        sent: usize,
        slot: Option<u8>,
        fin: bool,
    },
    Refused,
    Gone,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Connect,
    Send,
    Leave,
    TimeOut,
    Kick,
}

/// The board with five clients. Two of these with the same `key` have the same future.
#[derive(Clone)]
struct Scene {
    world: World,
    clients: [Client; CLIENTS as usize],
    limit: u8,
}

impl Scene {
    fn new(limit: u8, sockets: u8) -> Self {
        let mut world = World::online(Identity { sockets, ..IDENTITY });
        world.say(&format!("server limit {limit}"));
        world.lines.clear();
        Self { world, clients: [Client::New; CLIENTS as usize], limit }
    }

    /// What tells this scene from others: what everybody did, and on which socket. Clients are alike
    /// but for that, so their order does not matter.
    fn key(&self) -> Vec<(Client, Option<SocketIndex>)> {
        let mut key: Vec<_> = (0..CLIENTS)
            .map(|number| (self.clients[usize::from(number)], self.world.index(peer(number))))
            .collect();
        key.sort();
        key
    }

    fn served(&self) -> usize {
        self.clients.iter().filter(|c| matches!(c, Client::Here { slot: Some(_), .. })).count()
    }

    fn waiting(&self) -> usize {
        self.clients.iter().filter(|c| matches!(c, Client::Here { slot: None, .. })).count()
    }

    /// Does a step, if this client can; checks everything that has to hold after it.
    fn step(&mut self, number: u16, step: Step) -> bool {
        let address = peer(number);
        let client = self.clients[usize::from(number)];
        let waited = self.clients.iter().position(|c| matches!(c, Client::Here { slot: None, .. }));
        let taken = self.served() + self.waiting();
        match (step, client) {
            (Step::Connect, Client::New) => {
                let full = taken == usize::from(self.limit) + 1;
                let index = self.world.connect(address);
                assert_eq!(index.is_none(), full, "refused only when full");
                if full {
                    self.clients[usize::from(number)] = Client::Refused;
                    // A stack with a backlog may let it through: then the board turns it away.
                    self.world.on(Event::TurnedAway { peer: address });
                }
            }
            (Step::Send, Client::Here { sent, fin: false, .. }) if sent < BYTES => {
                self.world.send(address, &[b'a' + sent as u8]);
            }
            (Step::Leave, Client::Here { fin: false, .. }) => self.world.leave(address),
            (Step::TimeOut, Client::Here { .. }) => {
                self.world.drop_peer(address, CloseCause::Timeout);
            }
            (Step::Kick, Client::Here { .. }) => self.world.say(&format!("kick {address}")),
            _ => return false,
        }
        self.account();
        self.check(waited.map(|at| at as u16));
        true
    }

    /// Reads from lines and sockets what became of everybody.
    fn account(&mut self) {
        for event in self.world.events() {
            let mut become_ = |address, f: &mut dyn FnMut(&mut Client)| {
                let number = (0..CLIENTS).find(|number| peer(*number) == address).unwrap();
                f(&mut self.clients[usize::from(number)]);
            };
            match event {
                line::LineEvent::Accepted { peer, slot, .. } => become_(peer, &mut |client| {
                    assert_eq!(*client, Client::New);
                    *client = Client::Here { sent: 0, slot: Some(slot), fin: false };
                }),
                line::LineEvent::Waiting { peer, .. } => become_(peer, &mut |client| {
                    assert_eq!(*client, Client::New);
                    *client = Client::Here { sent: 0, slot: None, fin: false };
                }),
                line::LineEvent::Promoted { peer, slot: new, .. } => become_(peer, &mut |client| {
                    let Client::Here { slot, .. } = client else { panic!("{client:?}") };
                    assert_eq!(slot.replace(new), None);
                }),
                line::LineEvent::Closed { peer, .. } => become_(peer, &mut |client| {
                    assert!(matches!(client, Client::Here { .. }));
                    *client = Client::Gone;
                }),
                line::LineEvent::Refused { peer, .. } => {
                    become_(peer, &mut |client| assert_eq!(*client, Client::Refused));
                }
                line::LineEvent::Received { .. }
                | line::LineEvent::Listening { .. }
                | line::LineEvent::Full { .. }
                | line::LineEvent::Ok { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        for number in 0..CLIENTS {
            let Client::Here { sent, fin, slot } = &mut self.clients[usize::from(number)] else {
                continue;
            };
            let socket = self.world.socket(peer(number)).expect("who is here has a socket");
            *fin = socket.fin;
            *sent = socket.got.len() + socket.unread.len();
            // Nobody served is left unread or unanswered; nobody waiting is read.
            let read = socket.got.len();
            assert_eq!(read, if slot.is_some() { *sent } else { 0 }, "client {number}");
        }
    }

    fn check(&mut self, waited: Option<u16>) {
        let (served, waiting) = (self.served(), self.waiting());
        assert!(served <= usize::from(self.limit), "{:?}", self.clients);
        assert!(waiting <= 1, "{:?}", self.clients);
        assert!(waiting == 0 || served == usize::from(self.limit), "nobody starves");
        assert_eq!(usize::from(self.world.board.served().taken), served);
        assert_eq!(usize::from(self.world.board.waiting().taken), waiting);
        // Each slot is held once, and within the limit.
        let slots: Vec<u8> = self
            .clients
            .iter()
            .filter_map(|client| match client {
                Client::Here { slot, .. } => *slot,
                _ => None,
            })
            .collect();
        assert!(slots.iter().all(|slot| (1..=self.limit).contains(slot)));
        assert_eq!(slots.iter().collect::<HashSet<_>>().len(), slots.len());
        // Exactly as many sockets listen as clients are welcome.
        let welcome = usize::from(self.limit) + 1 - served - waiting;
        let listening = crate::glue::sockets()
            .filter(|index| {
                matches!(self.world.board.duty(*index, self.world.now), Duty::Listen { .. })
            })
            .count();
        assert_eq!(listening, welcome);
        // Who waited still waits, is served now, or is gone by its own doing.
        if let Some(number) = waited {
            assert_ne!(self.clients[usize::from(number)], Client::Refused);
        }
        // Who left in order got an answer to every byte.
        for (socket, ended) in self.world.over.drain(..) {
            assert_eq!(socket.got, b"ab"[..socket.got.len()], "in order");
            if ended == Ended::InOrder {
                assert!(socket.unread.is_empty() && socket.pending.is_empty(), "{socket:?}");
            }
        }
    }
}

/// Walks every order of steps; gives how many scenes there are.
fn walk(limit: u8, sockets: u8) -> usize {
    let start = Scene::new(limit, sockets);
    let (mut seen, mut open) = (HashSet::from([start.key()]), VecDeque::from([start]));
    while let Some(scene) = open.pop_front() {
        // Clients that did the same have the same future: one of each kind is enough.
        let mut tried = HashSet::new();
        for number in 0..CLIENTS {
            if !tried.insert(scene.clients[usize::from(number)]) {
                continue;
            }
            for step in [Step::Connect, Step::Send, Step::Leave, Step::TimeOut, Step::Kick] {
                let mut next = scene.clone();
                if next.step(number, step) && seen.insert(next.key()) {
                    open.push_back(next);
                }
            }
        }
    }
    seen.len()
}

#[test]
fn every_order_of_what_five_clients_do_keeps_the_promises() {
    // As on a chip with just enough sockets, and with sockets to spare.
    for (sockets, least) in [(3, 900), (9, 900)] {
        let scenes = walk(2, sockets);
        assert!(scenes > least, "only {scenes} scenes: the walk did not walk");
    }
}

#[test]
fn other_limits_keep_the_promises_too() {
    assert!(walk(1, 2) > 100);
    assert!(walk(3, 4) > 900);
}

#[test]
fn the_third_waits_the_fourth_is_refused_and_the_third_moves_up() {
    let mut world = World::online(IDENTITY);
    for number in 0..3 {
        world.connect(peer(number)).unwrap();
    }
    assert_eq!(world.connect(peer(3)), None);
    world.send(peer(2), b"kept");
    assert_eq!(flow(&world, world.index(peer(2)).unwrap()), Flow::HOLD);
    world.now = world.now + 1500;
    world.leave(peer(0));
    assert_eq!(world.socket(peer(2)).unwrap().got, b"kept");
    assert_eq!(
        world.news(),
        [
            "tcp: accepted peer=10.0.0.1:50000 slot=1 served=1/2",
            "tcp: accepted peer=10.0.0.2:50001 slot=2 served=2/2",
            "tcp: waiting peer=10.0.0.3:50002 served=2/2 waiting=1/1",
            "tcp: full port=7681 served=2/2 waiting=1/1",
            "tcp: closed peer=10.0.0.1:50000 slot=1 reason=peer in=0 out=0 served=1/2",
            "tcp: promoted peer=10.0.0.3:50002 slot=1 waited_ms=1500 served=2/2",
            "tcp: listening port=7681 served=2/2 waiting=0/1",
            r#"tcp: received peer=10.0.0.3:50002 slot=1 bytes=4 data="kept""#,
        ]
    );
}

#[test]
fn a_waiting_client_that_said_something_and_left_is_still_heard() {
    let mut world = World::online(IDENTITY);
    for number in 0..3 {
        world.connect(peer(number)).unwrap();
    }
    world.send(peer(2), b"last words");
    world.leave(peer(2));
    assert!(world.index(peer(2)).is_some(), "its bytes are kept");
    world.drop_peer(peer(1), CloseCause::Reset);
    let (socket, ended) = world.over.last().unwrap();
    assert_eq!((socket.got.as_slice(), *ended), (&b"last words"[..], Ended::InOrder));
}

#[test]
fn a_higher_limit_promotes_at_once_and_a_lower_one_ends_nobody() {
    let mut world = World::online(IDENTITY);
    for number in 0..3 {
        world.connect(peer(number)).unwrap();
    }
    world.lines.clear();
    world.say("server limit 3");
    assert_eq!(
        world.news()[..2],
        [
            "tcp: promoted peer=10.0.0.3:50002 slot=3 waited_ms=0 served=3/3",
            "tcp: listening port=7681 served=3/3 waiting=0/1",
        ]
    );
    world.say("server limit 1");
    assert_eq!(world.board.served().taken, 3);
    assert_eq!(world.connect(peer(4)), None, "no place");
    world.leave(peer(0));
    world.leave(peer(1));
    assert_eq!(world.connect(peer(5)).map(|_| world.board.waiting().taken), Some(1));
}

#[test]
fn more_clients_than_sockets_are_not_promised() {
    let mut world = World::online(Identity { sockets: 4, ..IDENTITY });
    world.say("#9 server limit 4");
    let news = world.news();
    assert!(
        news.last()
            .unwrap()
            .starts_with("console: error cmd=\"server limit\" id=9 code=unsupported"),
        "{news:?}"
    );
    world.say("server limit 3");
    assert_eq!(world.news().last().unwrap(), "console: ok cmd=\"server limit\"");
}

#[test]
fn a_client_that_slips_through_is_reset_and_said_to_be_refused() {
    let mut world = World::online(IDENTITY);
    for number in 0..3 {
        world.connect(peer(number)).unwrap();
    }
    world.lines.clear();
    // The glue accepted on a socket that listens no more.
    world.attach(SocketIndex(7), peer(3));
    world.on(Event::Accepted { socket: SocketIndex(7), peer: peer(3) });
    assert_eq!(world.over.last().unwrap().1, Ended::Aborted);
    assert_eq!(world.news(), ["tcp: refused peer=10.0.0.4:50003 served=2/2 waiting=1/1"]);
    // Or it slipped through while the board stopped listening altogether.
    world.say("client 10.9.9.9 1");
    world.attach(SocketIndex(7), peer(4));
    world.on(Event::Accepted { socket: SocketIndex(7), peer: peer(4) });
    assert_eq!(world.over.last().unwrap().1, Ended::Aborted);
    assert_eq!(world.board.waiting().taken, 0);
}

#[test]
fn nobody_is_let_in_before_there_is_an_address() {
    let mut world = World::new(IDENTITY);
    assert_eq!(world.connect(peer(0)), None);
    world.say("wifi set home password");
    assert_eq!(world.connect(peer(0)), None);
    world.join();
    assert!(world.connect(peer(0)).is_some());
}

#[test]
fn connections_live_through_a_short_loss_of_the_network() {
    let mut world = World::online(IDENTITY);
    world.connect(peer(0)).unwrap();
    world.on(Event::WifiLost);
    assert_eq!(world.connect(peer(1)), None);
    world.join();
    world.send(peer(0), b"still here");
    assert_eq!(world.socket(peer(0)).unwrap().got, b"still here");
    assert!(world.connect(peer(1)).is_some());
}

#[test]
fn kick_takes_a_slot_or_an_address_and_says_when_there_is_none() {
    let mut world = World::online(IDENTITY);
    for number in 0..3 {
        world.connect(peer(number)).unwrap();
    }
    world.lines.clear();
    world.say("kick 2");
    world.say("kick 10.0.0.1:50000");
    world.say("kick 7");
    let news = world.news();
    let closed: Vec<_> = news.iter().filter(|line| line.starts_with("tcp: closed")).collect();
    assert_eq!(
        closed,
        [
            "tcp: closed peer=10.0.0.2:50001 slot=2 reason=kicked in=0 out=0 served=1/2",
            "tcp: closed peer=10.0.0.1:50000 slot=1 reason=kicked in=0 out=0 served=1/2",
        ]
    );
    assert!(news.last().unwrap().starts_with("console: error cmd=kick code=no-such-client"));
}

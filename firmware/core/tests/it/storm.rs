//! Everything at once, in any order: the board never panics, comes to rest, and keeps its promises.

use crate::glue::{IDENTITY, World, peer, sockets};
use espalier_board::{
    Address, Duty, Event, Gauges, Identity, JoinId, Network, SocketIndex,
    protocol::{Auth, CloseCause, DialFault, JoinFault, Mode, command::Credentials, improv},
};
use proptest::prelude::*;

/// One thing that happens; numbers choose among what is possible.
#[derive(Debug, Clone)]
enum Happening {
    Connect(u16),
    Send(u16, Vec<u8>),
    Window(u16, usize),
    Leave(u16),
    Break(u16),
    Wait(u64),
    Say(String),
    Noise(usize, Vec<u8>),
    Improv(Vec<u8>),
    Joined,
    JoinFailed(usize),
    Lost,
    NoAddress,
    Console(bool),
    Store(bool),
    Dialled(bool),
    Wild(u8, u8),
}

fn command() -> impl Strategy<Value = String> {
    let fixed = [
        "help",
        "status",
        "clients",
        "settings show",
        "settings reset",
        "wifi forget",
        "wifi scan",
        "wifi set home password1",
        "wifi set other",
        "wifi address 10.0.0.9/8",
        "wifi address dhcp",
        "mode echo",
        "mode log",
        "mode discard",
        "mode check",
        "mode source",
        "mode source 1",
        "mode source 4000000000",
        "mode client",
        "client far.example 80",
        "client 10.0.0.1 1",
        "server port 1",
        "server limit 1",
        "server limit 3",
        "server limit 8",
        "kick 1",
        "kick 2",
        "kick 10.0.0.1:50000",
        "log verbose",
        "log error",
        "log info",
        "show hex",
        "show off",
        "show text",
        "name \"a b\"",
        "hostname h",
        "restart",
        "server keepalive 1 1 1",
        "#1 status",
        "mode chat",
        "mode chat",
        "screen",
        "nonsense",
        "\"",
        "kick 9",
    ];
    prop_oneof![
        6 => prop::sample::select(fixed.to_vec()).prop_map(str::to_owned),
        1 => "\\PC{0,30}",
    ]
}

/// What members of a chat room say, and what only resembles it.
fn chat() -> impl Strategy<Value = String> {
    let words = [
        "/hello 1 a\n",
        "/hello 1 b 0000000000000000 0\n",
        "#1 hi\n#2 ho\n",
        "#7 gap\n",
        "/ack 1\n",
        "/nick c\r\n",
        "/who\n/ping x\n",
        "/msg c psst\n",
        "/me waves\n",
        "text\n",
        "no ending",
        "/quit bye\n",
    ];
    prop::collection::vec(prop::sample::select(words.to_vec()), 1..30).prop_map(|it| it.concat())
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::*;
    let bytes = |max: usize| prop::collection::vec(any::<u8>(), 0..max);
    let client = 0u16..12;
    prop_oneof![
        6 => client.clone().prop_map(Connect),
        6 => (client.clone(), bytes(3000)).prop_map(|(client, bytes)| Send(client, bytes)),
        4 => (client.clone(), chat()).prop_map(|(client, text)| Send(client, text.into_bytes())),
        2 => (client.clone(), 0usize..5000).prop_map(|(client, window)| Window(client, window)),
        3 => client.clone().prop_map(Leave),
        2 => client.prop_map(Break),
        4 => prop_oneof![0u64..50, 0u64..70_000].prop_map(Wait),
        8 => command().prop_map(Say),
        2 => (0usize..3, bytes(700)).prop_map(|(console, bytes)| Noise(console, bytes)),
        2 => bytes(40).prop_map(Improv),
        4 => Just(Joined),
        1 => (0usize..JoinFault::ALL.len()).prop_map(JoinFailed),
        1 => Just(Lost),
        1 => Just(NoAddress),
        2 => any::<bool>().prop_map(Console),
        1 => any::<bool>().prop_map(Store),
        2 => any::<bool>().prop_map(Dialled),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(kind, index)| Wild(kind, index)),
    ]
}

fn happen(world: &mut World, happening: Happening) {
    use Happening::*;
    match happening {
        Connect(client) if world.index(peer(client)).is_none() => {
            world.connect(peer(client));
        }
        // What a network stack keeps is bounded.
        Send(client, bytes)
            if world.socket(peer(client)).is_some_and(|socket| socket.unread.len() < 10_000) =>
        {
            world.send(peer(client), &bytes);
        }
        Window(client, window) => {
            if let Some(socket) = world.socket(peer(client)) {
                socket.window = window;
            }
            world.run();
        }
        Leave(client) if world.index(peer(client)).is_some() => world.leave(peer(client)),
        Break(client) if world.index(peer(client)).is_some() => {
            world.drop_peer(peer(client), CloseCause::Timeout);
        }
        Wait(ms) => world.wait(ms),
        Say(command) => world.say(&command),
        Noise(console, bytes) => {
            world.board.console(console, &bytes, world.now);
            world.run();
        }
        Improv(data) => {
            let rpc = improv::Rpc::parse(&data).unwrap_or(improv::Rpc::Scan);
            if let Some(packet) = improv::rpc(&rpc) {
                world.board.console(1, &packet, world.now);
            }
            world.run();
        }
        Joined if world.joining.is_some() => world.join(),
        JoinFailed(fault) => {
            if let Some((id, _)) = world.joining.take() {
                world.on(Event::JoinFailed { id, fault: JoinFault::ALL[fault] });
            }
        }
        Lost => world.on(Event::WifiLost),
        NoAddress => world.on(Event::Address(None)),
        Console(works) => {
            world.console_works = works;
            world.run();
        }
        Store(works) => world.store_works = works,
        Dialled(done) => {
            let dials = |index: &SocketIndex| {
                matches!(world.board.duty(*index, world.now), Duty::Dial { .. })
            };
            let Some(index) = sockets().find(dials) else { return };
            if done {
                world.attach(index, peer(20));
                world.on(Event::Connected { socket: index, peer: peer(20) });
            } else {
                world.on(Event::DialFailed { socket: index, fault: DialFault::Timeout });
            }
        }
        Wild(kind, index) => wild(world, kind, SocketIndex(index)),
        _ => {}
    }
}

/// Events that good glue would not send now, or not at all.
fn wild(world: &mut World, kind: u8, index: SocketIndex) {
    let empty = world.sockets.get(usize::from(index.0)).is_none_or(Option::is_none);
    let address = Address { ip: [1, 2, 3, 4].into(), prefix: 8, gateway: None };
    let network = Network { ssid: "x", rssi: 0, channel: None, auth: Auth::Open };
    match kind % 12 {
        0 => world.on(Event::Tick),
        1 => world.on(Event::Joined { id: JoinId(u32::from(kind)), rssi: None, channel: None }),
        2 => world.on(Event::Address(Some(address))),
        3 => world.on(Event::Network(network)),
        4 => world.on(Event::ScanDone(kind < 128)),
        5 => world.on(Event::TurnedAway { peer: peer(30) }),
        6 if empty => world.on(Event::Closed { socket: index, cause: CloseCause::Peer }),
        7 => world.on(Event::DialFailed { socket: index, fault: DialFault::Name }),
        8 => world.on(Event::Saved(kind < 128)),
        9 => world.on(Event::Gauges(Gauges { heap: Some(1), rssi: Some(-1), ..Gauges::default() })),
        10 => {
            let credentials = Credentials::new("air", "password1").unwrap();
            world.on(Event::Credentials { from: "esptouch", credentials });
        }
        _ => {
            world.board.sent(index, 7);
            if empty {
                world.board.received(index, b"nobody", world.now);
                assert_eq!(world.board.produce(index, &mut [0; 10], world.now), 0);
            }
            world.board.screen();
            world.board.led_pattern();
        }
    }
}

/// What holds whenever the board is at rest.
fn check(world: &World) {
    let (served, waiting) = (world.board.served(), world.board.waiting());
    assert!(waiting.taken <= waiting.of);
    assert!(waiting.taken == 0 || served.taken >= served.of, "nobody starves");
    let connected = world.sockets.iter().flatten().count();
    let listening = sockets()
        .filter(|index| matches!(world.board.duty(*index, world.now), Duty::Listen { .. }))
        .count();
    let online = world.board.address().is_some();
    if world.board.settings().mode == Mode::Client || !online {
        assert_eq!(listening, 0);
    } else {
        let most =
            usize::from(served.of + waiting.of).min(usize::from(world.board.identity().sockets));
        assert!(connected + listening <= most.max(connected), "{connected} {listening} {most}");
    }
    for line in world.board.screen() {
        assert!(!line.contains('\n'));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_happens_the_board_keeps_its_promises(
        sockets in 0u8..12, happenings in prop::collection::vec(happening(), 1..120))
    {
        let mut world = World::new(Identity { sockets, ..IDENTITY });
        // Sources without a rate would fill an endless window.
        world.window = 3000;
        for happening in happenings {
            happen(&mut world, happening);
            check(&world);
            world.over.clear();
            world.lines.clear();
            world.actions.clear();
        }
    }

    #[test]
    fn nothing_is_lost_or_turned_in_an_echo(
        pieces in prop::collection::vec((0u16..3, prop::collection::vec(any::<u8>(), 1..2000), 0usize..3000), 1..40))
    {
        let mut world = World::online(IDENTITY);
        world.window = 0;
        let mut sent = [const { Vec::new() }; 3];
        for number in 0..3 {
            world.connect(peer(number)).unwrap();
        }
        for (number, bytes, window) in pieces {
            sent[usize::from(number)].extend_from_slice(&bytes);
            world.socket(peer(number)).unwrap().window += window;
            world.send(peer(number), &bytes);
        }
        for number in 0..3 {
            world.socket(peer(number)).unwrap().window = usize::MAX;
            world.leave(peer(number));
        }
        prop_assert_eq!(world.over.len(), 3);
        for (socket, _) in &world.over {
            let number = (0..3).find(|number| peer(*number) == socket.peer).unwrap();
            prop_assert!(socket.got == sent[usize::from(number)], "client {}", number);
        }
    }
}

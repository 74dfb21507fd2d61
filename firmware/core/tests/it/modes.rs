//! What each mode does with a connection.

use crate::glue::{Ended, IDENTITY, World, flow, peer, sockets};
use espalier_board::{
    Duty, Event, Flow, GREETING, SocketIndex, Write,
    protocol::{CloseCause, DialFault, line, pattern},
};

/// A board in this mode with one client, and a silent console so far.
fn served(mode: &str) -> (World, SocketIndex) {
    let mut world = World::online(IDENTITY);
    world.say(&format!("mode {mode}"));
    let index = world.connect(peer(0)).unwrap();
    world.lines.clear();
    (world, index)
}

#[test]
fn echo_gives_back_what_comes_and_shows_the_start_of_it() {
    let (mut world, _) = served("echo");
    let long = "0123456789".repeat(300);
    world.send(peer(0), long.as_bytes());
    assert_eq!(world.socket(peer(0)).unwrap().got, long.as_bytes());
    let wanted = format!(r#"bytes=1400 data="{}""#, &long[..64]);
    assert!(world.news()[0].ends_with(&wanted));
}

#[test]
fn an_echo_that_cannot_be_written_stops_the_reading() {
    let (mut world, _) = served("echo");
    world.socket(peer(0)).unwrap().window = 1000;
    world.send(peer(0), &[b'x'; 5000]);
    let socket = world.socket(peer(0)).unwrap();
    assert_eq!((socket.got.len(), socket.pending.len(), socket.unread.len()), (1000, 400, 3600));
    socket.window = usize::MAX;
    world.run();
    assert_eq!(world.socket(peer(0)).unwrap().got.len(), 5000);
}

#[test]
fn received_bytes_are_shown_as_asked_and_no_character_is_cut() {
    let (mut world, _) = served("echo");
    world.say("show hex");
    world.send(peer(0), b"\x00\xffA");
    world.say("show off");
    world.send(peer(0), b"secret");
    world.say("show text");
    world.send(peer(0), "字".repeat(30).as_bytes());
    let news = world.news();
    let shown: Vec<&str> = news
        .iter()
        .filter(|line| line.starts_with("tcp: received"))
        .map(|line| line.split_once("bytes=").unwrap().1)
        .collect();
    let text = format!(r#"90 data="{}""#, "字".repeat(21));
    assert_eq!(shown, ["3 data=00ff41", "6", &text]);
}

#[test]
fn log_prints_everything_at_the_speed_of_the_console() {
    let (mut world, index) = served("log");
    world.console_works = false;
    let text: Vec<u8> =
        (0..40_000u32).map(|n| b"abc\xff\n\"\xe5\xad\x97 "[n as usize % 10]).collect();
    world.send(peer(0), &text);
    let unread = world.socket(peer(0)).unwrap().unread.len();
    assert!(unread > 30_000, "a console that stands still stops the reading: {unread}");
    assert_eq!(flow(&world, index).read, 0);
    world.console_works = true;
    world.run();
    let printed: Vec<u8> = world
        .events()
        .iter()
        .filter_map(|event| match event {
            line::LineEvent::Received { data: Some(data), bytes, .. } => {
                assert_eq!(data.as_bytes().len(), *bytes as usize);
                Some(data.as_bytes().to_vec())
            }
            _ => None,
        })
        .flatten()
        .collect();
    assert!(printed == text, "{} of {} bytes", printed.len(), text.len());
    assert!(world.socket(peer(0)).unwrap().got.is_empty());
}

#[test]
fn eight_connections_that_log_lose_nothing_on_a_slow_console() {
    let mut world = World::online(IDENTITY);
    world.say("server limit 8");
    world.say("mode log");
    world.console_works = false;
    for number in 0..8 {
        world.connect(peer(number)).unwrap();
    }
    for number in 0..8 {
        world.socket(peer(number)).unwrap().unread.extend([0xff; 3000]);
    }
    // The console takes a little now and then; grants are used late and out of turn.
    for turn in 0..100_000u32 {
        let output = world.board.output().len();
        if turn % 3 == 0 {
            let bytes = world.board.output()[..output.min(100)].to_vec();
            world.board.printed(bytes.len());
        }
        let number = (turn % 8) as u16;
        let index = world.index(peer(number)).unwrap();
        let grant = flow(&world, index).read;
        // Somebody else reads in between with an older grant.
        let other = world.index(peer((number + 3) % 8)).unwrap();
        let older = flow(&world, other).read;
        for (index, grant) in [(index, grant), (other, older)] {
            let socket = world.sockets[usize::from(index.0)].as_mut().unwrap();
            let count = socket.unread.len().min(grant);
            let bytes: Vec<u8> = socket.unread.drain(..count).collect();
            if count > 0 {
                world.board.received(index, &bytes, world.now);
            }
        }
    }
    assert!(world.sockets.iter().flatten().all(|socket| socket.unread.is_empty()));
    world.console_works = true;
    world.lines.clear();
    world.say("status");
    assert!(world.told()[0..].iter().any(|line| line.contains("skipped=0")));
}

#[test]
fn discard_counts_and_forgets() {
    let (mut world, _) = served("discard");
    world.send(peer(0), &[7; 10_000]);
    world.leave(peer(0));
    assert_eq!(
        world.news(),
        ["tcp: closed peer=10.0.0.1:50000 slot=1 reason=peer in=10000 out=0 served=0/2"]
    );
}

#[test]
fn source_sends_the_pattern_and_check_is_content_with_it() {
    let mut world = World::online(IDENTITY);
    world.say("mode source");
    world.window = 50_000;
    world.connect(peer(0)).unwrap();
    let sent = world.socket(peer(0)).unwrap().got.clone();
    let mut wanted = vec![0; 50_000];
    pattern::fill(0, &mut wanted);
    assert!(sent == wanted);

    let (mut world, _) = served("check");
    world.send(peer(0), &sent);
    world.leave(peer(0));
    let news = world.news();
    let sum = format!("tcp: checked peer=10.0.0.1:50000 slot=1 bytes={} errors=0", sent.len());
    assert_eq!(news[0], sum);
    assert_eq!(news.len(), 2);
}

#[test]
fn check_tells_the_first_error_at_once_and_more_each_second() {
    let (mut world, _) = served("check");
    let mut bytes = vec![0; 3000];
    pattern::fill(0, &mut bytes);
    for at in [100, 200, 1500, 2900] {
        bytes[at] ^= 1;
    }
    world.send(peer(0), &bytes[..1000]);
    world.send(peer(0), &bytes[1000..2000]);
    world.wait(1000);
    world.send(peer(0), &bytes[2000..]);
    let failed = "tcp: check failed peer=10.0.0.1:50000 slot=1";
    assert_eq!(
        world.news(),
        [
            format!("{failed} bytes=1000 errors=2 first=100"),
            format!("{failed} bytes=3000 errors=4 first=100"),
        ]
    );
    world.say("status");
    assert!(world.news()[2].ends_with("check_errors=4"));
}

#[test]
fn source_keeps_its_rate() {
    for rate in [1u64, 7, 100, 5_000, 1_000_000] {
        let (mut world, _) = served(&format!("source {rate}"));
        world.wait(10_000);
        let sent = world.socket(peer(0)).unwrap().got.len() as u64;
        let least = (rate * 10).saturating_sub(rate.max(10) / 5 + 512).max(rate * 9);
        assert!((least..=rate * 10).contains(&sent), "{sent} bytes in 10 s at {rate}");
        // A peer that did not read gets half a second at most when it reads again.
        world.socket(peer(0)).unwrap().window = 0;
        world.wait(60_000);
        world.socket(peer(0)).unwrap().window = usize::MAX;
        world.run();
        let more = world.socket(peer(0)).unwrap().got.len() as u64 - sent;
        assert!(more <= rate / 2 + 513, "{more} bytes at once at {rate}");
    }
}

#[test]
fn a_mode_changes_under_a_connection_and_begins_anew() {
    let (mut world, index) = served("source 1000");
    world.wait(1000);
    world.say("mode check");
    assert_eq!(flow(&world, index), Flow { read: usize::MAX, write: Write::Nothing });
    let mut bytes = vec![0; 500];
    pattern::fill(0, &mut bytes);
    world.lines.clear();
    world.send(peer(0), &bytes);
    world.say("mode echo");
    assert_eq!(world.news()[0], "tcp: checked peer=10.0.0.1:50000 slot=1 bytes=500 errors=0");
    world.socket(peer(0)).unwrap().got.clear();
    world.send(peer(0), b"hi");
    assert_eq!(world.socket(peer(0)).unwrap().got, b"hi");
}

/// The socket that dials, if one does.
fn dialling(world: &World) -> Option<(SocketIndex, String)> {
    sockets().find_map(|index| match world.board.duty(index, world.now) {
        Duty::Dial { host, port } => Some((index, format!("{host}:{port}"))),
        _ => None,
    })
}

#[test]
fn client_ends_the_server_dials_greets_echoes_and_dials_again() {
    let (mut world, _) = served("echo");
    world.say("client example.com 8080");
    assert_eq!(world.over.last().unwrap().1, Ended::Aborted);
    let news = world.news();
    assert_eq!(
        news,
        [
            "tcp: stopped",
            "settings: saved",
            "console: ok cmd=client",
            "tcp: closed peer=10.0.0.1:50000 slot=1 reason=mode in=0 out=0 served=0/2",
            "tcp: dialing host=example.com port=8080 attempt=1",
        ]
        .map(str::to_owned)
    );
    assert_eq!(world.connect(peer(1)), None, "it listens no more");

    let (index, target) = dialling(&world).unwrap();
    assert_eq!(target, "example.com:8080");
    world.attach(index, peer(9));
    world.on(Event::Connected { socket: index, peer: peer(9) });
    assert_eq!(world.socket(peer(9)).unwrap().got, GREETING.as_bytes());
    world.send(peer(9), b"hello board");
    assert!(world.socket(peer(9)).unwrap().got.ends_with(b"hello board"));
    assert_eq!(dialling(&world), None);
    world.lines.clear();
    world.leave(peer(9));
    assert_eq!(dialling(&world), None, "not at once");
    world.wait(1000);
    assert!(dialling(&world).is_some());
    assert!(
        world.news()[0].starts_with("tcp: closed peer=10.0.0.10:50009 slot=1 reason=peer in=11")
    );
}

#[test]
fn dialling_backs_off_and_starts_over_with_the_network() {
    let mut world = World::online(IDENTITY);
    world.say("client 10.9.9.9 1");
    let mut pauses = vec![];
    for _ in 0..7 {
        let (index, _) = dialling(&world).unwrap();
        world.lines.clear();
        world.on(Event::DialFailed { socket: index, fault: DialFault::Refused });
        let line::LineEvent::DialFailed { retry_ms, .. } = world.events()[0] else { panic!() };
        pauses.push(retry_ms / 1000);
        world.wait(u64::from(retry_ms));
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
    world.on(Event::WifiLost);
    assert_eq!(dialling(&world), None);
    world.join();
    assert!(dialling(&world).is_some());
    world.say("mode echo");
    assert_eq!(dialling(&world), None);
    assert!(world.connect(peer(0)).is_some(), "it listens again");
}

#[test]
fn a_connection_that_lasted_forgives_the_failures_before_it() {
    // A peer that hangs up at once is dialled less and less often; one that stays is dialled soon.
    for (lives, pauses) in [(100, [1000, 2000, 4000]), (10_000, [1000, 1000, 1000])] {
        let mut world = World::online(IDENTITY);
        world.say("client 10.9.9.9 1");
        for pause in pauses {
            let (index, _) = dialling(&world).unwrap();
            world.attach(index, peer(9));
            world.on(Event::Connected { socket: index, peer: peer(9) });
            world.wait(lives);
            world.leave(peer(9));
            world.wait(pause - 1);
            assert_eq!(dialling(&world), None, "{lives} {pause}");
            world.wait(1);
        }
        assert!(dialling(&world).is_some());
    }
}

#[test]
fn a_connection_made_for_a_mode_that_is_over_is_ended() {
    let mut world = World::online(IDENTITY);
    world.say("client 10.9.9.9 1");
    let (index, _) = dialling(&world).unwrap();
    world.say("mode echo");
    world.attach(index, peer(9));
    world.on(Event::Connected { socket: index, peer: peer(9) });
    assert_eq!(world.over.last().unwrap().1, Ended::Aborted);
    for number in 0..3 {
        assert!(world.connect(peer(number)).is_some());
    }
}

#[test]
fn mode_client_without_a_target_is_refused() {
    let mut world = World::online(IDENTITY);
    world.say("mode client");
    assert_eq!(
        world.news(),
        [r#"console: error cmd=mode code=usage text="tell whom to dial: client HOST PORT""#]
    );
    assert!(world.connect(peer(0)).is_some());
}

#[test]
fn a_flood_of_echoes_never_hides_the_news() {
    let (mut world, _) = served("echo");
    world.console_works = false;
    for _ in 0..200 {
        world.send(peer(0), &[b'x'; 1000]);
    }
    world.drop_peer(peer(0), CloseCause::Reset);
    world.say("status");
    world.say("settings show");
    world.console_works = true;
    world.wait(1500);
    let news = world.news();
    let answers =
        news.iter().filter(|line| line.starts_with("status") || line.starts_with("settings"));
    assert_eq!(answers.count(), 3 + 4);
    assert!(news.iter().any(|line| line.starts_with("tcp: closed") && line.contains("in=200000")));
    assert!(news.iter().any(|line| line.starts_with("console: skipped lines=")), "{news:?}");
}

//! The console: answers, noise, and lines that are too long.

use crate::glue::{IDENTITY, World, peer};
use espalier_board::{
    Action, Event, Gauges, Network,
    protocol::{Auth, command::USAGES},
};

#[test]
fn every_command_is_answered_to_its_number() {
    let commands = [
        "help",
        "status",
        "wifi set home password",
        "wifi address dhcp",
        "mode source 100",
        "mode echo",
        "server port 7681",
        "server limit 2",
        "server keepalive 20 5 3",
        "client host 80",
        "clients",
        "log info",
        "show text",
        "name x",
        "hostname x",
        "settings show",
        "settings reset",
        "wifi forget",
        "restart",
    ];
    let mut world = World::online(IDENTITY);
    for (number, command) in commands.into_iter().enumerate() {
        world.say(&format!("#{number} {command}"));
        let news = world.news();
        let wanted = format!(" id={number}");
        let answers: Vec<_> = news.iter().filter(|line| line.starts_with("console: ok")).collect();
        assert!(answers.len() == 1 && answers[0].ends_with(&wanted), "{command}: {news:?}");
    }
    assert_eq!(world.actions.last(), Some(&Action::Restart));
}

#[test]
fn help_lists_every_command() {
    let mut world = World::online(IDENTITY);
    world.say("help");
    let news = world.news();
    assert_eq!(news.len(), USAGES.len() + 1);
    assert_eq!(
        news[3],
        r#"console: help usage="wifi set SSID [PASSWORD]" text="stores the credentials and joins""#
    );
}

#[test]
fn status_tells_system_wifi_and_server() {
    let mut world = World::online(IDENTITY);
    world.on(Event::Gauges(Gauges {
        heap: Some(90_000),
        heap_min: Some(80_000),
        stack_min: Some(20_000),
        busy: Some(12),
        rssi: Some(-61),
    }));
    world.connect(peer(0)).unwrap();
    world.send(peer(0), b"12345");
    world.wait(2500);
    world.lines.clear();
    world.say("status");
    world.say("clients");
    assert_eq!(
        world.news(),
        [
            "status: system app=espalier version=0.1.0 chip=esp32c3 uptime_ms=2500 heap=90000 heap_min=80000 stack_min=20000 busy=12 skipped=0",
            "status: wifi state=online ssid=home rssi=-61 ip=192.168.1.7 losses=0 failures=0",
            "status: server mode=echo port=7681 served=1/2 waiting=0/1 accepted=1 refused=0 in=5 out=5 check_errors=0",
            "ota: slot slot=0 of=1 room=0 state=confirmed token=none",
            "console: ok cmd=status",
            "tcp: client peer=10.0.0.1:50000 slot=1 state=served in=5 out=5 age_ms=2500",
            "console: ok cmd=clients",
        ]
    );
}

#[test]
fn a_scan_is_answered_when_it_is_over() {
    let mut world = World::online(IDENTITY);
    world.say("#1 wifi scan");
    world.say("#2 wifi scan");
    let network = Network { ssid: "cafe 网", rssi: -70, channel: Some(11), auth: Auth::Wpa2 };
    world.on(Event::Network(network));
    world.on(Event::Network(Network { ssid: "", auth: Auth::Open, channel: None, ..network }));
    world.on(Event::ScanDone(true));
    world.say("#3 wifi scan");
    world.on(Event::ScanDone(false));
    let news = world.news();
    assert!(news[0].starts_with("console: error cmd=\"wifi scan\" id=2 code=busy"));
    assert_eq!(
        news[1..4],
        [
            "wifi: network ssid=\"cafe 网\" rssi=-70 channel=11 auth=wpa2",
            "wifi: network ssid=\"\" rssi=-70 auth=open",
            "console: ok cmd=\"wifi scan\" id=1",
        ]
    );
    assert!(news[4].starts_with("console: error cmd=\"wifi scan\" id=3 code=wifi"));
    let scans = world.actions.iter().filter(|action| **action == Action::Scan).count();
    assert_eq!(scans, 2);
}

#[test]
fn a_line_too_long_is_one_clear_line_and_the_next_is_heard() {
    let mut world = World::online(IDENTITY);
    world.board.console(0, &[b'a'; 100_000], world.now);
    world.board.console(0, b"\nlog info\n", world.now);
    world.run();
    assert_eq!(
        world.news(),
        ["console: overlong bytes=100000", "settings: saved", "console: ok cmd=log"]
    );
}

#[test]
fn noise_is_one_clear_line_and_the_next_is_heard() {
    let mut world = World::online(IDENTITY);
    for noise in [&b"\xff\xfe\x80"[..], b"\0\0", b"stat\x1bus"] {
        world.board.console(0, noise, world.now);
        world.board.console(0, b"\r\nclients\r\n", world.now);
        world.run();
        let wanted = format!("console: noise bytes={}", noise.len());
        assert_eq!(world.news(), [wanted.as_str(), "console: ok cmd=clients"]);
    }
}

#[test]
fn people_may_correct_themselves() {
    let mut world = World::online(IDENTITY);
    world.board.console(0, "cliex网\x08\x7fnts\n".as_bytes(), world.now);
    world.run();
    assert_eq!(world.news(), ["console: ok cmd=clients"]);
}

#[test]
fn two_serial_lines_do_not_mix() {
    let mut world = World::online(IDENTITY);
    world.board.console(0, b"cli", world.now);
    world.board.console(1, b"sta", world.now);
    world.board.console(0, b"ents\n", world.now);
    world.board.console(1, b"tus\n", world.now);
    world.board.console(7, b"help\n", world.now);
    world.run();
    let news = world.news();
    assert_eq!(
        (news[0].as_str(), news.last().unwrap().as_str()),
        ("console: ok cmd=clients", "console: ok cmd=status")
    );
}

#[test]
fn the_log_level_silences_news_but_no_answer() {
    let mut world = World::online(IDENTITY);
    world.say("log error");
    world.lines.clear();
    world.connect(peer(0)).unwrap();
    world.send(peer(0), b"quiet");
    world.say("clients");
    assert_eq!(world.news().len(), 2);
}

#[test]
fn a_password_is_never_printed() {
    let mut world = World::new(IDENTITY);
    // The glue panics when a line shows this password.
    for command in [
        "wifi set home password1",
        "wifi set home password1 more",
        "wifi set \"home password1",
        "wifi sett home password1",
        "settings show",
        "status",
        "name \"password",
    ] {
        world.say(command);
    }
    world.join();
    assert!(world.store.is_some());
    assert!(!format!("{:?}", world.board.settings()).contains("password1"));
}

#[test]
fn a_console_that_stands_still_gets_whole_lines_and_the_number_of_those_left_out() {
    let mut world = World::online(IDENTITY);
    world.console_works = false;
    for _ in 0..20 {
        world.say("help");
    }
    world.console_works = true;
    // The glue panics at half a line, or at one that nobody knows.
    world.run();
    let printed = world.news().len();
    assert!(printed > 20);
    world.wait(1000);
    let left_out = 20 * (USAGES.len() + 1) - printed;
    assert_eq!(world.news(), [format!("console: skipped lines={left_out}")]);
}

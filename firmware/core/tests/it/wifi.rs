//! Joining, losing, giving up and finding again.

use crate::glue::{ADDRESS, IDENTITY, World};
use espalier_board::{
    ADDRESS_TIMEOUT_MS, Action, Event, JOIN_TIMEOUT_MS, LedPattern,
    protocol::{
        JoinFault,
        command::{Addressing, Credentials},
        line,
    },
};

/// A board that has credentials and joins.
fn joining() -> World {
    let mut world = World::new(IDENTITY);
    world.say("wifi set home password");
    world.lines.clear();
    world
}

fn fail(world: &mut World, fault: JoinFault) {
    let (id, _) = world.joining.take().expect("a join is under way");
    world.on(Event::JoinFailed { id, fault });
}

/// The pause that the last failure announced.
fn pause(world: &mut World) -> u64 {
    let events = world.events();
    let pause = events.iter().find_map(|event| match event {
        line::LineEvent::JoinFailed { retry_ms, .. } => *retry_ms,
        _ => None,
    });
    u64::from(pause.expect("a failure was told"))
}

#[test]
fn a_new_board_asks_for_credentials() {
    let mut world = World::new(IDENTITY);
    assert_eq!(
        world.news(),
        [
            "boot: started app=espalier version=0.1.0 chip=esp32c3 reset=power-on",
            "settings: defaults reason=missing",
            "wifi: no credentials",
            "wifi: provisioning reason=no-credentials",
            "smartconfig: listening channel=1 occupied=0",
        ]
    );
    assert!(world.board.is_provisioning() && world.board.channel() == Some(1));
    assert_eq!(world.board.led_pattern(), LedPattern::PROVISIONING);
}

#[test]
fn credentials_lead_to_an_address() {
    let mut world = joining();
    assert_eq!(world.board.channel(), None);
    world.join();
    assert_eq!(
        world.news(),
        [
            "wifi: joined ssid=home rssi=-50 channel=6",
            "wifi: got ip: 192.168.1.7 prefix=24 gateway=192.168.1.1 from=dhcp",
            "tcp: listening port=7681 served=0/2 waiting=0/1",
        ]
    );
    assert_eq!(world.board.led_pattern(), LedPattern::READY);
}

#[test]
fn failures_back_off_then_ask_for_credentials_and_try_on_each_minute() {
    let mut world = joining();
    let mut pauses = vec![];
    for _ in 0..7 {
        fail(&mut world, JoinFault::NotFound);
        let pause = pause(&mut world);
        pauses.push(pause / 1000);
        assert_eq!(world.joining, None);
        world.wait(pause - 1);
        assert_eq!(world.joining, None, "not before its time");
        world.wait(1);
        assert!(world.joining.is_some());
    }
    assert_eq!(pauses, [1, 2, 4, 8, 60, 60, 60]);
    assert!(world.board.is_provisioning());
    // The router is back.
    world.join();
    assert!(!world.board.is_provisioning());
    world.on(Event::WifiLost);
    fail(&mut world, JoinFault::NotFound);
    assert_eq!(pause(&mut world), 1000, "old failures are forgotten");
}

#[test]
fn a_refused_password_counts_double_and_is_told_as_such() {
    let mut world = joining();
    fail(&mut world, JoinFault::Auth);
    assert_eq!(world.news(), ["wifi: failed ssid=home reason=auth attempt=1 retry_ms=1000"]);
    for pause in [1000, 2000] {
        world.wait(pause);
        fail(&mut world, JoinFault::Auth);
    }
    let news = world.news();
    assert_eq!(
        news[news.len() - 3..],
        [
            "wifi: failed ssid=home reason=auth attempt=3 retry_ms=60000",
            "wifi: provisioning reason=failures retry_ms=60000",
            "smartconfig: listening channel=1 occupied=0",
        ]
    );
}

#[test]
fn a_radio_that_says_nothing_has_failed() {
    let mut world = joining();
    world.wait(JOIN_TIMEOUT_MS);
    assert_eq!(world.news(), ["wifi: failed ssid=home reason=timeout attempt=1 retry_ms=1000"]);
    assert_eq!(world.actions.last(), Some(&Action::Leave));
}

#[test]
fn a_network_without_addresses_is_left() {
    let mut world = joining();
    let (id, _) = world.joining.take().unwrap();
    world.on(Event::Joined { id, rssi: None, channel: None });
    world.wait(ADDRESS_TIMEOUT_MS);
    let news = world.news();
    assert_eq!(news[1], "wifi: failed ssid=home reason=no-address attempt=1 retry_ms=1000");
}

#[test]
fn a_lost_network_is_joined_again_at_once() {
    let mut world = joining();
    world.join();
    world.lines.clear();
    world.on(Event::WifiLost);
    assert_eq!(
        world.news(),
        ["wifi: lost ip: 192.168.1.7", "wifi: lost ssid=home", "wifi: joining ssid=home attempt=1"]
    );
    let other = espalier_board::Address { ip: [192, 168, 1, 99].into(), ..ADDRESS };
    let (id, _) = world.joining.take().unwrap();
    world.on(Event::Joined { id, rssi: None, channel: None });
    world.on(Event::Address(Some(other)));
    assert!(world.news().contains(&"tcp: listening port=7681 served=0/2 waiting=0/1".to_owned()));
    assert_eq!(world.board.address(), Some(other));
}

#[test]
fn reports_about_an_older_attempt_change_nothing() {
    let mut world = joining();
    let (old, _) = world.joining.clone().unwrap();
    world.say("wifi set other password");
    world.lines.clear();
    world.on(Event::JoinFailed { id: old, fault: JoinFault::Auth });
    world.on(Event::Joined { id: old, rssi: None, channel: None });
    assert!(world.news().is_empty());
    assert_eq!(world.joining.as_ref().unwrap().1.ssid, "other");
    world.join();
    assert!(world.news()[0].starts_with("wifi: joined ssid=other"));
}

#[test]
fn a_fixed_address_is_used_for_the_next_join() {
    let mut world = joining();
    world.join();
    world.lines.clear();
    world.say("wifi address 192.168.1.7/24 192.168.1.1");
    let Some(Action::Join { addressing: Addressing::Static(fixed), .. }) =
        world.actions.iter().rfind(|action| matches!(action, Action::Join { .. }))
    else {
        panic!("{:?}", world.actions)
    };
    assert_eq!((fixed.ip, fixed.prefix), (ADDRESS.ip, 24));
    world.join();
    let news = world.news();
    assert!(news.contains(
        &"wifi: got ip: 192.168.1.7 prefix=24 gateway=192.168.1.1 from=static".to_owned()
    ));
}

#[test]
fn forgetting_leaves_the_network() {
    let mut world = joining();
    world.join();
    world.say("wifi forget");
    assert!(world.actions.contains(&Action::Leave));
    assert_eq!(world.board.address(), None);
    assert!(world.board.is_provisioning());
    world.wait(600_000);
    assert_eq!(world.joining, None);
}

#[test]
fn credentials_from_the_air_are_stored_only_when_they_work() {
    let mut world = joining();
    world.join();
    let try_out = |world: &mut World, ssid: &str| {
        let credentials = Credentials::new(ssid, "password2").unwrap();
        world.on(Event::Credentials { from: "esptouch", credentials });
    };
    world.lines.clear();
    try_out(&mut world, "wrong");
    fail(&mut world, JoinFault::NotFound);
    assert_eq!(
        world.news(),
        [
            "wifi: credentials from=esptouch ssid=wrong",
            "wifi: joining ssid=wrong attempt=1",
            "wifi: lost ip: 192.168.1.7",
            "wifi: failed ssid=wrong reason=not-found attempt=1",
            "wifi: joining ssid=home attempt=1",
        ]
    );
    assert_eq!(world.board.settings().wifi.as_ref().unwrap().ssid, "home");
    try_out(&mut world, "right");
    world.join();
    assert_eq!(world.board.settings().wifi.as_ref().unwrap().ssid, "right");
    let stored = espalier_board::Settings::decode(world.store.as_ref().unwrap()).unwrap();
    assert_eq!(stored.wifi.unwrap().ssid, "right");
}

#[test]
fn an_open_network_is_told_of_and_joined() {
    let mut world = World::new(IDENTITY);
    let credentials = Credentials::new("home", "password").unwrap();
    world.on(Event::Credentials { from: "test", credentials });
    let id = world.board.join_id();
    world.lines.clear();
    world.on(Event::OpenNetwork { id });
    world.join();
    assert_eq!(world.news()[0], "wifi: open network ssid=home");
}

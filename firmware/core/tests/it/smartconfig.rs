//! SmartConfig: which channels are listened to, and what comes of a sender.

use crate::glue::{ADDRESS, IDENTITY, World};
use espalier_board::{
    Action, Event, Network, PROVISIONING_RETRY_MS, SniffedFrame,
    protocol::{
        Auth, JoinFault,
        command::Credentials,
        esptouch::{self, Datum, PACKET_INTERVAL_MS},
    },
};
use std::net::{Ipv4Addr, SocketAddrV4};

const BSSID: [u8; 6] = [2, 0, 0, 0, 0, 9];
const PHONE: [u8; 6] = [2, 0, 0, 0, 0, 1];
const SENDER: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 23);

/// A new board, with networks on these channels.
fn listening(occupied: &[u8]) -> World {
    let mut world = World::new(IDENTITY);
    scanned(&mut world, occupied);
    world.lines.clear();
    world
}

/// A scan finds networks on these channels.
fn scanned(world: &mut World, occupied: &[u8]) {
    for channel in occupied {
        let (channel, auth) = (Some(*channel), Auth::Wpa2);
        world.on(Event::Network(Network { ssid: "home", rssi: -50, channel, auth }));
    }
    world.on(Event::ScanDone(true));
}

/// The channels that are listened to for so long, each with its milliseconds.
fn visits(world: &mut World, ms: u64) -> Vec<(u8, u64)> {
    let mut visits: Vec<(u8, u64)> = vec![];
    for _ in 0..ms / 10 {
        let channel = world.board.channel().expect("it listens");
        match visits.last_mut() {
            Some((last, time)) if *last == channel => *time += 10,
            _ => visits.push((channel, 10)),
        }
        world.wait(10);
    }
    visits
}

fn frame(transmitter: [u8; 6], length: u16, channel: u8) -> Option<SniffedFrame> {
    let header = [&[0x88, 0x41, 0, 0][..], &BSSID, &transmitter, &[0xff; 6], &[0, 0]].concat();
    SniffedFrame::new(&header, length, channel)
}

fn datum(password: &[u8]) -> Datum {
    Datum::new(b"home", password, BSSID, SENDER).unwrap()
}

/// Sends so many packets on a channel.
fn send(world: &mut World, datum: &Datum, channel: u8, packets: usize) {
    for length in datum.schedule().take(packets) {
        world.board.heard(frame(PHONE, length + 66, channel).unwrap(), world.now);
        world.run();
        world.wait(PACKET_INTERVAL_MS);
        if world.joining.is_some() || world.board.channel().is_none() {
            return;
        }
    }
}

fn fail(world: &mut World, fault: JoinFault) {
    let (id, _) = world.joining.take().expect("a join is under way");
    world.on(Event::JoinFailed { id, fault });
}

/// A board that cannot join the network it knows, with another one on channel 6.
fn failing() -> World {
    let mut world = World::new(IDENTITY);
    world.say("wifi set known password");
    for pause in [1_000, 2_000, 0] {
        fail(&mut world, JoinFault::Auth);
        world.wait(pause);
    }
    scanned(&mut world, &[6]);
    assert_eq!(world.board.channel(), Some(6));
    world.lines.clear();
    world
}

#[test]
fn where_no_network_is_known_every_channel_has_its_turn_within_an_announcement() {
    let mut world = listening(&[]);
    let visits = visits(&mut world, 1_600);
    let channels: Vec<u8> = visits.iter().map(|(channel, _)| *channel).collect();
    assert_eq!(channels[..13], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
}

#[test]
fn channels_with_networks_come_first_and_the_others_are_swept_now_and_then() {
    let mut world = listening(&[1, 6, 11]);
    let visits = visits(&mut world, 16_000);
    assert_eq!(visits[..4], [(1, 330), (6, 330), (11, 330), (1, 330)]);
    let swept: Vec<u8> =
        visits.iter().map(|(channel, _)| *channel).filter(|it| ![1, 6, 11].contains(it)).collect();
    assert_eq!(swept[..10], [2, 3, 4, 5, 7, 8, 9, 10, 12, 13]);
    let time = |wanted: u8| -> u64 {
        visits.iter().filter(|(channel, _)| *channel == wanted).map(|(_, time)| time).sum()
    };
    assert!(time(6) > 10 * time(7) && time(7) > 0, "{visits:?}");
}

#[test]
fn a_single_network_is_listened_to_without_a_pause() {
    let mut world = listening(&[4]);
    assert_eq!(visits(&mut world, 5_000), [(4, 5_000)]);
}

#[test]
fn a_sender_is_stayed_with_and_left_when_it_falls_silent() {
    let mut world = listening(&[1, 6]);
    send(&mut world, &datum(b"password"), 1, 20);
    assert_eq!(world.news(), ["smartconfig: locked channel=1 from=02:00:00:00:00:01"]);
    world.wait(2_000);
    assert_eq!(world.board.channel(), Some(1));
    world.wait(1_000);
    assert_eq!(world.news(), ["smartconfig: lost channel=1"]);
    assert_eq!(world.board.channel(), Some(6));
}

#[test]
fn a_sender_that_never_tells_all_is_left_in_the_end() {
    let mut world = listening(&[3]);
    for _ in 0..61_000 / PACKET_INTERVAL_MS / 4 {
        for length in esptouch::GUIDE {
            world.board.heard(frame(PHONE, length, 3).unwrap(), world.now);
            world.wait(PACKET_INTERVAL_MS);
        }
    }
    assert!(world.news().contains(&"smartconfig: lost channel=3".to_owned()));
}

#[test]
fn what_is_sent_is_tried_stored_and_answered() {
    let mut world = listening(&[6]);
    send(&mut world, &datum(b"password"), 6, 1_000);
    assert_eq!(
        world.news(),
        [
            "smartconfig: locked channel=6 from=02:00:00:00:00:01",
            "smartconfig: received ssid=home sender=192.168.1.23",
            "wifi: credentials from=esptouch ssid=home",
            "wifi: joining ssid=home attempt=1",
        ]
    );
    assert_eq!(world.board.channel(), None, "the radio joins");
    world.join();
    assert_eq!(world.board.settings().wifi.as_ref().unwrap().ssid, "home");
    world.actions.clear();
    world.wait(5_000);
    let answers: Vec<&Action> =
        world.actions.iter().filter(|action| matches!(action, Action::Answer { .. })).collect();
    assert_eq!(answers.len(), 30);
    let answer = Action::Answer {
        to: SocketAddrV4::new(SENDER, esptouch::ACK_PORT),
        bytes: esptouch::ack(datum(b"password").total(), IDENTITY.mac, ADDRESS.ip),
    };
    assert!(answers.iter().all(|found| **found == answer));
    assert!(world.news().contains(&"smartconfig: answered to=192.168.1.23:18266".to_owned()));
}

#[test]
fn a_sender_that_cannot_be_answered_is_told_of() {
    let mut world = listening(&[6]);
    world.answers_leave = false;
    send(&mut world, &datum(b"password"), 6, 1_000);
    world.join();
    world.wait(5_000);
    let news = world.news();
    assert!(news.contains(&"smartconfig: not answered to=192.168.1.23:18266".to_owned()));
    assert!(!news.iter().any(|line| line.starts_with("smartconfig: answered")));
}

#[test]
fn a_sender_whose_network_cannot_be_joined_is_forgotten() {
    let mut world = failing();
    send(&mut world, &datum(b"wrong password"), 6, 1_000);
    assert_eq!(world.joining.as_ref().unwrap().1.ssid, "home");
    world.lines.clear();
    fail(&mut world, JoinFault::Auth);
    assert_eq!(
        world.news(),
        [
            "wifi: failed ssid=home reason=auth attempt=1",
            "wifi: provisioning reason=failures retry_ms=60000",
            "smartconfig: listening channel=6 occupied=1",
        ]
    );
    // Others give the right ones: nobody else is answered for them.
    let credentials = Credentials::new("home", "password").unwrap();
    world.on(Event::Credentials { from: "test", credentials });
    world.join();
    world.wait(5_000);
    assert!(!world.actions.iter().any(|action| matches!(action, Action::Answer { .. })));
}

#[test]
fn the_stored_network_waits_while_a_sender_is_heard() {
    let mut world = failing();
    world.wait(u64::from(PROVISIONING_RETRY_MS) - 1_000);
    assert_eq!(world.joining, None);
    // Only its announcement, over and over: so long as the last one is heard, nothing else is done.
    for length in esptouch::GUIDE.into_iter().cycle().take(1_250) {
        world.board.heard(frame(PHONE, length, 6).unwrap(), world.now);
        world.wait(PACKET_INTERVAL_MS);
    }
    assert_eq!((world.joining.as_ref(), world.board.channel()), (None, Some(6)));
    world.wait(3_100);
    assert!(world.joining.is_some(), "the sender is gone");
}

#[test]
fn a_setting_switches_it_off_and_survives_a_restart() {
    let mut world = listening(&[6]);
    world.say("wifi smartconfig off");
    assert_eq!(world.board.channel(), None);
    let stored = espalier_board::Settings::decode(world.store.as_ref().unwrap()).unwrap();
    assert!(!stored.smartconfig);
    world.say("settings show");
    assert!(world.news().iter().any(|line| line.ends_with("smartconfig=off")));
    world.say("wifi smartconfig on");
    assert_eq!(world.board.channel(), Some(6));
}

#[test]
fn bytes_that_are_no_credentials_are_not_tried() {
    let mut world = listening(&[6]);
    send(&mut world, &datum(b"short"), 6, 1_000);
    assert!(world.news().contains(&"smartconfig: unusable".to_owned()));
    assert_eq!((world.joining.as_ref(), world.board.channel()), (None, Some(6)));
}

#[test]
fn frames_of_another_channel_and_those_that_are_no_data_for_everybody_are_not_heard() {
    let mut world = listening(&[6]);
    send(&mut world, &datum(b"password"), 7, 700);
    assert!(world.news().is_empty());
    assert_eq!(SniffedFrame::new(&[0x80, 0, 0, 0], 100, 1), None);
}

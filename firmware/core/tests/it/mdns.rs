//! What the board says of itself on its network. `app/engine` has it read by a stranger.

use crate::glue::{ADDRESS, IDENTITY, World};
use espalier_board::protocol::OtaState;
use espalier_board::{
    Advert, AnswerTo, Board, BootSlots, MDNS_PORT, Mdns, MdnsPacket, OtaBoot, Time,
};
use proptest::prelude::*;
use std::net::{Ipv4Addr, SocketAddr};

const NEAR: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(192, 168, 1, 50)), MDNS_PORT);

fn advert() -> Advert {
    Advert {
        hostname: "desk".try_into().unwrap(),
        address: ADDRESS,
        port: Some(7681),
        name: "On the 桌子".try_into().unwrap(),
        app: "espalier",
        version: "0.1.0",
        chip: "esp32c3",
        update: Some(65_535),
    }
}

fn name(name: &str) -> Vec<u8> {
    let label = |it: &str| [&[it.len() as u8], it.as_bytes()].concat();
    [name.split('.').flat_map(label).collect::<Vec<u8>>(), vec![0]].concat()
}

/// A query with one question.
fn query(of: &str, kind: u16, class: u16) -> Vec<u8> {
    let head = [0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    [&head[..], &name(of), &kind.to_be_bytes(), &class.to_be_bytes()].concat()
}

/// A record as text: owner, type, class, seconds, and what is known of its data.
fn records(packet: &[u8]) -> Vec<String> {
    let word = |at: usize| u16::from_be_bytes([packet[at], packet[at + 1]]);
    let text = |mut at: usize| {
        let mut labels = Vec::new();
        while packet[at] != 0 {
            let end = at + 1 + usize::from(packet[at]);
            labels.push(String::from_utf8_lossy(&packet[at + 1..end]).into_owned());
            at = end;
        }
        (labels.join("."), at + 1)
    };
    let mut at = 12;
    for _ in 0..word(4) {
        at = text(at).1 + 4;
    }
    let mut all = Vec::new();
    for _ in 0..word(6) + word(10) {
        let (owner, end) = text(at);
        let (kind, class, ttl, length) = (word(end), word(end + 2), word(end + 6), word(end + 8));
        let data = end + 10;
        at = data + usize::from(length);
        let content = match kind {
            12 => text(data).0,
            33 => format!("{} {}", word(data + 4), text(data + 6).0),
            1 => format!("{:?}", &packet[data..at]),
            _ => String::from_utf8_lossy(&packet[data..at]).into_owned(),
        };
        all.push(format!("{owner} {kind} {class:#x} {ttl} {content}"));
    }
    assert_eq!(at, packet.len(), "nothing is left over");
    all
}

/// A board that has announced itself, some time ago.
fn announced() -> (Mdns, MdnsPacket) {
    let (mut mdns, mut packet) = (Mdns::new(), MdnsPacket::new());
    assert!(mdns.tell(Some(advert()), Time::ZERO, &mut packet));
    assert!(mdns.tell(Some(advert()), Time::from_ms(1000), &mut packet));
    (mdns, packet)
}

/// What is answered long after.
fn answer(query: &[u8], from: SocketAddr) -> Option<(AnswerTo, Vec<String>)> {
    let (mut mdns, mut packet) = announced();
    let to = mdns.answer(query, from, Time::from_ms(60_000), &mut packet)?;
    Some((to, records(&packet)))
}

#[test]
fn what_is_new_is_announced_twice_and_what_is_gone_is_taken_back() {
    let (mut mdns, mut packet) = (Mdns::new(), MdnsPacket::new());
    assert!(!mdns.tell(None, Time::ZERO, &mut packet));
    assert_eq!(mdns.poll_at(), None);
    assert!(mdns.tell(Some(advert()), Time::from_ms(5), &mut packet));
    let all = [
        "_services._dns-sd._udp.local 12 0x1 120 _espalier._tcp.local",
        "_espalier._tcp.local 12 0x1 120 desk._espalier._tcp.local",
        "desk._espalier._tcp.local 33 0x8001 120 7681 desk.local",
        "desk._espalier._tcp.local 16 0x8001 120 \u{c}app=espalier\u{d}version=0.1.0\u{c}chip=esp32c3\u{12}name=On the 桌子\u{c}update=65535",
        "desk.local 1 0x8001 120 [192, 168, 1, 7]",
    ];
    assert_eq!(records(&packet), all);
    assert_eq!(mdns.poll_at(), Some(Time::from_ms(1005)));
    assert!(!mdns.tell(Some(advert()), Time::from_ms(1004), &mut packet));
    assert!(mdns.tell(Some(advert()), Time::from_ms(1005), &mut packet));
    assert_eq!((mdns.poll_at(), records(&packet)), (None, all.map(str::to_owned).to_vec()));

    let renamed = Advert { hostname: "wall".try_into().unwrap(), ..advert() };
    assert!(mdns.tell(Some(renamed.clone()), Time::from_ms(9000), &mut packet));
    assert!(records(&packet).contains(&"desk.local 1 0x8001 0 [192, 168, 1, 7]".to_owned()));
    assert!(mdns.tell(Some(renamed), Time::from_ms(9000), &mut packet));
    assert!(records(&packet).contains(&"wall.local 1 0x8001 120 [192, 168, 1, 7]".to_owned()));
}

#[test]
fn each_question_gets_its_answer_and_what_would_be_asked_next() {
    let of = |name: &str, kind: u16| {
        let (to, records) = answer(&query(name, kind, 1), NEAR)?;
        assert_eq!(to, AnswerTo::Group);
        Some(records.iter().map(|it| it.split(' ').nth(1).unwrap().parse().unwrap()).collect())
    };
    let types = |all: &[u16]| Some(all.to_vec());
    assert_eq!(of("_services._dns-sd._udp.local", 12), types(&[12]));
    assert_eq!(of("_ESPALIER._tcp.local", 12), types(&[12, 33, 16, 1]));
    assert_eq!(of("desk._espalier._tcp.local", 33), types(&[33, 1]));
    assert_eq!(of("desk._espalier._tcp.local", 255), types(&[33, 16, 1]));
    assert_eq!(of("DESK.local", 1), types(&[1]));
    assert_eq!(of("desk.local", 28), types(&[47]), "there is no other address");
    for (other, kind) in [
        ("desk.local", 12),
        ("desk", 1),
        ("desk.local.de", 1),
        ("wall.local", 1),
        ("_http._tcp.local", 12),
    ] {
        assert_eq!(of(other, kind), None, "{other}");
    }
}

#[test]
fn whoever_wants_an_answer_alone_gets_it_alone() {
    let asked = query("desk.local", 1, 0x8001);
    let (mut mdns, mut packet) = announced();
    let mut at = |ms| mdns.answer(&asked, NEAR, Time::from_ms(ms), &mut packet);
    assert_eq!([at(5000), at(5500)], [Some(AnswerTo::Group), Some(AnswerTo::Asker)]);
    // Who asks from another port knows DNS alone: the question comes back, and nothing is remembered for long.
    let from = SocketAddr::new(NEAR.ip(), 40_000);
    let (mut mdns, mut packet) = announced();
    let asked = query("desk.local", 1, 1);
    let to = mdns.answer(&asked, from, Time::from_ms(60_000), &mut packet);
    assert_eq!(to, Some(AnswerTo::Asker));
    assert_eq!((&packet[..2], &packet[12..asked.len()]), (&[0, 7][..], &asked[12..]));
    assert_eq!(records(&packet), ["desk.local 1 0x1 10 [192, 168, 1, 7]"]);
}

#[test]
fn nothing_is_told_twice_in_a_second_or_to_those_who_know_it_or_are_elsewhere() {
    let asked = query("_espalier._tcp.local", 12, 1);
    let (mut mdns, mut packet) = announced();
    let mut at = |ms| mdns.answer(&asked, NEAR, Time::from_ms(ms), &mut packet);
    assert_eq!([at(1500), at(2000), at(2999)], [None, Some(AnswerTo::Group), None]);
    assert_eq!(at(3000), Some(AnswerTo::Group));

    let known = |ttl: u8| {
        let mut asked = query("_espalier._tcp.local", 12, 1);
        asked[7] = 1;
        // The owner's name points to the question's.
        let data = name("Desk._espalier._tcp.local");
        asked.extend(
            [&[0xC0, 12, 0, 12, 0, 1, 0, 0, 0, ttl, 0, data.len() as u8], &data[..]].concat(),
        );
        answer(&asked, NEAR)
    };
    assert_eq!((known(60), known(59).is_some()), (None, true));

    let elsewhere = SocketAddr::from(([192, 168, 2, 50], MDNS_PORT));
    assert_eq!(answer(&asked, elsewhere), None);
}

#[test]
fn a_board_that_dials_out_has_a_name_and_no_service() {
    let (mut mdns, mut packet) = (Mdns::new(), MdnsPacket::new());
    let dials = Advert { port: None, ..advert() };
    assert!(mdns.tell(Some(dials), Time::ZERO, &mut packet));
    assert_eq!(records(&packet), ["desk.local 1 0x8001 120 [192, 168, 1, 7]"]);
    let asked = query("_espalier._tcp.local", 12, 1);
    assert_eq!(mdns.answer(&asked, NEAR, Time::from_ms(9000), &mut packet), None);
    // One that takes updates is found for these.
    let (mut mdns, dials) = (Mdns::new(), Advert { port: Some(0), ..advert() });
    assert!(mdns.tell(Some(dials), Time::ZERO, &mut packet));
    let told = records(&packet);
    assert!(told.contains(&"desk._espalier._tcp.local 33 0x8001 120 0 desk.local".to_owned()));
    assert!(told.iter().any(|record| record.ends_with("update=65535")), "{told:?}");
}

#[test]
fn the_longest_names_fit() {
    let long = Advert {
        hostname: "h".repeat(32).as_str().try_into().unwrap(),
        name: "n".repeat(32).as_str().try_into().unwrap(),
        version: "10.100.1000-candidate.1",
        ..advert()
    };
    let (mut mdns, mut packet) = (Mdns::new(), MdnsPacket::new());
    assert!(mdns.tell(Some(long), Time::ZERO, &mut packet));
    assert_eq!(records(&packet).len(), 5);
}

#[test]
fn a_board_says_so_as_long_as_it_has_an_address() {
    let mut world = World::online(IDENTITY);
    let said = world.board.advert().expect("it is online");
    assert_eq!((said.address, said.port), (ADDRESS, Some(7681)));
    assert_eq!(said.hostname, "espalier-a1b2c3");
    assert_eq!(said.update, None, "it has one slot");
    world.say("client 192.168.1.9 7000");
    world.say("mode client");
    assert_eq!(world.board.advert().unwrap().port, None);
    let slots = BootSlots::new(0x2_0000, [0..0x1_0000, 0x1_0000..0x2_0000], 0);
    world.board.set_boot(OtaBoot { slots, state: OtaState::Confirmed, image: None }, world.now);
    let said = world.board.advert().unwrap();
    assert_eq!((said.port, said.update), (Some(0), Some(7682)));
    let fresh: Board = World::new(IDENTITY).board;
    assert_eq!(fresh.advert(), None);
}

proptest! {
    #[test]
    fn noise_is_harmless(noise in proptest::collection::vec(any::<u8>(), 0..200), port in any::<u16>()) {
        let (mut mdns, mut packet) = announced();
        let from = SocketAddr::new(NEAR.ip(), port);
        mdns.answer(&noise, from, Time::from_ms(9000), &mut packet);
    }

    #[test]
    fn damaged_questions_are_harmless(
        at in 0_usize..60, to in any::<u8>(), length in 0_usize..60, kind in any::<u16>(),
    ) {
        let mut asked = query("desk._espalier._tcp.local", kind, 1);
        asked[7] = 9;
        if let Some(byte) = asked.get_mut(at) {
            *byte = to;
        }
        asked.truncate(length);
        answer(&asked, NEAR);
    }
}

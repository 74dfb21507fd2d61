//! The record in the store: whole, torn, damaged, newer, foreign.

use crate::glue::{IDENTITY, World};
use espalier_board::{
    Action, Board, DialTarget, Event, RECORD_MAX, RECORD_VERSION, Settings, Time,
    protocol::{
        Level, Mode, RecordFault, Shown,
        command::{Addressing, Credentials, StaticAddress},
        line::Keepalive,
        ota::TokenKey,
    },
};
use proptest::prelude::*;

fn name(max: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "Z", " ", "网", "\"", "\n"]), 0..max)
        .prop_map(move |pieces| {
            let mut text = String::new();
            for piece in pieces {
                if text.len() + piece.len() <= max {
                    text.push_str(piece);
                }
            }
            text
        })
}

prop_compose! {
    fn any_settings()(
        ssid in name(32), password in name(64), fixed: Option<(u32, u8, u32, u32)>,
        smartconfig: bool,
        port in 1u16.., limit in 1u8..=8, keep in (1u16..=7200, 1u16..=7200, 1u8..=10),
        mode in prop::sample::select(Mode::ALL), rate: u32,
        target in prop::option::of(("[a-z.]{1,64}", 1u16..)),
        log in prop::sample::select(Level::ALL), shown in prop::sample::select(Shown::ALL),
        people in name(32), host in "([a-z]([a-z-]{0,30}[a-z])?)?", token: Option<[u8; 32]>,
    ) -> Settings {
        let fixed = fixed.and_then(|(ip, prefix, gateway, dns)| {
            let (prefix, ip) = (prefix % 30 + 1, ip.into());
            let network = u32::MAX << (32 - prefix);
            let gateway = (u32::from(ip) & network) | (gateway & !network);
            StaticAddress { ip, prefix, gateway: Some(gateway.into()), dns: Some((dns | 1).into()) }
                .checked()
        });
        Settings {
            wifi: Credentials::new(&ssid, &password),
            addressing: fixed.map_or(Addressing::Dhcp, Addressing::Static),
            smartconfig, port, limit,
            keepalive: Keepalive { idle_s: keep.0, interval_s: keep.1, count: keep.2 },
            mode, rate,
            target: target.map(|(host, port)| DialTarget { host: host.as_str().try_into().unwrap(), port }),
            log, shown,
            name: people.as_str().try_into().unwrap(),
            hostname: host.as_str().try_into().unwrap(),
            ota_token: token.map(TokenKey::from_bytes),
        }
    }
}

proptest! {
    #[test]
    fn what_is_stored_is_what_is_loaded(settings in any_settings(), padding in 0usize..300) {
        let mut record = settings.encode().to_vec();
        record.resize(record.len() + padding, 0xff);
        prop_assert_eq!(Settings::decode(&record), Ok(settings));
    }

    #[test]
    fn any_bytes_are_settings_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Settings::decode(&bytes).is_err());
    }

    #[test]
    fn any_content_under_a_right_checksum_is_settings_or_refused(
        content in prop::collection::vec((0u8..18, prop::collection::vec(any::<u8>(), 0..20)), 0..12))
    {
        let content: Vec<u8> = content
            .into_iter()
            .flat_map(|(tag, value)| [vec![tag, value.len() as u8], value].concat())
            .collect();
        if let Ok(settings) = Settings::decode(&sealed(1, &content)) {
            prop_assert!((1..=8).contains(&settings.limit) && settings.port > 0);
        }
    }
}

proptest! {
    // Each case tries every place of the record.
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_record_torn_anywhere_is_told_from_a_whole_one(settings in any_settings()) {
        let record = settings.encode();
        for len in 0..record.len() {
            let refused = Settings::decode(&record[..len]).unwrap_err();
            // Nothing at all is a new board.
            let wanted = if len == 0 { RecordFault::Missing } else { RecordFault::Damaged };
            prop_assert_eq!(refused.fault, wanted);
            // The rest not written yet, as erased flash and as the record before it.
            for filler in [0xff, 0x00] {
                let mut torn = record.to_vec();
                torn[len..].fill(filler);
                if *torn != *record {
                    prop_assert!(Settings::decode(&torn).is_err());
                }
            }
        }
    }

    #[test]
    fn every_flipped_bit_is_noticed(settings in any_settings()) {
        let record = settings.encode();
        for bit in 0..record.len() * 8 {
            let mut damaged = record.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(Settings::decode(&damaged).is_err(), "bit {bit}");
        }
    }
}

/// A record of this version with this content and the right checksum.
fn sealed(version: u8, content: &[u8]) -> Vec<u8> {
    let mut record = b"ESPALIER".to_vec();
    record.push(version);
    record.extend_from_slice(&(content.len() as u16).to_le_bytes());
    record.extend_from_slice(content);
    let crc = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(&record);
    record.extend_from_slice(&crc.to_le_bytes());
    record
}

#[test]
fn the_longest_settings_fit_the_record() {
    let long = |len: usize| "x".repeat(len);
    let settings = Settings {
        wifi: Credentials::new(&long(32), &long(64)),
        addressing: Addressing::Static(StaticAddress {
            ip: [10, 0, 0, 2].into(),
            prefix: 8,
            gateway: Some([10, 0, 0, 1].into()),
            dns: Some([8, 8, 8, 8].into()),
        }),
        target: Some(DialTarget { host: long(64).as_str().try_into().unwrap(), port: 1 }),
        name: long(32).as_str().try_into().unwrap(),
        hostname: long(32).as_str().try_into().unwrap(),
        log: Level::Verbose,
        mode: Mode::Discard,
        ..Settings::default()
    };
    let record = settings.encode();
    assert_eq!(Settings::decode(&record), Ok(settings));
    assert!(record.len() + 32 <= RECORD_MAX, "{}", record.len());
}

fn start(stored: Result<&[u8], RecordFault>) -> Vec<String> {
    World::with(Board::new(IDENTITY, stored, Time::ZERO)).news()
}

#[test]
fn a_newer_record_is_refused_with_a_clear_line_and_defaults() {
    let newer = sealed(RECORD_VERSION + 1, b"whatever");
    assert_eq!(start(Ok(&newer))[1], "settings: defaults reason=newer version=2");
    assert_eq!(start(Ok(&newer[..20]))[1], "settings: defaults reason=damaged");
    assert_eq!(start(Ok(&[0xff; 100]))[1], "settings: defaults reason=missing");
    assert_eq!(start(Err(RecordFault::Unreadable))[1], "settings: defaults reason=unreadable");
    // Port 0 cannot be listened on.
    let invalid = sealed(RECORD_VERSION, &[4, 2, 0, 0]);
    assert_eq!(start(Ok(&invalid))[1], "settings: defaults reason=invalid version=1");
}

#[test]
fn a_value_of_a_later_build_is_skipped() {
    let settings = Settings::decode(&sealed(RECORD_VERSION, &[200, 1, 9, 5, 1, 3])).unwrap();
    assert_eq!(settings, Settings { limit: 3, ..Settings::default() });
}

#[test]
fn settings_survive_a_restart() {
    let mut world = World::online(IDENTITY);
    world.say("server limit 5");
    world.say("mode check");
    world.say("name \"my board\"");
    let record = world.store.clone().unwrap();
    let mut again = World::with(Board::new(IDENTITY, Ok(&record), Time::ZERO));
    assert_eq!(
        again.news()[1..],
        ["settings: loaded version=1", "wifi: joining ssid=home attempt=1"]
    );
    again.say("settings show");
    assert_eq!(
        again.news(),
        [
            "settings: wifi ssid=home password=set address=dhcp smartconfig=on",
            "settings: server port=7681 limit=5 keepalive=20/5/3 mode=check rate=0",
            "settings: client port=8080",
            "settings: console log=info show=text name=\"my board\" hostname=espalier-a1b2c3",
            "console: ok cmd=\"settings show\"",
        ]
    );
}

#[test]
fn fewer_sockets_than_the_stored_limit_needs_lower_it() {
    let record = Settings { limit: 8, ..Settings::default() }.encode();
    let identity = espalier_board::Identity { sockets: 3, ..IDENTITY };
    let board = Board::new(identity, Ok(&record), Time::ZERO);
    assert_eq!(board.settings().limit, 2);
}

#[test]
fn a_store_that_fails_is_told_in_the_answer() {
    let mut world = World::online(IDENTITY);
    world.store_works = false;
    world.say("#5 server limit 4");
    let news = world.news();
    assert_eq!(
        news[news.len() - 2..],
        [
            "settings: not saved",
            "console: error cmd=\"server limit\" id=5 code=store text=\"in use, but not stored: it is gone after a restart\"",
        ]
    );
    assert_eq!(world.board.settings().limit, 4);
}

#[test]
fn reset_forgets_everything() {
    let mut world = World::online(IDENTITY);
    world.say("server port 99");
    world.say("hostname desk");
    world.say("settings reset");
    assert_eq!(*world.board.settings(), Settings::default());
    assert_eq!(Settings::decode(world.store.as_ref().unwrap()), Ok(Settings::default()));
    assert_eq!(world.board.address(), None);
}

#[test]
fn each_answer_waits_for_the_record_that_holds_its_setting_and_so_does_a_restart() {
    let mut world = World::online(IDENTITY);
    let now = world.now;
    let mut say = |command: &str| world.board.console(0, command.as_bytes(), now);
    say("#1 server limit 3\n");
    // The store takes its time; the glue is not asked again meanwhile.
    let mut board = world.board.clone();
    assert_eq!(board.next_action(), Some(Action::Save));
    board.console(0, b"#2 server limit 4\n#3 restart\n", now);
    assert_eq!(board.next_action(), None);
    let told = |board: &mut Board| {
        let text = String::from_utf8(board.output().to_vec()).unwrap();
        board.printed(text.len());
        text
    };
    assert!(!told(&mut board).contains("ok cmd=\"server limit\""));
    board.on(Event::Saved(true), now);
    let text = told(&mut board);
    assert!(text.contains("id=1") && !text.contains("id=2"), "{text}");
    assert_eq!(board.next_action(), Some(Action::Save));
    assert_eq!(board.next_action(), None);
    board.on(Event::Saved(true), now);
    assert!(told(&mut board).contains("id=2"));
    assert_eq!(board.next_action(), Some(Action::Restart));
}

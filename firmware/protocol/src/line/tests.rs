//! Every event of the vocabulary, with values that provoke the quoting, there and back.

use super::{Bytes, EVENTS, Line, LineEvent, LogLine, Share};
use crate::sample::Rng;
use alloc::{borrow::Cow, format, string::ToString};
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use proptest::prelude::*;

proptest! {
    #[test]
    fn every_printed_event_reads_back_as_itself(seed: u64, ms: u64) {
        for event in LineEvent::samples(&mut Rng(seed)) {
            let line = Line { ms, event };
            let printed = line.to_string();
            prop_assert!(!printed.contains(['\n', '\r']), "{printed:?}");
            let parsed = Line::parse(&printed);
            prop_assert_eq!(parsed.as_ref(), Some(&line), "{}", printed);
            prop_assert_eq!(parsed.map(Line::into_static).unwrap().to_string(), printed);
        }
    }

    #[test]
    fn unknown_keys_anywhere_change_nothing(seed: u64) {
        for event in LineEvent::samples(&mut Rng(seed)) {
            let line = Line { ms: 7, event };
            let printed = format!("{line} novel=\"a b\" other=1");
            prop_assert_eq!(Line::parse(&printed), Some(line), "{}", printed);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC*", seed: u64, cut in 0usize..200) {
        Line::parse(&text);
        for event in LineEvent::samples(&mut Rng(seed)) {
            let printed = Line { ms: 1, event }.to_string();
            let end = printed.char_indices().nth(cut).map_or(printed.len(), |(at, _)| at);
            Line::parse(&printed[..end]);
            Line::parse(&format!("{}{text}", &printed[..end]));
        }
    }
}

#[test]
fn the_example_of_the_documentation_reads() {
    let text = "I (12345) tcp: accepted peer=192.168.1.10:50123 slot=1 served=1/2";
    let line = Line::parse(text).unwrap();
    let event = LineEvent::Accepted {
        peer: "192.168.1.10:50123".parse().unwrap(),
        slot: 1,
        served: Share { taken: 1, of: 2 },
    };
    assert_eq!(line, Line { ms: 12345, event });
    assert_eq!(line.to_string(), text);
}

#[test]
fn the_address_stands_right_behind_got_ip() {
    let event = LineEvent::GotIp {
        ip: Ipv4Addr::new(192, 168, 1, 7),
        prefix: 24,
        gateway: None,
        source: crate::AddressSource::Dhcp,
    };
    let text = "I (5) wifi: got ip: 192.168.1.7 prefix=24 from=dhcp";
    assert_eq!(Line { ms: 5, event }.to_string(), text);
}

#[test]
fn lines_of_others_are_no_events_but_log_lines() {
    let text = "I (123) esp_netif_handlers: sta ip: 192.168.1.7, mask: 255.255.255.0";
    assert_eq!(Line::parse(text), None);
    assert_eq!(LogLine::parse(text).unwrap().tag, "esp_netif_handlers");
    for text in ["", "I", "I (", "I () tcp: x", "rst:0x1 (POWERON)", "I (1) tcp: client of mine"] {
        assert_eq!(Line::parse(text), None, "{text:?}");
    }
}

#[test]
fn the_level_letter_may_differ_from_the_table() {
    assert!(Line::parse("D (1) settings: saved").is_some());
}

#[test]
fn no_two_events_share_tag_and_head() {
    for (at, one) in EVENTS.iter().enumerate() {
        for other in &EVENTS[at + 1..] {
            assert!((one.tag, one.head) != (other.tag, other.head), "{one:?}");
        }
    }
}

#[test]
fn the_longest_line_fits() {
    let text = Bytes::Text(Cow::Owned([0xff; super::DATA_MAX].to_vec()));
    let peer = SocketAddr::from((Ipv6Addr::from_bits(u128::MAX), u16::MAX));
    let event = LineEvent::Received { peer, slot: 8, bytes: u32::MAX, data: Some(text) };
    let line = Line { ms: u64::MAX, event }.to_string();
    assert!(line.len() + 2 <= super::LINE_MAX, "{}", line.len());
}

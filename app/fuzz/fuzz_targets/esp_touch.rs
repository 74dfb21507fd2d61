//! Any frames in the air: a receiver takes what was sent and nothing else, whoever talks between.
#![no_main]

use std::net::Ipv4Addr;

use arbitrary::Arbitrary;
use espalier_protocol::esptouch::{Datum, Receiver, parse_ack, transmitter};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    ssid: Vec<u8>,
    password: Vec<u8>,
    bssid: [u8; 6],
    ip: [u8; 4],
    /// 802.11 adds the same to each length.
    extra: u8,
    /// Frames of others between: whose, how long.
    between: Vec<(u8, u16)>,
    lost: u8,
    ack: Vec<u8>,
}

const SENDER: [u8; 6] = [2, 0, 0, 0, 0, 1];

fuzz_target!(|input: Input| {
    parse_ack(input.ack.first().copied().unwrap_or_default(), &input.ack);
    transmitter(&input.ack);
    let Ok(datum) = Datum::new(&input.ssid, &input.password, input.bssid, input.ip.into()) else {
        return;
    };
    let mut receiver = Receiver::new();
    let mut others = input.between.iter().cycle();
    let mut got = None;
    for (number, length) in datum.schedule().enumerate() {
        if let Some((who, length)) = others.next() {
            // Their own frames begin no sending of theirs: that would be a second phone.
            receiver.frame([4, 0, 0, 0, 0, *who], *length % 500);
        }
        if input.lost > 0 && number % 251 == usize::from(input.lost) {
            continue;
        }
        got = receiver.frame(SENDER, length + u16::from(input.extra));
        if got.is_some() {
            break;
        }
    }
    let got = got.expect("45 seconds are enough");
    assert_eq!((&got.ssid[..], &got.password[..]), (&input.ssid[..], &input.password[..]));
    assert_eq!((got.bssid, got.sender), (input.bssid, Ipv4Addr::from(input.ip)));
});

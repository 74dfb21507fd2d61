//! ESP-TOUCH: sender and receiver understand each other through an air that loses, doubles and
//! swaps packets and adds a constant to every length.

use espalier_protocol::esptouch::{self, Datum, DatumError, GUIDE, Received, Receiver};
use proptest::prelude::*;
use std::net::Ipv4Addr;

const BSSID: [u8; 6] = [0x02, 0x1f, 0x33, 0xab, 0xcd, 0xef];
const PHONE: [u8; 6] = [2, 2, 2, 2, 2, 2];
const SENDER: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 23);

struct Rng(u64);

impl Rng {
    /// True so many times in a hundred.
    fn chance(&mut self, percent: u64) -> bool {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % 100 < percent
    }
}

/// What the air does, in percent.
#[derive(Debug, Clone, Copy)]
struct Air {
    lost: u64,
    doubled: u64,
    swapped: u64,
    offset: u16,
}

/// Sends by the schedule; gives what arrived and after how many packets.
fn send(datum: &Datum, air: Air, rng: &mut Rng) -> Option<(usize, Received)> {
    let mut lengths: Vec<u16> = Vec::new();
    for length in datum.schedule() {
        if rng.chance(air.lost) {
            continue;
        }
        lengths.push(length + air.offset);
        if rng.chance(air.doubled) {
            lengths.push(length + air.offset);
        }
        let end = lengths.len();
        if end >= 2 && rng.chance(air.swapped) {
            lengths.swap(end - 2, end - 1);
        }
    }
    let mut receiver = Receiver::new();
    for (at, length) in lengths.into_iter().enumerate() {
        // Others are in the air too, with lengths of all sorts.
        if rng.chance(20) {
            let other = [3, 0, 0, 0, 0, (at % 7) as u8];
            assert_eq!(receiver.frame(other, (at * 37 % 1500) as u16), None);
        }
        if let Some(received) = receiver.frame(PHONE, length) {
            return Some((at, received));
        }
    }
    None
}

fn assert_same(received: &Received, ssid: &[u8], password: &[u8]) {
    assert_eq!(received.ssid.as_slice(), ssid);
    assert_eq!(received.password.as_slice(), password);
    assert_eq!((received.bssid, received.sender), (BSSID, SENDER));
    assert_eq!(usize::from(received.total), 9 + ssid.len() + password.len());
}

#[test]
fn a_quiet_air_carries_it_in_the_first_round() {
    let air = Air { lost: 0, doubled: 0, swapped: 0, offset: 28 };
    for (ssid, password) in
        [("家里的网络", "correct horse battery"), ("x", ""), ("a b", "12345678")]
    {
        let datum = Datum::new(ssid.as_bytes(), password.as_bytes(), BSSID, SENDER).unwrap();
        let (packets, received) = send(&datum, air, &mut Rng(1)).unwrap();
        assert_same(&received, ssid.as_bytes(), password.as_bytes());
        assert!(packets < 750, "{packets} packets of a round of 750");
    }
}

#[test]
fn the_longest_credentials_arrive_through_a_bad_air() {
    let (ssid, password) = ([b's'; 32], [b'p'; 64]);
    let datum = Datum::new(&ssid, &password, BSSID, SENDER).unwrap();
    let air = Air { lost: 15, doubled: 15, swapped: 10, offset: 106 };
    for seed in 0..20 {
        let (_, received) = send(&datum, air, &mut Rng(seed)).unwrap();
        assert_same(&received, &ssid, &password);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_arrives_is_what_was_sent(
        ssid in prop::collection::vec(any::<u8>(), 1..=32),
        password in prop::collection::vec(any::<u8>(), 0..=64),
        lost in 0u64..15, doubled in 0u64..30, swapped in 0u64..10, offset in 0u16..200, seed: u64)
    {
        let datum = Datum::new(&ssid, &password, BSSID, SENDER).unwrap();
        let air = Air { lost, doubled, swapped, offset };
        let (_, received) = send(&datum, air, &mut Rng(seed)).expect("arrives within 45 s");
        assert_same(&received, &ssid, &password);
    }

    #[test]
    fn noise_alone_is_no_message(lengths in prop::collection::vec(0u16..600, 0..3000)) {
        let mut receiver = Receiver::new();
        for length in lengths {
            prop_assert_eq!(receiver.frame(PHONE, length), None);
        }
    }

    #[test]
    fn an_altered_air_never_makes_up_credentials(seed: u64, altered in 1u64..60) {
        let datum = Datum::new(b"network", b"password", BSSID, SENDER).unwrap();
        let (mut rng, mut receiver) = (Rng(seed), Receiver::new());
        for length in datum.schedule() {
            let length = if rng.chance(altered) { length ^ (1 << (seed % 7)) } else { length };
            if let Some(received) = receiver.frame(PHONE, length) {
                assert_same(&received, b"network", b"password");
            }
        }
    }
}

#[test]
fn the_lengths_are_those_of_the_protocol() {
    let datum = Datum::new(b"a", b"", [0; 6], Ipv4Addr::UNSPECIFIED).unwrap();
    let lengths: Vec<u16> = datum.lengths().collect();
    assert_eq!(lengths.len(), (10 + 6) * 3);
    // The first byte is total = 10 = 0x0a at index 0; its CRC-8/MAXIM with the index is 0xe7.
    assert_eq!(lengths[..3], [40 + 0xe0, 40 + 0x100, 40 + 0x7a]);
    // The second middle packet carries index 1, the first BSSID byte (index 10) stands sixth.
    assert_eq!((lengths[4], lengths[5 * 3 + 1]), (40 + 0x101, 40 + 0x10a));
    assert!(lengths.iter().all(|length| (40..40 + 0x180).contains(length)));
    let guide: Vec<u16> = datum.schedule().take(8).collect();
    assert_eq!(guide, [GUIDE, GUIDE].concat());
    // 45 s at 8 ms.
    assert_eq!(datum.schedule().count(), 5625);
}

#[test]
fn a_sender_that_moves_to_another_offset_is_followed() {
    let datum = Datum::new(b"network", b"password", BSSID, SENDER).unwrap();
    let mut receiver = Receiver::new();
    // A round is heard in part, then the same transmitter starts over with another encryption.
    for length in datum.schedule().take(300) {
        assert_eq!(receiver.frame(PHONE, length + 60), None);
    }
    let received = datum.schedule().find_map(|length| receiver.frame(PHONE, length + 68)).unwrap();
    assert_same(&received, b"network", b"password");
}

#[test]
fn credentials_out_of_bounds_are_refused() {
    let new = |ssid: &[u8], password: &[u8]| Datum::new(ssid, password, BSSID, SENDER).map(drop);
    assert_eq!(new(b"", b""), Err(DatumError::Ssid));
    assert_eq!(new(&[b'x'; 33], b""), Err(DatumError::Ssid));
    assert_eq!(new(b"x", &[b'x'; 65]), Err(DatumError::Password));
}

#[test]
fn no_password_shows_in_debug_text() {
    let datum = Datum::new(b"network", b"password", BSSID, SENDER).unwrap();
    let air = Air { lost: 0, doubled: 0, swapped: 0, offset: 0 };
    let (_, received) = send(&datum, air, &mut Rng(1)).unwrap();
    for text in [format!("{datum:?}"), format!("{received:?}")] {
        assert!(!text.contains("112, 97, 115") && !text.contains("password:"), "{text}");
    }
}

#[test]
fn the_answer_names_the_board() {
    let (mac, ip) = ([1, 2, 3, 4, 5, 6], Ipv4Addr::new(10, 0, 0, 9));
    let bytes = esptouch::ack(24, mac, ip);
    assert_eq!(bytes, [24, 1, 2, 3, 4, 5, 6, 10, 0, 0, 9]);
    assert_eq!(esptouch::parse_ack(24, &bytes), Some((mac, ip)));
    assert_eq!(esptouch::parse_ack(25, &bytes), None);
    for len in 0..bytes.len() {
        assert_eq!(esptouch::parse_ack(24, &bytes[..len]), None);
    }
}

#[test]
fn only_data_to_everybody_counts_and_the_radio_that_sent_it_is_told() {
    const GROUP: [u8; 6] = [0x01, 0, 0x5e, 7, 7, 7];
    let frame = |control: u8, flags: u8, addresses: [[u8; 6]; 3]| {
        [&[control, flags, 0, 0][..], &addresses.concat(), &[0, 0]].concat()
    };
    let (qos, null, beacon) = (0x88, 0x48, 0x80);
    // From the phone to the access point, encrypted; and repeated by the access point.
    let up = frame(qos, 0x41, [BSSID, PHONE, GROUP]);
    let down = frame(0x08, 0x42, [GROUP, BSSID, PHONE]);
    assert_eq!(esptouch::transmitter(&up), Some(PHONE));
    assert_eq!(esptouch::transmitter(&down), Some(BSSID));
    for other in [
        frame(qos, 0x41, [BSSID, PHONE, PHONE]),
        frame(null, 0x01, [BSSID, PHONE, GROUP]),
        frame(beacon, 0x00, [GROUP, BSSID, BSSID]),
        frame(qos, 0x43, [GROUP, PHONE, GROUP]),
    ] {
        assert_eq!(esptouch::transmitter(&other), None, "{other:?}");
    }
    for len in 0..22 {
        assert_eq!(esptouch::transmitter(&up[..len]), None);
    }
}

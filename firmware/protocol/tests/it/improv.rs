//! Improv: the published examples, there and back, and everything that a serial line does to them.

use espalier_protocol::{
    ImprovFault,
    improv::{self, CommandId, Decoder, Item, PACKET_MAX, Packet, Rpc, State, Status, Strings},
};
use proptest::prelude::*;

/// What a stream turns into, with what was handed through joined.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    Through(Vec<u8>),
    Packet(String),
    Fault(ImprovFault, Vec<u8>),
}

fn note(seen: &mut Vec<Seen>, item: Item<'_>) {
    match (seen.last_mut(), item) {
        (Some(Seen::Through(before)), Item::Through(bytes)) => before.extend_from_slice(bytes),
        (_, Item::Through(bytes)) => seen.push(Seen::Through(bytes.to_vec())),
        (_, Item::Packet(packet)) => seen.push(Seen::Packet(format!("{packet:?}"))),
        (_, Item::Fault(fault, bytes)) => seen.push(Seen::Fault(fault, bytes.to_vec())),
    }
}

fn decode(bytes: &[u8]) -> Vec<Seen> {
    let (mut decoder, mut seen) = (Decoder::new(), Vec::new());
    for byte in bytes {
        decoder.push(*byte);
        while let Some(item) = decoder.next() {
            note(&mut seen, item);
        }
    }
    let mut item = decoder.give_up();
    while let Some(found) = item {
        note(&mut seen, found);
        item = decoder.next();
    }
    seen
}

fn packets(seen: &[Seen]) -> Vec<&str> {
    seen.iter()
        .filter_map(|seen| match seen {
            Seen::Packet(packet) => Some(packet.as_str()),
            _ => None,
        })
        .collect()
}

fn shown(packet: Packet<'_>) -> Seen {
    Seen::Packet(format!("{packet:?}"))
}

/// The packet whose data the specification gives for "MyWirelessAP", "mysecurepassword".
fn published() -> Vec<u8> {
    let mut wire = b"IMPROV\x01\x03\x20\x01\x1e\x0cMyWirelessAP\x10mysecurepassword".to_vec();
    let sum = wire.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    wire.extend_from_slice(&[sum, b'\n']);
    wire
}

#[test]
fn the_published_credentials_packet_is_made_and_read() {
    let rpc = Rpc::SendWifi { ssid: "MyWirelessAP", password: "mysecurepassword" };
    assert_eq!(improv::rpc(&rpc).unwrap().as_slice(), published());
    assert_eq!(decode(&published()), [shown(Packet::Rpc(Ok(rpc)))]);
}

#[test]
fn the_request_for_the_state_is_the_bytes_that_every_client_sends() {
    let wire = b"IMPROV\x01\x03\x02\x02\x00\xe5";
    assert_eq!(improv::rpc(&Rpc::RequestState).unwrap()[..12], wire[..]);
    assert_eq!(decode(wire), [shown(Packet::Rpc(Ok(Rpc::RequestState)))]);
    let wire = b"IMPROV\x01\x03\x02\x03\x00\xe6";
    assert_eq!(decode(wire), [shown(Packet::Rpc(Ok(Rpc::DeviceInfo)))]);
}

#[test]
fn the_published_answers_are_made_and_read() {
    // State and error: one byte of data.
    assert_eq!(improv::state(State::Provisioned), b"IMPROV\x01\x01\x01\x04\xe4\n");
    assert_eq!(improv::error(Status::Ok), b"IMPROV\x01\x02\x01\x00\xe1\n");
    let lists: [(CommandId, &[&str]); 5] = [
        (
            CommandId::DeviceInfo,
            &["ESPHome", "2021.11.0", "esp32-s3-devkitc-1/esp32-s3", "Temperature Monitor"],
        ),
        (
            CommandId::DeviceInfo,
            &[
                "Bluetooth Proxy",
                "v1.0.0",
                "denky_d4/esp32",
                "My Bluetooth Proxy",
                "ESPHome",
                "2025.12.2",
            ],
        ),
        (CommandId::Scan, &["MyWirelessNetwork", "-60", "YES"]),
        (CommandId::Scan, &[]),
        (CommandId::NetworkState, &["7", "http://192.168.1.10"]),
    ];
    for (command, list) in lists {
        let wire = improv::result(command, list).unwrap();
        let mut data = vec![];
        for text in list {
            data.push(text.len() as u8);
            data.extend_from_slice(text.as_bytes());
        }
        assert_eq!(wire[6..11], [1, 4, data.len() as u8 + 2, command.byte(), data.len() as u8]);
        assert_eq!(wire[11..11 + data.len()], data);
        let mut decoder = Decoder::new();
        let mut found = 0;
        for byte in &wire {
            decoder.push(*byte);
            while let Some(item) = decoder.next() {
                let Item::Packet(Packet::Result { command: id, strings }) = item else {
                    panic!("{item:?}")
                };
                assert_eq!((id, strings.collect::<Vec<_>>()), (command.byte(), list.to_vec()));
                found += 1;
            }
        }
        assert_eq!(found, 1);
    }
}

#[test]
fn malformed_commands_name_what_the_device_answers() {
    for (data, status) in [
        (&[][..], Status::InvalidRpc),
        (&[1], Status::InvalidRpc),
        (&[2, 1], Status::InvalidRpc),
        (&[2, 1, 0], Status::InvalidRpc),
        (&[1, 2, 9, b'x'], Status::InvalidRpc),
        (&[1, 3, 0, 0, 0], Status::InvalidRpc),
        (&[1, 4, 1, 0xff, 1, b'x'], Status::InvalidRpc),
        (&[5, 1, 0xff], Status::InvalidRpc),
        (&[0x77, 0], Status::UnknownCommand),
    ] {
        assert_eq!(Rpc::parse(data), Err(status), "{data:?}");
    }
    assert_eq!(Rpc::parse(&[5, 3, b'a', b'-', b'b']), Ok(Rpc::Hostname(Some("a-b"))));
    assert_eq!(Rpc::parse(&[6, 0]), Ok(Rpc::DeviceName(None)));
}

#[test]
fn packets_and_log_share_a_line() {
    let mut wire = b"I (1) wifi: joining\r\nIMP".to_vec();
    wire.extend_from_slice(&improv::state(State::Ready));
    wire.extend_from_slice(&improv::error(Status::Ok));
    wire.extend_from_slice(b"I (2) IMPRO");
    assert_eq!(
        decode(&wire),
        [
            Seen::Through(b"I (1) wifi: joining\r\nIMP".to_vec()),
            shown(Packet::State(State::Ready)),
            shown(Packet::Error(Status::Ok)),
            Seen::Through(b"I (2) IMPRO".to_vec()),
        ]
    );
}

#[test]
fn every_truncation_is_a_fault_and_the_next_packet_is_whole() {
    let (whole, next) = (published(), improv::rpc(&Rpc::Scan).unwrap());
    for len in 6..whole.len() - 1 {
        let cut = &whole[..len];
        // Silence after it: given up.
        let seen = decode(cut);
        assert_eq!(seen, [Seen::Fault(ImprovFault::Cut, cut.to_vec())], "{len}");
        // Another packet right after it, often enough to complete what was announced.
        let mut wire = cut.to_vec();
        wire.extend((0..5).flat_map(|_| next.clone()));
        let wanted = format!("{:?}", Packet::Rpc(Ok(Rpc::Scan)));
        let seen = decode(&wire);
        assert_eq!(packets(&seen), [wanted.as_str(); 5], "{len}: {seen:?}");
    }
}

#[test]
fn every_bit_flip_is_noticed_and_costs_nothing_else() {
    let (whole, next) = (published(), improv::rpc(&Rpc::Scan).unwrap());
    let scan = format!("{:?}", Packet::Rpc(Ok(Rpc::Scan)));
    for bit in 0..(whole.len() - 1) * 8 {
        let mut wire = whole.clone();
        wire[bit / 8] ^= 1 << (bit % 8);
        wire.extend_from_slice(b"status\n");
        wire.extend((0..10).flat_map(|_| next.clone()));
        let seen = decode(&wire);
        // No packet but the good ones, all of them, and the command line is still there.
        assert_eq!(packets(&seen), [scan.as_str(); 10], "bit {bit}: {seen:?}");
        let through: Vec<u8> = seen
            .iter()
            .filter_map(|seen| match seen {
                Seen::Through(bytes) => Some(bytes.clone()),
                _ => None,
            })
            .flatten()
            .collect();
        assert!(through.ends_with(b"status\n"), "bit {bit}: {seen:?}");
    }
}

fn text(max: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(any::<char>(), 0..max)
        .prop_map(|chars| chars.into_iter().take(16).collect())
}

proptest! {
    #[test]
    fn any_command_reads_back(ssid in text(16), password in text(16), name in text(16), kind in 0..8) {
        let given = (!name.is_empty()).then_some(name.as_str());
        let rpc = match kind {
            0 => Rpc::SendWifi { ssid: &ssid, password: &password },
            1 => Rpc::RequestState,
            2 => Rpc::DeviceInfo,
            3 => Rpc::Scan,
            4 => Rpc::Hostname(given),
            5 => Rpc::DeviceName(given),
            6 => Rpc::NetworkState,
            _ => Rpc::Hostname(None),
        };
        let wire = improv::rpc(&rpc).unwrap();
        prop_assert_eq!(decode(&wire), [shown(Packet::Rpc(Ok(rpc)))]);
    }

    #[test]
    fn any_bytes_come_out_again(bytes in prop::collection::vec(
        prop_oneof![any::<u8>(), prop::sample::select(b"IMPROV\x01\x03\n".to_vec())], 0..800))
    {
        // Everything that is no packet is handed through or told as a fault, in order.
        let seen = decode(&bytes);
        let mut out = Vec::new();
        for seen in &seen {
            match seen {
                Seen::Through(bytes) | Seen::Fault(_, bytes) => out.extend_from_slice(bytes),
                Seen::Packet(_) => return Ok(()),
            }
        }
        prop_assert_eq!(out, bytes);
    }

    #[test]
    fn noise_around_packets_does_not_hide_them(
        before in prop::collection::vec(any::<u8>(), 0..300),
        after in prop::collection::vec(any::<u8>(), 0..300))
    {
        // Noise without the letter that starts a header.
        let clean = |bytes: Vec<u8>| bytes.into_iter().filter(|byte| *byte != b'I').collect::<Vec<_>>();
        let (before, after) = (clean(before), clean(after));
        let wire = [&before[..], &published(), &after].concat();
        let seen = decode(&wire);
        let rpc = Rpc::SendWifi { ssid: "MyWirelessAP", password: "mysecurepassword" };
        let Seen::Packet(wanted) = shown(Packet::Rpc(Ok(rpc))) else { unreachable!() };
        prop_assert_eq!(packets(&seen), [wanted.as_str()]);
    }

    #[test]
    fn lists_of_strings_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Some(strings) = Strings::parse(&bytes) {
            let len: usize = strings.map(|text| text.len() + 1).sum();
            prop_assert_eq!(len, bytes.len());
        }
        Rpc::parse(&bytes).ok();
        Packet::parse(4, &bytes[..bytes.len().min(255)]);
    }
}

#[test]
fn a_packet_of_the_greatest_length_fits() {
    let text = "x".repeat(252);
    let wire = improv::result(CommandId::Scan, &[&text]).unwrap();
    assert_eq!(wire.len(), PACKET_MAX + 1);
    assert_eq!(packets(&decode(&wire)).len(), 1);
    assert_eq!(improv::result(CommandId::Scan, &[&text, ""]), None);
}

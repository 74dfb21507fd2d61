//! Any bytes on a board's serial line: nothing that belongs to no packet is lost, and a packet behind noise is heard.
#![no_main]

use espalier_protocol::improv::{self, Decoder, Item, Packet, State};
use libfuzzer_sys::fuzz_target;

fn take(item: Item<'_>, through: &mut Vec<u8>, heard: &mut usize) {
    match item {
        Item::Through(bytes) | Item::Fault(_, bytes) => through.extend_from_slice(bytes),
        Item::Packet(packet) => *heard += usize::from(matches!(packet, Packet::State(_))),
    }
}

fuzz_target!(|noise: &[u8]| {
    let (mut decoder, mut through, mut heard) = (Decoder::new(), Vec::new(), 0);
    for byte in noise {
        decoder.push(*byte);
        while let Some(item) = decoder.next() {
            take(item, &mut through, &mut heard);
        }
    }
    while let Some(item) = decoder.give_up() {
        take(item, &mut through, &mut heard);
        while let Some(item) = decoder.next() {
            take(item, &mut through, &mut heard);
        }
    }
    if !noise.windows(6).any(|part| part == improv::HEADER) {
        assert_eq!(through, noise);
    }
    heard = 0;
    for byte in improv::state(State::Ready) {
        decoder.push(byte);
        while let Some(item) = decoder.next() {
            take(item, &mut through, &mut heard);
        }
    }
    assert_eq!(heard, 1, "a packet behind noise");
});

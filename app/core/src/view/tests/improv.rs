//! Improv packets between the lines of a board's console.

use espalier_protocol::improv::{self, CommandId};

use super::{Tape, history, rows, settle};
use crate::Direction;
use crate::view::{Filter, Framing, ViewSpec};

/// Rows of a serial line, however what was received was cut into reads; with and without the packets.
fn shown(bytes: &[u8], framing: Framing) -> [Vec<Vec<u8>>; 2] {
    let cut = |size: usize, hide_improv: bool| {
        let filter = Filter { hide_improv, ..Filter::default() };
        let spec = ViewSpec { framing: framing.clone(), filter, ..ViewSpec::default() };
        let mut tape = Tape::default();
        let mut history = history(&tape, spec);
        for piece in bytes.chunks(size) {
            // Peer 0: a serial line has no connections.
            tape.data(0, Direction::In, piece);
            settle(&mut history, &tape);
        }
        rows(&history, &tape).iter().map(|row| row.bytes.to_vec()).collect::<Vec<_>>()
    };
    let whole = [false, true].map(|hide| cut(bytes.len(), hide));
    for size in 1..bytes.len() {
        assert_eq!([false, true].map(|hide| cut(size, hide)), whole, "in pieces of {size}");
    }
    whole
}

/// A packet, with the newline behind it.
fn packet(strings: &[&str]) -> Vec<u8> {
    improv::result(CommandId::Scan, strings).expect("it fits").to_vec()
}

#[test]
fn a_packet_is_one_row_whatever_its_bytes_look_like_and_none_of_it_is_text_of_the_log() {
    // The lengths of these names are a newline and a carriage return.
    for framing in [Framing::Line, Framing::Cr] {
        for name in ["MasseyWifi", "PICSimLabWifi", "Net"] {
            let packet = packet(&[name, "-40", "YES"]);
            let lines: [&[u8]; 2] = [b"I (1) wifi: scan\r\n", b"I (2) tcp: stopped\r\n"];
            let bytes = [lines[0], &packet, &packet, lines[1]].concat();
            let [all, log] = shown(&bytes, framing.clone());
            assert_eq!(all, [lines[0], &packet, &packet, lines[1]], "{name}");
            assert_eq!(log, lines, "{name}");
        }
    }
    // One that nothing follows is whole all the same.
    let mut packet = packet(&["MasseyWifi"]);
    packet.pop();
    assert_eq!(shown(&packet, Framing::Line), [vec![packet.clone()], vec![]]);
}

#[test]
fn what_is_damaged_hides_no_line_behind_it() {
    let mut packet = packet(&["Net"]);
    let sum = packet.len() - 2;
    packet[sum] ^= 1;
    let line: &[u8] = b"I (2) tcp: stopped\n";
    // Without a newline in it, it is one that nobody misses less for being wrong; it is shown.
    let [_, log] = shown(&[&packet, line].concat(), Framing::Line);
    assert_eq!(log, [&packet, line]);
    // Cut off, it takes what follows for its own, and all of it is seen.
    let cut = &packet[..12];
    let [all, log] = shown(&[cut, line].concat(), Framing::Line);
    assert_eq!((&all, all.concat()), (&log, [cut, line].concat()));
    // Text is no packet.
    for text in ["IMPROV is a word\n", "I\n", "IMPROV\n", "IMPROVI (1) a: b\n"] {
        assert_eq!(shown(text.as_bytes(), Framing::Line)[1], [text.as_bytes()]);
    }
}

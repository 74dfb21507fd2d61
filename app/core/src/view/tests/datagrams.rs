//! A datagram is a message: whatever the framing, no row goes on from one to the next, and one without bytes is a row.

use proptest::prelude::*;

use super::{Body, Tape, history, rows, texts};
use crate::Direction;
use crate::view::{FrameBytes, FrameFault, FrameLayout, Framing, RowFormat, ViewSpec};

fn tape(datagrams: &[&[u8]]) -> Tape {
    let mut tape = Tape::default();
    for bytes in datagrams {
        // All at one time: nothing but their ends can tell them apart.
        tape.push(0, Direction::In, 1, Body::Datagram(bytes.to_vec()));
    }
    tape
}

fn every_framing() -> Vec<Framing> {
    let layout = FrameLayout {
        header: FrameBytes("<".to_owned()),
        footer: FrameBytes(">".to_owned()),
        ..FrameLayout::default()
    };
    vec![
        Framing::Packet,
        Framing::Line,
        Framing::Message,
        Framing::Gap { ms: 1000 },
        Framing::Cr,
        Framing::Delimiter { delimiters: vec![FrameBytes(";".to_owned())] },
        Framing::Length { bytes: 4 },
        Framing::Frame(layout),
    ]
}

#[test]
fn no_row_goes_on_into_the_next_datagram() {
    let datagrams: [&[u8]; 6] = [b"ab", b"", b"c", b"", b"\xE4\xBD", b"\xA0x"];
    for framing in every_framing() {
        for format in [RowFormat::Text, RowFormat::Hex] {
            let spec = ViewSpec { framing: framing.clone(), format, ..ViewSpec::default() };
            let tape = tape(&datagrams);
            let history = history(&tape, spec);
            let shown = rows(&history, &tape);
            let bytes: Vec<&[u8]> = shown.iter().map(|row| &*row.bytes).collect();
            assert_eq!(bytes, datagrams, "{framing:?} {format:?}");
        }
    }
}

#[test]
fn by_message_a_datagram_is_one_row_whatever_lines_it_has() {
    let tape = tape(&[b"one\ntwo\r\n\nthree", b"four\n"]);
    let by = |framing| ViewSpec { framing, ..ViewSpec::default() };
    assert_eq!(texts(&tape, by(Framing::Message)).len(), 2);
    assert_eq!(texts(&tape, by(Framing::Packet)).len(), 2);
    assert_eq!(texts(&tape, by(Framing::Line)), ["one", "two", "", "three", "four"]);
    assert_eq!(texts(&tape, by(Framing::Cr)), ["one", "two", "", "three", "four"]);
}

#[test]
fn a_frame_that_its_datagram_cuts_is_incomplete() {
    let layout = FrameLayout {
        header: FrameBytes("<".to_owned()),
        footer: FrameBytes(">".to_owned()),
        ..FrameLayout::default()
    };
    let tape = tape(&[b"<a>", b"<b", b"c>"]);
    let history =
        history(&tape, ViewSpec { framing: Framing::Frame(layout), ..ViewSpec::default() });
    let faults: Vec<_> = rows(&history, &tape).iter().map(|row| row.fault).collect();
    assert_eq!(faults, [None, Some(FrameFault::Incomplete), Some(FrameFault::NoHeader)]);
}

proptest! {
    /// Any number of datagrams, more than a block of the index has: each byte in order, and a row for each at least.
    #[test]
    fn rows_are_the_datagrams_in_order(
        lengths in proptest::collection::vec(0_usize..40, 1..2500),
        framing in proptest::sample::select(every_framing()),
    ) {
        let all: Vec<Vec<u8>> = lengths.iter().map(|it| (0..*it).map(|at| b'a' + at as u8 % 26).collect()).collect();
        let mut tape = Tape::default();
        for bytes in &all {
            tape.push(0, Direction::In, 1, Body::Datagram(bytes.clone()));
        }
        let history = history(&tape, ViewSpec { framing, ..ViewSpec::default() });
        let mut shown = rows(&history, &tape).into_iter().map(|row| row.bytes.to_vec());
        for bytes in &all {
            let mut of_it = shown.next().expect("a row");
            while of_it.len() < bytes.len() {
                of_it.extend(shown.next().expect("the rest"));
            }
            prop_assert_eq!(&of_it, bytes);
        }
        prop_assert!(shown.next().is_none());
    }
}

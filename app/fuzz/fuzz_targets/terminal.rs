//! Any bytes as what a terminal is told: however they are cut it is the same, and nothing that a terminal must not do.
#![no_main]

use espalier_core::terminal::{LocalEcho, TerminalInput};
use espalier_core::view::EncodingName;
use libfuzzer_sys::fuzz_target;

const ENCODINGS: [&str; 4] = ["UTF-8", "GBK", "Shift_JIS", "UTF-16LE"];

fuzz_target!(|input: (u8, usize, Vec<u8>)| {
    let (which, cut, bytes) = input;
    let encoding = EncodingName(ENCODINGS[usize::from(which) % ENCODINGS.len()].to_owned());
    let told = |cut: usize| {
        let (mut input, mut text) = (TerminalInput::new(&encoding), String::new());
        let (first, rest) = bytes.split_at(cut);
        input.push(first, &mut text);
        input.push(rest, &mut text);
        (text, input.undo())
    };
    let whole = told(0);
    assert_eq!(told(cut % (bytes.len() + 1)), whole);
    let (text, undone) = whole;
    for begin in ["\x1B]", "\x1BP", "\x1B_", "\x1B^", "\x1BX"] {
        assert!(!text.contains(begin), "a control string");
    }
    assert!(!text.contains(|char: char| matches!(char, '\x05' | '\u{80}'..='\u{9F}')));
    assert!(undone.len() < 2048);
    let mut shown = String::new();
    LocalEcho::new(&encoding).push(&bytes, &mut shown);
    assert!(!shown.contains('\x1B'), "what is echoed drives nothing");
});

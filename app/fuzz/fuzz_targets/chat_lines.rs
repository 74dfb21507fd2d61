//! Any bytes as lines of a chat: the same lines wherever reads cut them, and what is understood is printed as it was meant.
#![no_main]

use arbitrary::Arbitrary;
use espalier_chat::{ChatRead, ClientLine, LINE_MAX, LineReader, RoomLine};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    cut: u8,
    is_numbered: bool,
    bytes: Vec<u8>,
}

fn lines(bytes: &[u8], cut: usize) -> Vec<Option<Vec<u8>>> {
    let (mut reader, mut lines) = (LineReader::new(), Vec::new());
    for mut piece in bytes.chunks(cut) {
        while let Some(read) = reader.next(&mut piece) {
            lines.push(match read {
                ChatRead::Line(line) => Some(line.to_vec()),
                ChatRead::TooLong => None,
            });
        }
    }
    lines
}

fuzz_target!(|input: Input| {
    let Input { cut, is_numbered, bytes } = input;
    let found = lines(&bytes, bytes.len().max(1));
    assert_eq!(found, lines(&bytes, usize::from(cut) + 1));
    for line in found.iter().flatten() {
        assert!(line.len() < LINE_MAX);
        if let Ok(said) = ClientLine::parse(line, is_numbered) {
            let mut printed = Vec::new();
            assert!(said.print(&mut printed));
            assert_eq!(printed.pop(), Some(b'\n'));
            assert_eq!(ClientLine::parse(&printed, is_numbered), Ok(said));
        }
        if let Some(told) = RoomLine::parse(line, is_numbered) {
            let mut printed = Vec::new();
            assert!(told.print(&mut printed));
            assert_eq!(printed.pop(), Some(b'\n'));
            assert_eq!(RoomLine::parse(&printed, is_numbered), Some(told));
        }
    }
});

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser;
use espalier_core::capture::{Encoder, file_header};

use super::*;

/// A capture that loses its beginning as soon as something of it was printed.
struct Fading {
    bytes: Vec<u8>,
    /// Where it begins then.
    later: u64,
    fades: AtomicBool,
}

impl Source for Fading {
    fn extent(&self) -> Range<u64> {
        let start = if self.fades.load(Ordering::Relaxed) { self.later } else { 0 };
        start..self.bytes.len() as u64
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> usize {
        if at < self.extent().start { 0 } else { self.bytes.read_at(at, into) }
    }
}

struct Printed<'f>(&'f Fading, Vec<u8>);

impl Write for Printed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.fades.store(true, Ordering::Relaxed);
        self.1.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: Args,
}

#[test]
fn rows_that_go_meanwhile_are_counted_and_none_is_printed_twice() {
    // More than is written at once.
    const ROWS: usize = 160_000;
    let (mut bytes, mut encoder, mut later) = (file_header(), Encoder::default(), 0);
    for number in 0..ROWS {
        if number == 120_000 {
            later = bytes.len() as u64;
        }
        let line = format!("line {number}\n");
        let at = Timestamp(number as i64);
        encoder.data(at, Direction::In, PeerId(1), None, line.len());
        bytes.extend_from_slice(encoder.head());
        bytes.extend_from_slice(line.as_bytes());
        bytes.extend_from_slice(encoder.tail());
    }
    let source = Fading { bytes, later, fades: AtomicBool::new(false) };
    let args = Line::parse_from(["log", "capture"]).args;
    let mut printed = Printed(&source, Vec::new());
    let (damage, lost) = rows(&source, Filter::default(), &args, &mut printed).unwrap();
    assert!(damage.is_none(), "{damage:?}");
    let text = String::from_utf8(printed.1).unwrap();
    let lines: Vec<&str> =
        text.lines().filter_map(|it| it.split_once("line ")).map(|it| it.1).collect();
    let mut once = lines.clone();
    once.dedup();
    assert_eq!((once.len(), lines.len() + lost as usize), (lines.len(), ROWS));
    assert_eq!((lines.first(), lines.last()), (Some(&"0"), Some(&"159999")));
    assert!(lost > 40_000, "{lost}");
}

//! What is searched, sent and shown.

use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::Path;

use espalier_core::{Direction, PeerId, Timestamp};
use espalier_engine::capture::{Capture, CaptureLimits};

/// One MiB of the lines of a log, from a line on; which is the next one.
pub fn lines(from: u64) -> (Vec<u8>, u64) {
    const LENGTH: usize = 1 << 20;
    let mut text = Vec::with_capacity(LENGTH + 100);
    let mut line = from;
    while text.len() < LENGTH {
        let level = if line % 1000 == 7 { "E" } else { "I" };
        let length = line * 7919 % 1500;
        // Nothing fails that is written into memory.
        writeln!(text, "{level} ({line:9}) wifi: received packet length={length} ok\r").ok();
        line += 1;
    }
    // A line goes on in the next MiB, and is not counted again.
    text.truncate(LENGTH);
    (text, line)
}

pub fn write_text(path: &Path, mib: usize) -> anyhow::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut line = 0;
    for _ in 0..mib {
        let (text, next) = lines(line);
        file.write_all(&text)?;
        line = next;
    }
    Ok(file.into_inner()?.sync_all()?)
}

/// A capture in a folder: a text, received in reads of 128 KiB, one each millisecond.
pub fn write_capture(folder: &Path, text: &Path) -> anyhow::Result<()> {
    let capture = Capture::open(folder, CaptureLimits::with_retention_mib(1 << 20))?;
    let mut text = File::open(text)?;
    let mut piece = vec![0; 128 << 10];
    let mut at = 1_700_000_000_000_000_000;
    loop {
        let count = text.read(&mut piece)?;
        if count == 0 {
            return Ok(());
        }
        let bytes = &piece[..count];
        capture.append_data(Timestamp(at), Direction::In, PeerId(1), None, bytes)?;
        at += 1_000_000;
    }
}

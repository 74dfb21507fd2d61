//! Captures in the face of what happens to files.

mod concurrent;
mod damage;
mod descriptors;
mod faults;
mod kill;
mod lifetime;
mod lock;
mod single;
mod stranger;
mod taken;

use espalier_core::capture::{Cursor, Damage, RecordBody, Source};
use espalier_core::{Direction, PeerId, Position, Timestamp};

use super::*;

/// Small enough that a few records make a segment.
const SMALL: CaptureLimits = CaptureLimits { segment: 4096, retention: 16 << 10 };

fn append(capture: &Capture, payload: &[u8]) -> Result<(), CaptureError> {
    capture.append_data(Timestamp(1), Direction::In, PeerId(1), None, payload)
}

/// The payload of record `n`: its number, and as many bytes more as make records of different sizes.
fn numbered(n: u32) -> Vec<u8> {
    let mut payload = n.to_le_bytes().to_vec();
    payload.resize(4 + n as usize % 97, n as u8);
    payload
}

/// All data of a capture; fails on damage.
fn payloads(source: &dyn Source) -> Vec<Vec<u8>> {
    let mut cursor = Cursor::new(source, Position(0));
    let mut all = Vec::new();
    while let Some(record) = cursor.next() {
        if let RecordBody::Data(bytes) = record.body {
            all.push(bytes.to_vec());
        }
    }
    assert_eq!(cursor.damage(), None);
    assert_eq!(cursor.position().0, source.extent().end, "read to the very end");
    all
}

/// How many segments a folder has.
fn files(folder: &std::path::Path) -> usize {
    segments(folder).len()
}

/// The segments of a folder, oldest first.
fn segments(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut all: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|it| it == "pcapng")).collect();
    all.sort();
    all
}

/// What can be read of a capture, and what is missing in it.
fn readable(source: &dyn Source) -> (Vec<Vec<u8>>, Option<Damage>) {
    let mut cursor = Cursor::new(source, Position(0));
    let mut all = Vec::new();
    while let Some(record) = cursor.next() {
        if let RecordBody::Data(bytes) = record.body {
            all.push(bytes.to_vec());
        }
    }
    (all, cursor.damage())
}

fn number(payload: &[u8]) -> u32 {
    u32::from_le_bytes(payload[..4].try_into().expect("a numbered record"))
}

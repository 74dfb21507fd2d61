//! Captures in the face of what happens to files: rotation, full disks, torn ends, readers while writing.

use espalier_core::capture::{Cursor, Source};
use espalier_core::record::{Position, RecordBody};
use espalier_core::{Direction, PeerId, Timestamp};

use super::*;

fn payloads(source: &dyn Source) -> Vec<Vec<u8>> {
    let mut cursor = Cursor::new(source, Position(0));
    let mut all = Vec::new();
    while let Some(record) = cursor.next() {
        if let RecordBody::Data(bytes) = record.body {
            all.push(bytes.to_vec());
        }
    }
    assert_eq!(cursor.damage(), None);
    all
}

fn append(capture: &Capture, payload: &[u8]) -> Result<(), CaptureError> {
    capture.append_data(Timestamp(1), Direction::In, PeerId(1), None, payload)
}

#[test]
fn what_is_appended_is_read_by_others_at_once_and_after_opening_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let capture = Capture::open(folder.path(), CaptureLimits::default()).expect("a capture");
    let reader = capture.clone();
    append(&capture, b"one").expect("space");
    assert_eq!(payloads(&reader), [b"one"]);
    drop((capture, reader));
    let capture = Capture::open(folder.path(), CaptureLimits::default()).expect("a capture");
    append(&capture, b"two").expect("space");
    assert_eq!(payloads(&capture), [b"one", b"two"]);
    assert_eq!(payloads(&SavedCapture::open(folder.path()).expect("a capture")), [b"one", b"two"]);
}

//! Full disks and torn ends.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, IoSlice};

use super::super::writer::SegmentFile;
use super::*;

thread_local! {
    /// How many more bytes fit on the disk of this test.
    static SPACE: Cell<u64> = const { Cell::new(u64::MAX) };
    /// Whether that disk refuses to cut files as well.
    static STUBBORN: Cell<bool> = const { Cell::new(false) };
}

/// A file on a disk with little space left, which takes part of a write before it says so, as real ones do.
struct Cramped(File);

impl SegmentFile for Cramped {
    fn file(&self) -> &File {
        &self.0
    }

    fn write_vectored(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let part = parts.iter().find(|part| !part.is_empty()).map_or(&[][..], |part| part);
        let fits = part.len().min(usize::try_from(SPACE.get()).unwrap_or(usize::MAX));
        if fits == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let written = SegmentFile::write_vectored(&self.0, &[IoSlice::new(&part[..fits])])?;
        SPACE.set(SPACE.get() - written as u64);
        Ok(written)
    }

    fn cut(&self, length: u64) -> io::Result<()> {
        if STUBBORN.get() {
            return Err(io::ErrorKind::Other.into());
        }
        let freed = self.0.metadata()?.len().saturating_sub(length);
        SPACE.set(SPACE.get().saturating_add(freed));
        SegmentFile::cut(&self.0, length)
    }
}

fn cramped(folder: &std::path::Path) -> Result<Capture, CaptureError> {
    Capture::open_with(folder, SMALL, |file| std::sync::Arc::new(Cramped(file)))
}

#[test]
fn a_full_disk_is_told_and_the_capture_stays_whole_wherever_it_happens() {
    // Two blocks of 100 bytes and a bit: the disk becomes full at every byte of header, payload and trailer.
    for space in 0..400 {
        SPACE.set(u64::MAX);
        let folder = tempfile::tempdir().expect("a folder");
        let capture = cramped(folder.path()).expect("a capture");
        append(&capture, &numbered(0)).expect("space");
        SPACE.set(space);
        let taken = (1..=2).take_while(|n| append(&capture, &numbered(*n)).is_ok()).count() as u32;
        if taken < 2 {
            let error = append(&capture, &[9; 500]).expect_err("no space");
            assert!(matches!(error, CaptureError::Full { .. }), "{error}");
        }
        let expected: Vec<_> = (0..=taken).map(numbered).collect();
        assert_eq!(payloads(&capture), expected, "{space} bytes of space");
        // Somebody frees space: the same capture goes on, without a trace of the torn block.
        SPACE.set(u64::MAX);
        append(&capture, b"after").expect("space");
        let mut expected = expected;
        expected.push(b"after".to_vec());
        assert_eq!(payloads(&capture), expected);
        drop(capture);
        assert_eq!(payloads(&cramped(folder.path()).expect("a capture")), expected);
    }
}

#[test]
fn a_disk_too_full_for_a_new_segment_keeps_the_old_ones() {
    SPACE.set(u64::MAX);
    let folder = tempfile::tempdir().expect("a folder");
    let capture = cramped(folder.path()).expect("a capture");
    let mut written = Vec::new();
    // Stop right before the second segment begins.
    while capture.extent().end < SMALL.segment - 100 {
        let next = numbered(written.len() as u32 % 60);
        append(&capture, &next).expect("space");
        written.push(next);
    }
    for space in [0, 1, 50, 80] {
        SPACE.set(space);
        assert!(matches!(append(&capture, &[1; 200]), Err(CaptureError::Full { .. })));
        assert_eq!(payloads(&capture), written);
        assert_eq!(files(folder.path()), 1, "a segment without a header is not left behind");
    }
    SPACE.set(u64::MAX);
    append(&capture, &[1; 200]).expect("space");
    written.push(vec![1; 200]);
    assert_eq!(payloads(&capture), written);
}

#[test]
fn a_torn_block_that_cannot_be_cut_closes_the_capture_until_it_can() {
    SPACE.set(u64::MAX);
    let folder = tempfile::tempdir().expect("a folder");
    let capture = cramped(folder.path()).expect("a capture");
    append(&capture, b"before").expect("space");
    STUBBORN.set(true);
    SPACE.set(20);
    assert!(matches!(append(&capture, b"lost"), Err(CaptureError::Full { .. })));
    SPACE.set(u64::MAX);
    assert!(matches!(append(&capture, b"refused"), Err(CaptureError::Closed { .. })));
    assert_eq!(payloads(&capture), [b"before"], "readers never see the torn block");
    assert_eq!(payloads(&SavedCapture::open(folder.path()).expect("a capture")), [b"before"]);
    STUBBORN.set(false);
    append(&capture, b"after").expect("space");
    assert_eq!(payloads(&capture), [&b"before"[..], b"after"]);
    drop(capture);
    let again = cramped(folder.path()).expect("a capture");
    assert_eq!(payloads(&again), [&b"before"[..], b"after"]);
}

#[test]
fn a_segment_torn_at_any_byte_is_repaired_by_the_writer_and_read_by_others() {
    let source = tempfile::tempdir().expect("a folder");
    let capture = Capture::open(source.path(), SMALL).expect("a capture");
    let mut bounds = vec![capture.extent().end];
    for n in 0..4 {
        append(&capture, &numbered(n)).expect("space");
        bounds.push(capture.extent().end);
    }
    let mut whole = vec![0; capture.kept_bytes() as usize];
    capture.read_at(0, &mut whole);
    for length in 0..whole.len() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("0000000000000000.pcapng");
        std::fs::write(&path, &whole[..length]).expect("space");
        let kept = bounds.iter().filter(|bound| **bound <= length as u64).count();
        let mut expected: Vec<_> = (0..kept.saturating_sub(1) as u32).map(numbered).collect();
        match SavedCapture::open(&path) {
            Ok(saved) => assert_eq!(payloads(&saved), expected, "cut to {length}"),
            Err(error) => assert!(kept == 0, "cut to {length}: {error}"),
        }
        let capture = Capture::open(folder.path(), SMALL).expect("a capture");
        append(&capture, b"after").expect("space");
        expected.push(b"after".to_vec());
        assert_eq!(payloads(&capture), expected, "cut to {length}");
    }
}

//! Opening, continuing, rotating, retiring and deleting.

use std::path::Path;

use super::*;

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

#[test]
fn a_long_write_becomes_several_records_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let capture = Capture::open(folder.path(), CaptureLimits::default()).expect("a capture");
    let long: Vec<u8> = (0..1_000_003_u32).map(|n| (n * 7) as u8).collect();
    append(&capture, &long).expect("space");
    assert!(payloads(&capture).len() > 1);
    assert_eq!(payloads(&capture).concat(), long);
}

#[test]
fn the_oldest_segments_go_first_and_positions_stay_true() {
    let folder = tempfile::tempdir().expect("a folder");
    let capture = Capture::open(folder.path(), SMALL).expect("a capture");
    let mut marks = Vec::new();
    for n in 0..2000 {
        marks.push(capture.extent().end);
        append(&capture, &numbered(n)).expect("space");
        assert!(capture.kept_bytes() <= SMALL.retention);
        assert!(size(folder.path()) <= SMALL.retention, "the disk holds no more than the limit");
    }
    let kept = payloads(&capture);
    let first = number(&kept[0]);
    assert!(first > 0, "something was retired");
    let expected: Vec<_> = (first..2000).map(numbered).collect();
    assert_eq!(kept, expected, "what is kept has no holes");
    assert_eq!(capture.retired_bytes(), capture.extent().start);
    // A record is still found at the place where it was written; a new segment's header may stand before it.
    let mut cursor = Cursor::new(&capture, Position(marks[1990]));
    let record = cursor.next().expect("a record");
    assert_eq!(record.body, RecordBody::Data(&numbered(1990)));

    let extent = capture.extent();
    drop(capture);
    let again = Capture::open(folder.path(), SMALL).expect("a capture");
    assert_eq!(again.extent(), extent, "positions survive a restart");
    assert_eq!(payloads(&again), expected);
}

#[test]
fn joined_segments_are_one_capture() {
    let folder = tempfile::tempdir().expect("a folder");
    let capture = Capture::open(folder.path(), SMALL).expect("a capture");
    (0..200).for_each(|n| append(&capture, &numbered(n)).expect("space"));
    let mut joined = vec![0; capture.kept_bytes() as usize];
    assert_eq!(capture.read_at(capture.extent().start, &mut joined), joined.len());
    assert_eq!(payloads(&joined), payloads(&capture));
    let file = folder.path().join("joined.pcapng");
    std::fs::write(&file, &joined).expect("space");
    assert_eq!(payloads(&SavedCapture::open(&file).expect("a capture")), payloads(&capture));
}

#[test]
fn other_files_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    for content in [&b""[..], b"hello", &[0; 4096]] {
        let path = folder.path().join("other");
        std::fs::write(&path, content).expect("space");
        let error = SavedCapture::open(&path).expect_err("not a capture");
        assert!(matches!(error, CaptureError::NotACapture { .. }), "{error}");
        assert_eq!(std::fs::read(&path).expect("the file"), content);
    }
    let missing = SavedCapture::open(&folder.path().join("missing")).expect_err("no file");
    assert!(missing.to_string().starts_with("cannot open"), "{missing}");
    let empty = SavedCapture::open(folder.path()).expect_err("a folder without segments");
    assert!(matches!(empty, CaptureError::NotACapture { .. }), "{empty}");
}

#[test]
fn a_deleted_capture_leaves_nothing_behind_and_takes_nothing_more() {
    let parent = tempfile::tempdir().expect("a folder");
    let folder = parent.path().join("session");
    let capture = Capture::open(&folder, SMALL).expect("a capture");
    (0..100).for_each(|n| append(&capture, &numbered(n)).expect("space"));
    capture.delete();
    assert!(!folder.exists());
    assert_eq!(payloads(&capture), Vec::<Vec<u8>>::new());
    assert!(matches!(append(&capture, b"late"), Err(CaptureError::Deleted)));
}

#[test]
fn listeners_hear_of_appends_until_they_go() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    let folder = tempfile::tempdir().expect("a folder");
    let capture = Capture::open(folder.path(), SMALL).expect("a capture");
    let heard = Arc::new(AtomicU32::new(0));
    let subscription = capture.on_append({
        let heard = heard.clone();
        move || {
            heard.fetch_add(1, Ordering::Relaxed);
        }
    });
    append(&capture, b"one").expect("space");
    append(&capture, b"two").expect("space");
    assert_eq!(heard.load(Ordering::Relaxed), 2);
    drop(subscription);
    append(&capture, b"three").expect("space");
    assert_eq!(heard.load(Ordering::Relaxed), 2);
}

fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.and_then(|it| it.metadata()).expect("an entry").len()).sum()
}

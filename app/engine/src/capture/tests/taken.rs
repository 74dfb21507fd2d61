//! Files that are deleted, cut or replaced by others while they are written.

use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;

use super::*;

type PendingTroubles = Arc<Mutex<Vec<CaptureTrouble>>>;

/// What befell a capture, as far as it was looked after by [`Capture::maintain`] or by the thread that does.
fn listen(capture: &Capture) -> PendingTroubles {
    let troubles = PendingTroubles::default();
    let told = troubles.clone();
    capture.on_trouble(move |trouble| told.lock().push(trouble));
    troubles
}

fn lost(troubles: &PendingTroubles) -> Option<(PathBuf, FileChange)> {
    let all = troubles.lock();
    assert!(all.len() <= 1, "told once: {all:?}");
    all.first().map(|trouble| match trouble {
        CaptureTrouble::Lost { path, change } => (path.clone(), *change),
        other => panic!("{other:?}"),
    })
}

fn begun(folder: &std::path::Path) -> (Capture, PathBuf) {
    let capture = Capture::open(folder, CaptureLimits::default()).expect("a capture");
    (0..10).for_each(|n| append(&capture, &numbered(n)).expect("space"));
    capture.maintain();
    let file = segments(folder).pop().expect("a segment");
    (capture, file)
}

/// What other programs do.
type Deed = fn(&std::path::Path);

/// With what is told of it.
const DEEDS: [(Deed, FileChange); 4] = [
    (|file| std::fs::remove_file(file).expect("it is there"), FileChange::Deleted),
    (
        |file| std::fs::rename(file, file.with_extension("moved")).expect("it is there"),
        FileChange::Deleted,
    ),
    (
        |file| {
            std::fs::remove_file(file).expect("it is there");
            std::fs::write(file, [0xAA; 10_000]).expect("space");
        },
        FileChange::Replaced,
    ),
    (|file| drop(std::fs::File::create(file).expect("it is there")), FileChange::Truncated),
];

#[test]
fn a_session_goes_on_in_a_new_segment_and_nothing_after_it_is_lost() {
    for (deed, change) in DEEDS {
        if cfg!(windows) && change != FileChange::Truncated {
            continue;
        }
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join("session");
        let (capture, file) = begun(&folder);
        let troubles = listen(&capture);
        capture.maintain();
        assert_eq!(lost(&troubles), None, "nothing happened yet");
        deed(&file);
        // Written before it is noticed; a file that was cut has its length again.
        append(&capture, b"in between").expect("it cannot be known");
        capture.maintain();
        assert_eq!(lost(&troubles), Some((file.clone(), change)));
        (10..20).for_each(|n| append(&capture, &numbered(n)).expect("space"));
        capture.maintain();
        let expected: Vec<_> = (10..20).map(numbered).collect();
        let (read, damage) = readable(&capture);
        assert_eq!(read[read.len() - 10..], expected[..], "{change:?}");
        let damage = damage.expect("a hole is told");
        assert!(damage.at == 0 && damage.skipped > 0, "{damage:?}");
        let stranger = std::fs::read(&file).ok();
        drop(capture);
        let saved = SavedCapture::open(&folder).expect("a capture");
        let (read, _) = readable(&saved);
        assert_eq!(read[read.len() - 10..], expected[..], "{change:?}");
        // Retention leaves alone what others put there.
        let again = Capture::open(&folder, SMALL).expect("a capture");
        append(&again, b"once more").expect("space");
        assert_eq!(std::fs::read(&file).ok(), stranger);
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_vanishes_is_made_again_and_locked_again() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("session");
    let (capture, _) = begun(&folder);
    let troubles = listen(&capture);
    std::fs::remove_dir_all(&folder).expect("ours");
    append(&capture, b"in between").expect("it cannot be known");
    capture.maintain();
    assert!(matches!(lost(&troubles), Some((_, FileChange::Deleted))));
    append(&capture, b"after").expect("a new folder");
    assert_eq!(readable(&capture).0, [b"after"]);
    assert!(is_being_written(&folder));
    drop(capture);
    assert_eq!(readable(&SavedCapture::open(&folder).expect("a capture")).0, [b"after"]);
    // Somebody else took the place meanwhile.
    let (capture, _) = begun(&folder);
    std::fs::remove_dir_all(&folder).expect("ours");
    let other = Capture::open(&folder, SMALL).expect("a capture");
    append(&other, b"of the other").expect("space");
    capture.maintain();
    assert!(matches!(append(&capture, b"mine"), Err(CaptureError::BeingWritten { .. })));
    assert_eq!(payloads(&other), [b"of the other"]);
}

#[test]
fn a_single_file_that_is_taken_away_ends_the_capture() {
    for (deed, change) in DEEDS {
        if cfg!(windows) && change != FileChange::Truncated {
            continue;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("one.pcapng");
        let capture = Capture::open_file(&path).expect("a capture");
        append(&capture, b"one").expect("space");
        capture.maintain();
        deed(&path);
        let left = std::fs::read(&path).ok();
        let troubles = listen(&capture);
        capture.maintain();
        assert_eq!(lost(&troubles), Some((path.clone(), change)));
        let error = append(&capture, b"two").expect_err("it is lost");
        assert!(matches!(error, CaptureError::Lost { .. }), "{error}");
        assert!(capture.is_over());
        capture.finish();
        assert_eq!(std::fs::read(&path).ok(), left, "what is there now is not ours");
    }
}

#[test]
fn the_thread_that_looks_after_captures_notices_by_itself() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("one.pcapng");
    let capture = Capture::open_file(&path).expect("a capture");
    let (told, heard) = std::sync::mpsc::sync_channel(8);
    capture.on_trouble(move |trouble| told.send(trouble).expect("somebody who listens"));
    append(&capture, b"one").expect("space");
    std::fs::File::create(&path).expect("it is there");
    let patience = std::time::Duration::from_secs(60);
    let trouble = heard.recv_timeout(patience).expect("it is told");
    assert_eq!(trouble, CaptureTrouble::Lost { path, change: FileChange::Truncated });
}

//! One writer per capture, and files for their user alone.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use espalier_core::capture::StampClock;

use super::*;
use crate::arrival::IS_STAMPED;

const PATH: &str = "ESPALIER_TEST_LOCKED_CAPTURE";

fn open(path: &Path) -> Result<Capture, CaptureError> {
    match path.extension() {
        Some(_) => Capture::open_file(path),
        None => Capture::open(path, SMALL),
    }
}

/// Not a test by itself: another program that writes the capture until its stdin ends.
#[test]
fn child_that_holds_a_capture() {
    let Some(path) = std::env::var_os(PATH) else { return };
    let capture = open(Path::new(&path)).expect("a capture");
    append(&capture, b"of the first").expect("space");
    println!("\nopen");
    std::io::stdin().lines().for_each(drop);
}

/// Another program, once it has the capture open.
fn holder(path: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().expect("this very program"))
        .args(["--exact", "--nocapture", "capture::tests::lock::child_that_holds_a_capture"])
        .env(PATH, path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("this very program");
    let lines = BufReader::new(child.stdout.as_mut().expect("a pipe")).lines();
    lines.map_while(Result::ok).find(|line| line == "open").expect("a child with a capture");
    child
}

#[test]
fn a_second_program_is_refused_until_the_first_one_is_over() {
    let home = tempfile::tempdir().expect("a folder");
    for name in ["session", "one.pcapng"] {
        let path = home.path().join(name);
        assert!(!is_being_written(&path), "there is nothing yet");
        let mut first = holder(&path);
        let refused = open(&path).expect_err("a second writer");
        assert!(matches!(refused, CaptureError::BeingWritten { .. }), "{refused}");
        assert_eq!(refused.to_string().lines().count(), 1);
        assert!(is_being_written(&path));
        assert!(CaptureSummary::of(&path).expect("a capture").is_being_written);
        // It is read all the same.
        let saved = SavedCapture::open(&path).expect("a capture");
        assert_eq!((payloads(&saved), saved.torn()), (vec![b"of the first".to_vec()], 0));
        first.stdin.as_mut().expect("a pipe").write_all(b"end\n").expect("a child that reads");
        drop(first.stdin.take());
        first.wait().expect("a child that ends");
        assert!(!is_being_written(&path));
        append(&open(&path).expect("nobody writes it"), b"of the second").expect("space");
        let saved = SavedCapture::open(&path).expect("a capture");
        assert_eq!(payloads(&saved), [&b"of the first"[..], b"of the second"]);
    }
}

#[test]
fn a_killed_writer_leaves_no_lock() {
    let home = tempfile::tempdir().expect("a folder");
    for name in ["session", "one.pcapng"] {
        let path = home.path().join(name);
        let mut first = holder(&path);
        first.kill().expect("a running child");
        first.wait().expect("a killed child");
        assert!(!is_being_written(&path));
        open(&path).expect("nobody writes it");
    }
}

#[test]
fn a_second_handle_in_the_same_program_is_refused_until_the_first_is_finished() {
    let home = tempfile::tempdir().expect("a folder");
    for name in ["session", "one.pcapng"] {
        let path = home.path().join(name);
        let first = open(&path).expect("a capture");
        append(&first, b"one").expect("space");
        assert!(matches!(open(&path), Err(CaptureError::BeingWritten { .. })));
        first.finish();
        assert!(first.is_over() && !is_being_written(&path));
        let second = open(&path).expect("nobody writes it");
        append(&second, b"two").expect("space");
        assert!(matches!(append(&first, b"late"), Err(CaptureError::Deleted)));
        assert_eq!(payloads(&first), [b"one"], "it can still be read");
        assert_eq!(payloads(&second), [b"one", b"two"]);
    }
}

#[test]
fn a_summary_tells_both_ends_of_a_capture() {
    let folder = tempfile::tempdir().expect("a folder");
    let capture = Capture::open(folder.path(), SMALL).expect("a capture");
    let empty = CaptureSummary::of(folder.path()).expect("a capture");
    assert_eq!((empty.begun, empty.ended, empty.is_being_written), (None, None, true));
    for n in 0..60 {
        let at = Timestamp(1000 + n);
        capture.append_data(at, Direction::In, PeerId(1), None, &[7; 90]).expect("space");
    }
    let bytes = capture.kept_bytes();
    drop(capture);
    let summary = CaptureSummary::of(folder.path()).expect("a capture");
    let expected = CaptureSummary {
        bytes,
        begun: Some(Timestamp(1000)),
        ended: Some(Timestamp(1059)),
        clock: Some(if IS_STAMPED { StampClock::Kernel } else { StampClock::Program }),
        is_being_written: false,
    };
    assert_eq!(summary, expected);
    // A torn end changes nothing but the bytes.
    let last = segments(folder.path()).pop().expect("a segment");
    let length = std::fs::metadata(&last).expect("a segment").len();
    std::fs::File::options()
        .write(true)
        .open(&last)
        .expect("a segment")
        .set_len(length - 1)
        .expect("space");
    let torn = CaptureSummary::of(folder.path()).expect("a capture");
    assert_eq!((torn.begun, torn.ended), (Some(Timestamp(1000)), Some(Timestamp(1058))));
}

#[cfg(unix)]
#[test]
fn captures_are_for_their_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode =
        |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("captures/session");
    let capture = Capture::open(&folder, SMALL).expect("a capture");
    (0..100).for_each(|n| append(&capture, &numbered(n)).expect("space"));
    assert_eq!((mode(&home.path().join("captures")), mode(&folder)), (0o700, 0o700));
    let check = || {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
    };
    assert!(files(&folder) > 1);
    check();
    drop(capture);
    // As an earlier version left it.
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).expect("ours");
    for path in segments(&folder) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).expect("ours");
    }
    let capture = Capture::open(&folder, SMALL).expect("a capture");
    assert_eq!(mode(&folder), 0o700);
    check();
    drop(capture);
    let file = home.path().join("one.pcapng");
    Capture::open_file(&file).expect("a capture");
    assert_eq!(mode(&file), 0o600);
}

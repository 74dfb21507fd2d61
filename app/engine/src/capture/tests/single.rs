//! The file that `--capture` names: nothing is deleted or cut that is not a capture of ours.

use super::*;

#[test]
fn a_new_and_an_empty_file_are_begun_and_a_capture_of_ours_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("one.pcapng");
    let empty = folder.path().join("empty");
    std::fs::write(&empty, b"").expect("space");
    for path in [path, empty] {
        let capture = Capture::open_file(&path).expect("a capture");
        capture.set_limits(SMALL);
        (0..500).for_each(|n| append(&capture, &numbered(n)).expect("space"));
        drop(capture);
        let bytes = std::fs::read(&path).expect("the file");
        let sections = bytes.windows(4).filter(|it| *it == [0x0A, 0x0D, 0x0D, 0x0A]).count();
        assert_eq!(sections, 1, "one file without segments");
        // A second run, after one that was cut off in the middle of a record.
        std::fs::write(&path, [&bytes[..], &[6, 0, 0, 0, 200]].concat()).expect("space");
        assert_eq!(SavedCapture::open(&path).expect("a capture").torn(), 5);
        let again = Capture::open_file(&path).expect("a capture");
        (500..600).for_each(|n| append(&again, &numbered(n)).expect("space"));
        let expected: Vec<_> = (0..600).map(numbered).collect();
        assert_eq!(payloads(&again), expected);
        assert_eq!(payloads(&SavedCapture::open(&path).expect("a capture")), expected);
    }
}

#[test]
fn what_is_no_capture_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes");
    let ours = {
        let inner = folder.path().join("inner.pcapng");
        append(&Capture::open_file(&inner).expect("a capture"), b"inside").expect("space");
        std::fs::read(inner).expect("the file")
    };
    // The last one has a capture of ours in it, as an archive has.
    for content in [&b"h"[..], &[0; 4096], &[7; 100_000], &[&[b'x'; 512][..], &ours].concat()] {
        std::fs::write(&path, content).expect("space");
        let error = Capture::open_file(&path).expect_err("not ours");
        assert!(matches!(error, CaptureError::Foreign { .. }), "{error}");
        assert_eq!(std::fs::read(&path).expect("the file"), content);
    }
    let error = Capture::open_file(folder.path()).expect_err("a folder");
    assert!(matches!(error, CaptureError::NotAFile { .. }), "{error}");
    let error = Capture::open_file(&folder.path().join("no/such/folder")).expect_err("no folder");
    assert!(error.to_string().starts_with("cannot create"), "{error}");
}

#[cfg(unix)]
#[test]
fn devices_pipes_and_links_stay_what_they_are() {
    use std::os::unix::fs::{FileTypeExt as _, symlink};
    let folder = tempfile::tempdir().expect("a folder");
    let fifo = folder.path().join("fifo");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &fifo,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .expect("a pipe with a name");
    let device = folder.path().join("device");
    symlink("/dev/null", &device).expect("a link");
    for path in [&fifo, &device] {
        for error in [
            Capture::open_file(path).expect_err("not a file"),
            SavedCapture::open(path).expect_err("not a file"),
        ] {
            assert!(matches!(error, CaptureError::NotAFile { .. }), "{error}");
        }
        assert!(!is_being_written(path));
    }
    assert!(std::fs::symlink_metadata(&fifo).expect("it is there").file_type().is_fifo());
    assert!(std::fs::symlink_metadata(&device).expect("it is there").is_symlink());
    // A link to a capture of ours, or to nothing.
    let (target, link) = (folder.path().join("target.pcapng"), folder.path().join("link"));
    symlink(&target, &link).expect("a link");
    assert!(Capture::open_file(&link).is_err(), "what it leads to is not there");
    assert!(link.symlink_metadata().expect("it is there").is_symlink() && !target.exists());
    append(&Capture::open_file(&target).expect("a capture"), b"one").expect("space");
    append(&Capture::open_file(&link).expect("a capture"), b"two").expect("space");
    assert_eq!(payloads(&SavedCapture::open(&target).expect("a capture")), [b"one", b"two"]);
    assert!(link.symlink_metadata().expect("it is there").is_symlink());
}

#[cfg(unix)]
#[test]
fn a_name_that_is_no_text_is_a_name() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(std::ffi::OsStr::from_bytes(b"caf\xE9.pcapng"));
    let capture = match Capture::open_file(&path) {
        Err(CaptureError::Io { .. }) if cfg!(target_vendor = "apple") => return,
        made => made.expect("a capture"),
    };
    append(&capture, b"one").expect("space");
    assert_eq!(payloads(&SavedCapture::open(&path).expect("a capture")), [b"one"]);
}

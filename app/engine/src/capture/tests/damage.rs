//! Segments that are missing, short or not ours: what is there is read, what is missing is counted.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::*;

/// A folder of several segments, and the records of each.
fn written(folder: &Path) -> (Vec<PathBuf>, Vec<Vec<Vec<u8>>>) {
    let capture = Capture::open(folder, SMALL).expect("a capture");
    (0..100).for_each(|n| append(&capture, &numbered(n)).expect("space"));
    drop(capture);
    let files = segments(folder);
    let records =
        files.iter().map(|file| payloads(&SavedCapture::open(file).expect("one"))).collect();
    (files, records)
}

fn cut(file: &Path, length: u64) {
    File::options().write(true).open(file).expect("it is there").set_len(length).expect("space");
}

#[test]
fn a_missing_segment_hides_only_itself_and_its_bytes_are_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let (files, records) = written(folder.path());
    let missing = std::fs::metadata(&files[1]).expect("it is there").len();
    let at = std::fs::metadata(&files[0]).expect("it is there").len();
    std::fs::remove_file(&files[1]).expect("it is there");
    let expected = [&records[..1], &records[2..]].concat().concat();
    let saved = SavedCapture::open(folder.path()).expect("a capture");
    let damage = Damage { at, what: "missing", skipped: missing, places: 1 };
    assert_eq!(readable(&saved), (expected.clone(), Some(damage)));
    assert_eq!(saved.locate(at), Some((files[0].clone(), at)));
    // A writer goes on behind all of it.
    let capture = Capture::open(folder.path(), SMALL).expect("a capture");
    append(&capture, b"after").expect("space");
    let (read, told) = readable(&capture);
    assert_eq!((&read[..read.len() - 1], told), (&expected[..], Some(damage)));
    assert_eq!(read.last().expect("a record"), b"after");
}

#[test]
fn a_short_segment_hides_only_what_it_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let (files, records) = written(folder.path());
    let length = std::fs::metadata(&files[1]).expect("it is there").len();
    // In the middle of its last record; then all of it but its name.
    for (left, keeps) in [(length - 10, records[1].len() - 1), (0, 0)] {
        cut(&files[1], left);
        let expected = [&records[0][..], &records[1][..keeps], &records[2..].concat()].concat();
        let saved = SavedCapture::open(folder.path()).expect("a capture");
        let (read, damage) = readable(&saved);
        assert_eq!(read, expected);
        let damage = damage.expect("the loss is told");
        assert!(damage.skipped >= length - left && damage.places == 1, "{damage:?}");
        let (file, _) = saved.locate(damage.at).expect("a place");
        assert!(file == files[1] || (file == files[0] && left == 0), "{}", file.display());
    }
}

#[test]
fn a_segment_deleted_under_a_reader_is_a_hole_for_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (files, records) = written(folder.path());
    let capture = Capture::open(folder.path(), SMALL).expect("a capture");
    std::fs::remove_file(&files[0]).expect("it is there");
    let (read, damage) = readable(&capture);
    assert_eq!(read, records[1..].concat());
    assert_eq!(damage.map(|it| (it.at, it.what)), Some((0, "missing")));
}

#[test]
fn stray_files_are_no_segments() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("session");
    let (files, records) = written(&folder);
    for stray in [
        "9999999999999999.pcapng",
        "18446744073709551615.pcapng",
        "00000000000000000.pcapng",
        "00000000000000077.pcapng",
        "0000000000000077.pcapng",
        "notes.pcapng",
    ] {
        std::fs::write(folder.join(stray), b"a shopping list").expect("space");
    }
    std::fs::create_dir(folder.join("0000000000009999.pcapng")).expect("space");
    #[cfg(unix)]
    std::os::unix::fs::symlink("/dev/zero", folder.join("0000000000000001.pcapng"))
        .expect("a link");
    let saved = SavedCapture::open(&folder).expect("a capture");
    assert_eq!(payloads(&saved), records.concat());
    let capture = Capture::open(&folder, SMALL).expect("a capture");
    append(&capture, b"after").expect("space");
    let read = payloads(&capture);
    assert_eq!(read[..read.len() - 1], records.concat()[..]);
    assert_eq!(
        std::fs::read(folder.join("9999999999999999.pcapng")).expect("it is there"),
        b"a shopping list"
    );
    // One of ours under a strange number: a hole before it, and retention does not take fright at its place.
    std::fs::copy(&files[0], folder.join("0000999999999999.pcapng")).expect("space");
    drop(capture);
    let capture = Capture::open(&folder, SMALL).expect("a capture");
    let (read, damage) = readable(&capture);
    assert_eq!(read.len(), records.concat().len() + 1 + records[0].len());
    assert_eq!(damage.map(|it| it.what), Some("missing"));
}

#[test]
fn a_capture_whose_first_bytes_are_damaged_is_read_behind_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("one.pcapng");
    append(&Capture::open_file(&path).expect("a capture"), b"one").expect("space");
    let good = std::fs::read(&path).expect("the file");
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 0xFF;
        std::fs::write(&path, &bytes).expect("space");
        let header = super::super::writer::header().len();
        match SavedCapture::open(&path) {
            Ok(saved) if at < header => assert_eq!(readable(&saved).0, [b"one"], "byte {at}"),
            Ok(_) => {}
            // An interface of another kind: such a file is another program's, as far as anybody can tell.
            Err(CaptureError::NotACapture { .. }) if at > 28 && at < header => {}
            Err(error) => panic!("byte {at}: {error}"),
        }
    }
}

/// How a stranger's huge file is refused: without reading it.
#[test]
fn an_endless_file_of_zeros_is_refused_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("zeros");
    if File::create(&path).expect("space").set_len(1 << 40).is_err() {
        eprintln!("SKIPPED: no sparse files here");
        return;
    }
    assert!(matches!(SavedCapture::open(&path), Err(CaptureError::NotACapture { .. })));
    assert!(matches!(Capture::open_file(&path), Err(CaptureError::Foreign { .. })));
}

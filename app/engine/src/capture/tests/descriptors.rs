//! No descriptors, no new files: nobody is cut off because a segment is full.

#![cfg(unix)]

use std::fs::File;
use std::path::Path;
use std::process::Command;

use super::*;

const FOLDER: &str = "ESPALIER_TEST_CROWDED_FOLDER";

/// Not a test by itself: a process that has used up all its descriptors, after `before` records.
#[test]
fn child_without_descriptors() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let before: u32 =
        std::env::var("ESPALIER_TEST_BEFORE").expect("a number").parse().expect("one");
    let capture = Capture::open(Path::new(&folder), SMALL).expect("a capture");
    (0..before).for_each(|n| append(&capture, &numbered(n)).expect("space"));
    setrlimit(Resource::Nofile, Rlimit { current: Some(64), maximum: Some(64) }).expect("less");
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    (before..before + 100)
        .for_each(|n| append(&capture, &numbered(n)).expect("no new file needed"));
    taken.clear();
    (before + 100..before + 300).for_each(|n| append(&capture, &numbered(n)).expect("space"));
    println!("\nall written");
}

#[test]
fn segments_change_without_a_new_descriptor() {
    // With the next file open already, and without.
    for before in [0, 36] {
        let folder = tempfile::tempdir().expect("a folder");
        let output = Command::new(std::env::current_exe().expect("this very program"))
            .args([
                "--exact",
                "--nocapture",
                "capture::tests::descriptors::child_without_descriptors",
            ])
            .env(FOLDER, folder.path())
            .env("ESPALIER_TEST_BEFORE", before.to_string())
            .output()
            .expect("this very program");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("all written"), "{said}{}", String::from_utf8_lossy(&output.stderr));
        let saved = SavedCapture::open(folder.path()).expect("a capture");
        let read = payloads(&saved);
        let first = number(&read[0]);
        let expected: Vec<_> = (first..before + 300).map(numbered).collect();
        assert_eq!(read, expected);
        assert!(files(folder.path()) > 2, "afterwards segments have their size again");
        assert!(!folder.path().join("next").exists(), "the spare file goes with the writer");
    }
}

#[test]
fn the_next_file_is_open_before_it_is_needed() {
    let folder = tempfile::tempdir().expect("a folder");
    let capture = Capture::open(folder.path(), SMALL).expect("a capture");
    let spare = folder.path().join("next");
    append(&capture, &[1; 100]).expect("space");
    assert!(!spare.exists(), "an idle session needs none");
    (0..20).for_each(|_| append(&capture, &[1; 100]).expect("space"));
    assert!(spare.exists() && files(folder.path()) == 1);
    (0..20).for_each(|_| append(&capture, &[1; 100]).expect("space"));
    assert_eq!(files(folder.path()), 2);
    assert_eq!(payloads(&capture).len(), 41);
    capture.delete();
    assert!(!folder.path().exists());
}

#[test]
fn a_folder_that_takes_no_new_files_keeps_the_one_it_has() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("session");
    let capture = Capture::open(&folder, SMALL).expect("a capture");
    append(&capture, &numbered(0)).expect("space");
    // Something stands where the next segments would be, as when no file can be made; root may make files anywhere.
    let first = capture.extent().end;
    for base in first..10_000 {
        std::fs::create_dir(folder.join(format!("{base:016}.pcapng"))).expect("space");
    }
    (1..60).for_each(|n| append(&capture, &numbered(n)).expect("the file there is"));
    assert_eq!(payloads(&capture), (0..60).map(numbered).collect::<Vec<_>>());
}

//! Files that are not what they should be: none is read for ever, none brings the program down, each gets a sentence.

#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::Command;

use crate::board::desk::{Board, told};
use crate::program::{Said, finished};

/// What may stand where a file is expected: a device without end, a pipe without a writer, a folder, a hole of 100 GB.
fn endless(folder: &Path) -> Vec<String> {
    let within = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (pipe, sparse, linked, inside) =
        (within("pipe"), within("sparse"), within("linked"), within("folder"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::fs::File::create(&sparse).unwrap().set_len(100 << 30).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &linked).unwrap();
    std::fs::create_dir(&inside).unwrap();
    ["/dev/zero", "/dev/tty", "/proc/kcore"]
        .map(str::to_owned)
        .into_iter()
        .chain([pipe, sparse, linked, inside])
        .collect()
}

#[track_caller]
fn refused(said: &Said) {
    told(said, 2, &[]);
    assert!(!said.err.contains("panicked"), "{}", said.err);
}

#[test]
fn a_file_without_end_is_refused_as_workspace_and_as_capture() {
    let folder = tempfile::tempdir().unwrap();
    for file in endless(folder.path()) {
        let said = finished(&["run", &file], b"");
        refused(&said);
        assert_eq!(said.err.lines().count(), 1, "{}", said.err);
        // A hole could be a capture that a crash left; whoever reads captures tells.
        if !file.ends_with("sparse") {
            refused(&finished(&["log", &file], b""));
        }
    }
}

#[test]
fn a_file_without_end_is_refused_as_a_program_to_flash() {
    let board = Board::new();
    for file in endless(board.folder()) {
        let said = board.finished("flash", &["--image", &format!("0x10000:{file}")]);
        told(&said, 2, &["cannot be read"]);
    }
    assert!(board.is_empty());
}

#[test]
fn a_password_without_end_is_refused() {
    let endless = "x".repeat(1 << 20);
    let arguments = ["go", "--port", "simulated:esp32c3", "--ssid", "Home", "--password-stdin"];
    told(&finished(&arguments, endless.as_bytes()), 2, &["a network's name"]);
}

//! `espalier read-flash`, `erase-flash` and `partition-table`: the flash as it is, and what scripts see of it.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Command;

use sha2::{Digest as _, Sha256};

use super::desk::{Board, code, text, told};
use super::esptool_program;
use crate::program::{espalier, noise};
use crate::terminal::terminal;

const STAY: [&str; 2] = ["--after", "none"];

/// `espalier SUBCOMMAND --port P WORDS… --after none`.
fn run(board: &Board, subcommand: &str, words: &[&str]) -> crate::program::Said {
    board.finished(subcommand, &[words, &STAY].concat())
}

/// A board with the bundled firmware, and settings.
fn flashed() -> Board {
    let board = Board::new();
    code(&run(&board, "flash", &[]), 0);
    let settings = board.image(0x9000, "nvs.bin", &noise(4096));
    code(&run(&board, "flash", &["--image", &settings]), 0);
    board
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_backup_is_what_esptool_reads_and_is_written_back_byte_for_byte() {
    let mut board = flashed();
    // Its first start writes down which program that was.
    told(&board.finished("flash", &[]), 0, &["the program runs"]);
    let flash = board.flash();
    let file = board.folder().join("all.bin");
    let said = board.finished("read-flash", &["all", path(&file)]);
    told(&said, 0, &["Reading", "4194304 bytes in", "was started again with what it has"]);
    let bytes = std::fs::read(&file).unwrap();
    assert!(bytes == flash, "another flash");
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(text(&said), format!("{digest}  {}\n", file.display()));
    code(&board.finished("board", &["status"]), 0);

    if let Some(esptool) = esptool_program::program() {
        board.hand("download");
        let theirs = board.folder().join("theirs.bin");
        let said = Command::new(esptool)
            .args(["--chip", "esp32c3", "--port", &board.port(), "--before", "no-reset"])
            .args(["--after", "no-reset", "read-flash", "0", "0x400000", path(&theirs)])
            .output()
            .unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stdout));
        assert!(std::fs::read(&theirs).unwrap() == bytes, "esptool reads something else");
    }

    told(&run(&board, "erase-flash", &["all", "--yes"]), 0, &["4194304 bytes erased"]);
    assert!(board.is_empty());
    told(&board.finished("flash", &["--whole", path(&file)]), 0, &["the program runs"]);
    assert!(board.flash() == flash);
}

#[test]
fn regions_are_named_by_the_table_that_is_shown() {
    let board = Board::new();
    told(&run(&board, "partition-table", &[]), 2, &["no partition table", "Flash a program"]);
    let board = flashed();
    let table = run(&board, "partition-table", &[]);
    code(&table, 0);
    assert_eq!(
        text(&table),
        "# Name,Type,SubType,Offset,Size,Flags\nsettings,data,nvs,0x9000,0x6000,\n\
         phy_init,data,phy,0xf000,0x1000,\nota_0,app,ota_0,0x10000,0x1f0000,\n\
         ota_1,app,ota_1,0x200000,0x1f0000,\notadata,data,ota,0x3f0000,0x2000,\n"
    );
    let json = run(&board, "partitions", &["--json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.out).unwrap();
    assert_eq!(
        (&json["offset"], &json["partitions"][0]["name"]),
        (&0x8000.into(), &"settings".into())
    );
    let file = board.folder().join("settings.bin");
    for region in ["settings", "0x9000+24K"] {
        told(&run(&board, "read_flash", &[region, path(&file), "--force"]), 0, &["24576 bytes"]);
        assert!(std::fs::read(&file).unwrap() == board.flash()[0x9000..0xF000]);
    }
    let before = board.flash();
    for (region, words) in [
        ("0x9800+4K", "0x9000+0x2000"),
        ("secrets", "There are: settings, phy_init, ota_0"),
        ("0x9000+16M", "beyond the 4096 KiB"),
        ("0x9000", "a region is a partition's name"),
    ] {
        told(&run(&board, "erase-region", &[region, "--yes"]), 2, &[words]);
    }
    assert!(board.flash() == before);
    let mut expected = before;
    expected[0x9000..0xF000].fill(0xFF);
    told(&run(&board, "erase-flash", &["settings", "--yes"]), 0, &["from 0x9000 on"]);
    assert!(board.flash() == expected);
}

#[test]
fn a_backup_that_ends_early_or_has_no_place_leaves_no_file() {
    let board = flashed();
    let kept = board.file("kept.bin", b"mine");
    let nowhere = board.folder().join("no/such.bin");
    let before = std::fs::read_dir(board.folder()).unwrap().count();
    for (file, words) in [(&kept, "is there already"), (&nowhere, "Cannot write")] {
        let said = run(&board, "read-flash", &["all", path(file)]);
        told(&said, 2, &[words]);
        assert!(!said.err.contains("Connecting"), "the board was disturbed: {}", said.err);
    }
    assert_eq!(std::fs::read(&kept).unwrap(), b"mine");
    let file = board.folder().join("all.bin");
    let mut running = board.start("read-flash", &["all", path(&file), "--baud", "115200"]);
    running.says("Reading");
    running.interrupt();
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(26), "{err}");
    assert_eq!(std::fs::read_dir(board.folder()).unwrap().count(), before, "{err}");
    code(&board.finished("board", &["status"]), 0);
    // A board that goes in the middle.
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("all.bin");
    let mut running = board.start("read-flash", &["all", path(&file), "--baud", "115200"]);
    running.says("Reading");
    drop(board);
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(22), "{err}");
    assert!(err.contains("went away in the middle of it"), "{err}");
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0, "{err}");
}

#[test]
fn nothing_is_erased_before_somebody_has_said_yes() {
    let board = flashed();
    let before = board.flash();
    told(&run(&board, "erase-flash", &["all"]), 2, &["--yes"]);
    for answer in ["no\n", "\n", "y\n"] {
        assert_eq!(answered(&board, answer), Some(26), "{answer:?}");
        assert!(board.flash() == before);
    }
    assert_eq!(answered(&board, "yes\n"), Some(0));
    assert!(board.flash()[0x9000..0xF000].iter().all(|byte| *byte == 0xFF));
}

/// How `erase-flash` ends for somebody at a terminal who answers so.
fn answered(board: &Board, answer: &str) -> Option<i32> {
    let (mut master, slave, _) = terminal();
    let port = board.port();
    let mut command =
        espalier(board.folder(), &["erase-flash", "settings", "--port", &port, "--after", "none"]);
    let mut child = command
        .stdin(slave.try_clone().unwrap())
        .stderr(slave)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    drop(command);
    let mut said = Vec::new();
    let mut piece = [0; 4096];
    while !String::from_utf8_lossy(&said).contains("yes or no:") {
        let count = master.read(&mut piece).unwrap();
        said.extend_from_slice(&piece[..count]);
    }
    master.write_all(answer.as_bytes()).unwrap();
    // Read on, so that nothing waits for us; a terminal that nobody holds any more is an error.
    while matches!(master.read(&mut piece), Ok(1..)) {}
    child.wait().unwrap().code()
}

//! What other tools have built: the same bytes as esptool writes, and settings stay.

use std::path::Path;
use std::process::Command;

use espalier_core::board::{Chip, ChipInfo};
use espalier_engine::board::images;

use super::build_folders::Program;
use super::desk::{Board, text, told};
use super::elf::{Elf, RISC_V};
use super::esptool_program;
use crate::program::{finished, noise};

/// Our own firmware, as if somebody else had built it.
pub fn program() -> Program {
    let info = ChipInfo {
        chip: Chip::Esp32C3,
        revision: Some((0, 4)),
        mac: None,
        flash_size: 4 << 20,
        features: Vec::new(),
        crystal: Some(40),
    };
    let mut parts =
        images::parts(&info).unwrap().into_iter().map(|part| (part.address, part.bytes));
    let mut next = || parts.next().unwrap();
    Program { chip: "esp32c3", bootloader: next(), table: next(), application: next() }
}

/// Where settings lie, and what some program has left there.
const SETTINGS: u32 = 0x9000;

fn settings() -> Vec<u8> {
    noise(4096)
}

/// `esptool write-flash WORDS…` in this folder, and settings; `None` where there is no esptool.
fn by_esptool(board: &mut Board, folder: &Path, words: &[&str]) -> Option<Vec<u8>> {
    let esptool = esptool_program::program()?;
    let nvs = board.file("nvs.bin", &settings());
    board.hand("download");
    let said = Command::new(esptool)
        .current_dir(folder)
        .args(["--chip", "esp32c3", "--port", &board.port(), "--before", "no-reset"])
        .args(["--after", "no-reset", "write-flash"])
        .args(words)
        .args([&format!("{SETTINGS:#x}"), nvs.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stdout));
    Some(board.flash())
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_build_of_esp_idf_is_written_as_esptool_writes_it_and_settings_stay() {
    let mut theirs = Board::new();
    let project = theirs.folder().join("hello");
    let built = program().idf(&project, false);
    let Some(expected) = by_esptool(&mut theirs, &built, &["@flash_args"]) else { return };
    let same = theirs
        .finished("flash", &[path(&built), "--dry-run", "--before", "none", "--after", "none"]);
    told(&same, 0, &["found for ESP32-C3", "ESP-IDF hello", "ota_0      same", "bootloader"]);
    assert!(!same.err.contains("changed"), "{}", same.err);

    let ours = Board::new();
    let nvs = ours.image(SETTINGS, "nvs.bin", &settings());
    told(&ours.finished("flash", &["--image", &nvs, "--after", "none"]), 0, &[]);
    let before = ours.flash();
    let dry = ["--dry-run", "--after", "none"];
    told(
        &ours.finished("flash", &[&[path(&project)], &dry[..]].concat()),
        0,
        &["ota_0      changed", "Nothing was written"],
    );
    // The board has nothing that could start, which is no fault of what was only looked at.
    told(&ours.finished("flash", &[path(&project), "--dry-run"]), 0, &["started again"]);
    assert!(ours.flash() == before, "a dry run changes nothing");
    let said = ours.finished("flash", &[path(&project), "--after", "none"]);
    told(&said, 0, &["part ", "0x10000", "ota_0      changed", "parts written: 3"]);
    assert!(ours.flash() == expected, "esptool writes something else");
}

#[test]
fn every_other_kind_of_build_is_what_esptool_writes_of_its_files() {
    let mut board = Board::new();
    let folder = |name: &str| board.folder().join(name);
    let (args, sketch, project, web, merged) =
        (folder("args"), folder("Blink"), folder("pio"), folder("web"), folder("all.bin"));
    let program = program();
    let files = program.flash_args(&args);
    program.arduino(&sketch, false);
    program.platformio(&project, &["c3"]);
    let manifest = program.web_tools(&web, "ESP32-C3");
    std::fs::write(&merged, program.merged()).unwrap();
    let Some(expected) = by_esptool(&mut board, &args, &["@flash_args"]) else { return };
    let (before, after) = (["--before", "none"], ["--after", "none"]);
    for (built, kind) in [
        (&files, "flash_args"),
        (&sketch, "Arduino Blink"),
        (&project, "PlatformIO c3"),
        (&manifest, "ESP Web Tools Hello"),
    ] {
        let words = [&[path(built), "--verify-only"][..], &before, &after].concat();
        told(&board.finished("flash", &words), 0, &[kind, "parts written: 0, already there: 3"]);
    }
    told(
        &board.finished("flash", &[path(&merged), "--dry-run", "--after", "none"]),
        0,
        &["merged image"],
    );
    assert!(board.flash() == expected);
}

/// A program for esp-hal, as `cargo build` leaves it in a project with a partition table of its own.
#[test]
fn a_program_of_rust_goes_where_the_table_of_its_project_says() {
    let ours = Board::new();
    let built = ours.folder().join("blinky/target/riscv32imc-unknown-none-elf/release");
    std::fs::create_dir_all(&built).unwrap();
    let mut about = 0xabcd_5432_u32.to_le_bytes().to_vec();
    about.resize(256, 0);
    let elf = Elf::new(RISC_V)
        .section(".flash.appdesc", 0x3c00_0020, about)
        .section(".flash.text", 0x4201_0020, vec![7; 4000])
        .function("main", 0x4201_0020, 64);
    std::fs::write(built.join("blinky"), elf.build()).unwrap();
    let project = ours.folder().join("blinky");
    std::fs::write(project.join("Cargo.toml"), "[package]\nname = \"blinky\"\n").unwrap();
    let csv = "nvs,data,nvs,0x9000,0x6000\nphy,data,phy,0xf000,0x1000\nmine,app,factory,0x20000,0x100000\n";
    std::fs::write(project.join("partitions.csv"), csv).unwrap();
    let said = ours.finished("flash", &[path(&project), "--after", "none"]);
    told(&said, 0, &["ELF blinky", "0x20000", "mine", "parts written: 3"]);
    let flash = ours.flash();
    assert_eq!(flash[0x8000..][..2], [0xAA, 0x50]);
    assert_eq!((flash[0], flash[0x1_0000], flash[0x2_0000]), (0xE9, 0xFF, 0xE9));

    let mut theirs = Board::new();
    let args = theirs.folder().join("args");
    let part = |from: usize, to: usize| {
        let end = flash[from..to].iter().rposition(|byte| *byte != 0xFF).unwrap();
        (from as u32, flash[from..=from + end].to_vec())
    };
    let (bootloader, table, application) =
        (part(0, 0x8000), part(0x8000, 0x9000), part(0x2_0000, 0x40_0000));
    Program { chip: "esp32c3", bootloader, table, application }.flash_args(&args);
    let Some(mut expected) = by_esptool(&mut theirs, &args, &["@flash_args"]) else { return };
    expected[SETTINGS as usize..][..4096].fill(0xFF);
    assert!(flash == expected);
}

/// Type, subtype, offset, size, label; without an MD5, as old tools write it.
fn table(entries: &[(u8, u8, u32, u32, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (kind, subtype, offset, size, label) in entries {
        bytes.extend([0xAA, 0x50, *kind, *subtype]);
        bytes.extend(offset.to_le_bytes());
        bytes.extend(size.to_le_bytes());
        bytes.extend(label.bytes().chain(std::iter::repeat(0)).take(20));
    }
    bytes.resize(0xC00, 0xFF);
    bytes
}

/// CONFIG_PARTITION_TABLE_OFFSET=0x10000: `flasher_args.json` tells where, and the board afterwards.
#[test]
fn a_build_whose_table_is_elsewhere_goes_there_and_is_found_there() {
    let mut theirs = Board::new();
    let project = theirs.folder().join("far");
    let far = table(&[(1, 2, 0x1_1000, 0x6000, "nvs"), (0, 0, 0x2_0000, 0x10_0000, "factory")]);
    let ours_is = program();
    let application = (0x2_0000, ours_is.application.1.clone());
    let built = Program { table: (0x1_0000, far), application, ..ours_is }.idf(&project, false);
    let ours = Board::new();
    let stay = ["--after", "none"];
    let nvs = ours.image(SETTINGS, "nvs.bin", &settings());
    told(&ours.finished("flash", &["--image", &nvs, "--after", "none"]), 0, &[]);
    let said = ours.finished("flash", &[&[path(&built)], &stay[..]].concat());
    told(&said, 0, &["0x10000", "0x20000", "factory    changed", "parts written: 3"]);
    if let Some(expected) = by_esptool(&mut theirs, &built, &["@flash_args"]) {
        assert!(ours.flash() == expected, "esptool writes something else");
    }
    let shown = ours.finished("partition-table", &stay);
    told(&shown, 0, &["The partition table is at 0x10000"]);
    assert!(text(&shown).contains("nvs,data,nvs,0x11000,0x6000"), "{shown:?}");
    let application = built.join("hello.bin");
    let said = ours.finished("flash", &[&["--image", path(&application)], &stay[..]].concat());
    told(&said, 0, &["0x20000", "parts written: 0, already there: 1"]);
    let nowhere = [&["--partition-table-offset", "0x9000"], &stay[..]].concat();
    told(&ours.finished("partition-table", &nowhere), 2, &["no partition table at 0x9000"]);
    let said = ours.finished("flash", &[&["--image", path(&application)], &nowhere[..]].concat());
    told(&said, 2, &["no partition table at 0x9000"]);
}

#[test]
fn what_cannot_be_flashed_is_told_before_the_board_is_asked() {
    let board = Board::new();
    let project = board.folder().join("hello");
    let built = program().idf(&project, true);
    let json = built.join("flasher_args.json");
    let text = std::fs::read_to_string(&json).unwrap();
    std::fs::write(&json, text.replace("esp32c3", "esp32s3")).unwrap();
    told(&board.finished("flash", &[path(&built)]), 24, &["ESP32-S3", "ESP32-C3"]);
    std::fs::remove_file(built.join("hello.bin")).unwrap();
    let said = board.finished("flash", &[path(&built)]);
    told(&said, 2, &["hello.bin is missing", "idf.py build"]);
    assert!(!said.err.contains("Connecting"), "{}", said.err);
    let envs = board.folder().join("pio");
    program().platformio(&envs, &["one", "two"]);
    told(&board.finished("flash", &[path(&envs)]), 2, &["2 builds", "Choose one", "two"]);
    told(&board.finished("flash", &[path(&envs), "--image", "a.bin"]), 2, &["cannot be used with"]);
    assert!(board.is_empty());
}

#[test]
fn the_exported_firmware_is_written_by_esptool_and_is_ours() {
    let mut board = Board::new();
    let folder = board.folder().join("export");
    let said = finished(&["images", "export", path(&folder), "--chip", "esp32c3"], b"");
    told(&said, 0, &["written to", "esp32c3"]);
    let refused = finished(&["images", "export", path(&folder), "--chip", "esp32h2"], b"");
    told(&refused, 24, &["no firmware for the ESP32-H2"]);
    let listed = finished(&["images", "list"], b"");
    assert!(text(&listed).contains("esp32c3"), "{listed:?}");
    let parts = folder.join("esp32c3");
    let Some(flash) = by_esptool(&mut board, &parts, &["@flash_args"]) else { return };
    let stay = ["--before", "none", "--after", "none"];
    let ours = board.finished("flash", &[&["--verify-only"], &stay[..]].concat());
    told(&ours, 0, &["ota_0      same", "otadata    same"]);
    let exported = board.finished("flash", &[&["--verify-only", path(&parts)], &stay[..]].concat());
    told(&exported, 0, &["ota_0      same"]);
    // What is for flash of any size has one slot, where this program would make two of these 4 MB.
    let manifest = board.finished("flash", &[&[path(&folder), "--dry-run"], &stay[..]].concat());
    told(&manifest, 0, &["ESP Web Tools espalier", "factory    same"]);
    assert!(board.flash() == flash);
    let Some(_) = by_esptool(&mut board, &parts, &["@flash_args-2mb"]) else { return };
    let ours = board.finished("flash", &[&["--verify-only"], &stay[..]].concat());
    told(&ours, 25, &["ota_0      same", "(bootloader) differs"]);
}

#[test]
fn a_build_that_is_watched_is_flashed_again_when_it_was_built_again() {
    let board = Board::new();
    let project = board.folder().join("hello");
    let built = program().idf(&project, false);
    let mut running = board.start("flash", &[path(&project), "--watch"]);
    running.says("parts written: 3");
    running.says("waiting for the next build");
    // What stands behind an image is nobody's business, and makes another file of it.
    let application = built.join("hello.bin");
    let bytes = std::fs::read(&application).unwrap();
    std::fs::remove_file(&application).unwrap();
    std::fs::write(&application, [bytes.as_slice(), b"built again"].concat()).unwrap();
    running.says("parts written: 1, already there: 3");
    running.says("waiting for the next build");
    running.interrupt();
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(0), "{err}");
}

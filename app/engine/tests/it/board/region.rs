//! The flash as it is: kept in a file and written back, erased by regions, its partition table read.

use std::time::Duration;

use espalier_core::board::{
    AfterFlash, Backup, BoardCommand, Chip as Known, FaultKind, FlashOutcome, FlashSpec,
    FlashStatus, FlashStep, FlashTask, FlashTaskResult,
};
use espalier_simulator::{Chip, Faults, Mode};
use sha2::{Digest as _, Sha256};

use super::bench::{Bench, Desk, fault, noise, outcome};
use super::files::bundled;
use super::places::table;

fn read(bench: &Bench, region: &str, name: &str) -> FlashSpec {
    let file = bench.folder.path().join(name);
    FlashSpec::task(FlashTask::Read { region: region.parse().unwrap(), file, replace: false })
}

fn erase(region: &str) -> FlashSpec {
    FlashSpec::task(FlashTask::Erase { region: region.parse().unwrap() })
}

fn look() -> FlashSpec {
    FlashSpec::task(FlashTask::Table)
}

fn stay(spec: FlashSpec) -> FlashSpec {
    FlashSpec { after: AfterFlash::None, ..spec }
}

/// A board with the bundled firmware, and settings.
fn flashed(bench: &Bench) -> Desk {
    let desk = bench.desk();
    let settings = bench.noise("settings.bin", 4096, 0x9000);
    outcome(&desk.flash(stay(FlashSpec::bundled())));
    outcome(&desk.flash(stay(FlashSpec::files(vec![settings]))));
    desk
}

fn backup(status: &FlashStatus) -> Backup {
    outcome(status);
    match &status.result {
        Some(FlashTaskResult::Read(backup)) => Backup::clone(backup),
        other => panic!("no backup but {other:?}"),
    }
}

fn files(bench: &Bench) -> usize {
    std::fs::read_dir(bench.folder.path()).unwrap().count()
}

#[test]
fn a_backup_is_what_the_flash_holds_and_is_written_back_byte_for_byte() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = flashed(&bench);
    let flash = bench.flash();
    let ranges = [
        ("all", 0..flash.len()),
        ("settings", 0x9000..0xF000),
        ("0x10001+4661", 0x1_0001..0x1_1236),
    ];
    for (region, range) in ranges {
        let status = desk.flash(stay(read(&bench, region, &format!("backup-{region}.bin"))));
        let backup = backup(&status);
        let bytes = std::fs::read(&backup.file).unwrap();
        assert!(bytes == flash[range.clone()], "{region}");
        assert_eq!(backup.range, range.start as u64..range.end as u64);
        assert_eq!(backup.sha256, format!("{:x}", HexDigest(&bytes)), "{region}");
    }
    assert!(bench.flash() == flash, "reading changes nothing");

    outcome(&desk.flash(stay(erase("all"))));
    assert!(bench.flash().iter().all(|byte| *byte == 0xFF));
    let whole = bench.folder.path().join("backup-all.bin");
    let file = espalier_core::board::FlashFile { path: whole, address: None };
    let back = FlashSpec { whole: true, ..FlashSpec::files(vec![file]) };
    outcome(&desk.flash(stay(back.clone())));
    assert!(bench.flash() == flash);
    // Only once it has been started something is written by itself: which program that was.
    outcome(&desk.flash(back));
    bench.wait_for(Mode::Running);
}

/// SHA-256 in digits.
struct HexDigest<'a>(&'a [u8]);

impl std::fmt::LowerHex for HexDigest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Sha256::digest(self.0).iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[test]
fn after_a_backup_the_board_runs_and_the_monitor_goes_on() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = flashed(&bench);
    let status = desk.flash(read(&bench, "settings", "nvs.bin"));
    assert!(matches!(outcome(&status), FlashOutcome::Restarted | FlashOutcome::Running));
    bench.wait_for(Mode::Running);
    desk.wait_text("boot: started app=espalier");
}

#[test]
fn a_cancelled_backup_leaves_no_file_and_a_board_that_runs() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = flashed(&bench);
    let before = files(&bench);
    desk.begin(FlashSpec { baud: 115_200, ..read(&bench, "all", "all.bin") });
    desk.wait_flash("a piece of it", |flash| flash.step == FlashStep::Reading && flash.done > 0);
    desk.ask(BoardCommand::CancelFlash);
    assert_eq!(fault(&desk.flashed()).kind, FaultKind::Cancelled);
    assert_eq!(files(&bench), before);
    bench.wait_for(Mode::Running);
}

#[test]
fn what_cannot_be_written_is_told_before_the_board_is_disturbed() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = flashed(&bench);
    outcome(&desk.flash(FlashSpec::bundled()));
    bench.wait_for(Mode::Running);
    let there = bench.file("there.bin", b"mine", None).path;
    for (name, words) in [("there.bin", "is there already"), ("no/such.bin", "Cannot write")] {
        let status = desk.flash(read(&bench, "all", name));
        let fault = fault(&status);
        assert_eq!(fault.kind, FaultKind::BadFile, "{fault}");
        assert!(fault.what.contains(words) && !fault.hint.is_empty(), "{fault}");
        assert_eq!(bench.board.status().mode, Mode::Running);
        assert!(status.chip.is_none(), "nobody was asked");
    }
    assert_eq!(std::fs::read(&there).unwrap(), b"mine");
    let mut again = stay(read(&bench, "settings", "there.bin"));
    if let Some(FlashTask::Read { replace, .. }) = &mut again.task {
        *replace = true;
    }
    assert_eq!(backup(&desk.flash(again)).file, there);
    assert!(std::fs::read(&there).unwrap() == bench.flash()[0x9000..0xF000]);
}

#[test]
fn regions_are_erased_by_name_and_by_address_and_nothing_beside_them() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = flashed(&bench);
    let before = bench.flash();
    for (region, words) in [
        ("0x9800+4K", "0x9000+0x2000"),
        ("secrets", "settings"),
        ("0x9000+256M", "Check the addresses"),
    ] {
        let fault = fault(&desk.flash(stay(erase(region))));
        assert_eq!(fault.kind, FaultKind::BadFile, "{region}");
        assert!(fault.hint.contains(words), "{region}: {} {}", fault, fault.hint);
    }
    assert!(bench.flash() == before);
    // Not at the beginning of a block, and over the end of one.
    for (region, range) in [("0xE000+0x13000", 0xE000..0x2_1000), ("settings", 0x9000..0xF000)] {
        let mut expected = bench.flash();
        expected[range.clone()].fill(0xFF);
        let status = desk.flash(stay(erase(region)));
        outcome(&status);
        let range = range.start as u64..range.end as u64;
        assert_eq!(status.result, Some(FlashTaskResult::Erased(range)));
        assert!(bench.flash() == expected, "{region}");
    }
}

#[test]
fn an_erase_that_did_nothing_is_no_success() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = flashed(&bench);
    bench.board.set_faults(Faults { bad_md5: 1, ..Faults::default() });
    let fault = fault(&desk.flash(stay(erase("0x9000+4K"))));
    assert_eq!(fault.kind, FaultKind::VerifyFailed);
    assert!(fault.what.contains("0x9000+0x1000"), "{fault}");
}

#[test]
fn an_erase_that_is_cancelled_says_how_far_it_came() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = flashed(&bench);
    let slow = Some(Duration::from_millis(5));
    bench.board.set_faults(Faults { slow_erase: slow, ..Faults::default() });
    desk.begin(erase("all"));
    desk.wait_flash("a block", |flash| flash.step == FlashStep::Erasing && flash.done > 0);
    desk.ask(BoardCommand::CancelFlash);
    let fault = fault(&desk.flashed());
    assert_eq!(fault.kind, FaultKind::Cancelled);
    assert!(fault.what.contains("all is erased in part"), "{fault}");
}

#[test]
fn noise_on_the_line_costs_time_and_no_byte() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = flashed(&bench);
    bench.board.set_faults(Faults { noise_from: Some(460_800), ..Faults::default() });
    let backup = backup(&desk.flash(stay(read(&bench, "settings", "nvs.bin"))));
    assert!(std::fs::read(&backup.file).unwrap() == bench.flash()[0x9000..0xF000]);
}

#[test]
fn a_chip_that_takes_no_stub_is_read_and_erased_by_its_rom() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = flashed(&bench);
    bench.board.set_faults(Faults { bad_crc: u32::MAX, ..Faults::default() });
    let backup = backup(&desk.flash(stay(read(&bench, "0x9001+5000", "nvs.bin"))));
    assert!(std::fs::read(&backup.file).unwrap() == bench.flash()[0x9001..0x9001 + 5000]);
    let mut expected = bench.flash();
    expected[0x9000..0xF000].fill(0xFF);
    outcome(&desk.flash(stay(erase("settings"))));
    assert!(bench.flash() == expected);
}

#[test]
fn the_table_is_read_wherever_the_bootloader_looks_for_it() {
    let bench = Bench::new(Chip::Esp32s3);
    let desk = bench.desk();
    let none = fault(&desk.flash(stay(look())));
    assert!(none.kind == FaultKind::BadFile && none.what.contains("no partition table"), "{none}");
    outcome(&desk.flash(stay(FlashSpec::bundled())));
    let status = desk.flash(stay(look()));
    let found = status.table.clone().unwrap();
    assert_eq!((found.at, found.table.partitions[0].label.as_str()), (0x8000, "settings"));
    assert_eq!(status.result, Some(FlashTaskResult::Table));

    let boot = bundled(Known::Esp32S3)[0].bytes.clone();
    let far = table(&[(1, 2, 0x1_1000, 0x6000, "nvs"), (0, 0, 0x2_0000, 0x10_0000, "factory")]);
    let files = vec![
        bench.file("boot.bin", &boot, Some(0)),
        bench.file("far.bin", &far, Some(0x1_0000)),
        bench.file("kept.bin", &noise(4096), Some(0x1_1000)),
    ];
    outcome(&desk.flash(stay(erase("all"))));
    outcome(&desk.flash(stay(FlashSpec::files(files))));
    let status = desk.flash(stay(read(&bench, "nvs", "nvs.bin")));
    assert!(std::fs::read(backup(&status).file).unwrap().starts_with(&noise(4096)));
    assert_eq!(status.table.as_ref().map(|found| found.at), Some(0x1_0000));
    let told = |text: &str| status.attempts.iter().any(|attempt| attempt.text.contains(text));
    assert!(told("The partition table is at 0x10000"), "{:?}", status.attempts);
    outcome(&desk.flash(FlashSpec { table_at: Some(0x1_0000), ..stay(look()) }));
    let wrong = fault(&desk.flash(FlashSpec { table_at: Some(0x9000), ..stay(look()) }));
    assert!(wrong.what.contains("no partition table at 0x9000"), "{wrong}");
}

#[test]
fn locked_chips_are_told_and_nothing_is_erased() {
    // Each has its fuses elsewhere.
    for chip in [Chip::Esp32, Chip::Esp32c2, Chip::Esp32c3] {
        let bench = Bench::new(chip);
        let desk = bench.desk();
        let file = bench.noise("own.bin", 4096, 0x2_0000);
        outcome(&desk.flash(stay(FlashSpec::files(vec![file]))));
        let region = "0x20000+4K";
        for (encrypted, secure_boot) in [(true, false), (false, true)] {
            bench.board.set_faults(Faults { encrypted, secure_boot, ..Faults::default() });
            let refused = fault(&desk.flash(stay(erase(region))));
            assert_eq!(refused.kind, FaultKind::Locked, "{chip}");
            assert!(refused.what.contains("encryption or secure boot"), "{chip}: {refused}");
            assert!(bench.flash()[0x2_0000..][..4096] == noise(4096), "{chip}");
        }
        if chip != Chip::Esp32c3 {
            continue;
        }
        bench.board.set_faults(Faults { encrypted: true, ..Faults::default() });
        let hidden = fault(&desk.flash(stay(look())));
        assert!(hidden.kind == FaultKind::Locked && hidden.what.contains("cannot be read"));
        let status = desk.flash(stay(read(&bench, region, "kept.bin")));
        assert!(std::fs::read(backup(&status).file).unwrap() == noise(4096));
        assert!(status.attempts.iter().any(|attempt| attempt.text.contains("is encrypted")));
        bench.board.set_faults(Faults { secure_download: true, ..Faults::default() });
        let silent = fault(&desk.flash(stay(read(&bench, region, "never.bin"))));
        assert!(silent.kind == FaultKind::Locked && silent.what.contains("cannot be read"));
        assert!(!bench.folder.path().join("never.bin").exists());
    }
}

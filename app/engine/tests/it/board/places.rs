//! Files that are not where they belong, or could not start: told before the first erase, and what is right is written so
//! that it starts.

use espalier_core::board::{
    AfterFlash, Chip as Known, FaultKind, FlashAction, FlashFile, FlashHeader, FlashOutcome,
    FlashSpec, OtaData,
};
use espalier_simulator::{Chip, Mode};
use md5::{Digest as _, Md5};

use super::bench::{Bench, Desk, fault, noise, outcome};
use super::files::bundled;

const CHIP: Chip = Chip::Esp32s3;

/// Bootloader, table and application of the bundled firmware; the bootloader for all of the board's flash.
fn pieces() -> [Vec<u8>; 3] {
    let mut parts: Vec<_> = bundled(Known::Esp32S3).into_iter().map(|part| part.bytes).collect();
    let header = FlashHeader { size: Some("4MB".to_owned()), ..FlashHeader::default() };
    header.apply_to_bootloader(Known::Esp32S3, 4 << 20, &mut parts[0]);
    parts.try_into().unwrap()
}

/// Type, subtype, offset, size, label.
pub fn table(entries: &[(u8, u8, u32, u32, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (kind, subtype, offset, size, label) in entries {
        bytes.extend([0xAA, 0x50, *kind, *subtype]);
        bytes.extend(offset.to_le_bytes());
        bytes.extend(size.to_le_bytes());
        let mut name = label.as_bytes().to_vec();
        name.resize(20, 0);
        bytes.extend(name);
    }
    let digest = Md5::digest(&bytes);
    bytes.extend([0xEB, 0xEB]);
    bytes.extend([0xFF; 14]);
    bytes.extend(digest);
    bytes.resize(0xC00, 0xFF);
    bytes
}

fn merged(pieces: &[(usize, &[u8])]) -> Vec<u8> {
    let mut all = Vec::new();
    for (at, piece) in pieces {
        all.resize(*at, 0xFF);
        all.extend(*piece);
    }
    all
}

/// Puts this into the board's flash, and starts nothing.
fn board(desk: &Desk, files: Vec<FlashFile>) {
    let spec = FlashSpec { after: AfterFlash::None, ..FlashSpec::files(files) };
    outcome(&desk.flash(spec));
}

#[test]
fn an_application_goes_where_the_table_on_the_board_has_it() {
    let bench = Bench::new(CHIP);
    let desk = bench.desk();
    let [boot, _, app] = pieces();
    let far = table(&[(1, 2, 0x9000, 0x1_0000, "nvs"), (0, 0, 0x2_0000, 0x30_0000, "factory")]);
    board(&desk, vec![bench.file("boot.bin", &boot, None), bench.file("pt20.bin", &far, None)]);
    let settings = bench.noise("settings.bin", 4096, 0x1_0000);
    board(&desk, vec![settings]);
    let status = desk.flash(FlashSpec::files(vec![bench.file("app.bin", &app, None)]));
    outcome(&status);
    assert_eq!(status.parts[0].address, 0x2_0000);
    bench.wait_for(Mode::Running);
    assert!(bench.flash()[0x1_0000..0x1_1000] == noise(4096));
    // A bootloader without an address goes to its own place, not over the application.
    let status = desk.flash(FlashSpec::files(vec![bench.file("boot.bin", &boot, None)]));
    outcome(&status);
    assert_eq!(status.parts[0].address, 0);
    bench.wait_for(Mode::Running);
}

#[test]
fn what_is_at_a_place_that_is_not_its_own_changes_nothing() {
    let bench = Bench::new(CHIP);
    let desk = bench.desk();
    outcome(&desk.flash(FlashSpec::bundled()));
    let [boot, own, app] = pieces();
    let large = table(&[
        (1, 2, 0x9000, 0x6000, "nvs"),
        (0, 0, 0x1_0000, 0x60_0000, "factory"),
        (1, 0x82, 0x61_0000, 0x9F_0000, "storage"),
    ]);
    let mut broken = app.clone();
    broken[0x400] ^= 1;
    let before = bench.flash();
    for (name, bytes, address, kind, right) in [
        (
            "merged-boot-at-1000.bin",
            merged(&[(0x1000, &boot), (0x8000, &own), (0x1_0000, &app)]),
            None,
            FaultKind::WrongPlace,
            "0x0",
        ),
        (
            "merged-16mb-table.bin",
            merged(&[(0, &boot), (0x8000, &large), (0x1_0000, &app)]),
            None,
            FaultKind::TooLarge,
            "larger flash",
        ),
        ("app.bin", app.clone(), Some(0), FaultKind::WrongPlace, "0x10000"),
        ("app.bin", app.clone(), Some(0x9000), FaultKind::WrongPlace, "0x10000"),
        ("boot.bin", boot, Some(0x1_0000), FaultKind::WrongPlace, "0x0"),
        ("table.bin", own, Some(0x1_0000), FaultKind::WrongPlace, "0x8000"),
        ("broken.bin", broken, None, FaultKind::BadFile, "checksum"),
        ("cut.bin", app[..0x8_0000].to_vec(), None, FaultKind::BadFile, "cut off"),
        ("text.bin", b"text".to_vec(), Some(0), FaultKind::WrongPlace, "bootloader"),
    ] {
        let status = desk.flash(FlashSpec::files(vec![bench.file(name, &bytes, address)]));
        let fault = fault(&status);
        assert_eq!(fault.kind, kind, "{name}: {fault}");
        assert!(fault.what.contains(right), "{name}: {fault}");
        assert!(bench.flash() == before, "{name} changed something");
    }
}

#[test]
fn who_means_it_writes_it_all_the_same() {
    let bench = Bench::new(CHIP);
    let desk = bench.desk();
    let [_, _, app] = pieces();
    let file = bench.file("app.bin", &app[..0x1_0000], Some(0));
    let spec = FlashSpec { force: true, ..FlashSpec::files(vec![file]) };
    desk.flash(spec);
    assert!(bench.flash()[..0x1_0000] == app[..0x1_0000]);
}

#[test]
fn a_merged_image_keeps_settings_unless_it_is_wanted_whole() {
    let bench = Bench::new(CHIP);
    let desk = bench.desk();
    outcome(&desk.flash(FlashSpec::bundled()));
    board(&desk, vec![bench.noise("settings.bin", 4096, 0x9000)]);
    let [boot, own, app] = pieces();
    let image = merged(&[(0, &boot), (0x8000, &own), (0x1_0000, &app)]);
    for address in [None, Some(0)] {
        let file = bench.file("merged.bin", &image, address);
        outcome(&desk.flash(FlashSpec::files(vec![file])));
        assert!(bench.flash()[0x9000..0xA000] == noise(4096), "padding erased the settings");
    }
    let file = bench.file("merged.bin", &image, None);
    let whole = FlashSpec { whole: true, ..FlashSpec::files(vec![file]) };
    outcome(&desk.flash(whole));
    assert!(bench.flash()[0x9000..0xA000].iter().all(|byte| *byte == 0xFF));
    bench.wait_for(Mode::Running);
}

#[test]
fn with_slots_what_is_written_is_what_starts() {
    let bench = Bench::new(CHIP);
    let desk = bench.desk();
    let [boot, _, app] = pieces();
    let slots = table(&[
        (1, 2, 0x9000, 0x5000, "nvs"),
        (1, 0, 0xE000, 0x2000, "otadata"),
        (0, 0x10, 0x1_0000, 0x18_0000, "app0"),
        (0, 0x11, 0x19_0000, 0x18_0000, "app1"),
    ]);
    let second = OtaData::starting(1).bytes();
    board(
        &desk,
        vec![
            bench.file("boot.bin", &boot, None),
            bench.file("slots.bin", &slots, None),
            bench.file("second.bin", &second, None),
        ],
    );
    outcome(&desk.flash(FlashSpec::files(vec![bench.file("app.bin", &app, None)])));
    desk.wait_text("Loaded app from partition at offset 0x10000");
    bench.wait_for(Mode::Running);
    outcome(&desk.flash(FlashSpec::files(vec![bench.file("app.bin", &app, Some(0x19_0000))])));
    desk.wait_text("Loaded app from partition at offset 0x190000");
    bench.wait_for(Mode::Running);
}

#[test]
fn the_bundled_image_is_refused_on_a_chip_that_cannot_run_it() {
    let bench = Bench::with(Chip::Esp32, |spec| spec.revision = Some((0, 1)));
    let desk = bench.desk();
    let status = desk.flash(FlashSpec::bundled());
    let fault = fault(&status);
    assert_eq!(fault.kind, FaultKind::WrongChip);
    assert!(fault.what.contains("v1.0") && fault.what.contains("v0.1"), "{fault}");
    assert!(bench.flash().iter().all(|byte| *byte == 0xFF));
    let newer = Bench::with(Chip::Esp32, |spec| spec.revision = Some((1, 0)));
    let status = newer.desk().flash(FlashSpec::bundled());
    assert!(matches!(outcome(&status), FlashOutcome::Running | FlashOutcome::Restarted));
}

/// Written although it cannot start, and the board's own words that come of it.
fn refused_by_the_board(bench: &Bench, desk: &Desk, spec: FlashSpec, words: &str) {
    desk.begin(FlashSpec { force: true, ..spec });
    let status = desk.wait_status("the board's own words", |status| {
        let flash = status.flash.as_ref()?;
        matches!(flash.outcome, Some(Err(_))).then(|| flash.clone())
    });
    let fault = fault(&status);
    assert_eq!(fault.kind, FaultKind::DoesNotStart, "{fault:?}");
    assert!(fault.what.contains(words) && !fault.hint.is_empty(), "{fault:?}");
    assert_ne!(bench.board.status().mode, Mode::Running);
}

#[test]
fn what_rom_and_bootloader_refuse_has_failed_with_their_reason() {
    let [boot, own, app] = pieces();
    let bench = Bench::new(CHIP);
    let desk = bench.desk();
    let shifted = merged(&[(0x1000, &boot), (0x8000, &own), (0x1_0000, &app)]);
    let shifted = FlashSpec::files(vec![bench.file("shifted.bin", &shifted, None)]);
    refused_by_the_board(&bench, &desk, shifted, "invalid header: 0xffffffff");
    let alone = FlashSpec::files(vec![bench.file("boot.bin", &boot, None)]);
    let erased = FlashSpec { action: FlashAction::EraseFirst, ..alone };
    refused_by_the_board(&bench, &desk, erased, "flash_parts");
    let mut broken = app.clone();
    broken[0x400] ^= 1;
    let broken = FlashSpec::files(vec![
        bench.file("boot.bin", &boot, None),
        bench.file("table.bin", &own, None),
        bench.file("broken.bin", &broken, None),
    ]);
    refused_by_the_board(&bench, &desk, broken, "Checksum failed");
    outcome(&desk.flash(FlashSpec::bundled()));
    desk.wait_status("a good start", |status| {
        let flash = status.flash.as_ref()?;
        (flash.outcome == Some(Ok(FlashOutcome::Running))).then_some(())
    });
    desk.wait_status("no old warning", |status| {
        (status.notice.is_none() && status.trouble.is_none()).then_some(())
    });
    let old = Bench::with(Chip::Esp32, |spec| spec.revision = Some((0, 1)));
    refused_by_the_board(&old, &old.desk(), FlashSpec::bundled(), "Required >= v1.0, found v0.1");
}

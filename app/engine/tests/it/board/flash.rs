//! Flashing that goes well.

use espalier_core::board::{
    AfterFlash, Chip as Known, FaultKind, FlashAction, FlashOutcome, FlashSpec, FlashStep,
    PartState,
};
use std::time::Duration;

use espalier_simulator::{Chip, Faults, Mode};

use super::bench::{Bench, fault, noise, outcome};

#[test]
fn bundled_firmware_is_installed_verified_and_started_on_the_same_open_port() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = bench.desk();
    desk.wait_text("invalid header: 0xffffffff");
    let status = desk.flash(FlashSpec::bundled());
    assert!(
        matches!(outcome(&status), FlashOutcome::Restarted | FlashOutcome::Running),
        "{status:#?}"
    );
    let chip = status.chip.unwrap();
    assert_eq!((chip.chip, chip.flash_size), (Known::Esp32C3, 4 << 20));
    assert!(chip.mac.is_some() && chip.revision.is_some());
    // The last is erased on an empty board.
    let states: Vec<_> = status.parts.iter().map(|part| part.state).collect();
    let (verified, skipped) = (PartState::Verified, PartState::Skipped);
    assert_eq!(states, [verified, verified, verified, skipped]);
    assert_eq!(status.loader.baud, 921_600);
    let names: Vec<_> = status.parts.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(names, ["bootloader", "partition table", "application", "ota data"]);
    desk.wait_text("boot: ");
    desk.wait_flash("the program's first words", |flash| {
        flash.outcome == Some(Ok(FlashOutcome::Running))
    });
    desk.wait("one opening of the port", |heard| (heard.opened.len() == 1).then_some(()));
}

#[test]
fn every_chip_gets_the_image_for_it_and_runs_it() {
    for chip in Chip::ALL {
        let bench = Bench::new(chip);
        let status = bench.desk().flash(FlashSpec::bundled());
        outcome(&status);
        assert_eq!(status.chip.map(|it| it.chip.slug()), Some(chip.name()));
        bench.wait_for(Mode::Running);
    }
}

#[test]
fn what_is_there_already_is_skipped_by_md5() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = bench.desk();
    desk.flash(FlashSpec::bundled());
    let again = desk.flash(FlashSpec::bundled());
    outcome(&again);
    assert!(again.parts.iter().all(|part| part.state == PartState::Skipped), "{:?}", again.parts);
}

#[test]
fn settings_survive_an_update_and_not_an_erase() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = bench.desk();
    let nvs = bench.noise("nvs.bin", 4096, 0x9000);
    let only_nvs = FlashSpec { after: AfterFlash::None, ..FlashSpec::files(vec![nvs]) };
    assert_eq!(outcome(&desk.flash(only_nvs)), FlashOutcome::InLoader);
    outcome(&desk.flash(FlashSpec::bundled()));
    assert_eq!(bench.flash()[0x9000..0xA000], noise(4096));
    bench
        .board
        .set_faults(Faults { slow_erase: Some(Duration::from_millis(2)), ..Faults::default() });
    desk.begin(FlashSpec { action: FlashAction::EraseFirst, ..FlashSpec::bundled() });
    desk.wait_flash("progress in erasing", |flash| {
        flash.step == FlashStep::Erasing && flash.done > 0 && flash.total == 4 << 20
    });
    outcome(&desk.flashed());
    assert!(bench.flash()[0x9000..0xA000].iter().all(|byte| *byte == 0xff));
}

#[test]
fn verify_only_tells_same_from_different_and_writes_nothing() {
    let bench = Bench::new(Chip::Esp32c6);
    let desk = bench.desk();
    let file = bench.noise("one.bin", 20_000, 0x2_0000);
    outcome(&desk.flash(FlashSpec::files(vec![file.clone()])));
    let verify =
        |file| FlashSpec { action: FlashAction::VerifyOnly, ..FlashSpec::files(vec![file]) };
    outcome(&desk.flash(verify(file)));
    let before = bench.flash();
    let other = bench.file("other.bin", &[7; 20_000], Some(0x2_0000));
    let fault = fault(&desk.flash(verify(other)));
    assert_eq!(fault.kind, FaultKind::VerifyFailed);
    assert!(fault.what.contains("other.bin") && fault.what.contains("0x20000"), "{fault}");
    assert!(bench.flash() == before);
}

#[test]
fn several_files_go_to_their_places() {
    let bench = Bench::new(Chip::Esp32);
    let desk = bench.desk();
    let files = vec![
        bench.noise("late.bin", 300_001, 0x10_0000),
        bench.file("early.bin", &b"to be or not to be ".repeat(5_000), Some(0x2_0000)),
    ];
    let status = desk.flash(FlashSpec::files(files));
    outcome(&status);
    assert_eq!(status.parts[0].name, "early.bin");
    let flash = bench.flash();
    assert!(flash[0x10_0000..][..300_001] == noise(300_001));
    assert!(flash[0x2_0000..].starts_with(b"to be or not to be "));
}

#[test]
fn asked_to_stay_the_loader_stays_and_answers_the_next_flash() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = bench.desk();
    let stay = FlashSpec { after: AfterFlash::None, ..FlashSpec::bundled() };
    assert_eq!(outcome(&desk.flash(stay.clone())), FlashOutcome::InLoader);
    bench.wait_for(Mode::StubLoader);
    assert_eq!(outcome(&desk.flash(stay)), FlashOutcome::InLoader);
}

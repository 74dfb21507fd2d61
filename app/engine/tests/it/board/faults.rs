//! What can go wrong: each ends with a clear sentence, and with a board that can be flashed again.

use std::time::Duration;

use espalier_core::board::{
    BeforeFlash, BoardCommand, Chip as Known, FaultKind, FlashSpec, FlashStatus, FlashStep,
};
use espalier_core::session::{EndReason, SerialSpec};
use espalier_simulator::{Chip, Faults, Mode};

use super::bench::{Bench, Desk, fault, noise, outcome};

/// The board takes a flash now.
fn can_be_flashed(desk: &Desk) {
    outcome(&desk.flash(FlashSpec::bundled()));
}

fn told(status: &FlashStatus, text: &str) {
    assert!(
        status.attempts.iter().any(|attempt| attempt.text.contains(text)),
        "{:#?}",
        status.attempts
    );
}

#[test]
fn image_for_another_chip_is_refused_before_anything_is_written() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = bench.desk();
    let mut image = vec![0; 8192];
    image[0] = 0xE9;
    image[12] = u8::try_from(Known::Esp32S3.image_id()).unwrap();
    let file = bench.file("s3.bin", &image, None);
    let fault = fault(&desk.flash(FlashSpec::files(vec![file])));
    assert_eq!(fault.kind, FaultKind::WrongChip);
    assert!(fault.what.contains("is for ESP32-S3, but the board has an ESP32-C3"), "{fault}");
    assert!(bench.flash().iter().all(|byte| *byte == 0xff));
    can_be_flashed(&desk);
}

#[test]
fn another_chip_than_asked_for_is_refused_by_name() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = bench.desk();
    let spec = FlashSpec { chip: Some(Known::Esp32C6), ..FlashSpec::bundled() };
    let fault = fault(&desk.flash(spec));
    assert_eq!(fault.kind, FaultKind::WrongChip);
    assert!(fault.what.contains("ESP32-C3") && fault.what.contains("ESP32-C6"), "{fault}");
    can_be_flashed(&desk);
}

#[test]
fn another_chip_than_asked_for_costs_no_stub() {
    let bench = Bench::new(Chip::Esp32c3);
    let spec = FlashSpec { chip: Some(Known::Esp32C6), ..FlashSpec::bundled() };
    let status = bench.desk().flash(spec);
    assert_eq!(fault(&status).kind, FaultKind::WrongChip);
    assert_eq!(status.loader.baud, 0, "{:#?}", status.attempts);
}

#[test]
fn a_damaged_block_of_the_stub_costs_one_more_try_and_not_the_stub() {
    let bench = Bench::new(Chip::Esp32c3);
    bench.board.set_faults(Faults { bad_crc: 1, ..Faults::default() });
    let status = bench.desk().flash(FlashSpec::bundled());
    outcome(&status);
    assert!(status.loader.stub && status.loader.baud == 921_600, "{:?}", status.loader);
    told(&status, "115200 baud with the stub loader failed");
    told(&status, "Trying 921600 baud with the stub loader");
}

#[test]
fn without_a_stub_the_roms_own_loader_writes() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = bench.desk();
    let small = bench.noise("small.bin", 4096, 0x2_0000);
    bench.board.set_faults(Faults { bad_crc: u32::MAX, ..Faults::default() });
    let status = desk.flash(FlashSpec::files(vec![small]));
    outcome(&status);
    assert!(!status.loader.stub, "{:#?}", status.attempts);
    assert!(bench.flash()[0x2_0000..0x2_1000] == noise(4096));
    // The table on the board is read by it, too.
    bench.board.set_faults(Faults::default());
    outcome(&desk.flash(FlashSpec::bundled()));
    bench.board.set_faults(Faults { bad_crc: u32::MAX, ..Faults::default() });
    let lost = bench.file("lost.bin", b"text", Some(0x1_0000));
    assert_eq!(fault(&desk.flash(FlashSpec::files(vec![lost]))).kind, FaultKind::WrongPlace);
}

#[test]
fn a_loader_that_is_a_stub_for_ever_is_given_up() {
    let bench = Bench::new(Chip::Esp32c3);
    bench.board.set_faults(Faults { sticky_stub: true, ..Faults::default() });
    let patience = Duration::from_millis(300);
    let fault = fault(&bench.desk().flash(FlashSpec { patience, ..FlashSpec::bundled() }));
    assert_eq!(fault.kind, FaultKind::NoSync);
    assert!(fault.detail.contains("stub"), "{fault:?}");
}

#[test]
fn a_cancel_right_behind_the_order_is_not_lost() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = bench.desk();
    for _ in 0..3 {
        desk.begin(FlashSpec::bundled());
        desk.ask(BoardCommand::CancelFlash);
        assert_eq!(fault(&desk.flashed()).kind, FaultKind::Cancelled);
    }
    can_be_flashed(&desk);
}

#[test]
fn other_settings_while_flashing_do_not_move_the_port() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("port");
    let bench = Bench::with(Chip::Esp32c3, |spec| spec.link = Some(link.clone()));
    let desk = Desk::open(link.to_str().unwrap());
    desk.wait_open();
    desk.begin(FlashSpec::bundled());
    desk.wait_flash("a chip", |flash| flash.chip.is_some());
    desk.link.configure(SerialSpec { baud: 57_600, ..SerialSpec::new("/nowhere") }).unwrap();
    outcome(&desk.flashed());
    bench.board.unplug();
    desk.wait("the loss", |heard| (!heard.waiting.is_empty()).then_some(()));
    desk.link.configure(SerialSpec::new("/nowhere/else")).unwrap();
    bench.board.plug_in();
    desk.wait("the return", |heard| (heard.opened.len() == 2).then_some(()));
}

#[test]
fn locked_chips_are_refused_with_the_reason_before_anything_is_written() {
    let secure = Faults { secure_download: true, ..Faults::default() };
    let encrypted = Faults { encrypted: true, ..Faults::default() };
    let cases = [
        (Chip::Esp32c3, secure, "This ESP32-C3 is in secure download mode"),
        (Chip::Esp32c2, secure, "This ESP32-C2 is in secure download mode"),
        (Chip::Esp32s2, secure, "This ESP32-S2 is in secure download mode"),
        (Chip::Esp32c3, encrypted, "The flash of this ESP32-C3 is encrypted"),
        (Chip::Esp32s2, encrypted, "The flash of this ESP32-S2 is encrypted"),
        (Chip::Esp32c2, encrypted, "The flash of this ESP32-C2 is encrypted"),
        (Chip::Esp32, encrypted, "The flash of this ESP32 is encrypted"),
    ];
    for (chip, faults, sentence) in cases {
        let bench = Bench::with(chip, |spec| spec.faults = faults);
        let desk = bench.desk();
        let action = espalier_core::board::FlashAction::EraseFirst;
        let status = desk.flash(FlashSpec { action, ..FlashSpec::bundled() });
        let fault = fault(&status);
        assert_eq!(fault.kind, FaultKind::Locked, "{chip}: {status:#?}");
        assert!(fault.what.contains(sentence) && fault.hint.contains("eFuses"), "{fault}");
        assert!(bench.flash().iter().all(|byte| *byte == 0xff), "{chip} was written");
        // The link goes on as before, and a chip that is not locked is flashed.
        bench.board.set_faults(Faults::default());
        if chip == Chip::Esp32c3 {
            can_be_flashed(&desk);
        }
    }
}

#[test]
fn chip_without_a_bundled_image_is_refused_by_name() {
    let bundled = espalier_engine::board::images::bundled();
    let known = |chip: Chip| chip.name().parse::<Known>().unwrap();
    let has_none = |chip: &Chip| bundled.iter().all(|image| image.chip != known(*chip));
    let Some(chip) = Chip::ALL.into_iter().find(has_none) else {
        eprintln!("SKIPPED: there is an image for every chip that can be simulated");
        return;
    };
    let bench = Bench::new(chip);
    let desk = bench.desk();
    let fault = fault(&desk.flash(FlashSpec::bundled()));
    assert_eq!(fault.kind, FaultKind::NoImage);
    assert!(fault.what.contains(known(chip).name()), "{fault}");
    let file = bench.noise("own.bin", 4096, 0x2_0000);
    outcome(&desk.flash(FlashSpec::files(vec![file])));
}

#[test]
fn mismatch_after_writing_is_told_with_the_place() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = bench.desk();
    // Of the one part, the comparison before writing is wrong first (and would be anyway), then the one after it.
    bench.board.set_faults(Faults { bad_md5: 2, ..Faults::default() });
    let file = bench.noise("one.bin", 10_000, 0x2_0000);
    let fault = fault(&desk.flash(FlashSpec::files(vec![file])));
    assert_eq!(fault.kind, FaultKind::VerifyFailed);
    assert!(fault.what.contains("one.bin") && fault.what.contains("0x20000"), "{fault}");
    can_be_flashed(&desk);
}

#[test]
fn cancel_at_forty_percent_leaves_a_loader_that_goes_on_where_it_was_stopped() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = bench.desk();
    bench
        .board
        .set_faults(Faults { slow_erase: Some(Duration::from_millis(10)), ..Faults::default() });
    let files = || vec![bench.noise("big.bin", 1 << 20, 0x1_0000)];
    desk.begin(FlashSpec::files(files()));
    desk.wait_flash("40 %", |flash| {
        matches!(flash.step, FlashStep::Writing(_)) && flash.progress().is_some_and(|p| p >= 0.4)
    });
    let at = desk.link.status().flash.as_ref().map_or(0, |flash| flash.done);
    desk.ask(BoardCommand::CancelFlash);
    let status = desk.flashed();
    assert_eq!(fault(&status).kind, FaultKind::Cancelled);
    assert!(fault(&status).what.contains("incomplete"), "{:?}", status.outcome);
    assert!(status.done <= at + 256 * 1024, "{} bytes after the cancel", status.done - at);
    bench.wait_for(Mode::RomLoader);
    bench.board.set_faults(Faults::default());
    outcome(&desk.flash(FlashSpec::files(files())));
    assert!(bench.flash()[0x1_0000..][..1 << 20] == noise(1 << 20));
}

#[test]
fn board_that_goes_away_in_the_middle_is_told_and_flashed_again_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("port");
    let bench = Bench::with(Chip::Esp32c3, |spec| {
        spec.link = Some(link.clone());
        spec.faults = Faults {
            vanish_after: Some(100_000),
            vanish_for: Some(Duration::from_secs(1)),
            ..Faults::default()
        };
    });
    let desk = Desk::open(link.to_str().unwrap());
    desk.wait_open();
    let files = || vec![bench.noise("big.bin", 400_000, 0x1_0000)];
    let status = desk.flash(FlashSpec::files(files()));
    assert_eq!(fault(&status).kind, FaultKind::Gone, "{status:#?}");
    desk.wait("the board's return", |heard| (heard.opened.len() == 2).then_some(()));
    bench.board.set_faults(Faults::default());
    outcome(&desk.flash(FlashSpec::files(files())));
    assert!(bench.flash()[0x1_0000..][..400_000] == noise(400_000));
}

#[test]
fn busy_port_is_told_with_its_holder_and_nothing_is_disturbed() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = bench.desk();
    let second = Desk::open(bench.path());
    let (reason, detail) = second.wait("a refusal", |heard| heard.ended.clone());
    assert_eq!(reason, EndReason::PortBusy);
    assert!(detail.contains(&bench.path()), "{detail}");
    can_be_flashed(&desk);
}

#[test]
fn noise_at_high_speed_sends_the_ladder_down() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = bench.desk();
    bench.board.set_faults(Faults { noise_from: Some(460_800), ..Faults::default() });
    let status = desk.flash(FlashSpec::bundled());
    outcome(&status);
    assert_eq!(status.loader.baud, 115_200, "{:#?}", status.attempts);
    told(&status, "Trying 460800 baud");
    told(&status, "Trying 115200 baud with the stub loader");
}

#[test]
fn stalled_write_sends_the_ladder_down_and_keeps_what_is_written() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = bench.desk();
    bench.board.set_faults(Faults {
        stall_after: Some(300_000),
        stall_for: Duration::from_secs(14),
        ..Faults::default()
    });
    let files = vec![bench.noise("big.bin", 600_000, 0x1_0000)];
    let status = desk.flash(FlashSpec::files(files));
    outcome(&status);
    told(&status, "Trying 460800 baud");
    assert!(bench.flash()[0x1_0000..][..600_000] == noise(600_000));
}

#[test]
fn deaf_board_asks_for_hands_and_goes_on_by_itself_when_the_loader_answers() {
    let bench = Bench::with(Chip::Esp32c3, |spec| spec.auto_reset = false);
    let desk = bench.desk();
    let spec = FlashSpec { chip: Some(Known::Esp32C3), ..FlashSpec::bundled() };
    desk.begin(spec);
    desk.wait_flash("a call for hands", |flash| {
        matches!(&flash.step, FlashStep::NeedsHands { help } if help.contains("BOOT") && help.contains("GPIO9"))
    });
    bench.board.enter_download_mode();
    let status = desk.flashed();
    outcome(&status);
    told(&status, "no modem lines");
}

/// A ROM takes the speed of the first SYNC that it hears, which may have been one of our search for a stub.
#[test]
fn rom_that_took_another_speed_is_found_and_brought_back() {
    use std::io::Write as _;
    let bench = Bench::with(Chip::Esp32c3, |spec| spec.auto_reset = false);
    bench.board.enter_download_mode();
    bench.wait_for(Mode::RomLoader);
    let mut port = serialport::new(bench.path(), 460_800).open_native().unwrap();
    let head = [0xc0, 0, 8, 36, 0, 0, 0, 0, 0, 7, 7, 0x12, 0x20];
    port.write_all(&[&head[..], &[0x55; 32], &[0xc0]].concat()).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    drop(port);
    let status = bench.desk().flash(FlashSpec::bundled());
    outcome(&status);
    told(&status, "No answer");
}

#[test]
fn patience_ends_with_what_to_press() {
    let bench = Bench::with(Chip::Esp32c3, |spec| spec.auto_reset = false);
    let desk = bench.desk();
    let spec = FlashSpec {
        before: BeforeFlash::None,
        patience: Duration::from_secs(2),
        ..FlashSpec::bundled()
    };
    let fault = fault(&desk.flash(spec));
    assert_eq!(fault.kind, FaultKind::NoSync);
    assert!(fault.hint.contains("Hold BOOT"), "{}", fault.hint);
}

#[test]
fn erasing_slowly_can_be_cancelled() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = bench.desk();
    bench
        .board
        .set_faults(Faults { slow_erase: Some(Duration::from_millis(5)), ..Faults::default() });
    let action = espalier_core::board::FlashAction::EraseFirst;
    desk.begin(FlashSpec { action, ..FlashSpec::bundled() });
    desk.wait_flash("the first erased block", |flash| {
        flash.step == FlashStep::Erasing && flash.done > 0
    });
    desk.ask(BoardCommand::CancelFlash);
    let status = desk.flashed();
    assert_eq!(fault(&status).kind, FaultKind::Cancelled);
    assert!(status.done < status.total);
    bench.board.set_faults(Faults::default());
    can_be_flashed(&desk);
}

//! Misbehaviour on request, as a tool sees it.

use std::time::{Duration, Instant};

use espalier_simulator::{Chip, Faults, Mode};
use espflash::connection::ResetAfterOperation::NoResetNoStub;
use espflash::target::DefaultProgressCallback;

use crate::espflash::connect;
use crate::fixture::Bench;
use crate::images::noise;

const CHIP: Chip = Chip::Esp32c3;

fn bench(faults: &str) -> Bench {
    let faults: Faults = faults.parse().unwrap();
    Bench::with(CHIP, &[], |spec| spec.faults = faults)
}

#[test]
fn noisy_line_fails_at_a_high_rate_and_works_at_a_lower_one() {
    let bench = bench("noise-from=460800");
    assert!(
        connect(&bench, NoResetNoStub, true, Some(921_600)).is_ok(),
        "the change itself is heard"
    );
    let mut flasher = connect(&bench, NoResetNoStub, true, Some(921_600)).unwrap();
    flasher.connection().set_timeout(Duration::from_millis(200)).unwrap();
    assert!(flasher.connection().read_reg(0x4000_1000).is_err());
    drop(flasher);
    let mut flasher = connect(&bench, NoResetNoStub, true, Some(230_400)).unwrap();
    let data = noise(1, 4096);
    flasher.write_bin_to_flash(0, &data, &mut DefaultProgressCallback).unwrap();
    assert_eq!(bench.flash()[..4096], data);
}

#[test]
fn wrong_md5_is_a_failed_verification_once() {
    let bench = bench("bad-md5=1");
    let mut flasher = connect(&bench, NoResetNoStub, true, None).unwrap();
    let data = noise(1, 4096);
    let failed = flasher.write_bin_to_flash(0, &data, &mut DefaultProgressCallback).unwrap_err();
    assert!(matches!(failed, espflash::Error::VerifyFailed), "{failed:?}");
    flasher.write_bin_to_flash(0, &data, &mut DefaultProgressCallback).unwrap();
}

#[test]
fn deaf_loader_hears_after_its_time() {
    let bench = bench("no-sync=1");
    let begun = Instant::now();
    while connect(&bench, NoResetNoStub, true, None).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
    assert!(begun.elapsed() > Duration::from_millis(900), "{:?}", begun.elapsed());
}

#[test]
fn board_that_vanishes_in_mid_write_comes_back_and_can_be_flashed() {
    let bench = bench("vanish-after=50000,vanish-for=1");
    let mut flasher = connect(&bench, NoResetNoStub, true, Some(921_600)).unwrap();
    let data = noise(1, 200_000);
    assert!(flasher.write_bin_to_flash(0, &data, &mut DefaultProgressCallback).is_err());
    bench.wait_for(Mode::Unplugged);
    assert!(bench.flash()[..50_000] == data[..50_000], "what was written stays");
    drop(flasher);
    bench.wait_for(Mode::Booting);
    let mut flasher = connect(&bench, NoResetNoStub, true, Some(921_600)).unwrap();
    flasher.write_bin_to_flash(0, &data, &mut DefaultProgressCallback).unwrap();
    assert_eq!(bench.flash()[..data.len()], data);
}

#[test]
fn slow_erase_and_stalled_write_take_their_time() {
    let bench = bench("slow-erase=2,stall-after=4096,stall-for=1");
    let mut flasher = connect(&bench, NoResetNoStub, true, None).unwrap();
    let begun = Instant::now();
    flasher.erase_flash().unwrap();
    assert!(begun.elapsed() > Duration::from_millis(2000), "{:?}", begun.elapsed());
    let begun = Instant::now();
    flasher.write_bin_to_flash(0, &noise(1, 40_000), &mut DefaultProgressCallback).unwrap();
    assert!(begun.elapsed() > Duration::from_millis(1000), "{:?}", begun.elapsed());
}

#[test]
fn board_without_a_reset_circuit_waits_for_its_button() {
    let bench = Bench::with(CHIP, &[], |spec| spec.auto_reset = false);
    assert!(connect(&bench, NoResetNoStub, true, None).is_err());
    bench.board.enter_download_mode();
    bench.wait_for(Mode::RomLoader);
    connect(&bench, NoResetNoStub, true, None).unwrap();
}

#[test]
fn esp32_that_answers_oddly_is_found_in_the_end() {
    let bench = Bench::with(Chip::Esp32, &[], |spec| spec.faults.slow_detect = true);
    let flasher = connect(&bench, NoResetNoStub, false, None).unwrap();
    assert_eq!(flasher.chip().to_string(), "esp32");
    drop(flasher);
    crate::esptool::with_tool(&bench, |tool| {
        let text = tool.succeed(&["--after", "no-reset", "flash-id"]);
        assert!(text.contains("Connected to ESP32 "), "{text}");
    });
}

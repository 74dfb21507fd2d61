//! What a board says after a reset, by what is in its flash.

use std::time::Duration;

use espalier_simulator::{Chip, Mode};

use crate::fixture::Bench;
use crate::images;

const CHIP: Chip = Chip::Esp32c3;

#[test]
fn new_board_finds_nothing_and_restarts() {
    for chip in Chip::ALL {
        let bench = Bench::new(chip);
        let mut monitor = bench.monitor();
        let first = monitor.expect("invalid header: 0xffffffff");
        let (number, _) = espalier_simulator::chip::facts(chip).causes[0];
        assert!(first.contains(&format!("rst:0x{number:x} (POWERON")), "{first}");
        let second =
            monitor.expect("invalid header: 0xffffffff\r\ninvalid header: 0xffffffff\r\ninvalid");
        drop(second);
        monitor.expect("rst:");
        let status = bench.board.status();
        assert!(status.resets >= 2, "{status:?}");
    }
}

#[test]
fn foreign_application_is_named_and_not_run() {
    let application = images::application(CHIP, "blinky", "1.2.3", 5000);
    let bench = Bench::with(CHIP, &images::flash(CHIP, &application), |_| {});
    let mut monitor = bench.monitor();
    let log = monitor.expect("foreign code cannot be run here");
    for line in [
        "ESP-ROM:esp32c3-api1-20210207\r\n",
        "rst:0x1 (POWERON),boot:0xc (SPI_FAST_FLASH_BOOT)\r\n",
        "load:0x3fcd5830,len:0x50\r\n",
        "boot: ESP-IDF v6.1-test 2nd stage bootloader\r\n",
        "boot: chip revision: v0.4\r\n",
        "boot.esp32c3: SPI Flash Size : 4MB\r\n",
        "boot:  2 factory          factory app      00 00 00010000 003f0000\r\n",
        "esp_image: segment 1: paddr=00010128 vaddr=42000020 size=01388h (  5000) map\r\n",
        "boot: Loaded app from partition at offset 0x10000\r\n",
        "simulator: the application is blinky 1.2.3; foreign",
    ] {
        assert!(log.contains(line), "no {line:?} in {log}");
    }
    bench.wait_for(Mode::Stopped);
}

#[test]
fn esp32_has_its_bootloader_further_up_and_its_own_words() {
    let chip = Chip::Esp32;
    let application = images::application(chip, "blinky", "1", 100);
    let bench = Bench::with(chip, &images::flash(chip, &application), |_| {});
    let log = bench.monitor().expect("foreign code");
    assert!(log.starts_with("ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"), "{log}");
    assert!(log.contains("load:0x3fcd5830,len:80\r\n"), "{log}");
}

/// What the chip says when one byte of a good flash is wrong, or something is missing.
#[test]
fn corrupted_flash_prints_the_failing_check() {
    type Change = fn(&mut Vec<u8>);
    let cases: [(&str, Change, &str); 9] = [
        ("bootloader byte", |f| f[200] ^= 1, "csum err:0x"),
        (
            "bootloader of another chip",
            |f| f[12] = 13,
            "Invalid chip id. Expected 5 read 13. Bootloader for wrong chip?",
        ),
        (
            "no table",
            |f| f[0x8000..0x8c00].fill(0xff),
            "flash_parts: partition 0 invalid magic number 0xffff",
        ),
        ("table byte", |f| f[0x8008] ^= 1, "flash_parts: Incorrect MD5 checksum"),
        ("table beyond flash", |f| f[0x804b] = 0x7f, "exceeds flash chip size 0x400000"),
        (
            "no application",
            |f| f.truncate(0x1_0000),
            "esp_image: image at 0x10000 has invalid magic byte (nothing flashed here?)",
        ),
        ("application byte", |f| f[0x1_0200] ^= 1, "esp_image: Checksum failed. Calculated 0x"),
        (
            "application hash",
            |f| *f.last_mut().unwrap() ^= 1,
            "esp_image: Image hash failed - image is corrupt",
        ),
        (
            "application of another chip",
            |f| {
                let other = images::application(Chip::Esp32c6, "espalier", "1", 5000);
                f.truncate(0x1_0000);
                f.extend(other);
            },
            "boot_comm: mismatch chip ID, expected 5, found 13",
        ),
    ];
    for (what, change, expected) in cases {
        let mut flash = images::flash(CHIP, &images::application(CHIP, "espalier", "1", 5000));
        change(&mut flash);
        let bench = Bench::with(CHIP, &flash, |_| {});
        let mut monitor = bench.monitor();
        let log = monitor.expect("rst:0x") + &monitor.expect("rst:0x");
        assert!(log.contains(expected), "{what}: no {expected:?} in {log}");
        assert!(!log.contains("Loaded app"), "{what}: {log}");
    }
}

#[test]
fn older_chips_say_so_in_their_own_words() {
    let revised = |chip, revision, change: fn(&mut Vec<u8>)| {
        let mut flash = images::flash(chip, &images::application(chip, "espalier", "1", 5000));
        change(&mut flash);
        let bench = Bench::with(chip, &flash, |spec| spec.revision = Some(revision));
        let mut monitor = bench.monitor();
        monitor.expect("rst:0x") + &monitor.expect("rst:0x")
    };
    let log = revised(Chip::Esp32, (1, 0), |flash| flash.clear());
    assert!(log.starts_with("ets Jun  8 2016 00:22:57\r\n"), "{log}");
    assert!(log.contains("flash read err, 1000\r\nets_main.c 371 \r\n"), "{log}");
    let log = revised(Chip::Esp32c3, (0, 2), |flash| flash[0x1_000f] = 3);
    assert!(
        log.contains("boot_comm: chip revision check failed. Required >= v0.3, found v0.2."),
        "{log}"
    );
    let log = revised(Chip::Esp32c3, (0, 2), |flash| flash[15] = 3);
    assert!(log.contains("Required >= v0.3, found v0.2.") && !log.contains("Partition"), "{log}");
    let log =
        revised(Chip::Esp32c3, (1, 1), |flash| flash[0x1_0011..0x1_0013].copy_from_slice(&[99, 0]));
    assert!(log.contains("Required <= v0.99, found v1.1."), "{log}");
    let log = revised(Chip::Esp32c3, (0, 4), |flash| {
        flash[0x8048..0x804c].copy_from_slice(&0x1000_u32.to_le_bytes());
        // Without the checksum, which the bootloader does not ask for.
        flash[0x8060..0x8080].fill(0xff);
    });
    assert!(log.contains("doesn't fit in partition length"), "{log}");
}

#[test]
fn ota_slot_is_taken_when_there_is_no_factory_application() {
    let mut flash = images::flash(CHIP, &images::application(CHIP, "blinky", "1", 100));
    // Make the third entry ota_1 and leave out the checksum, which the bootloader does not ask for.
    flash[0x8043] = 0x11;
    flash[0x8060..0x8080].fill(0xff);
    let bench = Bench::with(CHIP, &flash, |_| {});
    let log = bench.monitor().expect("foreign code");
    assert!(log.contains("2 factory          OTA app          00 11"), "{log}");
}

#[test]
fn buttons_reset_and_bring_the_loader() {
    let bench = Bench::new(CHIP);
    let mut monitor = bench.monitor();
    monitor.expect("invalid header");
    bench.board.enter_download_mode();
    monitor.expect("boot:0x4 (DOWNLOAD(USB/UART0/1))\r\nwaiting for download\r\n");
    bench.wait_for(Mode::RomLoader);
    bench.board.press_en();
    monitor.expect("rst:0x1 (POWERON),boot:0xc (SPI_FAST_FLASH_BOOT)");
}

#[test]
fn cable_takes_the_port_and_the_power_with_it() {
    let link = tempfile::tempdir().unwrap();
    let link = link.path().join("board");
    let bench = Bench::with(CHIP, &[], |spec| spec.link = Some(link.clone()));
    assert_eq!(std::fs::read_link(&link).unwrap(), bench.board.path());
    bench.board.unplug();
    bench.wait_for(Mode::Unplugged);
    assert!(std::fs::symlink_metadata(&link).is_err());
    assert!(!bench.board.path().exists(), "its number may be another's");
    bench.board.plug_in();
    bench.wait(|status| status.mode == Mode::Booting);
    assert_eq!(std::fs::read_link(&link).unwrap(), bench.board.path());
    bench.monitor().expect("rst:0x1 (POWERON)");
    drop(bench);
    assert!(std::fs::symlink_metadata(&link).is_err());
}

#[test]
fn monitor_at_another_rate_hears_noise() {
    let bench = Bench::new(CHIP);
    let mut monitor = bench.monitor();
    monitor.expect("invalid header");
    monitor.set_rate(74_880);
    // What was on its way at the right rate may still come; nothing after it.
    std::thread::sleep(Duration::from_millis(50));
    monitor.listen();
    monitor.heard.clear();
    while monitor.heard.len() < 200 {
        monitor.listen();
    }
    assert!(!monitor.heard.contains("invalid"), "{:?}", monitor.heard);
    monitor.set_rate(115_200);
    monitor.expect("invalid header: 0xffffffff");
}

//! Unmodified esptool 5, from PyPI.

use std::fs;
use std::path::Path;
use std::process::Command;

use espalier_simulator::{Chip, Mode};

pub use crate::esptool_program::program;
use crate::esptool_program::run;
use crate::fixture::Bench;
use crate::images::{self, noise};

/// One run of esptool on a board without modem lines.
pub struct Tool<'a> {
    bench: &'a Bench,
    program: &'a Path,
    before: &'a str,
    chip: &'a str,
}

impl Tool<'_> {
    pub fn run(&self, arguments: &[&str]) -> (bool, String) {
        let path = self.bench.path();
        let output = Command::new(self.program)
            .args(["--chip", self.chip, "--port", &path, "--before", self.before])
            .args(arguments)
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].map(|b| String::from_utf8_lossy(&b).into_owned());
        (output.status.success(), text.concat())
    }

    pub fn succeed(&self, arguments: &[&str]) -> String {
        let (success, text) = self.run(arguments);
        assert!(success, "esptool {arguments:?}: {text}");
        text
    }
}

/// A board and the tool, unless there is no tool.
pub fn with_tool(bench: &Bench, test: impl FnOnce(&Tool<'_>)) {
    if let Some(program) = program() {
        test(&Tool { bench, program, before: "no-reset", chip: "auto" });
    }
}

#[test]
fn detects_every_chip() {
    for chip in Chip::ALL {
        let bench = Bench::with(chip, &[], |spec| spec.seed = 5);
        with_tool(&bench, |tool| {
            let known = fs::read_to_string(bench.folder.path().join("board.txt")).unwrap();
            let mac = known.split_whitespace().nth(1).unwrap();
            for stub in [&["--no-stub"][..], &[]] {
                let text = tool.succeed(&[stub, &["--after", "no-reset", "flash-id"]].concat());
                let (major, minor) = espalier_simulator::chip::facts(chip).revision;
                assert!(text.contains(&format!("Connected to {}", chip.title())), "{text}");
                assert!(text.contains(&format!("(revision v{major}.{minor})")), "{text}");
                assert!(text.contains(mac), "{text}");
                assert!(text.contains("Manufacturer: c8"), "{text}");
                assert!(text.contains("Detected flash size: 4MB"), "{text}");
            }
        });
    }
}

#[test]
fn secure_download_mode_is_what_it_takes_it_for() {
    for chip in [Chip::Esp32c3, Chip::Esp32s2] {
        let bench = Bench::with(chip, &[], |spec| spec.faults.secure_download = true);
        with_tool(&bench, |tool| {
            let (success, text) = tool.run(&["--after", "no-reset", "flash-id"]);
            assert!(!success, "{text}");
            assert!(text.contains(&format!("{} in Secure Download Mode", chip.title())), "{text}");
            assert!(text.contains("'flash-id' command is not available"), "{text}");
            // Writing is what the mode is for.
            let file = bench.folder.path().join("one.bin");
            fs::write(&file, noise(3, 4096)).unwrap();
            let file = file.to_str().unwrap();
            tool.succeed(&["--after", "no-reset", "write-flash", "0x20000", file]);
            assert_eq!(bench.flash()[0x2_0000..][..4096], noise(3, 4096));
        });
    }
}

#[test]
fn encryption_is_found_in_the_fuses() {
    let bench = Bench::with(Chip::Esp32c3, &[], |spec| spec.faults.encrypted = true);
    with_tool(&bench, |tool| {
        let text = tool.succeed(&["--no-stub", "--after", "no-reset", "get-security-info"]);
        assert!(text.contains("Flash Encryption: Enabled"), "{text}");
    });
}

#[test]
fn fuses_are_read() {
    for chip in [Chip::Esp32, Chip::Esp32c3] {
        let bench = Bench::new(chip);
        with_tool(&bench, |tool| {
            let espefuse = tool.program.with_file_name("espefuse");
            let path = bench.path();
            let text =
                run(Command::new(espefuse)
                    .args(["--port", &path, "--before", "no-reset", "summary"]))
                .unwrap();
            let text = String::from_utf8_lossy(&text.stdout).into_owned();
            let known = fs::read_to_string(bench.folder.path().join("board.txt")).unwrap();
            let mac = known.split_whitespace().nth(1).unwrap();
            assert!(text.contains(mac) && text.contains("OK)"), "{text}");
        });
    }
}

#[test]
fn wrong_chip_is_refused() {
    let bench = Bench::new(Chip::Esp32c3);
    with_tool(&bench, |tool| {
        let tool = Tool { chip: "esp32", ..*tool };
        let (success, text) = tool.run(&["--after", "no-reset", "flash-id"]);
        assert!(!success);
        assert!(text.contains("This chip is ESP32-C3, not ESP32"), "{text}");
    });
}

/// Writes, verifies, reads back and erases; with the stub or the ROM, deflated or raw.
fn round_trip(chip: Chip, stub: bool, compress: bool, len: usize) {
    let bench = Bench::new(chip);
    with_tool(&bench, |tool| {
        let file = |name: &str| bench.folder.path().join(name).to_str().unwrap().to_owned();
        let (wanted, got) = (file("wanted.bin"), file("got.bin"));
        let mut data = noise(9, len);
        data.extend(b"easy to deflate ".repeat(len / 64));
        fs::write(&wanted, &data).unwrap();
        let common = ["--baud", "921600", "--after", "no-reset"];
        let common = if stub { common.to_vec() } else { [&common[..], &["--no-stub"]].concat() };
        let with = |more: &[&str]| tool.succeed(&[&common[..], more].concat());

        let how = if compress { "--compress" } else { "--no-compress" };
        let text = with(&["write-flash", how, "0x30000", &wanted]);
        assert!(text.contains("Hash of data verified"), "{text}");
        assert_eq!(bench.flash()[0x3_0000..][..data.len()], data);
        let text = with(&["verify-flash", "0x30000", &wanted]);
        assert!(text.to_lowercase().contains("verification successful"), "{text}");
        with(&["read-flash", "0x30000", &data.len().to_string(), &got]);
        assert_eq!(fs::read(&got).unwrap(), data);
        if stub {
            with(&["erase-region", "0x30000", "0x1000"]);
            assert!(bench.flash()[0x3_0000..0x3_1000].iter().all(|&byte| byte == 0xff));
            assert_eq!(bench.flash()[0x3_1000..0x3_2000], data[0x1000..0x2000]);
            with(&["erase-flash"]);
            assert!(bench.flash().iter().all(|&byte| byte == 0xff));
        }
    });
}

#[test]
fn round_trip_with_the_stub() {
    round_trip(Chip::Esp32c3, true, true, 200_000);
    round_trip(Chip::Esp32, true, false, 70_000);
}

#[test]
fn round_trip_without_the_stub() {
    round_trip(Chip::Esp32, false, true, 20_000);
    round_trip(Chip::Esp32c6, false, false, 20_000);
}

#[test]
fn stub_that_stays_is_used_again() {
    let bench = Bench::new(Chip::Esp32c3);
    with_tool(&bench, |tool| {
        tool.succeed(&["--after", "no-reset-stub", "flash-id"]);
        bench.wait_for(Mode::StubLoader);
        let text = tool.succeed(&["--after", "no-reset", "flash-id"]);
        assert!(text.contains("Stub flasher is already running"), "{text}");
        bench.wait_for(Mode::RomLoader);
    });
}

#[test]
fn application_is_started_without_modem_lines() {
    let flash =
        images::flash(Chip::Esp32c3, &images::application(Chip::Esp32c3, "blinky", "7", 99));
    let bench = Bench::with(Chip::Esp32c3, &flash, |_| {});
    with_tool(&bench, |tool| {
        // The ROM is asked to run the application.
        tool.succeed(&["--no-stub", "--after", "soft-reset", "flash-id"]);
        bench.monitor().expect("rst:0x3 (RTC_SW_SYS_RST)");
        // The RTC watchdog looks at the straps again.
        tool.succeed(&["--after", "watchdog-reset", "flash-id"]);
        bench.monitor().expect("rst:0x10 (RTCWDT_RTC_RST),boot:0xc (SPI_FAST_FLASH_BOOT)");
        // A reset by lines cannot be done, and does not spoil what was done before it.
        let text = tool.succeed(&["--after", "hard-reset", "flash-id"]);
        assert!(text.contains("Detected flash size: 4MB"), "{text}");
    });
}

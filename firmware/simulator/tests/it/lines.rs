//! The tools' default reset sequences, on a pty that is given modem lines by a preloaded shim. The
//! board has no automatic reset here, so that nothing else can bring it into its loader.

use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use espalier_simulator::{Chip, Mode};
use espflash::connection::{Connection, ResetAfterOperation, ResetBeforeOperation};
use espflash::flasher::Flasher;
use espflash::target::DefaultProgressCallback;
use serialport::UsbPortInfo;

use crate::esptool;
use crate::fixture::{Bench, PATIENCE};
use crate::images;

const CHIP: Chip = Chip::Esp32c3;
const LINES: &str = "ESPALIER_LINES";
const PORT: &str = "ESPALIER_PORT";

/// The shim, compiled once.
fn shim() -> Option<&'static Path> {
    static SHIM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let shim = SHIM.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/modem_lines.c");
        let shim = Path::new(env!("CARGO_TARGET_TMPDIR")).join("modem_lines.so");
        let mut cc = Command::new("cc");
        let cc = cc.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&shim).arg(source).arg("-ldl");
        match cc.output() {
            Ok(output) if output.status.success() => Some(shim),
            Ok(output) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
            Err(error) => {
                eprintln!("SKIPPED: the shim for modem lines cannot be compiled: {error}");
                None
            }
        }
    });
    shim.as_deref()
}

/// Runs a tool whose modem lines are the board's.
fn with_lines(bench: &Bench, shim: &Path, command: &mut Command) -> String {
    let at = bench.folder.path().join("lines");
    let lines = UnixDatagram::bind(&at).unwrap();
    lines.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let mut tool = command
        .env("LD_PRELOAD", shim)
        .env(LINES, &at)
        .env(PORT, bench.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut text = [0; 2];
    let mut done = false;
    loop {
        match lines.recv(&mut text) {
            Ok(_) => bench.board.set_lines(text[0] == b'1', text[1] == b'1'),
            Err(_) if done => break,
            Err(_) => done = tool.try_wait().unwrap().is_some(),
        }
    }
    let output = tool.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].map(|b| String::from_utf8_lossy(&b).into_owned());
    let text = text.concat();
    assert!(output.status.success(), "{text}");
    text
}

/// A board that runs something else and does not listen to SYNC.
fn bench() -> Bench {
    let flash = images::flash(CHIP, &images::application(CHIP, "blinky", "1", 100));
    let bench = Bench::with(CHIP, &flash, |spec| spec.auto_reset = false);
    bench.wait_for(Mode::Stopped);
    bench
}

#[test]
fn esptool_resets_into_the_loader_and_out_of_it() {
    let (Some(shim), Some(program)) = (shim(), esptool::program()) else { return };
    let bench = bench();
    let text =
        with_lines(&bench, shim, Command::new(program).args(["--port", &bench.path(), "flash-id"]));
    assert!(text.contains("Detected flash size: 4MB"), "{text}");
    assert!(text.contains("Hard resetting via RTS pin"), "{text}");
    // Into the loader, and out of it again: the application is back.
    bench.wait_for(Mode::Stopped);
    assert!(bench.board.status().resets >= 3, "{:?}", bench.board.status());
    bench.monitor().expect("the application is blinky");
}

#[test]
fn espflash_resets_into_the_loader_and_out_of_it() {
    // In the process that this test starts: be the tool.
    if let Ok(port) = std::env::var(PORT) {
        let port = serialport::new(port, 115_200).timeout(PATIENCE).open_native().unwrap();
        let usb =
            UsbPortInfo { vid: 0, pid: 0, serial_number: None, manufacturer: None, product: None };
        let connection = Connection::new(
            port,
            usb,
            ResetAfterOperation::HardReset,
            ResetBeforeOperation::DefaultReset,
            115_200,
        );
        let mut flasher =
            Flasher::connect(connection, true, true, false, None, Some(921_600)).unwrap();
        let data = images::application(CHIP, "flashed", "2", 9000);
        flasher.write_bin_to_flash(0x1_0000, &data, &mut DefaultProgressCallback).unwrap();
        return;
    }
    let Some(shim) = shim() else { return };
    let bench = bench();
    let name = "lines::espflash_resets_into_the_loader_and_out_of_it";
    let me = std::env::current_exe().unwrap();
    with_lines(&bench, shim, Command::new(me).args(["--exact", name]));
    bench.wait_for(Mode::Stopped);
    bench.monitor().expect("the application is flashed 2");
}

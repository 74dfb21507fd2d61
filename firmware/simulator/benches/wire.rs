//! How long it takes to flash 1 MiB of incompressible data to the simulated board: by espflash's
//! library and, when the tests have installed it, by esptool, on the same machine in the same run.
//!
//! `cargo bench -p espalier-simulator`

fn main() {
    #[cfg(unix)]
    unix::main();
    #[cfg(not(unix))]
    println!("there is no simulated board on this system");
}

#[cfg(unix)]
mod unix {
    use std::path::Path;
    use std::process::Command;
    use std::time::{Duration, Instant};

    use espalier_simulator::{Chip, RunningBoard, Simulator, SimulatorSpec};
    use espflash::connection::{Connection, ResetAfterOperation, ResetBeforeOperation};
    use espflash::flasher::Flasher;
    use espflash::target::DefaultProgressCallback;
    use serialport::UsbPortInfo;

    const LEN: usize = 1 << 20;
    const ROUNDS: usize = 5;

    pub fn main() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("noise.bin");
        let data = noise();
        std::fs::write(&file, &data).expect("the data");
        let esptool = Path::new(env!("CARGO_TARGET_TMPDIR")).join("esptool5/bin/esptool");
        for _ in 0..ROUNDS {
            tell("espflash, write and verify", espflash(&data));
            if esptool.exists() {
                let (whole, writing) = run_esptool(&esptool, &file);
                tell("esptool, write and verify", writing);
                tell("esptool, whole process", whole);
            } else {
                println!("SKIPPED: esptool is not installed; run the tests first");
            }
        }
    }

    fn tell(what: &str, time: Duration) {
        let rate = LEN as f64 / 1024.0 / time.as_secs_f64();
        println!("{what:28} {:7.3} s {rate:9.0} KiB/s", time.as_secs_f64());
    }

    fn board() -> RunningBoard {
        Simulator::start(SimulatorSpec::new(Chip::Esp32c3)).expect("a board")
    }

    fn espflash(data: &[u8]) -> Duration {
        let board = board();
        let path = board.path();
        let port = serialport::new(path.to_string_lossy(), 115_200)
            .timeout(Duration::from_secs(3))
            .open_native()
            .expect("the port");
        let usb =
            UsbPortInfo { vid: 0, pid: 0, serial_number: None, manufacturer: None, product: None };
        let connection = Connection::new(
            port,
            usb,
            ResetAfterOperation::NoResetNoStub,
            ResetBeforeOperation::NoReset,
            115_200,
        );
        let mut flasher = Flasher::connect(connection, true, true, false, None, Some(921_600))
            .expect("a connection");
        let begun = Instant::now();
        flasher.write_bin_to_flash(0, data, &mut DefaultProgressCallback).expect("a write");
        begun.elapsed()
    }

    /// Time of the process, and what it says of the write and the verification alone.
    fn run_esptool(program: &Path, file: &Path) -> (Duration, Duration) {
        let board = board();
        let begun = Instant::now();
        let output = Command::new(program)
            .args(["--chip", "esp32c3", "--baud", "921600", "--before", "no-reset"])
            .args(["--after", "no-reset", "--port"])
            .arg(board.path())
            .args(["write-flash", "0"])
            .arg(file)
            .output()
            .expect("esptool");
        let whole = begun.elapsed();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}");
        // "Wrote 1048576 bytes (…) at 0x00000000 in 1.2 seconds (… kbit/s)."
        let said = text.split(" in ").find_map(|part| part.split_once(" seconds"));
        let seconds = said.and_then(|(number, _)| number.parse().ok()).unwrap_or(f64::NAN);
        (whole, Duration::try_from_secs_f64(seconds).unwrap_or_default())
    }

    fn noise() -> Vec<u8> {
        let mut x = 0x9e37_79b9_7f4a_7c15_u64;
        std::iter::repeat_with(|| {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            (x >> 32) as u8
        })
        .take(LEN)
        .collect()
    }
}

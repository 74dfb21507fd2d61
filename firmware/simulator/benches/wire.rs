//! How long espflash's library takes to flash 1 MiB of incompressible data to the simulated board: what the simulator and
//! its pty allow. Our own flasher against esptool on the same port is measured by `flash`, a bench of `espalier-engine`.
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
    use std::time::{Duration, Instant};

    use espalier_simulator::{Chip, RunningBoard, Simulator, SimulatorSpec};
    use espflash::connection::{Connection, ResetAfterOperation, ResetBeforeOperation};
    use espflash::flasher::Flasher;
    use espflash::target::DefaultProgressCallback;
    use serialport::UsbPortInfo;

    const LEN: usize = 1 << 20;
    const ROUNDS: usize = 5;

    pub fn main() {
        let data = noise();
        for _ in 0..ROUNDS {
            let seconds = espflash(&data).as_secs_f64();
            let rate = LEN as f64 / 1024.0 / seconds;
            println!("espflash, write and verify {seconds:7.3} s {rate:9.0} KiB/s");
        }
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

//! Flashing 1 MiB of incompressible data to a simulated board by our link and by esptool, in turn on the same port; and
//! the time from the request to the first words of the bundled firmware.
//!
//! `cargo bench -p espalier-engine --bench flash`. esptool is taken from `ESPTOOL`, or from where the simulator's tests have
//! installed it.

fn main() {
    #[cfg(unix)]
    unix::main();
    #[cfg(not(unix))]
    println!("there is no simulated board on this system");
}

#[cfg(unix)]
mod unix {
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use espalier_core::Timestamp;
    use espalier_core::board::{
        AfterFlash, BoardCommand, BoardFault, FlashFile, FlashOutcome, FlashSpec, FlashStatus,
        FlashStep,
    };
    use espalier_core::session::{EndReason, SerialSpec, SessionEvent};
    use espalier_engine::board::link::{Link, LinkSink};
    use espalier_engine::board::ports::NoSimulatedBoards;
    use espalier_simulator::{Chip, RunningBoard, Simulator, SimulatorSpec};

    const LENGTH: usize = 1 << 20;
    const ROUNDS: u64 = 5;

    struct Deaf;

    impl LinkSink for Deaf {
        fn opened(&mut self, _at: Timestamp, _port: &str, _baud: u32) {}
        fn received(&mut self, _at: Timestamp, _bytes: &[u8]) -> Result<(), String> {
            Ok(())
        }
        fn sent(&mut self, _at: Timestamp, _bytes: &[u8]) -> Result<(), String> {
            Ok(())
        }
        fn event(&mut self, _at: Timestamp, _event: SessionEvent) {}
        fn waiting(&mut self, _at: Timestamp, _fault: &BoardFault) {}
        fn ended(&mut self, _at: Timestamp, _reason: EndReason, _detail: &str) {}
        fn symbols(
            &mut self,
            _elf: Option<&std::path::Path>,
            _board: Option<&espalier_core::board::UsbIdentity>,
        ) {
        }

        fn changed(&mut self) {}
    }

    pub fn main() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let board = Simulator::start(SimulatorSpec::new(Chip::Esp32c3)).expect("a board");
        let esptool = std::env::var_os("ESPTOOL").map_or_else(
            || Path::new(env!("CARGO_TARGET_TMPDIR")).join("esptool5/bin/esptool"),
            PathBuf::from,
        );
        let mut best = [Duration::MAX; 4];
        for round in 0..ROUNDS {
            let file = folder.path().join("noise.bin");
            std::fs::write(&file, noise(round * 2)).expect("the data");
            let ours = link(&board, &file);
            std::fs::write(&file, noise(round * 2 + 1)).expect("the data");
            let theirs = esptool.exists().then(|| run_esptool(&esptool, &board, &file));
            let (whole, writing) = theirs.unwrap_or_default();
            println!(
                "ours: whole {:.3?}, writing {:.3?}; esptool: whole {whole:.3?}, writing {writing:.3?}",
                ours.0, ours.1
            );
            for (best, time) in best.iter_mut().zip([ours.0, ours.1, whole, writing]) {
                *best = time.min(*best);
            }
        }
        if !esptool.exists() {
            println!(
                "SKIPPED: esptool is not installed; run the simulator's tests first, or set ESPTOOL"
            );
        }
        let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
        println!(
            "best of {ROUNDS}: whole {:.2} x esptool, writing {:.2} x esptool",
            ratio(best[0], best[2]),
            ratio(best[1], best[3])
        );
        for _ in 0..ROUNDS {
            println!("request to the firmware's first words: {:.3?}", first_words());
        }
    }

    /// From the request until it is over, and the writing alone.
    fn link(board: &RunningBoard, file: &Path) -> (Duration, Duration) {
        let port = board.path().to_string_lossy().into_owned();
        let link = Link::open(SerialSpec::new(port), Arc::new(NoSimulatedBoards), Box::new(Deaf))
            .expect("a link");
        let file = FlashFile { path: file.to_owned(), address: Some(0x1_0000) };
        let spec = FlashSpec { after: AfterFlash::None, ..FlashSpec::files(vec![file]) };
        let began = Instant::now();
        let flash = BoardCommand::Flash(Box::new(spec));
        link.command(flash).expect("room for a command");
        let mut writing = None;
        let whole = wait(&link, began, |status| {
            let at = Instant::now();
            match status.step {
                FlashStep::Writing(_) => drop(writing.get_or_insert((at, at))),
                FlashStep::Verifying(_) => writing = writing.map(|(from, _)| (from, at)),
                _ => {}
            }
            status.outcome.is_some()
        });
        link.close();
        link.wait_closed();
        let (from, to) = writing.expect("some writing");
        (whole, to - from)
    }

    fn first_words() -> Duration {
        let board = Simulator::start(SimulatorSpec::new(Chip::Esp32c3)).expect("a board");
        let port = board.path().to_string_lossy().into_owned();
        let link = Link::open(SerialSpec::new(port), Arc::new(NoSimulatedBoards), Box::new(Deaf))
            .expect("a link");
        let began = Instant::now();
        let flash = BoardCommand::Flash(Box::new(FlashSpec::bundled()));
        link.command(flash).expect("room for a command");
        wait(&link, began, |status| matches!(status.outcome, Some(Ok(FlashOutcome::Running))))
    }

    fn wait(link: &Link, began: Instant, mut over: impl FnMut(&FlashStatus) -> bool) -> Duration {
        loop {
            if let Some(flash) = &link.status().flash {
                if let Some(Err(fault)) = &flash.outcome {
                    panic!("{fault}: {}", fault.detail);
                }
                if over(flash) {
                    return began.elapsed();
                }
            }
            assert!(began.elapsed() < Duration::from_secs(120), "it never ends");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Time of the process, and what it says of the writing.
    fn run_esptool(program: &Path, board: &RunningBoard, file: &Path) -> (Duration, Duration) {
        let began = Instant::now();
        let output = Command::new(program)
            .args(["--chip", "esp32c3", "--baud", "921600", "--before", "no-reset"])
            .args(["--after", "no-reset", "--port"])
            .arg(board.path())
            .args(["write-flash", "0x10000"])
            .arg(file)
            .output()
            .expect("esptool");
        let whole = began.elapsed();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}");
        // "Wrote 1048576 bytes (…) at 0x00010000 in 1.2 seconds (… kbit/s)."
        let said = text.split(" in ").find_map(|part| part.split_once(" seconds"));
        let seconds = said.and_then(|(number, _)| number.parse().ok()).unwrap_or(f64::NAN);
        (whole, Duration::try_from_secs_f64(seconds).unwrap_or_default())
    }

    fn noise(seed: u64) -> Vec<u8> {
        let mut x = 0x9e37_79b9_7f4a_7c15_u64 ^ (seed << 17);
        let next = || {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            (x >> 32) as u8
        };
        std::iter::repeat_with(next).take(LENGTH).collect()
    }
}

//! The bundled firmware onto a board that is empty, by `espalier flash` and by `esptool write-flash`: the same parts, at the same
//! speed, on the same pseudo-terminal, from the start of each program to its end. `cargo bench -p espalier --bench flash`; at most
//! as long as esptool takes is what is wanted.
//!
//! esptool is taken from `ESPTOOL`, or from where the tests have installed it.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may stop where it stands")]

fn main() {
    #[cfg(unix)]
    unix::main();
    #[cfg(not(unix))]
    println!("SKIPPED: there is no simulated board on this system");
}

#[cfg(unix)]
mod unix {
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::time::{Duration, Instant};

    use espalier_simulator::{Chip, Mode, RunningBoard, Simulator, SimulatorSpec};

    const ROUNDS: usize = 7;
    const BAUD: &str = "921600";

    pub fn main() {
        let esptool = std::env::var_os("ESPTOOL").map_or_else(
            || Path::new(env!("CARGO_TARGET_TMPDIR")).join("esptool5/bin/esptool"),
            PathBuf::from,
        );
        if !esptool.exists() {
            return println!(
                "SKIPPED: esptool is not installed; run the tests first, or set ESPTOOL"
            );
        }
        let folder = tempfile::tempdir().unwrap();
        let export = folder.path().join("export");
        let state = folder.path().join("state");
        espalier(&["images", "export", export.to_str().unwrap(), "--chip", "esp32c3"]);
        let parts = export.join("esp32c3");
        let spec =
            SimulatorSpec { state: Some(state.clone()), ..SimulatorSpec::new(Chip::Esp32c3) };
        let board = Simulator::start(spec).unwrap();
        let port = board.path().to_str().unwrap().to_owned();
        let common = ["--port", &port, "--before", "none", "--after", "none", "--baud", BAUD];
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            empty(&board, &common);
            ours.push(timed(|| espalier(&[&["flash"], &common[..]].concat())));
            let flash = std::fs::read(state.join("flash.bin")).unwrap();

            empty(&board, &common);
            let mut command = Command::new(&esptool);
            command.current_dir(&parts).args(["--chip", "esp32c3", "--port", &port]);
            command.args(["--baud", BAUD, "--before", "no-reset", "--after", "no-reset"]);
            command.args(["write-flash", "@flash_args"]);
            theirs.push(timed(|| run(&mut command)));
            assert!(std::fs::read(state.join("flash.bin")).unwrap() == flash, "not the same parts");
            println!("ours {:.3?}, esptool {:.3?}", ours.last().unwrap(), theirs.last().unwrap());
        }
        let (ours, theirs) = (median(ours), median(theirs));
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        println!("median of {ROUNDS}: ours {ours:.3?}, esptool {theirs:.3?}: {ratio:.2} x esptool");
    }

    /// Nothing is in the flash, and the ROM's loader listens.
    fn empty(board: &RunningBoard, common: &[&str]) {
        board.enter_download_mode();
        espalier(&[&["erase-flash", "all", "--yes"], common].concat());
        board.enter_download_mode();
        while board.status().mode != Mode::RomLoader {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn timed(act: impl FnOnce()) -> Duration {
        let began = Instant::now();
        act();
        began.elapsed()
    }

    fn median(mut times: Vec<Duration>) -> Duration {
        times.sort();
        times[times.len() / 2]
    }

    fn espalier(arguments: &[&str]) {
        run(Command::new(env!("CARGO_BIN_EXE_espalier")).args(arguments));
    }

    fn run(command: &mut Command) {
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&said));
    }
}

//! The bundled firmware onto a board that is empty, by `espalier flash` and by `esptool write-flash`: the same parts, at the same
//! speed, on the same pseudo-terminal, from the start of each program to its end. The line is a simulated one without pace.
//!
//! esptool is taken from `ESPTOOL`, or from where the tests have installed it.

use super::Work;
use crate::bench::Bench;
use crate::contest::Contest;

pub const WORK: Work = Work {
    name: "flash",
    title: "flashing the bundled firmware to a simulated ESP32-C3",
    contests,
};

#[cfg(not(unix))]
fn contests(_: &Bench) -> anyhow::Result<Vec<Contest<'_>>> {
    println!("  SKIPPED: there is no simulated board on this system");
    Ok(Vec::new())
}

#[cfg(unix)]
fn contests(bench: &Bench) -> anyhow::Result<Vec<Contest<'_>>> {
    unix::contests(bench)
}

#[cfg(unix)]
mod unix {
    use std::path::{Path, PathBuf};
    use std::rc::Rc;
    use std::time::{Duration, Instant};

    use anyhow::ensure;
    use espalier_simulator::{Chip, Mode, RunningBoard, Simulator, SimulatorSpec};

    use crate::bench::Bench;
    use crate::contest::{Contest, Figure, Unit};
    use crate::peers::{find, timed};

    const BAUD: &str = "921600";
    const FIGURES: &[Figure] =
        &[Figure { name: "", unit: Unit::Seconds, goal: "≤ 1.0 × esptool" }];

    pub fn contests(bench: &Bench) -> anyhow::Result<Vec<Contest<'_>>> {
        let (export, state) = (bench.file("images"), bench.file("board"));
        let mut command = bench.espalier();
        command.args(["images", "export"]).arg(&export).args(["--chip", "esp32c3"]);
        timed(command)?;
        let spec =
            SimulatorSpec { state: Some(state.clone()), ..SimulatorSpec::new(Chip::Esp32c3) };
        let board = Rc::new(Simulator::start(spec)?);
        let flash = Rc::new(state.join("flash.bin"));
        let (theirs, written) = (board.clone(), flash.clone());
        let contest = Contest::new("at 921,600 Bd, whole program", FIGURES)
            .by("Espalier", move || {
                empty(bench, &board)?;
                let took = timed(espalier(bench, &board, &["flash"]))?.wall;
                // What esptool has written must be the same.
                std::fs::copy(&*flash, bench.file("flash.bin"))?;
                Ok(vec![took])
            })
            .beside_at("esptool", esptool(), move |mut command| {
                empty(bench, &theirs)?;
                command.current_dir(export.join("esp32c3"));
                command.args(["--chip", "esp32c3", "--baud", BAUD, "--port"]).arg(theirs.path());
                command.args(["--before", "no-reset", "--after", "no-reset"]);
                command.args(["write-flash", "@flash_args"]);
                let took = timed(command)?.wall;
                let ours = std::fs::read(bench.file("flash.bin"));
                let same =
                    ours.is_ok_and(|ours| std::fs::read(&*written).is_ok_and(|it| it == ours));
                ensure!(same, "esptool has written something else");
                Ok(vec![took])
            });
        Ok(vec![contest])
    }

    fn esptool() -> Option<PathBuf> {
        let installed = Path::new(env!("CARGO_TARGET_TMPDIR")).join("esptool5/bin/esptool");
        let named = std::env::var_os("ESPTOOL").map(PathBuf::from);
        named.or_else(|| Some(installed).filter(|it| it.is_file())).or_else(|| find("esptool"))
    }

    fn espalier(bench: &Bench, board: &RunningBoard, what: &[&str]) -> std::process::Command {
        let mut command = bench.espalier();
        command.args(what).arg("--port").arg(board.path());
        command.args(["--before", "none", "--after", "none", "--baud", BAUD]);
        command
    }

    /// Nothing is in the flash, and the ROM's loader listens.
    fn empty(bench: &Bench, board: &RunningBoard) -> anyhow::Result<()> {
        board.enter_download_mode();
        timed(espalier(bench, board, &["erase-flash", "all", "--yes"]))?;
        board.enter_download_mode();
        let begun = Instant::now();
        while board.status().mode != Mode::RomLoader {
            ensure!(begun.elapsed() < Duration::from_secs(60), "the loader does not come");
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

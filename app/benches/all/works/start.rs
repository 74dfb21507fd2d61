//! From the start of a program until its window is seen, and the memory that is in no file then.

use std::rc::Rc;
use std::time::Duration;

use super::Work;
use crate::bench::Bench;
use crate::contest::{Contest, Figure, Unit};
use crate::display::Display;

pub const WORK: Work = Work { name: "start", title: "start, without a session", contests };

const FIGURES: &[Figure] = &[
    Figure { name: "to the first frame", unit: Unit::Milliseconds, goal: "≤ 120 ms" },
    Figure { name: "anonymous memory", unit: Unit::Mib, goal: "≤ 25 MiB" },
];

/// What a program has yet to do when it is seen.
const SETTLED: Duration = Duration::from_secs(2);

fn contests(bench: &Bench) -> anyhow::Result<Vec<Contest<'_>>> {
    let Some(display) = Display::open()? else { return Ok(Vec::new()) };
    let ours = Rc::new(display);
    let display = ours.clone();
    let run = |display: &Display, command: &mut std::process::Command, title: &str| {
        let (program, took) = display.start(command, title)?;
        std::thread::sleep(SETTLED);
        let memory = program.anonymous()?;
        program.end()?;
        Ok(vec![took * 1e3, memory])
    };
    let contest = Contest::new("window", FIGURES)
        .by("Espalier", move || run(&ours, &mut bench.espalier(), "Espalier"))
        .beside("putty", move |mut command| run(&display, &mut command, "PuTTY"));
    Ok(vec![contest])
}

//! Opening a large capture.

use super::Work;
use crate::bench::Bench;
use crate::contest::{Contest, Figure, Unit};
use crate::looked_at::LookedAt;

pub const WORK: Work =
    Work { name: "open", title: "opening a capture of lines in a view", contests };

const FIGURES: &[Figure] = &[
    Figure { name: "first screen", unit: Unit::Milliseconds, goal: "≤ 40 ms" },
    Figure { name: "end shown", unit: Unit::Milliseconds, goal: "≤ 40 ms" },
    Figure { name: "all rows counted", unit: Unit::Milliseconds, goal: "≤ 1,500 ms" },
];

fn contests(bench: &Bench) -> anyhow::Result<Vec<Contest<'_>>> {
    let capture = bench.capture()?;
    let contest = Contest::new(bench.size(), FIGURES).by("Espalier", move || {
        let end = LookedAt::open(capture, true)?.wait_for_screen();
        let log = LookedAt::open(capture, false)?;
        let times = [log.wait_for_screen(), end, log.wait_for_index()];
        Ok(times.map(|seconds| seconds * 1e3).to_vec())
    });
    Ok(vec![contest])
}

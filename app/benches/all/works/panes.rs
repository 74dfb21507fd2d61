//! Eight logs in sight, each with 10 MB/s of lines.

use std::net::{TcpListener, TcpStream};
use std::time::Instant;

use anyhow::Context as _;
use espalier_ui::Layout;

use super::Work;
use super::window::{Lines, Window};
use crate::bench::Bench;
use crate::contest::{Contest, Figure, Unit};
use crate::display::Display;

pub const WORK: Work =
    Work { name: "panes", title: "a window with eight logs in sight, 10 MB/s each", contests };

const FIGURES: &[Figure] = &[
    Figure { name: "CPU", unit: Unit::Percent, goal: "≤ 60 % a core" },
    Figure { name: "the slowest", unit: Unit::MbPerSecond, goal: "10 MB/s" },
    Figure { name: "the fastest", unit: Unit::MbPerSecond, goal: "" },
];

const ACROSS: usize = 4;
const DOWN: usize = 2;

/// MB/s, and how often a hundredth of it comes in a second.
const RATE: usize = 10;
const BEATS: usize = 100;

fn contests(bench: &Bench) -> anyhow::Result<Vec<Contest<'_>>> {
    let Some(display) = Display::open()? else { return Ok(Vec::new()) };
    let seconds = (bench.mib / 100).clamp(1, 10);
    let contest = Contest::new(format!("{} logs", ACROSS * DOWN), FIGURES)
        .by("Espalier", move || run(bench, &display, seconds));
    Ok(vec![contest])
}

fn run(bench: &Bench, display: &Display, seconds: usize) -> anyhow::Result<Vec<f64>> {
    let row = |from: usize| Layout::Row {
        shares: vec![1.0; ACROSS],
        children: (from..from + ACROSS).map(|index| Layout::Session { index }).collect(),
    };
    let rows = (0..DOWN).map(|down| row(down * ACROSS)).collect();
    let layout = Layout::Column { shares: vec![1.0; DOWN], children: rows };
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let (window, streams) = Window::open_all(bench, display, &listener, ACROSS * DOWN, layout)?;
    let (begun, before) = (Instant::now(), window.program.cpu()?);
    let rates = std::thread::scope(|scope| {
        let sender = || std::thread::Builder::new().name("sender".to_owned());
        let senders = streams.into_iter();
        let senders =
            senders.map(|stream| sender().spawn_scoped(scope, move || send(stream, seconds)));
        let senders = senders.collect::<std::io::Result<Vec<_>>>()?;
        let rates = senders.into_iter().map(|it| it.join().ok().context("a sender panicked")?);
        rates.collect::<anyhow::Result<Vec<f64>>>()
    })?;
    let cpu = window.program.cpu()? - before;
    let took = begun.elapsed().as_secs_f64();
    window.end()?;
    let slowest = rates.iter().copied().fold(f64::INFINITY, f64::min);
    let fastest = rates.iter().copied().fold(0.0, f64::max);
    Ok(vec![100.0 * cpu / took, slowest, fastest])
}

/// At which rate one took them, in MB/s.
fn send(stream: TcpStream, seconds: usize) -> anyhow::Result<f64> {
    let mut lines = Lines::at(RATE, stream);
    let begun = Instant::now();
    for _ in 0..=seconds * BEATS {
        lines.send()?;
    }
    // The first ones were due at once.
    Ok((RATE * seconds) as f64 / begun.elapsed().as_secs_f64())
}

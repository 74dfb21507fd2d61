//! What a window costs in which lines scroll by, and how late records are while it paints.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use espalier_core::session::{SessionSpec, TcpClientSpec, TransportSpec};
use espalier_engine::capture::SavedCapture;
use espalier_engine::workspace::{ProgramPaths, Workspace};
use espalier_ui::Layout;

use super::{Work, stamps};
use crate::bench::Bench;
use crate::contest::{Contest, Figure, Unit};
use crate::display::{Display, Running};
use crate::{material, sender};

pub const WORK: Work =
    Work { name: "window", title: "a window with one session, its log in sight", contests };

const CPU: &[Figure] = &[Figure { name: "CPU", unit: Unit::Percent, goal: "≤ 30 %" }];
const LATE: &[Figure] = &[
    Figure { name: "p50", unit: Unit::Microseconds, goal: "" },
    Figure { name: "p99", unit: Unit::Microseconds, goal: "≤ 60 µs" },
];

/// Bytes, and how often they come: 1 MB/s.
const PIECE: usize = 10_000;
const EVERY: Duration = Duration::from_millis(10);

/// What opening takes is not measured.
const SETTLED: Duration = Duration::from_secs(2);

fn contests(bench: &Bench) -> anyhow::Result<Vec<Contest<'_>>> {
    let Some(display) = Display::open()? else { return Ok(Vec::new()) };
    let display = std::rc::Rc::new(display);
    let also = display.clone();
    let seconds = (bench.mib as u64 / 100).clamp(1, 10);
    let count = (bench.mib * 4).clamp(100, 3_000);
    Ok(vec![
        Contest::new("1 MB/s of lines", CPU)
            .by("Espalier", move || Ok(vec![lines(bench, &display, seconds)?])),
        Contest::new(format!("{count} messages: how late a record's time is"), LATE)
            .by("Espalier", move || Ok(stamps::parts(late(bench, &also, count)?))),
    ])
}

/// Lines that come at a rate.
pub struct Lines {
    stream: TcpStream,
    text: Vec<u8>,
    piece: usize,
    begun: Instant,
    sent: u32,
}

impl Lines {
    /// 1 MB/s from now on.
    pub fn to(stream: TcpStream) -> Self {
        Self::at(1, stream)
    }

    /// So many MB/s, 50 at most, from now on.
    pub fn at(rate: usize, stream: TcpStream) -> Self {
        let (piece, text) = (PIECE * rate, material::lines(0).0);
        Self { stream, text, piece, begun: Instant::now(), sent: 0 }
    }

    /// Waits until the next ones are due, and sends them.
    pub fn send(&mut self) -> anyhow::Result<()> {
        std::thread::sleep((EVERY * self.sent).saturating_sub(self.begun.elapsed()));
        let pieces = self.text.len() / self.piece;
        let from = self.sent as usize % pieces * self.piece;
        self.stream.write_all(&self.text[from..from + self.piece])?;
        self.sent += 1;
        Ok(())
    }
}

/// A window whose sessions are clients of a listener.
pub struct Window {
    pub program: Running,
    home: PathBuf,
}

impl Window {
    pub fn open(
        bench: &Bench,
        display: &Display,
        listener: &TcpListener,
    ) -> anyhow::Result<(Self, TcpStream)> {
        let alone = Layout::Session { index: 0 };
        let (window, mut streams) = Self::open_all(bench, display, listener, 1, alone)?;
        Ok((window, streams.pop().context("no connection")?))
    }

    /// One with so many sessions, which lie like this.
    pub fn open_all(
        bench: &Bench,
        display: &Display,
        listener: &TcpListener,
        count: usize,
        layout: Layout,
    ) -> anyhow::Result<(Self, Vec<TcpStream>)> {
        let home = bench.file("window");
        std::fs::remove_dir_all(&home).ok();
        let client = TcpClientSpec::new("127.0.0.1", listener.local_addr()?.port());
        let sessions = vec![SessionSpec::new(TransportSpec::TcpClient(client)); count];
        let workspace = ProgramPaths::within(&home).workspace;
        Workspace { sessions, ..Workspace::default() }.save(&workspace)?;
        let layout = toml::to_string(&BTreeMap::from([("layout", layout)]))?;
        let mut file = OpenOptions::new().append(true).open(&workspace)?;
        file.write_all(format!("\n{layout}").as_bytes())?;
        let mut command = bench.espalier();
        command.env("ESPALIER_HOME", &home);
        let (program, _) = display.start(&mut command, "Espalier")?;
        let streams = (0..count).map(|_| sender::accept(listener));
        let streams = streams.collect::<anyhow::Result<_>>()?;
        std::thread::sleep(SETTLED);
        Ok((Self { program, home }, streams))
    }

    /// Ends it; where its captures are.
    pub fn end(self) -> anyhow::Result<PathBuf> {
        self.program.end()?;
        Ok(ProgramPaths::within(&self.home).captures)
    }
}

/// Per cent of one processor.
fn lines(bench: &Bench, display: &Display, seconds: u64) -> anyhow::Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let (window, stream) = Window::open(bench, display, &listener)?;
    let mut lines = Lines::to(stream);
    for _ in 0..100 {
        lines.send()?;
    }
    let (begun, before) = (Instant::now(), window.program.cpu()?);
    for _ in 0..seconds * 100 {
        lines.send()?;
    }
    let cpu = window.program.cpu()? - before;
    let took = begun.elapsed().as_secs_f64();
    window.end()?;
    Ok(100.0 * cpu / took)
}

/// In nanoseconds.
fn late(bench: &Bench, display: &Display, count: usize) -> anyhow::Result<Vec<i64>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let (window, stream) = Window::open(bench, display, &listener)?;
    let sent = stamps::send(stream, count)?;
    // It reads what there is before it ends.
    std::thread::sleep(SETTLED);
    let mut folders = std::fs::read_dir(window.end()?)?;
    let capture = folders.next().context("no capture")??.path();
    stamps::late(&SavedCapture::open(&capture)?, &sent)
}

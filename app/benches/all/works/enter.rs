//! From a key that is pressed until what was typed is on the wire: Enter, in a window with one connection.

use std::io::{ErrorKind, Read as _};
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;

use super::window::{Lines, Window};
use super::{Work, stamps};
use crate::bench::Bench;
use crate::contest::{Contest, Figure, Unit};
use crate::display::{Display, Keys};
use crate::sender;

pub const WORK: Work =
    Work { name: "enter", title: "from Enter to the wire, in a window", contests };

const FIGURES: &[Figure] = &[
    Figure { name: "p50", unit: Unit::Microseconds, goal: "" },
    Figure { name: "p99", unit: Unit::Microseconds, goal: "≤ 4,000 µs" },
];

/// From a letter to Enter, and from there to the next one: what the letter changes is painted by then.
const PAUSE: Duration = Duration::from_millis(60);

/// Where it is typed, as the windows come up: into the send box, into the terminal.
const SEND_BOX: (u32, u32) = (500, 705);
const TERMINAL: (u32, u32) = (640, 400);

fn contests(bench: &Bench) -> anyhow::Result<Vec<Contest<'_>>> {
    let Some(display) = Display::open_managed()? else { return Ok(Vec::new()) };
    let alone = Rc::new(display);
    let (theirs, busy) = (alone.clone(), alone.clone());
    let count = bench.mib.clamp(10, 100);
    Ok(vec![
        Contest::new(format!("{count} times"), FIGURES)
            .by("Espalier", move || ours(bench, &alone, count, false))
            .beside("putty", move |mut command| {
                let listener = TcpListener::bind("127.0.0.1:0")?;
                let port = listener.local_addr()?.port().to_string();
                command.args(["-raw", "-P", &port, "127.0.0.1"]);
                let (program, _) = theirs.start(&mut command, "PuTTY")?;
                let stream = sender::accept(&listener)?;
                let took = entered(&theirs, TERMINAL, stream, count)?;
                program.end()?;
                Ok(took)
            }),
        Contest::new(format!("{count} times while 1 MB/s of lines comes"), FIGURES)
            .by("Espalier", move || ours(bench, &busy, count, true)),
    ])
}

fn ours(bench: &Bench, display: &Display, count: usize, busy: bool) -> anyhow::Result<Vec<f64>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let (window, stream) = Window::open(bench, display, &listener)?;
    let over = AtomicBool::new(false);
    let took = std::thread::scope(|scope| {
        let (mut lines, over) = (Lines::to(stream.try_clone()?), &over);
        let peer = std::thread::Builder::new().name("peer".to_owned());
        peer.spawn_scoped(scope, move || {
            while busy && !over.load(Ordering::Relaxed) && lines.send().is_ok() {}
        })?;
        let took = entered(display, SEND_BOX, stream, count);
        over.store(true, Ordering::Relaxed);
        took
    });
    window.end()?;
    took
}

/// Types a letter and Enter, so often: p50 and p99 from Enter until the first byte comes that it has sent, in microseconds.
fn entered(
    display: &Display,
    place: (u32, u32),
    mut stream: TcpStream,
    count: usize,
) -> anyhow::Result<Vec<f64>> {
    let mut keys = Keys::of(display)?;
    keys.click(place)?;
    std::thread::sleep(PAUSE * 5);
    let mut late = Vec::with_capacity(count);
    let mut buffer = [0; 64];
    for _ in 0..count {
        keys.press("x")?;
        std::thread::sleep(PAUSE);
        // What sends each letter at once has sent this one.
        stream.set_read_timeout(Some(Duration::from_millis(1)))?;
        loop {
            match stream.read(&mut buffer) {
                Ok(read) => ensure!(read > 0, "the window closes its connection"),
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    break;
                }
                Err(error) => return Err(error.into()),
            }
        }
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let begun = Instant::now();
        keys.press("Return")?;
        ensure!(stream.read(&mut buffer)? > 0, "the window closes its connection");
        late.push(i64::try_from(begun.elapsed().as_nanos())?);
        std::thread::sleep(PAUSE);
    }
    Ok(stamps::parts(late))
}

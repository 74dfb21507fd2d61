//! How late the time of a received record is, from the moment when its sender began to write it.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, ensure};
use espalier_core::backend::prelude::*;
use espalier_core::capture::{Cursor, RecordBody, Source};
use espalier_core::session::{SessionSpec, TcpClientSpec, TransportSpec};
use espalier_core::{Direction, Position};
use espalier_engine::Engine;

use super::Work;
use crate::bench::Bench;
use crate::contest::{Contest, Figure, Unit};

pub const WORK: Work =
    Work { name: "stamps", title: "how late a received record's time is", contests };

const FIGURES: &[Figure] = &[
    Figure { name: "p50", unit: Unit::Microseconds, goal: "" },
    Figure { name: "p99", unit: Unit::Microseconds, goal: "≤ 60 µs" },
];

/// From one message to the next; not a whole number of milliseconds, so that timers do not beat with it.
const APART: Duration = Duration::from_micros(1_370);

/// Bytes of one: its number, and a newline.
const MESSAGE: usize = 16;

fn contests(bench: &Bench) -> anyhow::Result<Vec<Contest<'_>>> {
    let count = (bench.mib * 4).clamp(100, 3_000);
    let contests = [0, 6].map(|busy| {
        let what = match busy {
            0 => format!("{count} messages"),
            _ => format!("{count} messages beside {busy} busy threads"),
        };
        Contest::new(what, FIGURES).by("Espalier", move || {
            let folder = bench.file("stamps");
            let late = run(&folder, count, busy);
            std::fs::remove_dir_all(&folder).ok();
            Ok(parts(late?))
        })
    });
    Ok(contests.into())
}

/// p50 and p99, in microseconds.
pub fn parts(mut nanoseconds: Vec<i64>) -> Vec<f64> {
    nanoseconds.sort_unstable();
    let last = nanoseconds.len().saturating_sub(1);
    let part = |percent: usize| nanoseconds.get(last * percent / 100).copied().unwrap_or_default();
    [50, 99].map(|percent| part(percent) as f64 / 1e3).to_vec()
}

fn run(folder: &Path, count: usize, busy: usize) -> anyhow::Result<Vec<i64>> {
    let engine = Engine::new(folder)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let client = TcpClientSpec::new("127.0.0.1", listener.local_addr()?.port());
    let spec = SessionSpec::new(TransportSpec::TcpClient(client));
    let id = engine.open(SessionSpec { autostart: true, ..spec });
    let (stream, _) = listener.accept()?;
    let over = AtomicBool::new(false);
    let sent = std::thread::scope(|scope| {
        for _ in 0..busy {
            let thread = std::thread::Builder::new().name("busy".to_owned());
            thread.spawn_scoped(scope, || {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            })?;
        }
        let sent = send(stream, count);
        over.store(true, Ordering::Relaxed);
        sent
    })?;
    let session = engine.session(id).context("no session")?;
    let begun = std::time::Instant::now();
    let bytes = (count * MESSAGE) as u64;
    while session.status().traffic.received.bytes < bytes {
        ensure!(begun.elapsed() < Duration::from_secs(20), "not all messages came");
        std::thread::sleep(Duration::from_millis(5));
    }
    let capture = session.capture().context("no capture")?;
    late(&capture, &sent)
}

/// How late each received record is, in nanoseconds, by when its messages were sent.
pub fn late(capture: &dyn Source, sent: &[i64]) -> anyhow::Result<Vec<i64>> {
    let mut cursor = Cursor::new(capture, Position(0));
    let mut late = Vec::with_capacity(sent.len());
    while let Some(record) = cursor.next() {
        let RecordBody::Data(bytes) = &record.body else { continue };
        if record.direction == Direction::In {
            // Of several that were read at once, the time is that of the last.
            let number = bytes.rsplit(|byte| *byte == b'\n').nth(1).unwrap_or_default();
            let number = std::str::from_utf8(number)?.trim().parse::<usize>()?;
            late.push(record.at.0 - sent.get(number).context("a message of nobody")?);
        }
    }
    Ok(late)
}

/// Sends numbered messages; when each was, in nanoseconds since the epoch.
pub fn send(mut stream: TcpStream, count: usize) -> anyhow::Result<Vec<i64>> {
    stream.set_nodelay(true)?;
    let mut sent = Vec::with_capacity(count);
    for number in 0..count {
        std::thread::sleep(APART);
        let message = format!("{number:15}\n");
        sent.push(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos())?);
        stream.write_all(message.as_bytes())?;
    }
    Ok(sent)
}

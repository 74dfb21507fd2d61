//! Sending every millisecond: how late each message is for its absolute beat.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use espalier_core::backend::prelude::*;
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::capture::{Cursor, RecordBody};
use espalier_core::session::{SessionSpec, SessionState, TcpClientSpec, TransportSpec};
use espalier_core::{Direction, Position, SessionId};
use espalier_engine::Engine;

use super::Work;
use super::stamps::parts;
use crate::bench::Bench;
use crate::contest::{Contest, Figure, Unit};

pub const WORK: Work = Work { name: "cycle", title: "a cyclic send at 1 ms: how late", contests };

const IDLE: &[Figure] = &[
    Figure { name: "p50", unit: Unit::Microseconds, goal: "" },
    Figure { name: "p99", unit: Unit::Microseconds, goal: "≤ 300 µs" },
];
const FLOODED: &[Figure] = &[
    Figure { name: "p50", unit: Unit::Microseconds, goal: "" },
    Figure { name: "p99", unit: Unit::Microseconds, goal: "≤ 1,000 µs" },
];

fn contests(bench: &Bench) -> anyhow::Result<Vec<Contest<'_>>> {
    let count = (bench.mib * 4).clamp(100, 3_000);
    let lacks = cfg!(target_os = "linux") && !is_real_time_allowed();
    let user = if lacks { ", without real time" } else { "" };
    let contests = [("alone", IDLE, false), ("beside a session in a flood", FLOODED, true)];
    let contests = contests.map(|(what, figures, flooded)| {
        Contest::new(format!("{count} messages, {what}{user}"), figures)
            .by("Espalier", move || {
                let folder = bench.file("cycle");
                let late = run(&folder, count, flooded);
                std::fs::remove_dir_all(&folder).ok();
                Ok(parts(late?))
            })
            .by("a thread that sleeps", move || Ok(parts(sleeps(count))))
    });
    Ok(contests.into())
}

/// Whether this user may have threads in real time, on Linux: by CAP_SYS_NICE (bit 23), or by a limit.
fn is_real_time_allowed() -> bool {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let (status, limits) = (read("/proc/self/status"), read("/proc/self/limits"));
    let line = |text: &str, name: &str| {
        let rest = text.lines().find_map(|line| line.strip_prefix(name));
        rest.and_then(|rest| rest.split_whitespace().next()).unwrap_or("0").to_owned()
    };
    let capabilities = u64::from_str_radix(&line(&status, "CapEff:"), 16).unwrap_or(0);
    capabilities >> 23 & 1 == 1 || line(&limits, "Max realtime priority") != "0"
}

/// What a thread has that does nothing but to sleep until each beat, with nothing beside it.
fn sleeps(count: usize) -> Vec<i64> {
    let begun = Instant::now();
    let late = (1..=count as u32).map(|beat| {
        let due = Duration::from_millis(1) * beat;
        std::thread::sleep(due.saturating_sub(begun.elapsed()));
        i64::try_from(begun.elapsed().saturating_sub(due).as_nanos()).unwrap_or(i64::MAX)
    });
    late.collect()
}

fn connected(
    engine: &Engine,
    listener: &TcpListener,
) -> anyhow::Result<(SessionId, std::net::TcpStream)> {
    let client = TcpClientSpec::new("127.0.0.1", listener.local_addr()?.port());
    let spec = SessionSpec::new(TransportSpec::TcpClient(client));
    let id = engine.open(SessionSpec { autostart: true, ..spec });
    let (stream, _) = listener.accept()?;
    until(|| {
        matches!(engine.status(id).map(|it| it.state.clone()), Some(SessionState::Connected(_)))
    })?;
    Ok((id, stream))
}

fn until(is_so: impl Fn() -> bool) -> anyhow::Result<()> {
    let begun = Instant::now();
    while !is_so() {
        ensure!(begun.elapsed() < Duration::from_secs(60), "nothing happens");
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

fn run(folder: &Path, count: usize, flooded: bool) -> anyhow::Result<Vec<i64>> {
    let engine = Engine::new(folder)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let (id, mut stream) = connected(&engine, &listener)?;
    let (_, mut flood) = connected(&engine, &listener)?;
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new().name("reader".to_owned());
        reader.spawn_scoped(scope, move || {
            let mut buffer = [0; 4096];
            while stream.read(&mut buffer).is_ok_and(|read| read > 0) {}
        })?;
        let over = &over;
        let sender = std::thread::Builder::new().name("flood".to_owned());
        sender.spawn_scoped(scope, move || {
            let lines = [b'-'; 64 << 10];
            while flooded && !over.load(Ordering::Relaxed) && flood.write_all(&lines).is_ok() {}
        })?;
        let times = beats(&engine, id, count);
        over.store(true, Ordering::Relaxed);
        engine.forget(id);
        times
    })
}

fn beats(engine: &Engine, id: SessionId, count: usize) -> anyhow::Result<Vec<i64>> {
    let cycle = SessionCommand::StartCycle {
        to: PeerSelector::All,
        bytes: (*b"tick").into(),
        period_ms: 1,
        count: Some(count as u64),
    };
    engine.command(id, cycle)?;
    let session = engine.session(id).context("no session")?;
    until(|| session.status().traffic.sent.records >= count as u64)?;
    let capture = session.capture().context("no capture")?;
    let mut cursor = Cursor::new(&capture, Position(0));
    let mut offsets = Vec::with_capacity(count);
    while let Some(record) = cursor.next() {
        if record.direction == Direction::Out && matches!(record.body, RecordBody::Data(_)) {
            offsets.push(record.at.0 - 1_000_000 * offsets.len() as i64);
        }
    }
    // The beat began with the one that was the least late.
    let begun = offsets.iter().min().copied().unwrap_or_default();
    Ok(offsets.into_iter().map(|at| at - begun).collect())
}

//! Many clients that come at once: how fast a server has them all.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use espalier_core::backend::prelude::*;
use espalier_core::session::{SessionSpec, TcpServerSpec, TransportSpec};
use espalier_engine::Engine;

use super::Work;
use crate::bench::Bench;
use crate::contest::{Contest, Figure, Unit};

pub const WORK: Work = Work { name: "accept", title: "clients that come at once", contests };

const FIGURES: &[Figure] = &[
    Figure { name: "a second", unit: Unit::PerSecond, goal: "≥ 15,000/s" },
    Figure { name: "memory of one", unit: Unit::Kib, goal: "" },
];

/// Who connects, at the same time.
const THREADS: usize = 4;

fn contests(bench: &Bench) -> anyhow::Result<Vec<Contest<'_>>> {
    let sizes: &[usize] = if bench.mib >= 64 { &[100, 1_000, 5_000, 10_000] } else { &[100] };
    let contests = sizes.iter().map(|clients| {
        Contest::new(format!("{clients} clients"), FIGURES)
            .by("Espalier", move || run(&bench.file("accept"), *clients))
    });
    Ok(contests.collect())
}

fn run(folder: &std::path::Path, clients: usize) -> anyhow::Result<Vec<f64>> {
    let engine = Engine::new(folder)?;
    let transport = TransportSpec::TcpServer(TcpServerSpec::new(0));
    let id = engine.open(SessionSpec { autostart: true, ..SessionSpec::new(transport) });
    let address = wait(|| engine.status(id)?.local)?;
    let before = resident();
    let mut child = Bench::part("clients")?
        .args([address.to_string(), clients.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (go, ready) = child.stdin.take().zip(child.stdout.take()).context("no pipes")?;
    // It has loaded, and now waits for a word.
    BufReader::new(ready).read_line(&mut String::new())?;
    let begun = Instant::now();
    let told = (&go).write_all(b"go\n");
    // Snapshots are at least 16 ms apart: of a few clients this is all that is measured.
    let came = wait(|| (engine.status(id)?.peers.len() >= clients).then_some(()));
    let took = begun.elapsed().as_secs_f64();
    let each = (resident() - before) / clients as f64;
    drop(go);
    child.wait()?;
    drop(engine);
    std::fs::remove_dir_all(folder).ok();
    told.context("the clients ended")?;
    came?;
    Ok(vec![clients as f64 / took, each])
}

/// The clients, in a process of their own: descriptors are limited.
pub fn clients(arguments: &[String]) -> anyhow::Result<()> {
    let [address, count] = arguments else { bail!("an address and a number") };
    let (address, count): (SocketAddr, usize) = (address.parse()?, count.parse()?);
    println!("ready");
    let mut stdin = std::io::stdin().lines();
    stdin.next().context("nobody says go")??;
    std::thread::scope(|scope| {
        let threads = (0..THREADS).map(|at| {
            let share = count / THREADS + usize::from(at < count % THREADS);
            let thread = std::thread::Builder::new().name("clients".to_owned());
            thread.spawn_scoped(scope, move || connect(address, share))
        });
        let threads = threads.collect::<Result<Vec<_>, _>>()?;
        let all = threads.into_iter().map(|thread| thread.join().ok().context("a thread ended")?);
        let _connected = all.collect::<anyhow::Result<Vec<_>>>()?;
        // Until they are not needed any more.
        stdin.next();
        Ok(())
    })
}

fn connect(address: SocketAddr, count: usize) -> anyhow::Result<Vec<TcpStream>> {
    (0..count).map(|_| TcpStream::connect(address).context("a client cannot connect")).collect()
}

fn wait<T>(is_there: impl Fn() -> Option<T>) -> anyhow::Result<T> {
    let begun = Instant::now();
    loop {
        if let Some(it) = is_there() {
            return Ok(it);
        }
        ensure!(begun.elapsed() < Duration::from_secs(60), "nothing happens");
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// KiB of memory that this process has; 0 elsewhere than on Linux.
fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0.0)
}

//! Many small messages: a peer writes 16 bytes at a time into a buffer and the buffer into its socket; a session receives
//! them, a view cuts them.

use std::io::Write as _;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use espalier_core::backend::prelude::*;
use espalier_core::hex;
use espalier_core::session::{SessionSpec, SessionState, TcpClientSpec, TransportSpec};
use espalier_core::view::{Filter, Framing, PageRequest, ViewSpec};
use espalier_engine::Engine;

use super::Work;
use crate::bench::Bench;
use crate::contest::{Contest, Figure, Unit};
use crate::sender::Sender;

pub const WORK: Work =
    Work { name: "messages", title: "16-byte messages, received, kept, cut and shown", contests };

const FIGURES: &[Figure] = &[Figure { name: "", unit: Unit::PerSecond, goal: "≥ 1,000,000/s" }];
const MESSAGE: &[u8; 16] = b"reading 0123456\n";
/// What the peer writes at once.
const BATCH: usize = 4096;

fn contests(bench: &Bench) -> anyhow::Result<Vec<Contest<'_>>> {
    // A quarter of the bytes: there are many of them.
    let batches = (bench.mib << 20).div_ceil(4 * BATCH * MESSAGE.len());
    let sender = std::rc::Rc::new(Sender::new(MESSAGE.repeat(BATCH), batches));
    let count = batches * BATCH;
    let ways = [
        ("lines or pauses", Framing::Message),
        ("a length", Framing::Length { bytes: MESSAGE.len() as u32 }),
    ];
    let contests = ways.into_iter().map(|(what, framing)| {
        let sender = sender.clone();
        Contest::new(format!("{count} messages, cut by {what}"), FIGURES).by(
            "Espalier",
            move || {
                let folder = bench.file("messages");
                let took = run(&folder, &sender, &framing, count as u64);
                std::fs::remove_dir_all(&folder).ok();
                Ok(vec![count as f64 / took?])
            },
        )
    });
    Ok(contests.collect())
}

/// Seconds from the first byte until the last message is a row.
fn run(
    folder: &std::path::Path,
    sender: &Sender,
    framing: &Framing,
    count: u64,
) -> anyhow::Result<f64> {
    let engine = Engine::new(folder)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let client = TcpClientSpec::new("127.0.0.1", listener.local_addr()?.port());
    let id = engine.open(SessionSpec::new(TransportSpec::TcpClient(client)));
    let (mut stream, _) = listener.accept()?;
    let view = engine.log(id.into()).context("no log")?;
    // Messages alone: what happens has rows too.
    let filter = Filter { hide_events: true, ..Filter::default() };
    view.set_spec(ViewSpec { framing: framing.clone(), filter, ..ViewSpec::default() });
    view.request_page(PageRequest::newest(60));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let sending = std::thread::Builder::new().name("peer".to_owned());
        let sending = sending.spawn_scoped(scope, move || {
            sender.write(&mut stream)?;
            Ok::<_, anyhow::Error>(stream.flush()?)
        })?;
        let (mut drawn, mut moved) = (Instant::now(), (Instant::now(), 0));
        let took = loop {
            std::thread::sleep(Duration::from_micros(500));
            if drawn.elapsed() > Duration::from_millis(16) {
                drawn = Instant::now();
                let _page = view.page();
                view.request_page(PageRequest::newest(60));
            }
            let rows = view.status().shown;
            if rows > moved.1 {
                moved = (Instant::now(), rows);
            }
            if rows >= count && !view.status().is_estimated {
                break begun.elapsed().as_secs_f64();
            }
            let still = moved.0.elapsed() > Duration::from_secs(20);
            ensure!(!still, "no more than {rows} rows of {count} messages");
        };
        sending.join().ok().context("the peer ended")??;
        let status = loop {
            let status = engine.status(id).context("no session")?;
            if matches!(status.state, SessionState::Ended { .. }) {
                break status;
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        let is_same = hex::lower(&status.integrity.received) == sender.digest;
        ensure!(is_same, "the digest shown is not that of what was sent");
        let rows = view.status().shown;
        ensure!(rows == count, "{rows} rows of {count} messages");
        Ok(took)
    })
}

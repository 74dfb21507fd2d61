//! Receiving text lines into a capture with a window that follows them, against `ncat HOST PORT > file`, and a terminal with a window.

use std::fs::File;
use std::io::Read as _;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Stdio;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::Work;
use super::log::digest_of;
use super::window::Window;
use crate::bench::Bench;
use crate::contest::{Contest, Figure, Unit};
use crate::display::Display;
use crate::sender::Sender;
use crate::{material, sender};

pub const WORK: Work =
    Work { name: "follow", title: "receiving lines with a window that follows them", contests };

const TIME: &[Figure] = &[Figure { name: "time", unit: Unit::Seconds, goal: "≤ 1.05 × ncat" }];
const SHOWN: &[Figure] = &[Figure { name: "time", unit: Unit::Seconds, goal: "" }];

/// How long a receiver may be silent.
const PATIENCE: Duration = Duration::from_secs(300);

fn contests(bench: &Bench) -> anyhow::Result<Vec<Contest<'_>>> {
    let Some(display) = Display::open()? else { return Ok(Vec::new()) };
    let all = Rc::new(display);
    let (some, theirs) = (all.clone(), all.clone());
    // A terminal that draws each line takes long.
    let less = bench.mib.div_ceil(16);
    let many = Rc::new(Sender::new(material::lines(0).0, bench.mib));
    let few = Rc::new(Sender::new(material::lines(0).0, less));
    let (ncats, puttys) = (many.clone(), few.clone());
    Ok(vec![
        Contest::new(bench.size(), TIME)
            .by("Espalier", move || Ok(vec![ours(bench, &all, &many)?]))
            .beside("ncat", move |mut command| {
                let file = bench.file("ncat.out");
                let out = File::create(&file)?;
                let received = ncats.send(|address| {
                    let (host, port) = (address.ip().to_string(), address.port().to_string());
                    command.args(["--recv-only", &host, &port]).stdout(out);
                    Ok(command)
                });
                std::fs::remove_file(&file).ok();
                Ok(vec![received?.wall])
            }),
        Contest::new(format!("{less} MiB"), SHOWN)
            .by("Espalier", move || Ok(vec![ours(bench, &some, &few)?]))
            .beside("putty", move |mut command| {
                let listener = TcpListener::bind("127.0.0.1:0")?;
                let port = listener.local_addr()?.port().to_string();
                command.args(["-raw", "-P", &port, "127.0.0.1"]).stdin(Stdio::null());
                let (_program, _) = theirs.start(&mut command, "PuTTY")?;
                let stream = sender::accept(&listener)?;
                Ok(vec![took(&puttys, stream)?])
            }),
    ])
}

fn ours(bench: &Bench, display: &Display, sender: &Sender) -> anyhow::Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let (window, stream) = Window::open(bench, display, &listener)?;
    let took = took(sender, stream)?;
    let captures = window.end()?;
    let capture = std::fs::read_dir(&captures)?.next().context("no capture")??.path();
    let mut command = bench.espalier();
    command.args(["log", "--view", "raw"]).arg(&capture);
    let digest = digest_of(command);
    std::fs::remove_dir_all(&captures).ok();
    ensure!(digest? == sender.digest, "what was kept is not what was sent");
    Ok(took)
}

/// Seconds until all was sent, and the other end has read it and closed.
fn took(sender: &Sender, mut stream: TcpStream) -> anyhow::Result<f64> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let begun = Instant::now();
    sender.write(&mut stream)?;
    stream.shutdown(Shutdown::Write)?;
    ensure!(stream.read(&mut [0])? == 0, "the receiver answers");
    Ok(begun.elapsed().as_secs_f64())
}

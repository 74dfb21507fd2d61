//! Sending a file raw, against `ncat HOST PORT < file`.

use std::fs::File;
use std::io::Read as _;
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::Work;
use crate::bench::Bench;
use crate::contest::{Contest, Figure, Unit};
use crate::digest;
use crate::peers::timed;

pub const WORK: Work =
    Work { name: "send_file", title: "sending a file raw over TCP, its SHA-256 told", contests };

const FIGURES: &[Figure] = &[
    Figure { name: "time", unit: Unit::Seconds, goal: "≤ 0.95 × ncat" },
    Figure { name: "CPU", unit: Unit::Seconds, goal: "≤ 1.0 × ncat" },
];

fn contests(bench: &Bench) -> anyhow::Result<Vec<Contest<'_>>> {
    let text = bench.text()?;
    let length = std::fs::metadata(text)?.len();
    let digest = digest::of(File::open(text)?)?;
    let contest = Contest::new(bench.size(), FIGURES)
        .by("Espalier", move || {
            let (took, said) = taken(length, |address| {
                let mut command = bench.espalier();
                command.arg("send-file").arg(text).args(["--to", &address.to_string()]);
                Ok(command)
            })?;
            ensure!(said.contains(&digest), "the digest told is not that of the file");
            Ok(took)
        })
        .beside("ncat", move |mut command| {
            let (took, _) = taken(length, |address| {
                let (host, port) = (address.ip().to_string(), address.port().to_string());
                command.args(["--send-only", &host, &port]).stdin(File::open(text)?);
                Ok(command)
            })?;
            Ok(took)
        })
        .beside("socat", move |mut command| {
            let (took, _) = taken(length, |address| {
                let (from, to) =
                    (format!("OPEN:{},rdonly", text.display()), format!("TCP:{address}"));
                command.args(["-u", &from, &to]);
                Ok(command)
            })?;
            Ok(took)
        });
    Ok(vec![contest])
}

/// What a program that sends so many bytes to an address took, and what it said.
fn taken(
    length: u64,
    program: impl FnOnce(SocketAddr) -> anyhow::Result<Command>,
) -> anyhow::Result<(Vec<f64>, String)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let command = program(listener.local_addr()?)?;
    std::thread::scope(|scope| {
        let peer = std::thread::Builder::new().name("peer".to_owned());
        let peer = peer.spawn_scoped(scope, || {
            let (mut stream, _) = listener.accept()?;
            stream.set_read_timeout(Some(Duration::from_secs(60)))?;
            let mut buffer = vec![0; 1 << 20];
            let mut received = 0;
            loop {
                match stream.read(&mut buffer)? {
                    0 => return Ok::<_, anyhow::Error>(received),
                    count => received += count as u64,
                }
            }
        })?;
        let taken = timed(command);
        if taken.is_err() {
            // Nobody else will come.
            std::net::TcpStream::connect(listener.local_addr()?).ok();
        }
        let received = peer.join().ok().context("the peer ended")??;
        let ended = taken?;
        ensure!(received == length, "{received} B of {length} came");
        Ok((vec![ended.wall, ended.cpu], ended.out + &ended.err))
    })
}

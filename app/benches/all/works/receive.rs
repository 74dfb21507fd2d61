//! Receiving text lines into a capture, without a window, against `ncat HOST PORT > file` and the plainest loop there is.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use espalier_core::backend::prelude::*;
use espalier_core::hex;
use espalier_core::session::{SessionSpec, SessionState, TcpClientSpec, TransportSpec};
use espalier_engine::Engine;

use super::Work;
use crate::bench::Bench;
use crate::contest::{Contest, Figure, Unit};
use crate::material;
use crate::sender::{Received, Sender};

pub const WORK: Work =
    Work { name: "receive", title: "receiving lines into a capture, without a window", contests };

const FIGURES: &[Figure] = &[
    Figure { name: "time", unit: Unit::Seconds, goal: "≤ 1.05 × ncat" },
    Figure { name: "CPU", unit: Unit::Seconds, goal: "≤ 1.2 × loop" },
    Figure { name: "memory", unit: Unit::Mib, goal: "" },
];

fn contests(bench: &Bench) -> anyhow::Result<Vec<Contest<'_>>> {
    let sender = std::rc::Rc::new(Sender::new(material::lines(0).0, bench.mib));
    let (engine, copy, ncat, socat) = (sender.clone(), sender.clone(), sender.clone(), sender);
    let values = |received: &Received, memory: f64| vec![received.wall, received.cpu, memory];
    let contest = Contest::new(bench.size(), FIGURES)
        .by("Espalier", move || {
            let folder = bench.file("received");
            let received = engine.send(|address| {
                let mut command = Bench::part("receive")?;
                command.arg(address.to_string()).arg(&folder).stdout(Stdio::piped());
                Ok(command)
            });
            std::fs::remove_dir_all(&folder).ok();
            let received = received?;
            let mut said = received.said.split_whitespace();
            let digest = said.next().context("no digest")?;
            ensure!(digest == engine.digest, "the digest shown is not that of what was sent");
            let memory = said.next().and_then(|it| it.parse::<f64>().ok());
            Ok(values(&received, memory.map_or(f64::NAN, |kib| kib / 1024.0)))
        })
        .by("loop", move || {
            let file = bench.file("copied");
            let received = copy.send(|address| {
                let mut command = Bench::part("copy")?;
                command.arg(address.to_string()).arg(&file);
                Ok(command)
            });
            std::fs::remove_file(&file).ok();
            Ok(values(&received?, f64::NAN))
        })
        .beside("ncat", move |mut command| {
            let file = bench.file("ncat.out");
            let out = File::create(&file)?;
            let received = ncat.send(|address| {
                let (host, port) = (address.ip().to_string(), address.port().to_string());
                command.args(["--recv-only", &host, &port]).stdout(out);
                Ok(command)
            });
            let length = std::fs::metadata(&file)?.len();
            std::fs::remove_file(&file).ok();
            let received = received?;
            ensure!(length == ncat.bytes(), "ncat has received {length} B");
            Ok(values(&received, f64::NAN))
        })
        .beside("socat", move |mut command| {
            let file = bench.file("socat.out");
            let received = socat.send(|address| {
                command.args(["-u", &format!("TCP:{address}")]);
                command.arg(format!("CREATE:{}", file.display()));
                Ok(command)
            });
            let length = std::fs::metadata(&file)?.len();
            std::fs::remove_file(&file).ok();
            let received = received?;
            ensure!(length == socat.bytes(), "socat has received {length} B");
            Ok(values(&received, f64::NAN))
        });
    Ok(vec![contest])
}

/// Part: an engine with one session, as the window has it. Prints the digest it shows, and its peak memory in KiB.
pub fn engine(arguments: &[String]) -> anyhow::Result<()> {
    let [address, folder] = arguments else { anyhow::bail!("receive ADDRESS FOLDER") };
    let address: std::net::SocketAddr = address.parse()?;
    let engine = Engine::new(folder.as_ref())?;
    let client = TcpClientSpec::new(address.ip().to_string(), address.port());
    let id = engine.open(SessionSpec::new(TransportSpec::TcpClient(client)));
    let status = loop {
        let status = engine.status(id).context("no session")?;
        if matches!(status.state, SessionState::Ended { .. }) {
            break status;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let memory = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = memory.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.map_or("?", |it| it.trim().trim_end_matches(" kB"));
    println!("{} {peak}", hex::lower(&status.integrity.received));
    Ok(())
}

/// Part: what any receiver has to do, and nothing else.
pub fn copy(arguments: &[String]) -> anyhow::Result<()> {
    let [address, file] = arguments else { anyhow::bail!("copy ADDRESS FILE") };
    let mut stream = TcpStream::connect(address)?;
    let mut file = File::create(file)?;
    let mut buffer = vec![0; 128 << 10];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            count => file.write_all(&buffer[..count])?,
        }
    }
}

//! What it costs to have the disk take what was received, by policy: `cargo bench -p espalier-engine --bench sync`.
//!
//! A peer sends for `ESPALIER_BENCH_SECONDS` (5): as fast as it can, and then 70-byte messages, the next one when the last has come
//! back. The server under test is a process of its own, so that its processor time is its own: this program starts itself
//! again. What is measured is the disk below `target`, or that of `ESPALIER_BENCH_DIR`.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use espalier_core::backend::prelude::*;
use espalier_core::session::{Behaviour, SessionSpec, TcpServerSpec, TransportSpec};
use espalier_core::settings::SyncPolicy;
use espalier_engine::Engine;
use espalier_engine::capture::set_sync_policy;

const POLICIES: [(&str, SyncPolicy); 3] = [
    ("never", SyncPolicy::Never),
    ("each-second", SyncPolicy::EachSecond),
    ("each-record", SyncPolicy::EachRecord),
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|it| it == "--serve") {
        return serve(&arguments[at + 1], &arguments[at + 2], Path::new(&arguments[at + 3]));
    }
    let seconds = std::env::var("ESPALIER_BENCH_SECONDS").ok().and_then(|it| it.parse().ok());
    let time = Duration::from_secs(seconds.unwrap_or(5));
    let disk = std::env::var_os("ESPALIER_BENCH_DIR").map(PathBuf::from);
    let disk = disk.unwrap_or_else(|| env!("CARGO_TARGET_TMPDIR").into());
    std::fs::create_dir_all(&disk).unwrap();
    for (policy, _) in POLICIES {
        let folder = tempfile::tempdir_in(&disk).unwrap();
        let flood = flood(Server::start("discard", policy, folder.path()), time);
        let folder = tempfile::tempdir_in(&disk).unwrap();
        let echo = echo(Server::start("echo", policy, folder.path()), time);
        println!("{policy:>12}: {flood}; {echo}");
    }
}

/// The program under test: a server whose sessions are captured, until its standard input ends.
fn serve(behaviour: &str, policy: &str, folder: &Path) {
    let (_, policy) = POLICIES.iter().find(|it| it.0 == policy).unwrap();
    set_sync_policy(*policy);
    let engine = Engine::new(folder).unwrap();
    let behaviour = if behaviour == "echo" { Behaviour::Echo } else { Behaviour::Discard };
    let spec = TcpServerSpec { behaviour, ..TcpServerSpec::new(0) };
    let id = engine.open(SessionSpec::new(TransportSpec::TcpServer(spec)));
    let status = || engine.status(id).unwrap();
    while status().local.is_none() {
        thread::sleep(Duration::from_millis(5));
    }
    println!("{}", status().local.unwrap().port());
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    // From the last byte on, the status is complete within a moment.
    thread::sleep(Duration::from_millis(100));
    println!("{} {}", status().integrity.received_bytes, processor_ms());
}

/// Processor time of this process, in milliseconds.
#[cfg(unix)]
fn processor_ms() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as u64 * 1000 + time.tv_nsec as u64 / 1_000_000
}

#[cfg(not(unix))]
const fn processor_ms() -> u64 {
    0
}

struct Server {
    child: Child,
    says: BufReader<std::process::ChildStdout>,
    stream: TcpStream,
}

impl Server {
    fn start(behaviour: &str, policy: &str, folder: &Path) -> Self {
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args(["--serve", behaviour, policy]).arg(folder);
        let mut child = again.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut says = BufReader::new(child.stdout.take().unwrap());
        let mut port = String::new();
        says.read_line(&mut port).unwrap();
        let stream = TcpStream::connect(("127.0.0.1", port.trim().parse().unwrap())).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { child, says, stream }
    }

    /// Waits until all was received; the bytes, and the processor time that it took in milliseconds.
    fn end(mut self) -> (u64, u64) {
        self.stream.shutdown(Shutdown::Write).unwrap();
        self.stream.read_to_end(&mut Vec::new()).unwrap();
        drop(self.child.stdin.take());
        let mut line = String::new();
        self.says.read_line(&mut line).unwrap();
        assert!(self.child.wait().unwrap().success());
        let (bytes, ms) = line.trim().split_once(' ').unwrap();
        (bytes.parse().unwrap(), ms.parse().unwrap())
    }
}

fn flood(mut server: Server, time: Duration) -> String {
    let piece: Vec<u8> = format!("{:-<69}\n", "line").into_bytes().repeat(1000);
    let begun = Instant::now();
    while begun.elapsed() < time {
        server.stream.write_all(&piece).unwrap();
    }
    let (bytes, ms) = server.end();
    let mb = bytes as f64 / 1e6;
    format!(
        "{:6.1} MB/s, {:4.2} ms of a processor per MB",
        mb / begun.elapsed().as_secs_f64(),
        ms as f64 / mb
    )
}

fn echo(mut server: Server, time: Duration) -> String {
    let message = format!("{:-<69}\n", "message").into_bytes();
    let mut back = message.clone();
    let (begun, mut waits) = (Instant::now(), Vec::new());
    while begun.elapsed() < time {
        let sent = Instant::now();
        server.stream.write_all(&message).unwrap();
        server.stream.read_exact(&mut back).unwrap();
        waits.push(sent.elapsed());
    }
    server.end();
    waits.sort_unstable();
    let at = |percent: usize| waits[(waits.len() - 1) * percent / 100];
    format!("a message comes back after {:.2?} (p50), {:.2?} (p99)", at(50), at(99))
}

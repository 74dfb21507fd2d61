//! How fast a client session receives with its capture on, against `ncat HOST PORT > file` for the same sender in the same
//! run. `cargo bench -p espalier-engine --bench receive`; `ESPALIER_BENCH_MIB` sets how much (1024).
//!
//! Each receiver is a process of its own, so that its peak memory is its own: this program starts itself again.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use std::fs::File;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use espalier_core::backend::prelude::*;
use espalier_core::session::{SessionSpec, SessionState, TcpClientSpec, TransportSpec};
use espalier_engine::Engine;

const ROUNDS: usize = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|it| it == "--receive") {
        Some(at) => receive(arguments[at + 1].parse().unwrap(), Path::new(&arguments[at + 2])),
        None => compare(),
    }
}

/// The receiver under test: an engine with one session, as the window has it.
fn receive(from: SocketAddr, folder: &Path) {
    let engine = Engine::new(folder).unwrap();
    let client = TcpClientSpec::new(from.ip().to_string(), from.port());
    let id = engine.open(SessionSpec::new(TransportSpec::TcpClient(client)));
    let status = loop {
        let status = engine.status(id).unwrap();
        if matches!(status.state, SessionState::Ended { .. }) {
            break status;
        }
        thread::sleep(Duration::from_millis(2));
    };
    let memory = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = memory.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("?");
    println!(
        "{} bytes captured, {} on disk, peak memory {}",
        status.integrity.received_bytes,
        status.capture_bytes,
        peak.trim()
    );
}

fn compare() {
    let mib = std::env::var("ESPALIER_BENCH_MIB").ok().and_then(|it| it.parse().ok());
    let mib: usize = mib.unwrap_or(1024);
    let folder = tempfile::tempdir().unwrap();
    let text = lines();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        theirs.push(timed(&text, mib, |address| {
            let file = File::create(folder.path().join("ncat.out")).unwrap();
            let (host, port) = (address.ip().to_string(), address.port().to_string());
            let mut ncat = Command::new("ncat");
            ncat.args(["--recv-only", &host, &port]).stdin(Stdio::null()).stdout(file);
            ncat
        }));
        ours.push(timed(&text, mib, |address| {
            let mut again = Command::new(std::env::current_exe().unwrap());
            again.arg("--receive").arg(address.to_string()).arg(folder.path().join("captures"));
            again
        }));
        println!(
            "round {round}: ncat {:.0} MiB/s, espalier {:.0} MiB/s",
            mib as f64 / theirs[round - 1].as_secs_f64(),
            mib as f64 / ours[round - 1].as_secs_f64()
        );
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2].as_secs_f64()
    };
    let ratio = median(&mut theirs) / median(&mut ours);
    println!("{mib} MiB of text lines: {:.0} % of ncat (median of {ROUNDS})", 100.0 * ratio);
}

/// How long it takes from the connection to the receiver's end.
fn timed(text: &[u8], mib: usize, receiver: impl FnOnce(SocketAddr) -> Command) -> Duration {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut child = receiver(listener.local_addr().unwrap()).spawn().expect("ncat is needed");
    let (mut stream, _) = listener.accept().unwrap();
    let start = Instant::now();
    for _ in 0..mib {
        stream.write_all(text).unwrap();
    }
    drop(stream);
    assert!(child.wait().unwrap().success());
    start.elapsed()
}

/// One MiB of lines such as a sensor prints.
fn lines() -> Vec<u8> {
    let mut text = Vec::with_capacity(1 << 20);
    for number in 0_u32.. {
        if text.len() >= 1 << 20 {
            break;
        }
        let value = number.wrapping_mul(2_654_435_761) >> 20;
        writeln!(text, "sensor {:02} reading {number:06} value {value:04} mV ok", number % 16)
            .unwrap();
    }
    text.truncate(1 << 20);
    text
}

//! How fast a relay passes bytes both ways, against `socat` between the same two ends in the same run; and how ten thousand
//! connections get on. `cargo bench -p espalier-engine --bench relay`; `ESPALIER_BENCH_MIB` sets how much goes each way (1024),
//! `ESPALIER_BENCH_CLIENTS` how many connections there are (10000).
//!
//! Each relay is a process of its own, so that its peak memory is its own: this program starts itself again. Ours counts and
//! digests all that passes; with `kept` it has it all in a capture, too. What arrives is compared byte by byte.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use espalier_core::session::{RelaySpec, SessionSpec, SessionState, TransportSpec};
use espalier_engine::Engine;
use espalier_engine::session::CaptureTarget;

const ROUNDS: usize = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|it| it == "--relay") {
        Some(at) => relay(arguments[at + 1].parse().unwrap(), arguments[at + 2] == "kept"),
        None => compare(),
    }
}

/// The relay under test, until its stdin is closed.
fn relay(target: SocketAddr, kept: bool) {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path()).unwrap();
    let spec = RelaySpec::new("127.0.0.1:0".parse().unwrap(), target.to_string().parse().unwrap());
    let store = match kept {
        true => CaptureTarget::Folder(folder.path().join("capture")),
        false => CaptureTarget::Nowhere,
    };
    let session = engine.open_tapped(SessionSpec::new(TransportSpec::Relay(spec)), store, None);
    while session.status().state != SessionState::Listening {
        thread::sleep(Duration::from_millis(2));
    }
    println!("{}", session.status().local.unwrap());
    // Until nobody holds our stdin any more.
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

/// A relay to this target that runs, and where it listens.
struct Running(Child, SocketAddr);

impl Running {
    fn ours(target: SocketAddr, how: &str) -> Self {
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args(["--relay", &target.to_string(), how]);
        let mut child = again.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self(child, line.trim().parse().unwrap())
    }

    fn socat(target: SocketAddr) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let listen = format!("TCP4-LISTEN:{},bind=127.0.0.1,reuseaddr,fork", free.port());
        let child = Command::new("socat").args([listen, format!("TCP4:{target}")]).spawn();
        let child = child.expect("socat is needed");
        thread::sleep(Duration::from_millis(300));
        Self(child, free)
    }

    fn peak(&self) -> String {
        let memory = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()));
        let memory = memory.unwrap_or_default();
        let peak = memory.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak.unwrap_or("?").trim().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Ours ends with its stdin, and takes its capture with it: a gigabyte or more, which a kill would leave behind.
        if self.0.stdin.take().is_none() {
            self.0.kill().ok();
        }
        self.0.wait().ok();
    }
}

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(otherwise)
}

fn compare() {
    let mib = number("ESPALIER_BENCH_MIB", 1024);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap();
    type Start<'a> = (&'a str, Box<dyn Fn() -> Running>);
    let relays: [Start<'_>; 3] = [
        ("socat", Box::new(move || Running::socat(target))),
        ("espalier", Box::new(move || Running::ours(target, "counted"))),
        ("espalier, kept", Box::new(move || Running::ours(target, "kept"))),
    ];
    let mut times = relays.each_ref().map(|_| Vec::new());
    for round in 1..=ROUNDS {
        for ((name, start), times) in relays.iter().zip(&mut times) {
            let relay = start();
            let time = timed(relay.1, &listener, mib);
            let speed = 2.0 * mib as f64 / time.as_secs_f64();
            println!("round {round}: {name}: {speed:.0} MiB/s, peak memory {}", relay.peak());
            times.push(time);
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2].as_secs_f64()
    };
    let [theirs, ours, kept] = times.each_mut().map(median);
    println!(
        "{mib} MiB each way: {:.2} of socat, kept {:.2} (median of {ROUNDS})",
        theirs / ours,
        theirs / kept
    );
    many(number("ESPALIER_BENCH_CLIENTS", 10_000), &listener);
}

/// How long it takes until all has arrived on both sides.
fn timed(relay: SocketAddr, listener: &TcpListener, mib: usize) -> Duration {
    let piece: Vec<u8> =
        (0..1_u32 << 18).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let start = Instant::now();
    let client = TcpStream::connect(relay).unwrap();
    let (target, _) = listener.accept().unwrap();
    thread::scope(|scope| {
        for stream in [&client, &target] {
            let (mut out, mut back) = (stream.try_clone().unwrap(), stream.try_clone().unwrap());
            let (sent, expected) = (&piece, &piece);
            let named = |name: &str| thread::Builder::new().name(name.to_owned());
            let sends = named("sends").spawn_scoped(scope, move || {
                for _ in 0..mib {
                    out.write_all(sent).unwrap();
                }
                out.shutdown(Shutdown::Write).unwrap();
            });
            sends.unwrap();
            let reads = named("reads").spawn_scoped(scope, move || {
                let mut got = vec![0; 1 << 20];
                for _ in 0..mib {
                    back.read_exact(&mut got).unwrap();
                    assert!(got == *expected, "what arrived is something else");
                }
                assert_eq!(back.read(&mut got).unwrap(), 0);
            });
            reads.unwrap();
        }
    });
    start.elapsed()
}

/// So many connections at once, each with a question and an answer.
fn many(clients: usize, listener: &TcpListener) {
    let relay = Running::ours(listener.local_addr().unwrap(), "counted");
    let start = Instant::now();
    let mut pairs = Vec::new();
    for _ in 0..clients {
        let client = match TcpStream::connect(relay.1) {
            Ok(client) => client,
            Err(error) => {
                println!("{} connections, then: {error}", pairs.len());
                break;
            }
        };
        pairs.push((client, listener.accept().unwrap().0));
    }
    let stood = start.elapsed();
    for (number, (client, _)) in pairs.iter_mut().enumerate() {
        client.write_all(&(number as u64).to_le_bytes()).unwrap();
    }
    let mut bytes = [0; 8];
    for (_, target) in &mut pairs {
        target.read_exact(&mut bytes).unwrap();
        target.write_all(&bytes).unwrap();
    }
    for (number, (client, _)) in pairs.iter_mut().enumerate() {
        client.read_exact(&mut bytes).unwrap();
        assert_eq!(bytes, (number as u64).to_le_bytes());
    }
    println!(
        "{} connections stood after {:.1} s and had their answers after {:.1} s, peak memory {}",
        pairs.len(),
        stood.as_secs_f64(),
        start.elapsed().as_secs_f64(),
        relay.peak()
    );
}

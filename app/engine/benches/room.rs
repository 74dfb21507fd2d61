//! A chat room of a thousand members, each line to all of them, against the simplest server in Python's asyncio and `ncat --broker` in the
//! same run: lines in a second while some are on their way, how long a line takes to the last member, memory for a member.
//! `cargo bench -p espalier-engine --bench room`; `ESPALIER_BENCH_MEMBERS` sets how many there are (1000), `ESPALIER_BENCH_LINES` how many lines (2000).
//!
//! Each server is a process of its own, so that its memory is its own: this program starts itself again. Members are the same plain
//! sockets for all three. Ours names whoever speaks, bounds what waits, and counts and digests what passes; the others pass bytes on.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use espalier_core::session::{Behaviour, SessionSpec, SessionState, TcpServerSpec, TransportSpec};
use espalier_engine::Engine;
use espalier_engine::session::CaptureTarget;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// Lines that are on their way at once when it is counted how many pass.
const UNDER_WAY: u64 = 64;

/// Lines of which each is waited for.
const TIMED: usize = 300;

/// A line that does not arrive in this time does not arrive.
const PATIENCE: Duration = Duration::from_secs(20);

const ASYNCIO: &str = "
import asyncio
members = set()
async def serve(reader, writer):
    members.add(writer)
    try:
        while line := await reader.readline():
            for member in members:
                if member is not writer:
                    member.write(line)
    finally:
        members.discard(writer)
        writer.close()
async def main():
    server = await asyncio.start_server(serve, '127.0.0.1', 0, backlog=2048)
    print('127.0.0.1:%d' % server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
";

fn main() {
    if std::env::args().any(|it| it == "--room") {
        return room();
    }
    let members = number("ESPALIER_BENCH_MEMBERS", 1000);
    let lines = number("ESPALIER_BENCH_LINES", 2000) as u64;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    println!("{members} members, each line to all: {UNDER_WAY} lines under way, then one by one");
    for start in [Server::ours, Server::asyncio, Server::broker] {
        let server = start(members);
        runtime.block_on(measure(&server, members, lines));
    }
}

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(otherwise)
}

/// The room under test, until nobody holds its stdin any more.
fn room() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path()).unwrap();
    let mut spec = TcpServerSpec::new(0);
    spec.behaviour = Behaviour::Room;
    let spec = SessionSpec::new(TransportSpec::TcpServer(spec));
    let session = engine.open_tapped(spec, CaptureTarget::Nowhere, None);
    while session.status().state != SessionState::Listening {
        std::thread::sleep(Duration::from_millis(2));
    }
    println!("127.0.0.1:{}", session.status().local.unwrap().port());
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

struct Server {
    name: &'static str,
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn ours(_members: usize) -> Self {
        let mut again = Command::new(std::env::current_exe().unwrap());
        Self::told("espalier", again.arg("--room"))
    }

    fn asyncio(_members: usize) -> Self {
        Self::told("Python asyncio", Command::new("python3").args(["-c", ASYNCIO]))
    }

    fn broker(members: usize) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (port, most) = (free.port().to_string(), (members + 10).to_string());
        let arguments = ["--broker", "--max-conns", &most, "-l", "127.0.0.1", &port];
        let child = Command::new("ncat").args(arguments).stdin(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(300));
        Self { name: "ncat --broker", child, address: free }
    }

    /// One that says where it listens.
    fn told(name: &'static str, command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { name, child, address: line.trim().parse().unwrap() }
    }

    /// KiB of memory: now, and at most so far.
    fn memory(&self) -> (f64, f64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(f64::NAN)
        };
        (of("VmRSS:"), of("VmHWM:"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Lines that all members together have received.
#[derive(Default)]
struct Received {
    lines: AtomicU64,
    more: Notify,
}

impl Received {
    fn lines(&self) -> u64 {
        self.lines.load(Ordering::Relaxed)
    }

    /// Waits for so many; whether they came.
    async fn reaches(&self, lines: u64) -> bool {
        let come = async {
            while self.lines() < lines {
                self.more.notified().await;
            }
        };
        timeout(PATIENCE, come).await.is_ok()
    }

    /// Waits until nothing comes any more: who comes in is told to all.
    async fn rests(&self) {
        loop {
            let before = self.lines();
            sleep(Duration::from_millis(1_500)).await;
            if self.lines() == before {
                return;
            }
        }
    }
}

async fn listen(stream: Arc<TcpStream>, received: Arc<Received>) {
    let mut buffer = vec![0; 4 << 10];
    while stream.readable().await.is_ok() {
        match stream.try_read(&mut buffer) {
            Ok(0) => return,
            Ok(len) => {
                let lines = buffer[..len].iter().filter(|byte| **byte == b'\n').count();
                received.lines.fetch_add(lines as u64, Ordering::Relaxed);
                received.more.notify_one();
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

async fn say(stream: &TcpStream, number: u64) {
    let line = format!("line {number}, of which all the others are to hear\n");
    let mut rest = line.as_bytes();
    while !rest.is_empty() {
        stream.writable().await.unwrap();
        match stream.try_write(rest) {
            Ok(len) => rest = &rest[len..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => panic!("{error}"),
        }
    }
}

async fn measure(server: &Server, count: usize, lines: u64) {
    let name = server.name;
    let (empty, _) = server.memory();
    let received = Arc::new(Received::default());
    let (mut members, mut tasks) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let stream = Arc::new(TcpStream::connect(server.address).await.unwrap());
        stream.set_nodelay(true).unwrap();
        tasks.push(tokio::spawn(listen(stream.clone(), received.clone())));
        members.push(stream);
    }
    received.rests().await;
    let (with_members, _) = server.memory();
    let others = count as u64 - 1;

    let (begun, first) = (Instant::now(), received.lines());
    for number in 0..lines {
        if !received.reaches(first + number.saturating_sub(UNDER_WAY) * others).await {
            return println!(
                "{name}: lines did not arrive: {} of {}",
                received.lines() - first,
                number * others
            );
        }
        say(&members[number as usize % count], number).await;
    }
    if !received.reaches(first + lines * others).await {
        return println!(
            "{name}: lines did not arrive: {} of {}",
            received.lines() - first,
            lines * others
        );
    }
    let rate = lines as f64 / begun.elapsed().as_secs_f64();

    let mut times = Vec::new();
    for number in 0..TIMED {
        let (begun, first) = (Instant::now(), received.lines());
        say(&members[number * 7 % count], number as u64).await;
        if !received.reaches(first + others).await {
            return println!("{name}: a line did not arrive");
        }
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        sleep(Duration::from_millis(5)).await;
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
    println!(
        "{name:15} {rate:6.0} lines/s ({:.2} million deliveries/s) | to the last member: p50 {:.1} ms, p99 {:.1} ms | {:.1} KiB a member, {:.0} MiB at most",
        rate * others as f64 / 1e6,
        at(0.5),
        at(0.99),
        (with_members - empty) / count as f64,
        server.memory().1 / 1024.0,
    );
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
}

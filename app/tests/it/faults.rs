//! What must not bring the program down: full disks, no descriptors, floods.

#![cfg(target_os = "linux")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::program::{PATIENCE, Running, digest, espalier, noise};

/// The program under a limit of the shell's `ulimit`.
fn limited(limit: &str, home: &tempfile::TempDir, arguments: &[&str]) -> Command {
    let program = espalier(home.path(), arguments);
    let mut shell = Command::new("sh");
    shell.env("ESPALIER_HOME", home.path());
    // A write beyond the limit of a file fails like one on a full disk, once its signal is ignored.
    shell.args(["-c", &format!("trap '' XFSZ; ulimit {limit} && exec \"$@\""), "sh"]);
    shell.arg(program.get_program()).args(arguments);
    shell
}

fn plain(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

#[test]
fn a_full_disk_ends_the_session_with_its_reason_and_the_others_go_on() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("w.toml");
    let text = "schema = 1\n\
        [[session]]\nname = \"a\"\ntransport = { kind = \"tcp-server\", behaviour = \"discard\" }\n\
        [[session]]\nname = \"b\"\ntransport = { kind = \"tcp-server\", behaviour = \"echo\" }\n";
    std::fs::write(&file, text).unwrap();
    let captures = home.path().join("captures");
    let arguments = ["run", file.to_str().unwrap(), "--captures", captures.to_str().unwrap()];
    // Blocks of 512 or 1024 bytes: one or two MiB.
    let mut running = Running::start(limited("-f 2048", &home, &arguments));
    let mut addresses = std::collections::HashMap::new();
    for _ in 0..2 {
        let line = running.says("listening on ");
        let (label, address) = line.split_once(" listening on ").unwrap();
        addresses.insert(label.to_owned(), address.to_owned());
    }
    let flood = noise(4 << 20);
    let mut flooding = plain(&addresses["[1 a]"]);
    // It is cut off on the way.
    flooding.write_all(&flood).ok();
    let line = running.says("ended: capture failed");
    assert!(line.contains("no space left"), "{line}");
    let mut other = plain(&addresses["[2 b]"]);
    other.write_all(b"all is well").unwrap();
    let mut answer = [0; 11];
    other.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"all is well");
    running.interrupt();
    running.end();
    // What was written is whole and in order.
    let capture = captures.join("1.pcapng");
    let said = crate::program::finished(&["log", capture.to_str().unwrap(), "--view", "raw"], b"");
    assert!(said.out.len() > 500_000 && flood.starts_with(&said.out), "{}", said.out.len());
}

#[test]
fn without_descriptors_connections_wait_and_are_served_later() {
    let home = tempfile::tempdir().unwrap();
    let arguments = ["server", "127.0.0.1:0", "--mode", "echo"];
    // Hard and soft limit: the program cannot raise it.
    let mut running = Running::start(limited("-n 24", &home, &arguments));
    let address = running.listens().to_string();
    let mut streams: Vec<TcpStream> = (0..40).map(|_| plain(&address)).collect();
    running.says("cannot accept connections now");
    // The youngest waits in the backlog behind all the others until they have left.
    let mut youngest = streams.pop().unwrap();
    youngest.write_all(b"?").unwrap();
    drop(streams);
    let mut answer = [0];
    youngest.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"?");
    running.says("accepts connections again");
}

/// Everything is kept in memory for ever, over an unbounded queue. (10 GB there; a bounded load here, against the size of
/// the process and not against its growth.)
#[test]
fn d5_memory_stays_bounded_under_a_flood() {
    const MIB: usize = 1 << 20;
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("w.toml");
    let text = "schema = 1\n[[session]]\ntransport = { kind = \"tcp-server\" }\n";
    std::fs::write(&file, text).unwrap();
    let captures = home.path().join("captures");
    let arguments = ["run", file.to_str().unwrap(), "--captures", captures.to_str().unwrap()];
    let mut running = Running::start(espalier(home.path(), &arguments));
    let address = running.listens().to_string();
    let piece = noise(MIB);
    let mut stream = plain(&address);
    for _ in 0..256 {
        stream.write_all(&piece).unwrap();
    }
    drop(stream);
    running.says("ended: closed by peer");
    let status = std::fs::read_to_string(format!("/proc/{}/status", running.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: usize = peak.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    running.interrupt();
    let (_, err) = running.end();
    assert!(err.contains(&digest(&piece.repeat(256))), "{err}");
    assert!(peak < 150 * 1024, "{peak} KiB");
}

/// What a board says while the disk is full.
#[test]
fn a_monitor_whose_capture_is_full_says_so_and_what_it_kept_is_whole() {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    let home = tempfile::tempdir().unwrap();
    let capture = home.path().join("c.pcapng");
    let board = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&board).unwrap();
    unlockpt(&board).unwrap();
    let name = ptsname(&board, Vec::new()).unwrap().into_string().unwrap();
    let arguments = ["monitor", "--port", &name, "--capture", capture.to_str().unwrap()];
    // Blocks of 512 or 1024 bytes: 64 or 128 KiB.
    let mut running = Running::start(limited("-f 128", &home, &arguments));
    running.says("at 115200 baud");
    let mut stdout = running.take_stdout();
    let reader = std::thread::Builder::new().name("stdout".to_owned());
    let reader = reader.spawn(move || {
        let mut shown = Vec::new();
        stdout.read_to_end(&mut shown).map(|_| shown)
    });
    let said = noise(1 << 20);
    // It is cut off on the way.
    let sender = std::thread::Builder::new().name("board".to_owned());
    let (flood, over) = (said.clone(), Arc::new(AtomicBool::new(false)));
    let ended = over.clone();
    // Nobody reads at last, and then a write would wait for ever.
    rustix::fs::fcntl_setfl(&board, rustix::fs::OFlags::NONBLOCK).unwrap();
    let sender = sender.spawn(move || {
        let mut done = 0;
        while done < flood.len() && !ended.load(Ordering::Relaxed) {
            match rustix::io::write(&board, &flood[done..]) {
                Ok(count) => done += count,
                Err(_) => std::thread::sleep(std::time::Duration::from_millis(1)),
            }
        }
    });
    let (status, err) = running.end();
    over.store(true, Ordering::Relaxed);
    assert_eq!(status.code(), Some(1), "{err}");
    assert!(err.contains("no space left") && err.contains("c.pcapng"), "{err}");
    let shown = reader.unwrap().join().unwrap().unwrap();
    sender.unwrap().join().unwrap();
    let kept = crate::program::finished(&["log", capture.to_str().unwrap(), "--view", "raw"], b"");
    assert_eq!(kept.code, Some(0), "{}", kept.err);
    assert!(kept.out.len() > 30_000 && said.starts_with(&kept.out), "{}", kept.out.len());
    assert_eq!(shown.len(), kept.out.len(), "what is shown is kept, and nothing else");
}

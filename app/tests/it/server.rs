//! `espalier server`.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{Command, Stdio};

use crate::program::{PATIENCE, Running, espalier, has, noise};

fn server(home: &tempfile::TempDir, arguments: &[&str]) -> (Running, SocketAddr) {
    let arguments = [&["server", "127.0.0.1:0"], arguments].concat();
    let mut running = Running::start(espalier(home.path(), &arguments));
    let address = running.listens();
    (running, address)
}

fn plain(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn read(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

#[test]
fn ncat_is_echoed_and_seen_on_stdout() {
    if !has("ncat") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (mut running, address) = server(&home, &["--mode", "echo"]);
    let mut ncat = Command::new("ncat")
        .args([address.ip().to_string(), address.port().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let letter = noise(50_000);
    ncat.stdin.take().unwrap().write_all(&letter).unwrap();
    let echoed = ncat.wait_with_output().unwrap().stdout;
    assert!(echoed == letter);
    assert!(running.read_stdout(letter.len()) == letter);
    let line = running.says("accepted");
    assert!(line.starts_with("#1 accepted 127.0.0.1:"), "{line}");
}

#[test]
fn stdin_goes_to_all_clients_and_broadcast_to_the_others() {
    let home = tempfile::tempdir().unwrap();
    let (mut running, address) = server(&home, &["--mode", "broadcast"]);
    let (mut first, mut second) = (plain(address), plain(address));
    running.says("#2 accepted");
    // It is told a moment before it is in the list of those who are sent to.
    std::thread::sleep(std::time::Duration::from_millis(200));
    running.stdin().write_all(b"all").unwrap();
    assert_eq!((read(&mut first, 3), read(&mut second, 3)), (b"all".to_vec(), b"all".to_vec()));
    first.write_all(b"news").unwrap();
    assert_eq!(read(&mut second, 4), b"news");
}

#[test]
fn a_limit_leaves_connections_waiting_or_closes_them() {
    let home = tempfile::tempdir().unwrap();
    let (mut running, address) = server(&home, &["--max-clients", "1", "--close-over-limit"]);
    let _first = plain(address);
    running.says("#1 accepted");
    assert_eq!(plain(address).read(&mut [0]).unwrap(), 0);
    running.says("ended: over the limit");

    let (mut running, address) = server(&home, &["--max-clients", "1", "--mode", "echo"]);
    let first = plain(address);
    running.says("#1 accepted");
    let mut waiting = plain(address);
    waiting.write_all(b"still here").unwrap();
    first.shutdown(Shutdown::Both).unwrap();
    assert_eq!(read(&mut waiting, 10), b"still here");
}

#[test]
#[cfg(unix)]
fn ctrl_c_says_goodbye_to_the_clients() {
    let home = tempfile::tempdir().unwrap();
    let (mut running, address) = server(&home, &[]);
    let mut client = plain(address);
    running.says("accepted");
    running.interrupt();
    assert_eq!(client.read(&mut [0]).unwrap(), 0, "a FIN");
    drop(client);
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(0), "{err}");
    assert!(err.contains("stopped listening"), "{err}");
}

#[test]
fn an_address_in_use_is_one_sentence() {
    let home = tempfile::tempdir().unwrap();
    let (_running, address) = server(&home, &[]);
    let second = Running::start(espalier(home.path(), &["server", &address.to_string()]));
    let (status, err) = second.end();
    assert_eq!(status.code(), Some(1), "{err}");
    assert!(err.contains("bind failed") && err.contains(&address.to_string()), "{err}");
    assert_eq!(err.lines().count(), 1, "{err}");
}

/// Loopback takes any zone, so that no address of a real network is listened on here.
#[test]
#[cfg(target_os = "linux")]
fn a_zone_says_on_which_interface() {
    let home = tempfile::tempdir().unwrap();
    let mut running =
        Running::start(espalier(home.path(), &["server", "[::1%lo]:0", "--mode", "echo"]));
    let port = running.listens().port();
    let client =
        espalier(home.path(), &["client", &format!("[::1]:{port}"), "--bind", "[::1%lo]:0"]);
    let mut client = Running::start(client);
    client.stdin().write_all(b"zoned").unwrap();
    assert_eq!(client.read_stdout(5), b"zoned");
    let refused = espalier(home.path(), &["server", "[fe80::1%no-such]:0"]).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success());
    assert!(
        said.contains("there is no interface no-such; there are ") && said.contains("lo"),
        "{said}"
    );
}

#[test]
fn a_server_that_reads_nothing_on_purpose_blocks_who_sends() {
    let home = tempfile::tempdir().unwrap();
    let arguments = ["server", "127.0.0.1:0", "--stop-reading", "--receive-buffer", "8192"];
    let mut running = Running::start(espalier(home.path(), &arguments));
    let mut client = TcpStream::connect(running.listens()).unwrap();
    client.set_nonblocking(true).unwrap();
    let piece = [7; 1 << 16];
    // More than both buffers ever hold.
    let sent = (0..1024).take_while(|_| client.write(&piece).is_ok()).count();
    assert!(sent < 1024, "{sent}");
    running.says("fault: nothing is read from here on");
}

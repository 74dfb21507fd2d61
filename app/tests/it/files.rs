//! `espalier send-file` and `espalier receive-file`.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::JoinHandle;

use sha2::{Digest as _, Sha256};

use crate::program::{PATIENCE, Running, Said, aside, espalier, finished};

/// Somebody who listens, and does this with who comes.
fn peer<T: Send + 'static>(
    act: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (String, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let acting = aside(move || {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        act(stream)
    });
    (target, acting)
}

fn said(arguments: &[&str]) -> Said {
    finished(arguments, b"")
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_file_is_sent_and_answers_go_to_stdout() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.bin");
    let bytes: Vec<u8> = (0..300_000_u32).map(|n| (n * 7) as u8).collect();
    std::fs::write(&path, &bytes).unwrap();
    let (target, acting) = peer(|mut stream| {
        let mut got = vec![0; 300_000];
        stream.read_exact(&mut got[..1000]).unwrap();
        stream.write_all(b"go on").unwrap();
        stream.read_exact(&mut got[1000..]).unwrap();
        got
    });
    let path = path.to_str().unwrap();
    let sent = said(&["send-file", path, "--to", &target, "--rate", "1M", "--chunk", "1000"]);
    assert!(acting.join().unwrap() == bytes);
    assert_eq!(sent.code, Some(0), "{sent:?}");
    assert!(sent.out.starts_with(b"go on"), "{sent:?}");
    assert!(sent.err.contains(&sha256(&bytes)), "{sent:?}");
}

#[test]
fn how_much_went_and_why_it_ended_is_told_when_the_other_end_goes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.bin");
    std::fs::write(&path, vec![7; 64 << 20]).unwrap();
    // What it has not read makes its end an RST.
    let (target, acting) = peer(|mut stream| stream.read_exact(&mut [0; 1000]).unwrap());
    let sent = said(&["send-file", path.to_str().unwrap(), "--to", &target]);
    acting.join().unwrap();
    assert_ne!(sent.code, Some(0), "{sent:?}");
    assert!(sent.err.contains("note: the first "), "{sent:?}");
    assert!(sent.err.contains("the sending of files has ended: "), "{sent:?}");
}

#[test]
fn what_comes_goes_into_a_file_and_its_digest_to_stdout() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("got.bin");
    let into = path.to_str().unwrap();
    let send = |mut stream: TcpStream| {
        stream.write_all(b"one two three").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
    };
    let (target, acting) = peer(send);
    let got = said(&["receive-file", into, "--to", &target]);
    acting.join().unwrap();
    assert_eq!(got.code, Some(0), "{got:?}");
    assert_eq!(std::fs::read(&path).unwrap(), b"one two three");
    let line = String::from_utf8(got.out).unwrap();
    assert!(line.starts_with(&sha256(b"one two three")), "{line}");
    // It is there already.
    let got = said(&["receive-file", into, "--to", "127.0.0.1:1"]);
    assert_eq!(got.code, Some(2), "{got:?}");
    assert!(got.err.contains("--force"), "{got:?}");
    // Too little is no success, and is told.
    let (target, acting) = peer(send);
    let got = said(&["receive-file", into, "--to", &target, "--force", "--size", "1K"]);
    acting.join().unwrap();
    assert_eq!(got.code, Some(17), "{got:?}");
    assert!(got.err.contains("before all the bytes"), "{got:?}");
}

#[test]
fn two_of_us_send_and_receive_by_ymodem() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["one.bin", "two.bin"].map(|name| folder.path().join(name));
    for (n, file) in files.iter().enumerate() {
        std::fs::write(file, vec![n as u8; 3000 * n]).unwrap();
    }
    let into = tempfile::tempdir().unwrap();
    let home = tempfile::tempdir().unwrap();
    let place = into.path().to_str().unwrap();
    let receive = ["receive-file", place, "--listen", "127.0.0.1:0", "--protocol", "ymodem"];
    let mut receiver = Running::start(espalier(home.path(), &receive));
    let line = receiver.says("listening on");
    let target = line.rsplit(' ').next().unwrap().to_owned();
    let [one, two] = files.each_ref().map(|file| file.to_str().unwrap());
    let sent = said(&["send-file", one, two, "--to", &target, "--protocol", "ymodem"]);
    assert_eq!(sent.code, Some(0), "{sent:?}");
    receiver.close_stdin();
    let out = receiver.rest_of_stdout();
    let (status, err) = receiver.end();
    assert_eq!(status.code(), Some(0), "{err}");
    assert_eq!(String::from_utf8(out).unwrap().lines().count(), 2);
    for file in &files {
        let got = std::fs::read(into.path().join(file.file_name().unwrap())).unwrap();
        assert!(got == std::fs::read(file).unwrap());
    }
}

#[test]
fn what_cannot_be_is_refused_with_the_code_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.bin");
    std::fs::write(&path, b"a").unwrap();
    let path = path.to_str().unwrap();
    let missing = said(&["send-file", "no-such-file", "--to", "127.0.0.1:1"]);
    assert_eq!(missing.code, Some(2), "{missing:?}");
    let two = said(&["send-file", path, path, "--to", "127.0.0.1:1", "--protocol", "xmodem"]);
    assert_eq!(two.code, Some(2), "{two:?}");
    let nowhere = said(&["send-file", path, "--to", "127.0.0.1:1"]);
    assert_eq!(nowhere.code, Some(10), "{nowhere:?}");
    let no_folder = said(&["receive-file", path, "--to", "127.0.0.1:1", "--protocol", "zmodem"]);
    assert_eq!(no_folder.code, Some(2), "{no_folder:?}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_cancels_and_the_other_end_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.bin");
    std::fs::File::create(&path).unwrap().set_len(1 << 30).unwrap();
    let (target, acting) = peer(|mut stream| {
        // A receiver that has asked and then takes nothing more.
        stream.write_all(b"C").unwrap();
        let mut got = Vec::new();
        stream.read_to_end(&mut got).unwrap();
        got
    });
    let home = tempfile::tempdir().unwrap();
    let path = path.to_str().unwrap();
    let send = ["send-file", path, "--to", &target, "--protocol", "ymodem"];
    let mut running = Running::start(espalier(home.path(), &send));
    running.says("sending large.bin");
    running.interrupt();
    running.close_stdin();
    running.rest_of_stdout();
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(26), "{err}");
    let got = acting.join().unwrap();
    assert!(got.windows(5).any(|it| it == [0x18; 5]), "the other end was told");
}

//! `espalier send-list`.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread::JoinHandle;

use crate::program::{PATIENCE, Said, aside, espalier, finished};

/// A list in a file of its own folder.
struct Listed {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Listed {
    fn new(name: &str, text: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        Self { folder, path }
    }

    fn said(&self, arguments: &[&str]) -> Said {
        let path = self.path.to_str().unwrap();
        finished(&[&["send-list", path], arguments].concat(), b"")
    }
}

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

const LIST: &str = r#"schema = 2
[variables]
id = "7"
[[send-list.group]]
name = "modem"
[[send-list.group.entry]]
name = "hello"
text = "AT{{n}}"
placeholders = true
delay_ms = 0
spec = { line_ending = "cr-lf" }
answer = { pattern = "OK\\r\\n", within_ms = 60000 }
[[send-list.group.entry]]
text = "01 03"
delay_ms = 0
spec = { format = "hex", checksum = { algorithm = "CRC-16/MODBUS" } }
[[send-list.group]]
name = "other"
[[send-list.group.entry]]
text = "id {{id}}"
placeholders = true
delay_ms = 0
"#;

#[test]
fn messages_go_out_in_order_and_answers_are_waited_for() {
    let listed = Listed::new("list.toml", LIST.as_bytes());
    let (target, acting) = peer(|mut stream| {
        let mut first = [0; 5];
        stream.read_exact(&mut first).unwrap();
        stream.write_all(b"AT0\r\nOK\r\n").unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        (first.to_vec(), rest)
    });
    let said = listed.said(&[
        "--to",
        &target,
        "--linger",
        "0",
        "--variable",
        "id=你好",
        "--encoding",
        "gbk",
    ]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(said.out, b"AT0\r\nOK\r\n");
    assert!(
        said.err.contains("messages sent: 3; rounds: 1; answers: 1, missing: 0"),
        "{}",
        said.err
    );
    let (first, rest) = acting.join().unwrap();
    assert_eq!(first, b"AT0\r\n");
    assert_eq!(rest, b"\x01\x03\x40\x21id \xC4\xE3\xBA\xC3");
}

#[test]
fn an_answer_that_does_not_come_is_an_exit_code_of_its_own() {
    let text = LIST.replace("within_ms = 60000", "within_ms = 50");
    let listed = Listed::new("list.toml", text.as_bytes());
    let (target, acting) = peer(|mut stream| stream.read_to_end(&mut Vec::new()).unwrap());
    let said = listed.said(&["--to", &target, "--group", "modem", "--linger", "0"]);
    assert_eq!(said.code, Some(16), "{}", said.err);
    assert!(said.err.contains("no answer to \"hello\" in time"), "{}", said.err);
    assert_eq!(acting.join().unwrap(), 5, "nothing behind it was sent");
}

#[test]
fn what_cannot_be_sent_is_told_before_anything_is() {
    let text = LIST.replace("{{id}}", "{{no such}}");
    let said = Listed::new("list.toml", text.as_bytes()).said(&["--to", "127.0.0.1:9"]);
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("makes no sense") && said.err.contains("(column 4)"), "{}", said.err);
    let said =
        Listed::new("list.toml", LIST.as_bytes()).said(&["--to", "127.0.0.1:9", "--group", "none"]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("\"modem\", \"other\""), "{}", said.err);
    assert_eq!(Listed::new("x.ini", b"[x]\ny=1\n").said(&[]).code, Some(2));
}

#[test]
fn a_list_of_sscom_is_shown_kept_and_given_back() {
    let old = encoding_rs::GBK
        .encode(
            "N101=1,查询,500\r\nN1=A,AT+COPS=4\u{2}2\r\nN102=0,,100\r\nN2=H,01 02\r\nN1057=,Y\r\n",
        )
        .0
        .into_owned();
    let listed = Listed::new("sscom51.ini", &old);
    let shown = listed.said(&[]);
    let text = String::from_utf8(shown.out).unwrap();
    assert!(
        text.starts_with("[sscom51]\n")
            && text.contains("查询")
            && text.contains("AT+COPS=4,2\\r\\n"),
        "{text}"
    );
    let kept = listed.folder.path().join("new.toml");
    let saved = listed.said(&["--save", kept.to_str().unwrap()]);
    assert_eq!((saved.code, saved.err.as_str()), (Some(0), ""));
    let again = listed.said(&["--save", kept.to_str().unwrap()]);
    assert_eq!(again.code, Some(2), "{}", again.err);
    assert!(again.err.contains("--force"), "{}", again.err);
    assert_eq!(listed.said(&["--save", kept.to_str().unwrap(), "--force"]).code, Some(0));
    let back = listed.folder.path().join("back.ini");
    let path = kept.to_str().unwrap();
    let said = finished(&["send-list", path, "--save", back.to_str().unwrap()], b"");
    assert_eq!(said.code, Some(0), "{}", said.err);
    let written = std::fs::read(&back).unwrap();
    for line in
        old.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"N1") && line.len() > 12)
    {
        assert!(
            written.windows(line.len()).any(|part| part == line),
            "{}",
            String::from_utf8_lossy(line)
        );
    }
}

#[test]
fn a_serial_port_takes_a_list_too() {
    let listed = Listed::new(
        "list.toml",
        br#"schema = 2
[[send-list.group]]
name = "board"
[[send-list.group.entry]]
text = "status"
delay_ms = 0
spec = { line_ending = "lf" }
"#,
    );
    let home = tempfile::tempdir().unwrap();
    let path = listed.path.to_str().unwrap();
    let ended = espalier(home.path(), &["send-list", path, "--port", "/dev/no-such-port"])
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(22), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn what_still_waited_when_the_peer_went_was_not_sent() {
    let text = format!(
        "schema = 2\n[[send-list.group]]\n[[send-list.group.entry]]\ntext = \"{}\"\nrepeat = 12\ndelay_ms = 0\n",
        "x".repeat(1 << 20)
    );
    let listed = Listed::new("large.toml", text.as_bytes());
    let (target, acting) = peer(|mut stream| {
        // All of it is in the outbox by then, and not in the system's buffers.
        stream.read_exact(&mut [0; 1000]).unwrap();
        // What it says last is still being read when its end is known.
        stream.write_all(&[b'!'; 100_000]).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(500));
        socket2::SockRef::from(&stream).set_linger(Some(std::time::Duration::ZERO)).unwrap();
    });
    let said = listed.said(&["--to", &target, "--linger", "0"]);
    assert!(matches!(said.code, Some(12 | 15)), "{:?}: {}", said.code, said.err);
    acting.join().unwrap();
}

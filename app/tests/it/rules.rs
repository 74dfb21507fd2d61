//! Rules on the command line.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::program::{PATIENCE, aside, espalier, finished};

const RULES: &str = r#"schema = 2
[variables]
unit = "7"
[[rule]]
name = "poll"
[rule.when]
event = "received"
format = "hex"
pattern = "01 03 00 00 00 0A C5 CD"
[[rule.action]]
do = "send"
text = "01 03 02 00 {{1}}"
spec = { format = "text" }
[[rule.action]]
do = "mark"
"#;

fn rules() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.toml");
    let text = RULES.replace(
        "text = \"01 03 02 00 {{1}}\"\nspec = { format = \"text\" }",
        "text = \"01 03 02 00 07\"\nspec = { format = \"hex\", checksum = {} }",
    );
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[test]
fn a_client_answers_by_rule_and_says_how_often() {
    let (folder, path) = rules();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let acting = aside(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut answers = Vec::new();
        for piece in [&b"\x01\x03\x00\x00\x00"[..], b"\x0A\xC5\xCD"] {
            stream.write_all(piece).unwrap();
        }
        let mut answer = [0; 7];
        stream.read_exact(&mut answer).unwrap();
        answers.extend(answer);
        answers
    });
    let capture = folder.path().join("c.pcapng");
    let capture = capture.to_str().unwrap();
    let arguments = ["client", &target, "--rules", &path, "--capture", capture];
    let mut command = espalier(folder.path(), &arguments);
    command.stdin(std::process::Stdio::piped());
    let running = crate::program::Running::start(command);
    assert_eq!(acting.join().unwrap(), [1, 3, 2, 0, 7, 0xF9, 0x86]);
    let (_, err) = running.end();
    assert!(err.contains("rule \"poll\": matched: 1, sent: 1, not sent: 0"), "{err}");
    assert!(err.contains("mark: poll") && err.contains("rule \"poll\" sends 7 bytes"), "{err}");
    // What has passed, tried again: nothing is sent, and each place is printed.
    let said = finished(&["log", capture, "--rules", &path], b"");
    assert_eq!(said.code, Some(0), "{}", said.err);
    let out = String::from_utf8(said.out).unwrap();
    assert_eq!(out.lines().count(), 1, "{out}");
    assert!(out.contains("#1 \"poll\" 01 03 00 00 00 0A C5 CD"), "{out}");
    assert!(said.err.contains("rule \"poll\": would have matched: 1"), "{}", said.err);
}

/// A Modbus poll on a serial port, in two pieces.
#[cfg(unix)]
#[test]
fn a_monitor_answers_by_rule() {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    let (folder, path) = rules();
    let board = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&board).unwrap();
    unlockpt(&board).unwrap();
    let name = ptsname(&board, Vec::new()).unwrap().into_string().unwrap();
    let arguments = ["monitor", "--port", &name, "--rules", &path];
    let mut running = crate::program::Running::start(espalier(folder.path(), &arguments));
    running.says("at 115200 baud");
    let mut board = std::fs::File::from(board);
    for piece in [&b"\x01\x03\x00\x00\x00"[..], b"\x0A\xC5\xCD"] {
        board.write_all(piece).unwrap();
    }
    let mut answer = [0; 7];
    board.read_exact(&mut answer).unwrap();
    assert_eq!(answer, [1, 3, 2, 0, 7, 0xF9, 0x86]);
    running.says("mark: poll");
    running.interrupt();
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(0), "{err}");
    assert!(err.contains("rule \"poll\": matched: 1, sent: 1, not sent: 0"), "{err}");
}

/// A port is closed with what waits for it: not with what a rule has sent.
#[cfg(unix)]
#[test]
fn a_monitor_sends_before_a_rule_ends_it() {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.toml");
    let rule = "schema = 2\n[[rule]]\nname = \"end\"\n[rule.when]\nevent = \"received\"\npattern = \"bye\"\n\
                [[rule.action]]\ndo = \"send\"\ntext = \"see you\"\n[[rule.action]]\ndo = \"end-session\"\n";
    std::fs::write(&path, rule).unwrap();
    let board = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&board).unwrap();
    unlockpt(&board).unwrap();
    let name = ptsname(&board, Vec::new()).unwrap().into_string().unwrap();
    let arguments = ["monitor", "--port", &name, "--rules", path.to_str().unwrap()];
    let mut running = crate::program::Running::start(espalier(folder.path(), &arguments));
    running.says("at 115200 baud");
    let mut board = std::fs::File::from(board);
    board.write_all(b"bye").unwrap();
    let mut answer = [0; 7];
    board.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"see you");
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(0), "{err}");
    assert!(err.contains("rule \"end\" ends the session"), "{err}");
    assert!(err.contains("rule \"end\": matched: 1, sent: 1, not sent: 0"), "{err}");
}

#[test]
fn rules_that_cannot_work_are_told_before_anything_begins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.toml");
    let told = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let said = finished(&["client", "127.0.0.1:9", "--rules", path.to_str().unwrap()], b"");
        assert_eq!(said.code, Some(2), "{}", said.err);
        said.err
    };
    let rule =
        "schema = 2\n[[rule]]\nname = \"r\"\n[rule.when]\nevent = \"received\"\npattern = \"x\"\n";
    let err = told(&rule.replace("\"x\"", "\"\""));
    assert!(err.contains("rule 1 \"r\" cannot work: there is nothing to look for"), "{err}");
    let err = told(&format!("{rule}[[rule.action]]\ndo = \"run-list\"\ngroup = \"g\"\n"));
    assert!(err.contains("no send list group \"g\""), "{err}");
    let err = told(&format!("{rule}[[rule.action]]\ndo = \"send\"\ntext = \"{{{{1}}}}\"\n"));
    assert!(err.contains("what it sends: nothing is called \"1\""), "{err}");
    let err = told("schema = 2\n");
    assert!(err.contains("it has no rules"), "{err}");
}

#[test]
fn the_sessions_of_a_workspace_have_their_rules_and_those_of_all() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let acting = aside(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut hello = [0; 5];
        stream.read_exact(&mut hello).unwrap();
        stream.write_all(b"bye").unwrap();
        // Its end, asked for by a rule of all sessions.
        stream.read_to_end(&mut Vec::new()).unwrap();
        hello
    });
    let path = folder.path().join("w.toml");
    let text = format!(
        "schema = 2\n[[session]]\n[session.transport]\nkind = \"tcp-client\"\nhost = \"127.0.0.1\"\nport = {port}\n\
         [[session.rule]]\nname = \"greet\"\nwhen = {{ event = \"connected\" }}\naction = [{{ do = \"send\", text = \"hello\" }}]\n\
         [[rule]]\nname = \"leave\"\nwhen = {{ event = \"received\", pattern = \"bye\" }}\naction = [{{ do = \"end-session\" }}]\n"
    );
    std::fs::write(&path, text).unwrap();
    let running = crate::program::Running::start(espalier(
        folder.path(),
        &["run", path.to_str().unwrap(), "--for", "60s"],
    ));
    assert_eq!(&acting.join().unwrap(), b"hello");
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(0), "{err}");
    assert!(err.contains("rule \"leave\" ends the session"), "{err}");
    assert!(err.contains("rule \"greet\": matched: 1, sent: 1, not sent: 0"), "{err}");
}

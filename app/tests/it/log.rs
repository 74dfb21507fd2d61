//! `--capture` and `espalier log`.

use std::io::Write as _;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::thread;

use crate::program::{Running, espalier, finished, has, noise};

/// A capture of a client that sent `sent` and received `received`.
fn capture(path: &str, sent: &[u8], received: &[u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let reply = received.to_vec();
    let acting = thread::Builder::new().name("peer".to_owned()).spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        std::io::copy(&mut stream.try_clone().unwrap(), &mut std::io::sink()).unwrap();
        stream.write_all(&reply).unwrap();
    });
    let said = finished(&["client", &target, "--capture", path], sent);
    assert_eq!(said.code, Some(0), "{}", said.err);
    acting.unwrap().join().unwrap();
    target
}

#[test]
fn a_capture_gives_back_bytes_text_and_hex() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.pcapng");
    let path = path.to_str().unwrap();
    let received = [&b"\xC4\xE3\xBA\xC3\nsecond\n"[..], &noise(100_000)].concat();
    let target = capture(path, b"question\n", &received);

    let said = finished(&["log", path, "--view", "raw", "--direction", "in"], b"");
    assert!(said.code == Some(0) && said.out == received);
    let said = finished(&["log", path, "--view", "raw", "--direction", "out"], b"");
    assert_eq!(said.out, b"question\n");
    let said = finished(&["log", path, "--view", "raw", "--peer", &target], b"");
    assert_eq!(said.out, [b"question\n", &received[..]].concat());
    let said = finished(&["log", path, "--peer", "127.0.0.9"], b"");
    assert_eq!(said.code, Some(2), "{}", said.err);

    let said = finished(&["log", path, "--encoding", "gbk"], b"");
    let text = String::from_utf8(said.out).unwrap();
    let line = |part: &str| text.lines().find(|line| line.contains(part)).map(str::to_owned);
    assert!(line("> #1 question").is_some(), "{text}");
    assert!(line("< #1 你好").is_some() && line("< #1 second").is_some());
    assert!(line("connected to 127.0.0.1:").is_some());

    let said = finished(&["log", path, "--view", "hex", "--direction", "out"], b"");
    let text = String::from_utf8(said.out).unwrap();
    assert!(text.contains("71 75 65 73 74 69 6F 6E 0A"), "{text}");
    let said = finished(&["log", path, "--view", "hex", "--direction", "in"], b"");
    let text = String::from_utf8(said.out).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let digits = lines.flat_map(|line| line[10..57].split_whitespace());
    let bytes: Vec<u8> = digits.map(|digits| u8::from_str_radix(digits, 16).unwrap()).collect();
    assert!(bytes == received, "{} bytes", bytes.len());

    let said = finished(&["log", path, "--view", "csv", "--direction", "out"], b"");
    let text = String::from_utf8(said.out).unwrap();
    assert!(
        text.starts_with("time,direction,connection,kind,bytes,text,hex,delta,fault\r\n"),
        "{text}"
    );
    let row = ",out,1,data,9,question,71 75 65 73 74 69 6F 6E 0A,,\r\n";
    assert!(text.contains(row), "{text}");
}

#[test]
fn a_stranger_reads_the_same_bytes() {
    if !has("tshark") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.pcapng");
    let path = path.to_str().unwrap();
    let received = noise(300_000);
    capture(path, b"question\n", &received);
    let tshark = Command::new("tshark")
        .args(["-r", path, "-Y", "data && frame.packet_flags_direction == 1"])
        .args(["-T", "fields", "-e", "data.data"])
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let hex: String = String::from_utf8(tshark.stdout).unwrap().split_whitespace().collect();
    let expected = received.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert!(hex == expected, "{} and {} digits", hex.len(), expected.len());
}

#[test]
fn bad_files_get_one_sentence_and_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "not a capture").unwrap();
    for path in [text.to_str().unwrap(), "/no/such/file"] {
        let said = finished(&["log", path], b"");
        assert_eq!(said.code, Some(2), "{}", said.err);
        assert_eq!(said.err.lines().count(), 1, "{}", said.err);
    }
}

#[test]
fn when_nobody_reads_the_log_any_more_it_ends_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.pcapng");
    let path = path.to_str().unwrap();
    capture(path, b"", &noise(2_000_000));
    let mut running = Running::start(espalier(folder.path(), &["log", path]));
    running.read_stdout(10);
    running.close_stdout();
    let (status, err) = running.end();
    assert_eq!((status.code(), err.as_str()), (Some(0), ""));
}

#[test]
fn rules_that_are_tried_on_a_damaged_capture_tell_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let (path, rules) = (folder.path().join("c.pcapng"), folder.path().join("r.toml"));
    let (path, rules) = (path.to_str().unwrap(), rules.to_str().unwrap());
    let rule = "schema = 2\n[[rule]]\n[rule.when]\nevent = \"received\"\npattern = \"x\"\n";
    std::fs::write(rules, rule).unwrap();
    capture(path, b"", &noise(1_200_000));
    let mut bad = std::fs::read(path).unwrap();
    // More than one record has (128 KiB), less than all.
    let middle = bad.len() / 2;
    bad[middle..middle + 150_000].fill(0);
    std::fs::write(path, &bad).unwrap();
    let said = finished(&["log", path, "--rules", rules], b"");
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains("missing or damaged"), "{}", said.err);
    let said = finished(&["log", path, "--rules", rules, "--damaged"], b"");
    assert_eq!(said.code, Some(0), "{}", said.err);
    let said = finished(&["log", path, "--rules", rules, "--peer", "1"], b"");
    assert_eq!(said.code, Some(2), "{}", said.err);
}

#[test]
fn damage_is_told_with_its_place_and_accepted_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.pcapng");
    let path = path.to_str().unwrap();
    let received = noise(1_200_000);
    capture(path, b"", &received);
    let good = std::fs::read(path).unwrap();
    for view in ["text", "raw", "hex"] {
        std::fs::write(path, &good).unwrap();
        let said = finished(&["log", path, "--view", view], b"");
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
        let mut bad = good.clone();
        // More than one record has (128 KiB), less than all.
        let middle = bad.len() / 2;
        bad[middle..middle + 150_000].fill(0);
        std::fs::write(path, &bad).unwrap();
        let said = finished(&["log", path, "--view", view], b"");
        assert_eq!(said.code, Some(1), "{}", said.err);
        assert!(said.err.contains("missing or damaged") && said.err.contains(path), "{}", said.err);
        assert_eq!(said.err.lines().count(), 1, "{}", said.err);
        assert!(!said.out.is_empty(), "what is whole is printed");
        let said = finished(&["log", path, "--view", view, "--damaged"], b"");
        assert_eq!(said.code, Some(0));
        assert!(said.err.contains("missing or damaged"), "told all the same: {}", said.err);
        // A torn end.
        std::fs::write(path, &good[..good.len() - 3]).unwrap();
        let said = finished(&["log", path, "--view", view], b"");
        assert_eq!(said.code, Some(1));
        assert!(said.err.contains("no whole record"), "{}", said.err);
    }
}

#[test]
fn times_are_in_the_zone_that_is_asked_for_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.pcapng");
    let path = path.to_str().unwrap();
    capture(path, b"", b"hello\n");
    let said = finished(&["log", path, "--zone", "utc"], b"");
    let text = String::from_utf8(said.out).unwrap();
    let clock = match cfg!(target_os = "linux") {
        true => "from the kernel for what TCP and UDP received, else from the program",
        false => "from the program",
    };
    assert!(text.starts_with(&format!("-- times in UTC, {clock}\n")), "{text}");
    assert_eq!(finished(&["log", path, "--zone", "Moon/Tycho"], b"").code, Some(2));
}

#[test]
fn what_was_seen_before_a_kill_is_in_the_capture() {
    // 20 rounds at full speed are a matter of a minute: `ESPALIER_KILLS=20`.
    let rounds = std::env::var("ESPALIER_KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(3);
    for round in 0..rounds {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.pcapng");
        let path = path.to_str().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = listener.local_addr().unwrap().to_string();
        let stream = noise(64 << 20);
        let sent = stream.clone();
        let sender = thread::Builder::new().name("peer".to_owned()).spawn(move || {
            listener.accept().unwrap().0.write_all(&sent).ok();
        });
        let mut running =
            Running::start(espalier(folder.path(), &["client", &target, "--capture", path]));
        // What comes out has been read, and is in the capture already.
        let mut seen = vec![0; (1 << 20) + round * 3_456_789 % (40 << 20)];
        std::io::Read::read_exact(&mut running.take_stdout(), &mut seen).unwrap();
        drop(running);
        sender.unwrap().join().unwrap();
        let said = finished(&["log", path, "--view", "raw", "--damaged"], b"");
        assert!(said.out.len() >= seen.len(), "{} of {}", said.out.len(), seen.len());
        assert!(stream.starts_with(&said.out), "in order, and nothing else");
    }
}

#[test]
fn a_file_of_another_kind_is_refused_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("thesis.txt");
    std::fs::write(&path, "years of work").unwrap();
    let name = path.to_str().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let said = finished(&["client", &target, "--capture", name], b"");
    assert_ne!(said.code, Some(0));
    assert!(said.err.contains("is not a capture of Espalier"), "{}", said.err);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "years of work");
}

#[test]
fn rows_are_cut_filtered_and_timed_as_the_options_say() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.pcapng");
    let path = path.to_str().unwrap();
    let lines = b"I (1) wifi: up\nE (2) tcp: Error 5\nerrors follow\n\xAA\x01\x55\n";
    capture(path, b"", lines);
    let log = |more: &[&str]| {
        let said = finished(&[&["log", path, "--direction", "in"], more].concat(), b"");
        assert_eq!(said.code, Some(0), "{more:?}: {}", said.err);
        let text = String::from_utf8(said.out).unwrap();
        let rows = text.lines().filter_map(|line| line.split_once("< #1 "));
        rows.map(|(_, row)| row.to_owned()).collect::<Vec<_>>()
    };
    let binary = r"\xAA\x01U";
    let all = ["I (1) wifi: up", "E (2) tcp: Error 5", "errors follow", binary];
    assert_eq!(log(&[]), all);
    assert_eq!(log(&["--filter", "error"]), all[1..3]);
    assert_eq!(log(&["--filter", "error", "--not"]), [all[0], all[3]]);
    assert_eq!(log(&["--filter", "error", "--word"]), all[1..2]);
    assert_eq!(log(&["--filter", "error", "--case"]), all[2..3]);
    assert_eq!(log(&["--filter", "^[ie] ", "--regex"]), all[..2]);
    assert_eq!(log(&["--filter", "aa ?? 55", "--hex"]), all[3..]);
    assert_eq!(log(&["--level", "error"]), all[1..]);
    assert_eq!(log(&["--tag", "wifi"]), all[..1]);
    assert_eq!(log(&["--since", "+3600"]), [""; 0]);
    assert_eq!(log(&["--until", "+3600"]), all);
    assert_eq!(log(&["--framing", "length:7"])[0], "I (1) w");
    let words = r#"{ by = "delimiter", delimiters = [": "] }"#;
    assert_eq!(log(&["--framing", words])[0], "I (1) wifi: ");
    // Frames that are damaged are marked, and so are pauses on demand.
    let frames = r#"{ by = "frame", header = "E", footer = "5" }"#;
    let said = finished(&["log", path, "--framing", frames, "--delta"], b"");
    let text = String::from_utf8(said.out).unwrap();
    assert!(text.contains("<! #1 I (1)") && text.contains("< #1 E (2) tcp: Error 5"), "{text}");
    assert!(text.contains(" +0."), "{text}");

    let signs = r#"{ by = "delimiter", delimiters = ["你"] }"#;
    for (wrong, why) in [
        (&["--filter", "(", "--regex"][..], "unclosed group"),
        (&["--filter", "A", "--hex"], "hexadecimal"),
        (&["--since", "noon"], "no moment"),
        (&["--framing", "words"], "no such way"),
        (&["--framing", "length:0"], "bytes"),
        (&["--framing", "{ by = \"frame\" }"], "length field"),
        (&["--framing", "gap:0"], "60000"),
        (&["--encoding", "windows-1252", "--framing", signs], "as bytes"),
        (&["--regex"], "--filter"),
        // What would not be done is refused.
        (&["--view", "raw", "--filter", "x"], "no rows"),
        (&["--core-dumps", "d", "--since", "+1"], "--since"),
        (&["--rules", "r", "--tag", "x"], "--tag"),
    ] {
        let said = finished(&[&["log", path], wrong].concat(), b"");
        assert_eq!(said.code, Some(2), "{wrong:?}: {}", said.err);
        assert!(said.err.contains(why), "{wrong:?}: {}", said.err);
    }
}

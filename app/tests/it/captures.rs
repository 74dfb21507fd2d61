//! `espalier captures`: the histories that windows have kept, as another program sees them.

use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use espalier_core::backend::prelude::*;
use espalier_core::capture_list::KeepLimits;
use espalier_core::session::{SessionSpec, SessionState, TcpServerSpec, TransportSpec};
use espalier_engine::Engine;
use espalier_engine::workspace::ProgramPaths;

use crate::program::{PATIENCE, Running, Said, espalier};

fn run(home: &Path, arguments: &[&str]) -> Said {
    let mut running = Running::start(espalier(home, arguments));
    running.close_stdin();
    let out = running.rest_of_stdout();
    let (status, err) = running.end();
    Said { code: status.code(), out, err }
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// A window's engine in this home, with a server called `lamp` that has heard something.
fn talked(home: &Path) -> Engine {
    let engine = Engine::new(&ProgramPaths::within(home).captures).unwrap();
    engine.keep_captures(KeepLimits::default());
    let transport = TransportSpec::TcpServer(TcpServerSpec::new(0));
    let id = engine.open(SessionSpec { name: "lamp".to_owned(), ..SessionSpec::new(transport) });
    let status = || engine.status(id).unwrap();
    until("it listens", || status().state == SessionState::Listening);
    let mut stream = std::net::TcpStream::connect(status().local.unwrap()).unwrap();
    stream.write_all(b"on\n").unwrap();
    until("it has heard it", || status().traffic.received.bytes == 3);
    engine
}

#[test]
fn what_a_window_kept_is_listed_printed_named_saved_and_deleted() {
    let home = tempfile::tempdir().unwrap();
    let engine = talked(home.path());
    let listed = || -> serde_json::Value {
        let said = run(home.path(), &["captures", "--json"]);
        assert_eq!(said.code, Some(0), "{}", said.err);
        serde_json::from_slice(&said.out).unwrap()
    };
    let open = listed();
    assert_eq!((&open[0]["name"], &open[0]["open"]), (&"lamp".into(), &true.into()));
    let clock = if cfg!(target_os = "linux") { "kernel" } else { "program" };
    assert_eq!(open[0]["clock"], clock);
    let id = open[0]["capture"].as_str().unwrap().to_owned();
    let said = run(home.path(), &["captures", "delete", &id]);
    assert_eq!(said.code, Some(1), "it is being written: {}", said.err);
    drop(engine);

    assert_eq!(listed()[0]["open"], false);
    let said = run(home.path(), &["log", &id, "--view", "raw"]);
    assert_eq!((said.code, &said.out[..]), (Some(0), &b"on\n"[..]), "{}", said.err);
    let said = run(home.path(), &["captures", "rename", &id, "kitchen"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let said = run(home.path(), &["captures"]);
    let table = String::from_utf8(said.out).unwrap();
    assert!(table.contains("kitchen") && table.contains(&id), "{table}");

    let copy = home.path().join("copy.pcapng");
    let copy = copy.to_str().unwrap();
    let said = run(home.path(), &["captures", "export", &id, copy]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(run(home.path(), &["log", copy, "--view", "raw"]).out, b"on\n");
    let said = run(home.path(), &["captures", "delete", &id]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(listed(), serde_json::json!([]));
    assert_eq!(run(home.path(), &["captures", "delete", &id]).code, Some(2));
    assert_eq!(run(home.path(), &["captures", "delete", "../.."]).code, Some(2));
}

#[test]
fn command_lines_delete_nothing_and_leave_nothing() {
    let home = tempfile::tempdir().unwrap();
    let captures = ProgramPaths::within(home.path()).captures;
    drop(talked(home.path()));
    let run_of_0_1_0 = captures.join("1500000000-4711/1");
    std::fs::create_dir_all(&run_of_0_1_0).unwrap();
    let kept = std::fs::read_dir(&captures).unwrap().flatten().map(|entry| entry.path());
    let segment = kept.filter(|path| path != run_of_0_1_0.parent().unwrap());
    let segment = segment.flat_map(|path| std::fs::read_dir(path).unwrap().flatten());
    let segment =
        segment.map(|it| it.path()).find(|it| it.extension().is_some_and(|it| it == "pcapng"));
    let segment = segment.unwrap();
    std::fs::copy(&segment, run_of_0_1_0.join(segment.file_name().unwrap())).unwrap();
    let count = || run(home.path(), &["captures"]).out.split(|byte| *byte == b'\n').count();
    let before = count();
    assert_eq!(run(home.path(), &["client", "127.0.0.1:1"]).code, Some(10));
    assert_eq!(run(home.path(), &["ports"]).code, Some(0));
    assert_eq!(count(), before);
    assert_eq!(before, 3, "two lines and the end");
}

#[test]
fn a_word_that_is_no_subcommand_and_no_file_is_a_bad_argument() {
    let home = tempfile::tempdir().unwrap();
    let said = run(home.path(), &["clinet", "127.0.0.1:1"]);
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("clinet"), "{}", said.err);
}

/// A pcap file of another program: its header, and a datagram by IPv4 without a link layer.
fn datagram() -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xA1B2_C3D4_u32, 0x0004_0002, 0, 0, 65_535, 101, 1, 0, 32, 32] {
        file.extend(word.to_le_bytes());
    }
    file.extend([0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    file.extend([0x03, 0xE8, 0x07, 0xD0, 0, 12, 0, 0]);
    file.extend(b"ping");
    file
}

#[test]
fn a_file_of_another_program_is_kept_by_its_streams() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("wire.pcap");
    std::fs::write(&file, datagram()).unwrap();
    let path = file.to_str().unwrap();
    let said = run(home.path(), &["log", path]);
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("captures import"), "it says what to do: {}", said.err);
    let said = run(home.path(), &["captures", "import", path]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let out = String::from_utf8(said.out).unwrap();
    let (id, name) = out.trim_end().split_once("  ").unwrap();
    assert_eq!(name, "10.0.0.1:1000 → 10.0.0.2:2000");
    assert_eq!(run(home.path(), &["log", id, "--view", "raw"]).out, b"ping");
    for (path, code) in [("nothing.pcap", 2), (home.path().to_str().unwrap(), 1)] {
        let said = run(home.path(), &["captures", "import", path]);
        assert_eq!(said.code, Some(code), "{path}: {}", said.err);
    }
    std::fs::write(&file, "a letter").unwrap();
    assert_eq!(run(home.path(), &["captures", "import", path]).code, Some(1));
}

#[cfg(unix)]
#[test]
fn an_import_that_ctrl_c_ends_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let captures = ProgramPaths::within(home.path()).captures;
    let path = home.path().join("endless.pcap");
    std::fs::write(&path, datagram()).unwrap();
    // Empty packets, more than anybody waits for, on no disk space.
    std::fs::File::options().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
    let arguments = ["captures", "import", path.to_str().unwrap()];
    let running = Running::start(espalier(home.path(), &arguments));
    let imports = captures.join("imports");
    until("it is under way", || {
        std::fs::read_dir(&imports).is_ok_and(|mut entries| entries.next().is_some())
    });
    running.interrupt();
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(26), "{err}");
    assert!(err.contains("Cancelled: nothing of "), "{err}");
    assert_eq!(std::fs::read_dir(&captures).unwrap().count(), 0);
}

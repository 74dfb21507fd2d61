//! The log of a session in files: over real connections, restarts, and changes while it runs.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use espalier_core::backend::SessionCommand;
use espalier_core::capture_list::KeepLimits;
use espalier_core::session::{
    ConnectionState, LogFileForm, LogFileSpec, SessionSpec, SessionState, TcpClientSpec,
    TransportSpec,
};
use espalier_core::view::{RowFormat, ViewSpec};
use espalier_engine::session::{CaptureTarget, Session};

use crate::rig::{Rig, notes, send, until};

/// The text of all log files in this folder, by name.
fn text(folder: &Path) -> String {
    let Ok(entries) = std::fs::read_dir(folder) else { return String::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    paths.into_iter().map(read).collect()
}

#[track_caller]
fn until_has(folder: &Path, wanted: &str) {
    until(wanted, || text(folder).contains(wanted));
}

/// A client that logs into this folder, and where its connections come from.
fn spec(folder: &Path, form: LogFileForm) -> (SessionSpec, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut spec =
        SessionSpec::new(TransportSpec::TcpClient(TcpClientSpec::new("127.0.0.1", port)));
    spec.log_to_file = Some(LogFileSpec { form, ..LogFileSpec::new(folder) });
    (spec, listener)
}

fn connected(session: &Session) {
    until("it is connected", || {
        session.status().state == SessionState::Connected(ConnectionState::Open)
    });
}

#[test]
fn what_is_received_sent_and_met_stands_in_the_file_as_in_the_log() {
    let rig = Rig::new();
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    let (spec, listener) = spec(&logs, LogFileForm::Text);
    let session = rig.open(spec);
    let (mut stream, _) = listener.accept().unwrap();
    connected(&session);
    stream.write_all("温度 21\n".as_bytes()).unwrap();
    send(&session, b"ask\n");
    until_has(&logs, "< #1 温度 21\n");
    until_has(&logs, "> #1 ask\n");
    until_has(&logs, " * ");
    until("the status tells where it goes", || {
        let status = session.status().log_file.clone();
        status.is_some_and(|it| it.path.starts_with(&logs) && it.bytes > 0 && it.trouble.is_none())
    });
    assert!(notes(&session).iter().any(|note| note.contains("the log goes into")));
    drop(stream);
    until("its end is written", || text(&logs).lines().count() > 3);
}

#[test]
fn it_goes_on_in_the_same_file_after_a_restart_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let (captures, logs) = (folder.path().join("captures"), folder.path().join("logs"));
    let (mut spec, listener) = spec(&logs, LogFileForm::Plain);
    for number in 0..3 {
        let rig = Rig::with_captures(&captures);
        rig.engine.keep_captures(KeepLimits::default());
        let session = rig.open(spec.clone());
        let (mut stream, _) = listener.accept().unwrap();
        connected(&session);
        stream.write_all(format!("run {number}\nwithout an end {number}").as_bytes()).unwrap();
        until_has(&logs, &format!("run {number}"));
        until("all came", || session.status().traffic.received.bytes == 22);
        spec.capture = session.spec().capture.clone();
        assert!(spec.capture.is_some());
        // What is under way is written when it ends.
        session.end();
        rig.engine.runtime().block_on(session.ended());
    }
    let all = text(&logs);
    for number in 0..3 {
        assert_eq!(all.matches(&format!("run {number}\n")).count(), 1, "{all}");
        assert_eq!(all.matches(&format!("without an end {number}\n")).count(), 1, "{all}");
    }
    assert_eq!(std::fs::read_dir(&logs).unwrap().count(), 1, "one file");
}

#[test]
fn it_is_switched_on_and_off_while_the_session_runs() {
    let rig = Rig::new();
    let folder = tempfile::tempdir().unwrap();
    let (mut stream, session) = {
        let (session, stream) = rig.connected(|_| {});
        (stream, session)
    };
    stream.write_all(b"before\n").unwrap();
    until("it came", || session.status().traffic.received.bytes == 7);
    let set = |log: Option<LogFileSpec>, view: ViewSpec| {
        session.command(SessionCommand::SetLogFile { log, view: Box::new(view) }).unwrap();
    };
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    set(Some(LogFileSpec::new(&first)), ViewSpec::default());
    until("it is on", || session.status().log_file.is_some());
    stream.write_all(b"meanwhile\n").unwrap();
    until_has(&first, "meanwhile");
    assert!(!text(&first).contains("before"), "from now on");
    // Into another folder, as another view shows it: nothing is lost on the way.
    set(
        Some(LogFileSpec::new(&second)),
        ViewSpec { format: RowFormat::Hex, ..ViewSpec::default() },
    );
    stream.write_all(b"hex\n").unwrap();
    until("it is in one of them", || {
        text(&first).contains("hex\n") || text(&second).contains("68 65 78 0A")
    });
    stream.write_all(b"two\n").unwrap();
    until_has(&second, "74 77 6F 0A");
    set(None, ViewSpec::default());
    until("it is off", || session.status().log_file.is_none());
    assert_eq!(session.spec().log_to_file, None);
    stream.write_all(b"after\n").unwrap();
    until("it came", || session.status().traffic.received.bytes == 31);
    set(Some(LogFileSpec::new(&second)), ViewSpec::default());
    until("it is on again", || session.status().log_file.is_some());
    stream.write_all(b"again\n").unwrap();
    until_has(&second, "again");
    assert!(!text(&second).contains("after"), "what came while it was off is not in it");
}

#[test]
fn a_session_that_keeps_no_history_logs_too_and_a_folder_that_cannot_be_is_told() {
    let rig = Rig::new();
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    std::fs::write(&logs, "a file").unwrap();
    let (spec, listener) = spec(&logs, LogFileForm::Raw);
    let session = rig.engine.open_tapped(spec, CaptureTarget::Nowhere, None);
    let (mut stream, _) = listener.accept().unwrap();
    connected(&session);
    stream.write_all(b"\x00\xFFraw\r\n").unwrap();
    until("the trouble is told", || {
        session.status().log_file.as_ref().is_some_and(|log| log.trouble.is_some())
    });
    assert!(notes(&session).iter().any(|note| note.contains("cannot be written")));
    // The session goes on meanwhile.
    stream.write_all(b"more").unwrap();
    until("it came", || session.status().traffic.received.bytes == 11);
    std::fs::remove_file(&logs).unwrap();
    until("it is written", || {
        let files = std::fs::read_dir(&logs).map(|entries| entries.count()).unwrap_or(0);
        files == 1 && text(&logs).ends_with("raw\r\nmore")
    });
    until("the trouble is over", || {
        session.status().log_file.as_ref().is_some_and(|log| log.trouble.is_none())
    });
}

//! `--log-dir`, and `log_to_file` of a workspace file: the log in files, also of a program that is killed.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::program::{PATIENCE, Running, aside, espalier, finished};

/// The text of all log files in this folder, by name.
fn text(folder: &Path) -> String {
    let Ok(entries) = std::fs::read_dir(folder) else { return String::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    paths.into_iter().map(read).collect()
}

#[test]
fn a_client_writes_its_log_into_a_folder_and_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    for (format, wanted) in [("text", "< #1 hello\n"), ("plain", "\nhello\n"), ("raw", "hello\n")] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = listener.local_addr().unwrap().to_string();
        let acting = aside(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(b"hello\n").unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            stream.read_to_end(&mut Vec::new()).unwrap();
        });
        let into = logs.join(format);
        let arguments = ["client", &target, "--log-dir", into.to_str().unwrap()];
        let said = finished(&[&arguments[..], &["--log-format", format]].concat(), b"");
        acting.join().unwrap();
        assert_eq!(said.code, Some(0), "{said:?}");
        assert_eq!(said.out, b"hello\n");
        assert!(said.err.contains("the log is in"), "{said:?}");
        let text = text(&into);
        assert!(text.contains(wanted), "{format}: {text}");
    }
    let said = finished(&["client", "127.0.0.1:1", "--log-dir", "x", "--log-rotate", "3w"], b"");
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.err.contains("10M"), "{said:?}");
}

#[test]
fn a_log_that_could_not_be_written_is_told_at_the_end_and_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let no_folder = folder.path().join("file");
    std::fs::write(&no_folder, "").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let acting = aside(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"hello\n").unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
    });
    let said = finished(&["client", &target, "--log-dir", no_folder.to_str().unwrap()], b"");
    acting.join().unwrap();
    assert_eq!(said.out, b"hello\n");
    assert!(said.err.contains("could not be written to its end"), "{said:?}");
    assert_eq!(said.code, Some(1), "{said:?}");
}

#[test]
fn what_a_killed_program_had_not_written_is_written_by_the_next_one_and_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, captures) = (folder.path().join("logs"), folder.path().join("captures"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let workspace = folder.path().join("w.toml");
    let path = logs.to_str().unwrap().replace('\\', "/");
    let lines = [
        "schema = 2",
        "[[session]]",
        "[session.transport]",
        "kind = \"tcp-client\"",
        "host = \"127.0.0.1\"",
        &format!("port = {port}"),
        "[session.log_to_file]",
        &format!("folder = \"{path}\""),
        "form = \"plain\"",
        "largest_mib = 1",
    ];
    std::fs::write(&workspace, lines.join("\n")).unwrap();
    let home = tempfile::tempdir().unwrap();
    let arguments = ["run", workspace.to_str().unwrap(), "--captures", captures.to_str().unwrap()];
    for run in 0..3 {
        let running = Running::start(espalier(home.path(), &arguments));
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        let acting = aside(move || {
            for line in 0..12_000 {
                let line = format!("row {run}:{line} {}\n", "x".repeat(line % 200));
                // Killed.
                if stream.write_all(line.as_bytes()).is_err() {
                    return;
                }
            }
        });
        if run == 2 {
            acting.join().unwrap();
            let (status, err) = running.end();
            assert_eq!(status.code(), Some(0), "{err}");
            break;
        }
        // Somewhere in the middle.
        let begun = Instant::now();
        while !text(&logs).contains(&format!("row {run}:1000 ")) {
            assert!(begun.elapsed() < PATIENCE, "in vain");
            std::thread::sleep(Duration::from_millis(2));
        }
        drop(running);
        acting.join().unwrap();
    }
    // What the capture holds is what the files hold.
    let shown = finished(&["log", captures.join("1.pcapng").to_str().unwrap()], b"");
    let shown = String::from_utf8(shown.out).unwrap();
    let shown =
        shown.lines().filter_map(|line| Some(line.split_once(" < #")?.1.split_once(' ')?.1));
    let mut captured: Vec<&str> = shown.filter(|row| row.starts_with("row ")).collect();
    let written = text(&logs);
    let mut written: Vec<&str> = written.lines().filter(|row| row.starts_with("row ")).collect();
    captured.sort_unstable();
    written.sort_unstable();
    assert!(captured.iter().any(|row| row.starts_with("row 2:11999 ")));
    assert_eq!(captured.len(), written.len());
    assert!(captured == written, "each row once");
    assert!(std::fs::read_dir(&logs).unwrap().count() > 1, "the next file was begun");
}

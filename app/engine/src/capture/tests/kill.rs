//! The end of the writing process, without warning.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::*;

const FOLDER: &str = "ESPALIER_TEST_CAPTURE_FOLDER";

/// Not a test by itself: the process that is killed. It says each number after the record is appended.
#[test]
fn child_that_writes_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let capture = Capture::open(Path::new(&folder), CaptureLimits::default()).expect("a capture");
    for n in 0.. {
        if let Err(error) = append(&capture, &numbered(n).repeat(50)) {
            println!("error {error:?}");
            return;
        }
        println!("wrote {n}");
    }
}

fn writing_child(mut command: Command, folder: &Path) -> Child {
    command
        .args([
            "--exact",
            "--nocapture",
            "capture::tests::kill::child_that_writes_until_it_is_killed",
        ])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("this very program")
}

/// The last number a line of the child tells, if it is one.
fn told(line: &str) -> Option<u32> {
    line.rsplit_once("wrote ")?.1.trim().parse().ok()
}

#[test]
fn d7_a_killed_writer_loses_nothing_that_it_had_appended() {
    let program = std::env::current_exe().expect("this very program");
    for round in 0..3_u32 {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = writing_child(Command::new(&program), folder.path());
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let reached = lines
            .by_ref()
            .map_while(Result::ok)
            .filter_map(|line| told(&line))
            .find(|n| *n >= 200 + round * 137)
            .expect("a child that writes");
        child.kill().expect("a running child");
        child.wait().expect("a killed child");
        let last = lines.map_while(Result::ok).filter_map(|line| told(&line)).last();
        let last = last.unwrap_or(reached);

        let saved = SavedCapture::open(folder.path()).expect("a capture");
        let written = payloads(&saved);
        assert!(written.len() > last as usize, "{} of {last} records", written.len());
        for (n, payload) in (0..).zip(&written) {
            assert_eq!(*payload, numbered(n).repeat(50));
        }
        let again = Capture::open(folder.path(), CaptureLimits::default()).expect("a capture");
        append(&again, b"after").expect("space");
        assert_eq!(payloads(&again).len(), written.len() + 1);
    }
}

/// The real thing: the kernel takes part of a write and refuses the rest.
#[test]
#[cfg(unix)]
fn the_systems_own_limit_of_a_file_is_a_full_disk_and_leaves_whole_records() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut shell = Command::new("sh");
    // 100 blocks of 512 bytes; the signal that goes with the error is ignored, as Rust programs do with SIGPIPE.
    shell.args(["-c", "trap '' XFSZ; ulimit -f 100; exec \"$0\" \"$@\""]);
    shell.arg(std::env::current_exe().expect("this very program"));
    let child = writing_child(shell, folder.path());
    let output = child.wait_with_output().expect("a child that ends");
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.contains("error Full"), "{output}");
    let last = output.lines().filter_map(told).next_back().expect("a child that writes");
    let saved = SavedCapture::open(folder.path()).expect("a capture");
    assert_eq!(payloads(&saved).len(), last as usize + 1);
    let cut = saved.extent().end;
    let file = folder.path().join("0000000000000000.pcapng");
    assert_eq!(std::fs::metadata(file).expect("the segment").len(), cut, "nothing torn is left");
}

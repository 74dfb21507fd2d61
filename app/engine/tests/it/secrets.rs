//! A secret that is typed to a board is in no file afterwards.

use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::path::Path;

use espalier_core::backend::PeerSelector;
use espalier_core::backend::prelude::*;
use espalier_core::session::{SerialSpec, SessionSpec, SessionState, TransportSpec};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::rig::{Rig, until};

const SECRET: &str = "correct-horse";

/// Our side of a pty that stands for a board, the other side held open, and its name.
fn board() -> (std::fs::File, OwnedFd, String) {
    use rustix::fs::{Mode, OFlags};
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let held = rustix::fs::open(&name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    let mut raw = rustix::termios::tcgetattr(&held).unwrap();
    raw.make_raw();
    rustix::termios::tcsetattr(&held, rustix::termios::OptionalActions::Now, &raw).unwrap();
    (master.into(), held, name.into_string().unwrap())
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push(std::fs::read(path).unwrap());
        }
    }
    all
}

/// The forms in which a secret could be written down.
fn forms() -> Vec<Vec<u8>> {
    let hex = |separator: &str, upper: bool| {
        let digit = |byte: u8| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") };
        SECRET.bytes().map(digit).collect::<Vec<_>>().join(separator).into_bytes()
    };
    vec![
        SECRET.as_bytes().to_vec(),
        SECRET.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        hex("", false),
        hex("", true),
        hex(" ", false),
        hex(" ", true),
        hex("\\x", false),
        // Base64 of its first nine bytes, at each of the three places in a group.
        b"Y29ycmVjdC1o".to_vec(),
        b"NvcnJlY3QtaG".to_vec(),
        b"jb3JyZWN0LWhv".to_vec(),
    ]
}

#[test]
fn a_secret_typed_in_any_pieces_is_in_no_file_afterwards() {
    let home = tempfile::tempdir().unwrap();
    let rig = Rig::with_captures(&home.path().join("captures"));
    rig.engine.keep_captures(espalier_core::capture_list::KeepLimits::ALL);
    let (mut heard, _held, port) = board();
    let id = rig.engine.open(SessionSpec::new(TransportSpec::Serial(SerialSpec::new(&port))));
    let session = rig.engine.session(id).unwrap();
    until("the port is open", || session.status().state == SessionState::Open);
    let line = format!("wifi set Home {SECRET}");
    let commands = [
        format!("{line}\r\n"),
        format!("{line}\r"),
        format!("\rwifi  set \"Home\" \"{SECRET}\"\n"),
        format!("#12 WIFI SET Home {SECRET}\n"),
        format!("wifx\u{8}i set Home {SECRET}x\u{8}\n"),
        format!("wifi set Home {SECRET}{}can\r\n", "\u{8}".repeat(22)),
        format!("wifi set \u{7f51}\u{7edc} {SECRET}\n"),
        format!("#3 ota token {SECRET}\r\n"),
    ];
    for command in commands {
        for size in [1, 2, 3, 7, 16, 1000] {
            for piece in command.as_bytes().chunks(size) {
                assert_eq!(session.send(&PeerSelector::All, &piece.into()), Ok(()));
            }
            // The board hears every byte of it.
            let mut all = vec![0; command.len()];
            heard.read_exact(&mut all).unwrap();
            assert_eq!(String::from_utf8(all).unwrap(), command);
        }
    }
    // One that is never ended, and what is typed besides.
    assert_eq!(session.send(&PeerSelector::All, &(*b"status\n").into()), Ok(()));
    assert_eq!(session.send(&PeerSelector::All, &line.as_bytes().into()), Ok(()));
    let mut all = vec![0; 7 + line.len()];
    heard.read_exact(&mut all).unwrap();
    drop((session, rig));
    let files = files(home.path());
    let has = |form: &[u8]| {
        files.iter().any(|file| file.windows(form.len()).any(|window| window == form))
    };
    for form in forms() {
        assert!(!has(&form), "{}", form.escape_ascii());
    }
    assert!(has(b"status\n") && has(b"wifi set Home ********"));
}

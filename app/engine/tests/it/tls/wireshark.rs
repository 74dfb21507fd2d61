//! What Wireshark makes of our connections as they go over the wire: with the secrets that we write down it reads what was said, and it
//! sees the same closed window that we tell of.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use espalier_core::backend::PeerSelector;
use espalier_core::session::Behaviour;
use espalier_core::tls::{ServerTrust, TlsClientSpec, TlsServerSpec};

use super::connected;
use crate::rig::{Foreign, Rig, captured, noise, notes, send, until};

/// What goes over the loopback to and from a port, in a file.
struct Sniffer {
    dumpcap: Foreign,
    file: PathBuf,
}

impl Sniffer {
    /// One that has begun; `None`, said aloud, where that is not installed or not allowed.
    fn begin(folder: &Path, port: u16) -> Option<Self> {
        let file = folder.join("wire.pcapng");
        let loopback = if cfg!(target_os = "macos") { "lo0" } else { "lo" };
        let mut command = Command::new("dumpcap");
        command.args(["-q", "-i", loopback, "-f", &format!("tcp port {port}"), "-w"]).arg(&file);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                eprintln!("SKIPPED: dumpcap: {error}");
                return None;
            }
        };
        let mut told = BufReader::new(child.stderr.take().unwrap());
        let mut all = String::new();
        let dumpcap = Foreign(child);
        // It names the file when it listens.
        loop {
            let mut line = String::new();
            if told.read_line(&mut line).unwrap_or_default() == 0 {
                eprintln!("SKIPPED: dumpcap may not listen here: {}", all.trim());
                return None;
            }
            if line.starts_with("File:") {
                break;
            }
            all.push_str(&line);
        }
        // It goes on talking; nobody holds it up.
        let listen = move || drop(told.read_to_end(&mut Vec::new()));
        std::thread::Builder::new().name("dumpcap".to_owned()).spawn(listen).unwrap();
        Some(Self { dumpcap, file })
    }

    /// What tshark prints of it, by these arguments, as soon as that holds this.
    #[track_caller]
    fn shows(&self, arguments: &[&str], wanted: &str) -> Option<String> {
        let mut said = String::new();
        let mut is_there = true;
        until(wanted, || {
            let mut tshark = Command::new("tshark");
            tshark.arg("-r").arg(&self.file).args(arguments);
            match tshark.output() {
                // While it is written, its end may be half a packet.
                Ok(output) => said = String::from_utf8_lossy(&output.stdout).into_owned(),
                Err(error) => {
                    eprintln!("SKIPPED: tshark: {error}");
                    is_there = false;
                }
            }
            !is_there || said.contains(wanted)
        });
        is_there.then_some(said)
    }
}

#[test]
fn the_key_log_of_either_end_lets_it_read_what_was_said() {
    const SECRET: &str = "the password is swordfish";
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::new();
    let (ours, theirs) = (folder.path().join("client.keys"), folder.path().join("server.keys"));
    let (_server, address) = rig.server(|spec| {
        spec.behaviour = Behaviour::Echo;
        spec.tls = Some(TlsServerSpec { key_log: Some(theirs.clone()), ..Default::default() });
    });
    let Some(sniffer) = Sniffer::begin(folder.path(), address.port()) else { return };
    let client = rig.client(address.port(), |spec| {
        let key_log = Some(ours.clone());
        let trust = ServerTrust::Any;
        spec.tls = Some(TlsClientSpec { trust, key_log, ..TlsClientSpec::default() });
    });
    connected(&client);
    send(&client, SECRET.as_bytes());
    until("it is echoed", || {
        captured(&client, espalier_core::Direction::In, None) == SECRET.as_bytes()
    });
    let tls = format!("tcp.port=={},tls", address.port());
    let follow = ["-d", &tls, "-q", "-z", "follow,tls,ascii,0"];
    for keys in [&ours, &theirs] {
        let keys = format!("tls.keylog_file:{}", keys.display());
        let with_keys = [&["-o", keys.as_str()][..], &follow].concat();
        let Some(said) = sniffer.shows(&with_keys, SECRET) else { return };
        assert!(said.matches(SECRET).count() <= 2, "once each way: {said}");
    }
    // Without them it reads nothing: they are worth being careful with.
    let without = Command::new("tshark").arg("-r").arg(&sniffer.file).args(follow).output();
    assert!(!String::from_utf8_lossy(&without.unwrap().stdout).contains(SECRET));
    drop(sniffer.dumpcap);
}

#[test]
#[cfg(target_os = "linux")]
fn it_sees_the_closed_window_that_we_tell_of() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::new();
    let (_server, address) = rig.server(|spec| {
        spec.options.receive_buffer = Some(8192);
        spec.faults.stop_reading = true;
    });
    let Some(sniffer) = Sniffer::begin(folder.path(), address.port()) else { return };
    let client = rig.client(address.port(), |_| {});
    connected(&client);
    client.look(&PeerSelector::All);
    send(&client, &noise(3, 4 << 20));
    until("we tell of it", || {
        client.look(&PeerSelector::All);
        notes(&client).iter().any(|note| note.contains("its receive window is 0"))
    });
    let arguments = ["-Y", "tcp.analysis.zero_window", "-T", "fields", "-e", "tcp.srcport"];
    sniffer.shows(&arguments, &address.port().to_string());
    drop(sniffer.dumpcap);
}

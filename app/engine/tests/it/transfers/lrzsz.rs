//! lrzsz at the other end, over TCP and through a pseudo-terminal.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use espalier_core::session::{FlowControl, SerialSpec, SessionSpec, SessionState, TransportSpec};
use espalier_core::transfer::TransferOffer;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::*;

const SIZES: [usize; 8] = [0, 1, 127, 128, 129, 1023, 1025, 100 << 10];

/// Whether it is installed; else that is said.
fn is_there() -> bool {
    let there = Command::new("rz").arg("--version").output().is_ok();
    if !there {
        eprintln!("SKIPPED: rz and sz (lrzsz) are not installed");
    }
    there
}

/// lrzsz, which ends with the test.
struct Stranger(Child, Option<File>);

impl Stranger {
    fn start(command: &[&str], folder: &Path, stream: OwnedFd) -> Self {
        let (program, arguments) = command.split_first().unwrap();
        let input = stream.try_clone().unwrap();
        let child = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::from(input))
            .stdout(Stdio::from(stream))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child, None)
    }

    /// Waits for its end; whether it was content.
    fn end(&mut self) -> bool {
        let mut ended = None;
        until("lrzsz has ended", || {
            ended = self.0.try_wait().unwrap();
            ended.is_some()
        });
        ended.unwrap().success()
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A client session whose other end is this program.
fn over_tcp(rig: &Rig, command: &[&str], folder: &Path) -> (Session, Stranger) {
    let (session, stream) = rig.connected(|_| {});
    stream.set_read_timeout(None).unwrap();
    let stranger = Stranger::start(command, folder, OwnedFd::from(stream));
    (session, stranger)
}

/// The same with a line between that does this to each piece of what passes, and is cut when it says so.
fn over_line(
    rig: &Rig,
    command: &[&str],
    folder: &Path,
    harm: impl FnMut(bool, &mut Vec<u8>) -> bool + Clone + Send + 'static,
) -> (Session, Stranger) {
    let (session, ours) = rig.connected(|_| {});
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let theirs = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (line, _) = listener.accept().unwrap();
    let pass = |mut from: TcpStream, mut to: TcpStream, out: bool| {
        let mut harm = harm.clone();
        named(move || {
            let mut buffer = vec![0; 4096];
            while let Ok(count @ 1..) = from.read(&mut buffer) {
                let mut piece = buffer[..count].to_vec();
                let cut = !harm(out, &mut piece);
                if to.write_all(&piece).is_err() || cut {
                    break;
                }
            }
            to.shutdown(Shutdown::Both).ok();
        });
    };
    ours.set_read_timeout(None).unwrap();
    pass(ours.try_clone().unwrap(), line.try_clone().unwrap(), true);
    pass(line, ours, false);
    (session, Stranger::start(command, folder, OwnedFd::from(theirs)))
}

/// Both ends of a pseudo-terminal in raw mode: ours, the terminal, and its name.
fn pty() -> (File, File, String) {
    use rustix::fs::{Mode, OFlags};
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let terminal = rustix::fs::open(&name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    let mut raw = rustix::termios::tcgetattr(&terminal).unwrap();
    raw.make_raw();
    rustix::termios::tcsetattr(&terminal, rustix::termios::OptionalActions::Now, &raw).unwrap();
    (master.into(), terminal.into(), name.into_string().unwrap())
}

/// A serial session on a terminal, this program on another one, and a cable between them.
fn over_pty(
    rig: &Rig,
    command: &[&str],
    folder: &Path,
    change: impl FnOnce(&mut SerialSpec),
) -> (Session, Stranger) {
    let (ours, held, name) = pty();
    let (theirs, terminal, _) = pty();
    let mut spec = SerialSpec::new(name);
    spec.baud = 921_600;
    change(&mut spec);
    let session = rig.open(SessionSpec::new(TransportSpec::Serial(spec)));
    status_until(&session, "the port is open", |it| it.state == SessionState::Open);
    let ends = [(&ours, &theirs), (&theirs, &ours)];
    for (from, to) in ends.map(|(from, to)| (from.try_clone().unwrap(), to.try_clone().unwrap())) {
        named(move || std::io::copy(&mut &from, &mut &to));
    }
    drop(held);
    let mut stranger = Stranger::start(command, folder, terminal.try_clone().unwrap().into());
    // What it said last is lost on some systems when nobody holds its terminal any more.
    stranger.1 = Some(terminal);
    (session, stranger)
}

/// What XMODEM leaves of it: the last block is filled up.
fn is_padded(got: &[u8], meant: &[u8]) -> bool {
    let (whole, rest) = got.split_at(meant.len().min(got.len()));
    whole == meant && rest.len() < 1024 && rest.iter().all(|byte| *byte == 0x1a)
}

#[test]
fn xmodem_goes_both_ways_in_every_size() {
    if !is_there() {
        return;
    }
    let (rig, folder) = (Rig::new(), tempfile::tempdir().unwrap());
    let mut going = Vec::new();
    for size in SIZES {
        let name = format!("{size}.bin");
        let path = file(folder.path(), &name, size);
        for protocol in [TransferProtocol::Xmodem, TransferProtocol::Xmodem1k] {
            let got = format!("{}-{size}", protocol.key());
            // `-c`: with CRC.
            for crc in [&["-c"][..], &[]] {
                let got = format!("{got}-{}", crc.len());
                let command = [&["rx", "-q"][..], crc, &[&got]].concat();
                let (session, stranger) = over_tcp(&rig, &command, folder.path());
                send_files(&session, PeerSelector::All, sending(vec![path.clone()], protocol));
                going.push((session, stranger, folder.path().join(got), path.clone()));
            }
        }
        for command in [&["sx", "-q"][..], &["sx", "-q", "-k"]] {
            let got = folder.path().join(format!("got-{size}-{}", command.len()));
            let command = [command, &[&*name]].concat();
            let (session, stranger) = over_tcp(&rig, &command, folder.path());
            receive_files(&session, receiving(got.clone(), TransferProtocol::Xmodem));
            going.push((session, stranger, got, path.clone()));
        }
    }
    for (session, mut stranger, got, meant) in going {
        assert_eq!(ended(&session).0, TransferEnd::Done, "{}", got.display());
        assert!(stranger.end(), "{}", got.display());
        let (got, meant) = (std::fs::read(&got).unwrap(), std::fs::read(&meant).unwrap());
        assert!(is_padded(&got, &meant), "{}", meant.len());
    }
}

#[test]
fn batches_go_both_ways_with_their_names() {
    if !is_there() {
        return;
    }
    let (rig, folder) = (Rig::new(), tempfile::tempdir().unwrap());
    let mut names: Vec<String> =
        SIZES.iter().step_by(2).map(|size| format!("{size}.bin")).collect();
    names.extend(["with space.txt".to_owned(), "你好.bin".to_owned()]);
    let path = |name: &String| folder.path().join(name);
    for (n, name) in names.iter().enumerate() {
        file(folder.path(), name, *SIZES.get(2 * n).unwrap_or(&102_400));
    }
    let mut going = Vec::new();
    for (protocol, sender, receiver) in [
        (TransferProtocol::Ymodem, &["sb", "-q"][..], &["rb", "-q"][..]),
        (TransferProtocol::Ymodem, &["sb", "-q", "-k"], &["rb", "-q"]),
        (TransferProtocol::Zmodem, &["sz", "-q"], &["rz", "-q"]),
        (TransferProtocol::Zmodem, &["sz", "-q", "-e"], &["rz", "-q"]),
    ] {
        let into = tempfile::tempdir_in(folder.path()).unwrap();
        let (session, stranger) = over_tcp(&rig, receiver, into.path());
        let files = names.iter().map(path).collect();
        send_files(&session, PeerSelector::All, sending(files, protocol));
        going.push((session, stranger, into));
        let into = tempfile::tempdir_in(folder.path()).unwrap();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (session, stranger) = over_tcp(&rig, &[sender, &names].concat(), folder.path());
        receive_files(&session, receiving(into.path().to_owned(), protocol));
        going.push((session, stranger, into));
    }
    for (session, mut stranger, into) in going {
        let (end, status) = ended(&session);
        assert_eq!(end, TransferEnd::Done, "{status:?}");
        assert!(stranger.end());
        assert_eq!(status.finished_count, names.len());
        for name in &names {
            let got = std::fs::read(into.path().join(name)).unwrap();
            assert!(got == std::fs::read(path(name)).unwrap(), "{name} by {:?}", status.protocol);
        }
    }
}

#[test]
fn a_serial_line_carries_them_too() {
    if !is_there() {
        return;
    }
    let (rig, folder) = (Rig::new(), tempfile::tempdir().unwrap());
    let meant = noise(20_000, 20_000);
    file(folder.path(), "a.bin", 20_000);
    let mut going = Vec::new();
    for (protocol, sender, receiver) in [
        // At its end `rx` flushes what it has answered last: on a pseudo-terminal nobody may have read that yet.
        (TransferProtocol::Xmodem1k, &["sx", "-q", "-k", "a.bin"][..], None),
        (TransferProtocol::Ymodem, &["sb", "-q", "a.bin"], Some(&["rb", "-q"])),
        (TransferProtocol::Zmodem, &["sz", "-q", "a.bin"], Some(&["rz", "-q"])),
    ] {
        if let Some(receiver) = receiver {
            let into = tempfile::tempdir().unwrap();
            let (session, stranger) = over_pty(&rig, receiver, into.path(), |_| {});
            let files = vec![folder.path().join("a.bin")];
            send_files(&session, PeerSelector::All, sending(files, protocol));
            going.push((session, stranger, into));
        }
        let into = tempfile::tempdir().unwrap();
        let (session, stranger) = over_pty(&rig, sender, folder.path(), |_| {});
        let place = into.path().to_owned();
        let place = if protocol.takes_several() { place } else { place.join("a.bin") };
        receive_files(&session, receiving(place, protocol));
        going.push((session, stranger, into));
    }
    for (session, mut stranger, into) in going {
        let (end, status) = ended(&session);
        assert_eq!(end, TransferEnd::Done, "{status:?}");
        assert!(stranger.end());
        let got = std::fs::read(into.path().join("a.bin")).unwrap();
        assert!(is_padded(&got, &meant), "{:?}", status.protocol);
    }
    // A line that takes bytes for its own use carries no YMODEM.
    let xon = |spec: &mut SerialSpec| spec.flow_control = FlowControl::Software;
    let (session, _stranger) = over_pty(&rig, &["rb", "-q"], folder.path(), xon);
    let files = vec![folder.path().join("a.bin")];
    send_files(&session, PeerSelector::All, sending(files, TransferProtocol::Ymodem));
    let (end, _) = ended(&session);
    assert!(matches!(&end, TransferEnd::Failed(why) if why.contains("XON")), "{end:?}");
}

#[test]
fn a_name_from_outside_stays_in_the_folder_and_replaces_nothing() {
    if !is_there() {
        return;
    }
    let (rig, folder) = (Rig::new(), tempfile::tempdir().unwrap());
    let (from, into) = (folder.path().join("from"), folder.path().join("into"));
    std::fs::create_dir_all(from.join("deep")).unwrap();
    std::fs::create_dir(&into).unwrap();
    file(&from, "a.bin", 1000);
    std::fs::write(into.join("a.bin"), b"mine").unwrap();
    // `-f`: with its folders.
    let command = ["sz", "-q", "-f", "deep/../../from/a.bin"];
    let (session, mut stranger) = over_tcp(&rig, &command, &from);
    receive_files(&session, receiving(into.clone(), TransferProtocol::Zmodem));
    let (end, status) = ended(&session);
    assert_eq!(end, TransferEnd::Done);
    assert!(stranger.end());
    assert_eq!(status.finished[0].path, into.join("a (2).bin"));
    assert_eq!(std::fs::read(into.join("a.bin")).unwrap(), b"mine");
    assert!(std::fs::read(into.join("a (2).bin")).unwrap() == noise(1000, 1000));
    assert_eq!(std::fs::read_dir(&into).unwrap().count(), 2);
}

#[test]
fn what_the_line_damages_or_loses_is_sent_again() {
    if !is_there() {
        return;
    }
    let (rig, folder) = (Rig::new(), tempfile::tempdir().unwrap());
    let meant = noise(30_000, 30_000);
    file(folder.path(), "a.bin", 30_000);
    let times = TransferTimes { quiet: Duration::from_millis(30), ..TransferTimes::default() };
    // lrzsz asks again when a byte of a block is a second late: who sends again by himself at that moment disturbs it.
    let times =
        TransferTimes { block: Duration::from_secs(3), byte: Duration::from_millis(200), ..times };
    let mut going = Vec::new();
    for lost in [false, true] {
        // In the middle of what passes, 300 bytes are lost, or a bit of every 9000th byte is turned.
        let harm = move |passed: &mut usize, piece: &mut Vec<u8>| {
            let from = *passed;
            *passed += piece.len();
            if lost {
                let gone = 12_000..12_300;
                let mut at = from;
                piece.retain(|_| {
                    at += 1;
                    !gone.contains(&(at - 1))
                });
            } else {
                for (n, byte) in piece.iter_mut().enumerate() {
                    if (from + n) % 9000 == 8999 {
                        *byte ^= 4;
                    }
                }
            }
        };
        for (protocol, sender, receiver) in [
            (
                TransferProtocol::Xmodem1k,
                &["sx", "-q", "-k", "a.bin"][..],
                &["rx", "-q", "-c", "a.bin"][..],
            ),
            (TransferProtocol::Ymodem, &["sb", "-q", "-k", "a.bin"], &["rb", "-q"]),
            (TransferProtocol::Zmodem, &["sz", "-q", "a.bin"], &["rz", "-q"]),
        ] {
            for sends in [true, false] {
                let mut passed = [0, 0];
                let line = move |out: bool, piece: &mut Vec<u8>| {
                    // Only the way of the file is bad.
                    if out == sends {
                        harm(&mut passed[usize::from(out)], piece);
                    }
                    true
                };
                let into = tempfile::tempdir().unwrap();
                let files = vec![folder.path().join("a.bin")];
                let place = into.path().to_owned();
                let place = if protocol.takes_several() { place } else { place.join("a.bin") };
                let (session, stranger) = if sends {
                    let both = over_line(&rig, receiver, into.path(), line);
                    let asked = SendFiles { times, ..sending(files, protocol) };
                    send_files(&both.0, PeerSelector::All, asked);
                    both
                } else {
                    let both = over_line(&rig, sender, folder.path(), line);
                    receive_files(&both.0, ReceiveFiles { times, ..receiving(place, protocol) });
                    both
                };
                going.push((session, stranger, into, protocol, sends, lost));
            }
        }
    }
    for (session, mut stranger, into, protocol, sends, lost) in going {
        let (end, status) = ended(&session);
        let which = format!("{protocol:?}, we send: {sends}, lost: {lost}: {status:?}");
        assert_eq!(end, TransferEnd::Done, "{which} lrzsz: {}", stranger.end());
        assert!(stranger.end(), "{which}");
        let got = std::fs::read(into.path().join("a.bin")).unwrap();
        assert!(is_padded(&got, &meant), "{which}");
    }
}

#[test]
fn a_cancel_in_the_middle_ends_lrzsz() {
    if !is_there() {
        return;
    }
    let (rig, folder) = (Rig::new(), tempfile::tempdir().unwrap());
    let large = File::create(folder.path().join("large.bin")).unwrap();
    large.set_len(3 << 30).unwrap();
    let mut going = Vec::new();
    for (protocol, sender, receiver) in [
        (TransferProtocol::Xmodem, &["sx", "-q", "large.bin"][..], &["rx", "-q", "-c", "got"][..]),
        (TransferProtocol::Ymodem, &["sb", "-q", "large.bin"], &["rb", "-q"]),
        (TransferProtocol::Zmodem, &["sz", "-q", "large.bin"], &["rz", "-q"]),
    ] {
        let there = tempfile::tempdir_in(folder.path()).unwrap().keep();
        let (session, stranger) = over_tcp(&rig, receiver, &there);
        let files = vec![folder.path().join("large.bin")];
        send_files(&session, PeerSelector::All, sending(files, protocol));
        going.push((session, stranger, None));
        let into = tempfile::tempdir().unwrap();
        let place = into.path().to_owned();
        let place = if protocol.takes_several() { place } else { place.join("got") };
        let (session, stranger) = over_tcp(&rig, sender, folder.path());
        receive_files(&session, receiving(place, protocol));
        going.push((session, stranger, Some((into, protocol))));
    }
    for (session, _, _) in &going {
        transfer_until(session, "it moves", |it| it.done > 3000);
        control(session, TransferControl::Cancel);
    }
    for (session, mut stranger, received) in going {
        let (end, status) = ended(&session);
        assert_eq!(end, TransferEnd::Cancelled, "{status:?}");
        assert!(!stranger.end(), "lrzsz was told: {status:?}");
        let Some((into, protocol)) = received else { continue };
        // What ZMODEM can go on with stays, and nothing else.
        let left = std::fs::read_dir(into.path()).unwrap().count();
        assert_eq!(left, usize::from(protocol == TransferProtocol::Zmodem));
    }
}

#[test]
fn zmodem_goes_on_after_a_cut_both_ways() {
    if !is_there() {
        return;
    }
    let (rig, folder) = (Rig::new(), tempfile::tempdir().unwrap());
    let into = tempfile::tempdir().unwrap();
    let size = 2 << 20;
    let meant = noise(size as u64, size);
    let path = file(folder.path(), "a.bin", size);
    let sz = ["sz", "-q", "a.bin"];
    let mut left = size / 2;
    let cut = move |out: bool, piece: &mut Vec<u8>| {
        left = left.saturating_sub(if out { 0 } else { piece.len() });
        left > 0
    };
    let (session, stranger) = over_line(&rig, &sz, folder.path(), cut);
    receive_files(&session, receiving(into.path().to_owned(), TransferProtocol::Zmodem));
    let (end, status) = ended(&session);
    assert!(matches!(end, TransferEnd::TargetGone(_)), "{end:?} {status:?}");
    assert!(notes(&session).iter().any(|it| it.contains("are kept")));
    drop(stranger);
    assert!(!into.path().join("a.bin").exists());
    let (session, mut stranger) = over_tcp(&rig, &sz, folder.path());
    receive_files(&session, receiving(into.path().to_owned(), TransferProtocol::Zmodem));
    let (end, status) = ended(&session);
    assert_eq!(end, TransferEnd::Done);
    assert!(stranger.end());
    assert!(status.finished[0].resumed_at > 50_000, "{status:?}");
    assert!(std::fs::read(into.path().join("a.bin")).unwrap() == meant);
    assert_eq!(status.finished[0].sha256, hex::lower(&digest(&meant)), "of all of it");
    assert_eq!(std::fs::read_dir(into.path()).unwrap().count(), 1);
    // The other way: lrzsz has the first part of it.
    let there = tempfile::tempdir().unwrap();
    std::fs::write(there.path().join("a.bin"), &meant[..size / 2]).unwrap();
    let (session, mut stranger) = over_tcp(&rig, &["rz", "-q", "-r"], there.path());
    send_files(&session, PeerSelector::All, sending(vec![path], TransferProtocol::Zmodem));
    assert_eq!(ended(&session).0, TransferEnd::Done);
    assert!(stranger.end());
    assert!(std::fs::read(there.path().join("a.bin")).unwrap() == meant);
    assert!(session.status().traffic.sent.bytes < size as u64 * 3 / 4, "only the rest went");
}

#[test]
fn what_the_other_end_begins_is_offered_and_not_begun() {
    if !is_there() {
        return;
    }
    let (rig, folder) = (Rig::new(), tempfile::tempdir().unwrap());
    file(folder.path(), "a.bin", 100);
    for (command, offer) in [
        (&["sz", "-q", "a.bin"][..], TransferOffer::Sends),
        (&["rz", "-q"], TransferOffer::Receives),
    ] {
        let (session, _stranger) = over_tcp(&rig, command, folder.path());
        let status = status_until(&session, "it is offered", |it| it.offer.is_some());
        assert_eq!(status.offer, Some((PeerId(1), offer)));
        assert!(status.transfer.is_none() && status.traffic.sent.bytes == 0);
        control(&session, TransferControl::Dismiss);
        status_until(&session, "it was dismissed", |it| it.offer.is_none());
    }
}

/// Runs this beside the test.
fn named<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) {
    let thread = std::thread::Builder::new().name("lrzsz".to_owned());
    thread.spawn(work).unwrap();
}

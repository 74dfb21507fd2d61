//! Files go out and come in: raw over sockets, and by each protocol to and from lrzsz.

#[cfg(unix)]
mod lrzsz;

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use espalier_core::PeerId;
use espalier_core::backend::{PeerSelector, Refusal, SessionCommand};
use espalier_core::hex;
use espalier_core::session::{ConnectionState, SessionState};
use espalier_core::transfer::{
    RawPacing, ReceiveEnd, ReceiveFiles, SendFiles, TransferControl, TransferEnd, TransferPhase,
    TransferProtocol, TransferStatus, TransferTimes,
};
use espalier_engine::session::Session;

use crate::rig::{PATIENCE, Rig, digest, noise, notes, plain, rest, send, status_until, until};

/// A file of noise in this folder.
fn file(folder: &Path, name: &str, length: usize) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, noise(length as u64, length)).unwrap();
    path
}

fn sending(files: Vec<PathBuf>, protocol: TransferProtocol) -> SendFiles {
    let times = TransferTimes { quiet: Duration::from_millis(30), ..TransferTimes::default() };
    SendFiles { files, protocol, pacing: RawPacing::TCP, times }
}

fn receiving(into: PathBuf, protocol: TransferProtocol) -> ReceiveFiles {
    let times = TransferTimes { quiet: Duration::from_millis(30), ..TransferTimes::default() };
    ReceiveFiles { into, protocol, replace: false, end: ReceiveEnd::default(), times }
}

fn send_files(session: &Session, to: PeerSelector, files: SendFiles) {
    session.command(SessionCommand::SendFiles { to, files: Box::new(files) }).unwrap();
}

fn receive_files(session: &Session, files: ReceiveFiles) {
    let from = PeerSelector::All;
    session.command(SessionCommand::ReceiveFiles { from, files: Box::new(files) }).unwrap();
}

fn control(session: &Session, control: TransferControl) {
    session.command(SessionCommand::Transfer(control)).unwrap();
}

#[track_caller]
fn transfer_until(
    session: &Session,
    what: &str,
    is_so: impl Fn(&TransferStatus) -> bool,
) -> Arc<TransferStatus> {
    let begun = Instant::now();
    loop {
        let status = session.status();
        match &status.transfer {
            Some(transfer) if is_so(transfer) => return transfer.clone(),
            transfer => assert!(begun.elapsed() < PATIENCE, "in vain until {what}: {transfer:?}"),
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// How it ended.
#[track_caller]
fn ended(session: &Session) -> (TransferEnd, Arc<TransferStatus>) {
    let status = transfer_until(session, "the transfer is over", TransferStatus::is_over);
    match &status.phase {
        TransferPhase::Over(end) => (end.clone(), status),
        _ => unreachable!("it is over"),
    }
}

#[test]
fn a_file_goes_as_it_is_and_answers_stay_visible() {
    let (rig, folder) = (Rig::new(), tempfile::tempdir().unwrap());
    let (session, mut peer) = rig.connected(|_| {});
    let path = file(folder.path(), "a.bin", 3_000_000);
    send_files(&session, PeerSelector::All, sending(vec![path.clone()], TransferProtocol::Raw));
    peer.write_all(b"who sends that?").unwrap();
    let mut got = vec![0; 3_000_000];
    peer.read_exact(&mut got).unwrap();
    let (end, status) = ended(&session);
    let expected = noise(3_000_000, 3_000_000);
    assert!(got == expected);
    let sha256 = hex::lower(&digest(&expected));
    assert_eq!(end, TransferEnd::Done);
    let [finished] = &status.finished[..] else { panic!("{status:?}") };
    assert_eq!((&finished.path, finished.bytes, finished.whole), (&path, 3_000_000, true));
    assert_eq!(finished.sha256, sha256);
    assert_eq!(session.status().integrity.sent, digest(&expected), "it is in the capture");
    status_until(&session, "the answer is there", |it| it.traffic.received.bytes == 15);
    let notes = notes(&session);
    assert!(notes.iter().any(|it| it.contains("file sent: a.bin") && it.contains(&sha256)));
    // Empty files are files.
    let empty = file(folder.path(), "empty", 0);
    send_files(&session, PeerSelector::All, sending(vec![empty], TransferProtocol::Raw));
    until("the second one is over", || {
        session.status().transfer.as_ref().is_some_and(|it| it.name == "empty" && it.is_over())
    });
    assert_eq!(ended(&session).0, TransferEnd::Done);
}

#[test]
fn nothing_comes_between_the_bytes_of_a_file_and_a_cancel_counts_what_went() {
    let (rig, folder) = (Rig::new(), tempfile::tempdir().unwrap());
    let (session, mut peer) = rig.connected(|_| {});
    // More than all buffers on the way hold.
    let path = folder.path().join("large.bin");
    std::fs::File::create(&path).unwrap().set_len(1 << 30).unwrap();
    let pacing = RawPacing { chunk: 1 << 20, ..RawPacing::TCP };
    let files = SendFiles { pacing, ..sending(vec![path], TransferProtocol::Raw) };
    send_files(&session, PeerSelector::All, files);
    transfer_until(&session, "it moves", |it| it.done > 0);
    let refused = session.send(&PeerSelector::All, &(*b"between").into());
    assert_eq!(refused, Err(Refusal::Transferring));
    assert!(session.status().queued <= 5 << 20, "the outbox holds little");
    control(&session, TransferControl::Pause);
    transfer_until(&session, "it rests", |it| it.paused);
    control(&session, TransferControl::Resume);
    control(&session, TransferControl::Cancel);
    let (end, status) = ended(&session);
    assert_eq!(end, TransferEnd::Cancelled);
    let finished = status.finished.last().unwrap().clone();
    assert!(!finished.whole && finished.bytes < 1 << 30);
    // What was handed over goes out; then anybody may send again.
    let reader = std::thread::Builder::new().name("reader".to_owned());
    let reader = reader.spawn(move || {
        let got = rest(&mut peer);
        (got.len() as u64, peer)
    });
    let reader = reader.unwrap();
    status_until(&session, "all has gone", |status| status.queued == 0);
    send(&session, b"after");
    session.command(SessionCommand::Close(PeerSelector::All)).unwrap();
    let (got, _peer) = reader.join().unwrap();
    assert!(got >= finished.bytes + 5, "{got}, {}", finished.bytes);
    assert_eq!(finished.sha256, hex::lower(&digest(&vec![0; finished.bytes as usize])));
}

#[test]
fn a_peer_that_goes_ends_it_with_what_it_took() {
    let (rig, folder) = (Rig::new(), tempfile::tempdir().unwrap());
    let (session, mut peer) = rig.connected(|_| {});
    let path = folder.path().join("large.bin");
    std::fs::File::create(&path).unwrap().set_len(1 << 30).unwrap();
    send_files(&session, PeerSelector::All, sending(vec![path], TransferProtocol::Raw));
    peer.read_exact(&mut vec![0; 100_000]).unwrap();
    drop(peer);
    let (end, status) = ended(&session);
    assert!(matches!(end, TransferEnd::TargetGone(_)), "{end:?}");
    let finished = status.finished.last().unwrap();
    let sent = status_until(&session, "it has ended", |it| !it.state.is_running());
    assert_eq!(finished.bytes, sent.traffic.sent.bytes, "to the byte");
    assert!(!finished.whole && finished.bytes >= 100_000);
    let missing = folder.path().join("missing");
    send_files(&session, PeerSelector::All, sending(vec![missing], TransferProtocol::Raw));
    until(
        "nobody is there",
        || matches!(&ended(&session).0, TransferEnd::Failed(why) if why.contains("no connection")),
    );
}

#[test]
fn a_server_sends_to_the_chosen_client_alone() {
    let (rig, folder) = (Rig::new(), tempfile::tempdir().unwrap());
    let (server, address) = rig.server(|_| {});
    let mut clients: Vec<_> = (0..3).map(|_| plain(address)).collect();
    status_until(&server, "all are there", |status| status.peers.len() == 3);
    let path = file(folder.path(), "a.bin", 100_000);
    let asked = sending(vec![path.clone()], TransferProtocol::Raw);
    let chosen = server.status().peers[1].clone();
    let at = clients.iter().position(|it| it.local_addr().unwrap() == chosen.remote).unwrap();
    send_files(&server, PeerSelector::Peers(vec![chosen.id]), asked);
    assert_eq!(ended(&server).0, TransferEnd::Done);
    // A protocol has one other end.
    send_files(&server, PeerSelector::All, sending(vec![path], TransferProtocol::Ymodem));
    until(
        "it is refused",
        || matches!(&ended(&server).0, TransferEnd::Failed(why) if why.contains("one connection")),
    );
    server.command(SessionCommand::Close(PeerSelector::All)).unwrap();
    for (n, client) in clients.iter_mut().enumerate() {
        let expected = if n == at { 100_000 } else { 0 };
        assert_eq!(rest(client).len(), expected);
    }
}

#[test]
fn what_comes_goes_into_a_file_until_its_size_its_end_or_a_word() {
    let (rig, folder) = (Rig::new(), tempfile::tempdir().unwrap());
    let bytes = noise(5, 100_000);
    let (session, mut peer) = rig.connected(|_| {});
    let by_size = folder.path().join("size.bin");
    let end = ReceiveEnd { size: Some(60_000), silence_ms: None };
    let asked = receiving(by_size.clone(), TransferProtocol::Raw);
    receive_files(&session, ReceiveFiles { end, ..asked.clone() });
    transfer_until(&session, "it is ready", |it| it.name == "size.bin");
    assert!(!by_size.exists(), "it is there when it is whole");
    peer.write_all(&bytes).unwrap();
    let (end, status) = ended(&session);
    assert_eq!(end, TransferEnd::Done);
    assert!(std::fs::read(&by_size).unwrap() == bytes[..60_000]);
    assert_eq!(status.finished[0].sha256, hex::lower(&digest(&bytes[..60_000])));
    // Nothing is replaced that nobody wants replaced.
    receive_files(&session, asked);
    until(
        "it is refused",
        || matches!(&ended(&session).0, TransferEnd::Failed(why) if why.contains("there already")),
    );
    // By hand.
    status_until(&session, "all has come", |it| it.traffic.received.bytes == 100_000);
    let by_hand = folder.path().join("hand.bin");
    receive_files(&session, receiving(by_hand.clone(), TransferProtocol::Raw));
    transfer_until(&session, "it is ready", |it| it.name == "hand.bin");
    peer.write_all(b"by hand").unwrap();
    transfer_until(&session, "it has come", |it| it.done == 7);
    control(&session, TransferControl::Finish);
    assert_eq!(ended(&session).0, TransferEnd::Done);
    assert_eq!(std::fs::read(&by_hand).unwrap(), b"by hand");
    // By silence, which begins with the first byte.
    let by_silence = folder.path().join("silence.bin");
    let asked = receiving(by_silence.clone(), TransferProtocol::Raw);
    let end = ReceiveEnd { silence_ms: Some(50), size: None };
    receive_files(&session, ReceiveFiles { end, ..asked });
    transfer_until(&session, "it is ready", |it| it.name == "silence.bin");
    peer.write_all(b"and then nothing").unwrap();
    assert_eq!(ended(&session).0, TransferEnd::Done);
    assert_eq!(std::fs::read(&by_silence).unwrap(), b"and then nothing");
    // A cancel leaves nothing.
    receive_files(&session, receiving(folder.path().join("none.bin"), TransferProtocol::Raw));
    transfer_until(&session, "it is ready", |it| it.name == "none.bin");
    peer.write_all(b"in vain").unwrap();
    control(&session, TransferControl::Cancel);
    assert_eq!(ended(&session).0, TransferEnd::Cancelled);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
    // The other end is the end.
    let by_fin = folder.path().join("fin.bin");
    receive_files(&session, receiving(by_fin.clone(), TransferProtocol::Raw));
    transfer_until(&session, "it is ready", |it| it.name == "fin.bin");
    peer.write_all(&bytes).unwrap();
    peer.shutdown(Shutdown::Write).unwrap();
    assert_eq!(ended(&session).0, TransferEnd::Done);
    assert!(std::fs::read(&by_fin).unwrap() == bytes);
}

#[test]
fn a_sender_that_offers_no_file_has_sent_none() {
    let (rig, folder) = (Rig::new(), tempfile::tempdir().unwrap());
    let (session, mut peer) = rig.connected(|_| {});
    receive_files(&session, receiving(folder.path().to_owned(), TransferProtocol::Ymodem));
    // YMODEM: a first block without a name is the end of the batch.
    peer.read_exact(&mut [0]).unwrap();
    peer.write_all(&[&[0x01, 0x00, 0xFF][..], &[0; 130]].concat()).unwrap();
    let (end, _) = ended(&session);
    assert!(matches!(&end, TransferEnd::Failed(why) if why.contains("no file to send")), "{end:?}");
}

#[test]
fn a_file_that_is_cut_off_says_so() {
    let (rig, folder) = (Rig::new(), tempfile::tempdir().unwrap());
    let (session, mut peer) = rig.connected(|_| {});
    let into = folder.path().join("part.bin");
    receive_files(&session, receiving(into.clone(), TransferProtocol::Raw));
    transfer_until(&session, "it is ready", |it| it.name == "part.bin");
    peer.write_all(b"the first half").unwrap();
    transfer_until(&session, "it has come", |it| it.done == 14);
    crate::rig::reset(peer);
    let (end, status) = ended(&session);
    assert!(matches!(end, TransferEnd::TargetGone(_)), "{end:?}");
    assert!(!status.finished[0].whole);
    assert_eq!(std::fs::read(into).unwrap(), b"the first half");
}

#[test]
fn both_ends_of_each_protocol_are_ours_too() {
    let (rig, folder) = (Rig::new(), tempfile::tempdir().unwrap());
    for protocol in [TransferProtocol::Xmodem1k, TransferProtocol::Ymodem, TransferProtocol::Zmodem]
    {
        let (server, address) = rig.server(|_| {});
        let client = rig.client(address.port(), |_| {});
        status_until(&client, "it is connected", |status| {
            status.state == SessionState::Connected(ConnectionState::Open)
        });
        status_until(&server, "the client is there", |status| status.peers.len() == 1);
        let path = file(folder.path(), "a b.bin", 200 << 10);
        let into = folder.path().join(protocol.key());
        std::fs::create_dir(&into).unwrap();
        let place = into.join("a b.bin");
        let target = if protocol.takes_several() { into } else { place.clone() };
        send_files(&client, PeerSelector::All, sending(vec![path.clone()], protocol));
        receive_files(&server, receiving(target, protocol));
        assert_eq!(ended(&client).0, TransferEnd::Done, "{protocol:?}");
        assert_eq!(ended(&server).0, TransferEnd::Done, "{protocol:?}");
        assert!(std::fs::read(&place).unwrap() == std::fs::read(&path).unwrap());
        assert_eq!(
            ended(&client).1.finished[0].sha256,
            ended(&server).1.finished[0].sha256,
            "both know the same"
        );
        assert_eq!(server.status().peers[0].id, PeerId(1));
    }
}

#[test]
fn a_chat_and_files_refuse_each_other() {
    use espalier_core::chat::ChatSpec;
    let rig = Rig::new();
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "of noise", 100);
    let chat = || Some(ChatSpec { name: "alice".to_owned(), say_again: false });
    let (session, _stream) = rig.connected(|spec| spec.chat = chat());
    send_files(&session, PeerSelector::All, sending(vec![path], TransferProtocol::Raw));
    until("it is refused", || {
        notes(&session).iter().any(|note| note.contains("a chat is there, whose lines would"))
    });
    let (session, _stream) = rig.connected(|_| {});
    // It waits for somebody who sends.
    let files = receiving(folder.path().to_owned(), TransferProtocol::Zmodem);
    receive_files(&session, files);
    transfer_until(&session, "it waits", |transfer| transfer.phase == TransferPhase::Waiting);
    session.command(SessionCommand::SetChat(chat())).unwrap();
    until("it is refused", || {
        notes(&session).iter().any(|note| note.starts_with("no chat while a file is being"))
    });
    assert!(session.status().chat.is_none());
    control(&session, TransferControl::Cancel);
}

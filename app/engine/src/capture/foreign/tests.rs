//! Foreign captures, made packet by packet and read back as ours.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use espalier_core::capture::{Cursor, RecordBody};
use espalier_core::replay::{ReplayChoice, ReplayFault, ReplayPlan};
use espalier_core::session::{EndReason, SessionEvent};
use espalier_core::{Direction, Position};
use etherparse::PacketBuilder;

use super::reassembly::{Reassembled, Reassembler};
use super::*;
use crate::capture::SavedCapture;

const US: ([u8; 4], u16) = ([192, 168, 1, 5], 50_123);
const THEM: ([u8; 4], u16) = ([10, 0, 0, 1], 80);
const SECOND: u64 = 1_700_000_000;

/// The bytes of an IPv4 packet with a segment.
fn tcp(
    from: ([u8; 4], u16),
    to: ([u8; 4], u16),
    sequence: u32,
    acknowledged: Option<u32>,
    flags: &str,
    payload: &[u8],
) -> Vec<u8> {
    let mut packet = PacketBuilder::ipv4(from.0, to.0, 64).tcp(from.1, to.1, sequence, 64_000);
    packet = acknowledged.into_iter().fold(packet, etherparse::PacketBuilderStep::ack);
    for flag in flags.chars() {
        packet = match flag {
            'S' => packet.syn(),
            'F' => packet.fin(),
            'R' => packet.rst(),
            other => panic!("{other}"),
        };
    }
    let mut bytes = Vec::new();
    packet.write(&mut bytes, payload).unwrap();
    bytes
}

/// A conversation from SYN to FIN; we say `GET`, they answer.
fn conversation(first: u32, answer: &[u8]) -> Vec<Vec<u8>> {
    let theirs = 9000;
    let end = theirs + 1 + answer.len() as u32;
    vec![
        tcp(US, THEM, first, None, "S", b""),
        tcp(THEM, US, theirs, Some(first.wrapping_add(1)), "S", b""),
        tcp(US, THEM, first.wrapping_add(1), Some(theirs + 1), "", b"GET"),
        tcp(THEM, US, theirs + 1, Some(first.wrapping_add(4)), "", answer),
        tcp(THEM, US, end, Some(first.wrapping_add(4)), "F", b""),
        tcp(US, THEM, first.wrapping_add(4), Some(end + 1), "F", b""),
    ]
}

/// How a pcap file is written.
#[derive(Clone, Copy)]
struct Style {
    big_endian: bool,
    nano: bool,
    link: u32,
}

const PLAIN: Style = Style { big_endian: false, nano: false, link: 101 };

fn pcap(style: Style, packets: &[Vec<u8>]) -> Vec<u8> {
    let number =
        |value: u32| if style.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let short =
        |value: u16| if style.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let magic = if style.nano { 0xA1B2_3C4D } else { 0xA1B2_C3D4 };
    let mut out = Vec::new();
    out.extend(number(magic));
    out.extend(short(2));
    out.extend(short(4));
    for field in [0, 0, 262_144, style.link] {
        out.extend(number(field));
    }
    for (index, packet) in packets.iter().enumerate() {
        // A millisecond apart.
        let part = index as u32 * if style.nano { 1_000_000 } else { 1000 };
        let length = packet.len() as u32;
        for field in [SECOND as u32, part, length, length] {
            out.extend(number(field));
        }
        out.extend(packet);
    }
    out
}

struct Opened {
    folder: tempfile::TempDir,
    found: Result<ImportResult, ForeignError>,
}

fn opened(file: &[u8]) -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("foreign.pcap");
    std::fs::File::create(&path).unwrap().write_all(file).unwrap();
    let found = import(&path, &folder.path().join("streams"), &Progress::default());
    Opened { folder, found }
}

/// What a stream's capture holds: bytes received and sent, records of data, events, and stamps.
#[derive(Debug, Default, PartialEq, Eq)]
struct Kept {
    received: Vec<u8>,
    sent: Vec<u8>,
    records: usize,
    events: Vec<String>,
    stamps: Vec<i64>,
}

fn kept(folder: &Path) -> Kept {
    let saved = SavedCapture::open(folder).unwrap();
    let mut cursor = Cursor::new(&saved, Position(0));
    let mut kept = Kept::default();
    while let Some(record) = cursor.next() {
        kept.stamps.push(record.at.0);
        match (&record.body, record.direction) {
            (RecordBody::Event(event), _) => kept.events.push(event.to_string()),
            (RecordBody::Data(bytes), Direction::In) => {
                kept.received.extend_from_slice(bytes);
                kept.records += 1;
            }
            (RecordBody::Data(bytes), Direction::Out) => {
                kept.sent.extend_from_slice(bytes);
                kept.records += 1;
            }
        }
    }
    assert!(cursor.damage().is_none());
    kept
}

fn only(opened: &Opened) -> (ForeignStream, Kept) {
    let found = opened.found.as_ref().expect("it is read");
    assert_eq!(found.streams.len(), 1, "{found:?}");
    (found.streams[0].clone(), kept(&found.streams[0].folder))
}

#[test]
fn a_conversation_becomes_a_session_of_ours_in_every_kind_of_pcap() {
    for (big_endian, nano) in [(false, false), (false, true), (true, false), (true, true)] {
        let style = Style { big_endian, nano, ..PLAIN };
        let opened = opened(&pcap(style, &conversation(100, b"200 OK")));
        let (stream, kept) = only(&opened);
        assert_eq!(stream.name(), "192.168.1.5:50123 → 10.0.0.1:80");
        assert_eq!((stream.received, stream.sent, stream.missing), (6, 3, 0));
        assert_eq!((&*kept.received, &*kept.sent), (&b"200 OK"[..], &b"GET"[..]));
        let start = SECOND as i64 * 1_000_000_000;
        let stamps = [0, 1, 2, 3, 4, 5].map(|ms| start + ms * 1_000_000);
        assert_eq!(kept.stamps, stamps);
        assert_eq!(stream.times, (Timestamp(stamps[0]), Timestamp(stamps[5])));
        assert_eq!(kept.events.len(), 4, "{:?}", kept.events);
        assert!(kept.events[1].contains("192.168.1.5:50123"), "{:?}", kept.events);
    }
}

#[test]
fn the_link_below_does_not_matter() {
    let packets = conversation(7, b"hello");
    let before = |head: &[u8]| -> Vec<Vec<u8>> {
        packets.iter().map(|packet| [head, packet].concat()).collect()
    };
    let macs = [0x02; 12];
    let ethernet = [&macs[..], &[0x08, 0x00]].concat();
    let vlan = [&macs[..], &[0x81, 0x00, 0x00, 0x07, 0x08, 0x00]].concat();
    let mut cooked = [0_u8; 16];
    cooked[14..].copy_from_slice(&[0x08, 0x00]);
    let mut cooked2 = [0_u8; 20];
    cooked2[..2].copy_from_slice(&[0x08, 0x00]);
    let heads: [(u32, &[u8]); 8] = [
        (1, &ethernet),
        (1, &vlan),
        (0, &[2, 0, 0, 0]),
        (0, &[0, 0, 0, 2]),
        (108, &[0, 0, 0, 2]),
        (228, &[]),
        (113, &cooked),
        (276, &cooked2),
    ];
    for (link, head) in heads {
        let opened = opened(&pcap(Style { link, ..PLAIN }, &before(head)));
        assert_eq!(only(&opened).1.received, b"hello", "link type {link}");
    }
    let unknown = opened(&pcap(Style { link: 147, ..PLAIN }, &packets));
    let nothing = unknown.found.expect_err("nobody knows what that is");
    assert!(matches!(nothing, ForeignError::Nothing { packets: 6, unknown_links: 6 }));
    assert!(!unknown.folder.path().join("streams").exists(), "nothing is left");
}

#[test]
fn a_frame_that_was_padded_gives_no_bytes_that_were_not_sent() {
    let macs = [0x02; 12];
    let pad = |packet: Vec<u8>| {
        let mut frame = [&macs[..], &[0x08, 0x00], &packet].concat();
        frame.resize(frame.len().max(60), 0);
        frame
    };
    let packets: Vec<_> = conversation(7, b"x").into_iter().map(pad).collect();
    let opened = opened(&pcap(Style { link: 1, ..PLAIN }, &packets));
    assert_eq!(only(&opened).1.received, b"x");
}

#[test]
fn datagrams_are_records_and_streams_are_told_apart() {
    let udp = |from: u16, to: u16, payload: &[u8]| {
        let local = "fe80::1".parse::<std::net::Ipv6Addr>().unwrap().octets();
        let mut bytes = Vec::new();
        PacketBuilder::ipv6(local, local, 64).udp(from, to).write(&mut bytes, payload).unwrap();
        bytes
    };
    let packets =
        [udp(5000, 53, b"a?"), udp(53, 5000, b"a!"), udp(5001, 53, b""), udp(5000, 53, b"b?")];
    let opened = opened(&pcap(PLAIN, &packets));
    let found = opened.found.as_ref().unwrap();
    assert_eq!(found.streams.len(), 2);
    let first = kept(&found.streams[0].folder);
    assert_eq!((&*first.sent, &*first.received, first.records), (&b"a?b?"[..], &b"a!"[..], 3));
    assert_eq!(kept(&found.streams[1].folder).records, 1, "an empty datagram is one, too");
    assert_eq!(found.streams[0].protocol, Protocol::Udp);
    assert_eq!(found.streams[0].name(), "[fe80::1]:5000 → [fe80::1]:53");
}

#[test]
fn a_datagram_of_which_only_the_beginning_was_kept_is_told() {
    let mut packet = Vec::new();
    let (here, there) = ([192, 0, 2, 1], [192, 0, 2, 2]);
    PacketBuilder::ipv4(here, there, 64).udp(5000, 53).write(&mut packet, b"whole?").unwrap();
    packet.truncate(packet.len() - 2);
    let opened = opened(&pcap(PLAIN, &[packet]));
    let stream = &opened.found.as_ref().unwrap().streams[0];
    assert_eq!((&*kept(&stream.folder).sent, stream.missing), (&b"whol"[..], 2));
    let (source, choice) = (SavedCapture::open(&stream.folder).unwrap(), ReplayChoice::default());
    let plan = ReplayPlan::of(&source, &choice, false, &Progress::default());
    assert_eq!(plan, Err(ReplayFault::Lacking(2)), "it is not played as if it were whole");
}

#[test]
fn a_connection_after_another_is_a_stream_of_its_own_and_ends_are_told_apart() {
    let mut packets = conversation(100, b"first");
    packets.extend(conversation(70_000, b"second"));
    // The SYN again is still the same connection.
    packets.push(tcp(US, THEM, 500_000, None, "S", b""));
    packets.push(tcp(US, THEM, 500_000, None, "S", b""));
    packets.push(tcp(THEM, US, 0, Some(500_001), "R", b""));
    packets.push(tcp(US, THEM, 800_000, None, "S", b""));
    packets.push(tcp(THEM, US, 10, Some(800_001), "S", b""));
    packets.push(tcp(THEM, US, 11, Some(800_001), "R", b""));
    let opened = opened(&pcap(PLAIN, &packets));
    let found = opened.found.as_ref().unwrap();
    let all: Vec<Kept> = found.streams.iter().map(|stream| kept(&stream.folder)).collect();
    let received: Vec<_> = all.iter().map(|it| String::from_utf8_lossy(&it.received)).collect();
    assert_eq!(received, ["first", "second", "", ""]);
    let last: Vec<_> = all.iter().filter_map(|it| it.events.last().cloned()).collect();
    let ended = |reason| SessionEvent::Ended { reason, detail: String::new() }.to_string();
    assert_eq!(
        last,
        [
            ended(EndReason::ClosedByPeer),
            ended(EndReason::ClosedByPeer),
            ended(EndReason::Refused),
            ended(EndReason::ResetByPeer)
        ]
    );
}

#[test]
fn what_is_missing_is_told_where_it_is() {
    let mut packets = conversation(100, b"abc");
    // Three bytes of the answer are not there, the rest is, and both sides go on.
    packets.truncate(4);
    packets.push(tcp(THEM, US, 9007, Some(104), "", b"ghi"));
    for _ in 0..20 {
        packets.push(tcp(US, THEM, 104, Some(9010), "", b""));
    }
    packets.push(tcp(THEM, US, 9010, Some(104), "", b"jkl"));
    let opened = opened(&pcap(PLAIN, &packets));
    let (stream, kept) = only(&opened);
    assert_eq!((kept.received, stream.missing), (b"abcghijkl".to_vec(), 3));
    assert!(
        kept.events.iter().any(|it| it == "note: 3 received bytes are missing from the capture")
    );
    // Fragments are counted, and a packet that was cut off tells how much of it is gone.
    let mut fragment = tcp(US, THEM, 104, None, "", b"part");
    fragment[6] |= 0x20;
    let mut short = tcp(THEM, US, 9001, Some(104), "", b"abcdef");
    short.truncate(short.len() - 4);
    let mut packets = conversation(100, b"");
    packets.truncate(3);
    packets.extend([fragment, short, tcp(THEM, US, 9007, Some(104), "", b"!")]);
    let opened = self::opened(&pcap(PLAIN, &packets));
    let (stream, kept) = only(&opened);
    assert_eq!((kept.received, stream.missing), (b"ab!".to_vec(), 4));
    assert_eq!(opened.found.as_ref().unwrap().fragments, 1);
}

#[test]
fn a_capture_that_begins_later_is_read_from_there() {
    let packets = conversation(100, b"answer").split_off(2);
    let opened = opened(&pcap(PLAIN, &packets));
    let (stream, kept) = only(&opened);
    assert_eq!(stream.ends.local.port(), 50_123, "the higher port is the client's");
    assert_eq!((&*kept.received, &*kept.sent), (&b"answer"[..], &b"GET"[..]));
    assert_eq!(kept.events[0], "note: The capture begins in the middle of this connection");
}

fn random(state: &mut u64, below: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
    (*state >> 33) % below
}

#[test]
fn however_segments_come_the_bytes_are_in_order_and_each_is_there_once() {
    for seed in 0..300 {
        let state = &mut (seed * 7919 + 1);
        let said: Vec<u8> = (0..random(state, 5000)).map(|_| random(state, 256) as u8).collect();
        // Numbers wrap somewhere in it.
        let first = 0_u32.wrapping_sub(random(state, 5000) as u32);
        let mut segments = Vec::new();
        let mut at = 0;
        while at < said.len() {
            let length = 1 + random(state, 300) as usize;
            let end = said.len().min(at + length);
            segments.push(at..end);
            if random(state, 4) == 0 {
                // Again, and with more or less of what is around it.
                let from = at.saturating_sub(random(state, 200) as usize);
                segments.push(from..said.len().min(end + random(state, 200) as usize));
            }
            at = end;
        }
        for index in 0..segments.len() {
            let other = (index + random(state, 6) as usize).min(segments.len() - 1);
            segments.swap(index, other);
        }
        let (mut half, mut got) = (Reassembler::default(), Vec::new());
        half.begin(first);
        for range in segments {
            let sequence = first.wrapping_add(range.start as u32);
            half.push(sequence, &said[range], &mut |piece| match piece {
                Reassembled::Data(bytes) => got.extend_from_slice(bytes),
                Reassembled::Missing(bytes) => panic!("{bytes} are there"),
            });
        }
        assert_eq!((got, half.held()), (said, 0), "seed {seed}");
    }
}

#[test]
fn early_pieces_are_bounded_whatever_comes() {
    let mut half = Reassembler::default();
    half.begin(0);
    let mut missing = 0;
    for number in 0..200_000_u32 {
        // Every second byte is missing for ever.
        half.push(number * 2 + 1, b"x", &mut |piece| {
            if let Reassembled::Missing(bytes) = piece {
                missing += bytes;
            }
        });
        assert!(half.held() <= (4 << 20) + 200);
    }
    assert!(missing > 100_000);
    half.close(&mut |_| {});
    assert_eq!(half.held(), 0);
}

#[test]
fn no_file_whatever_is_in_it_ends_the_program() {
    let mut packets = conversation(100, &[b'x'; 300]);
    packets.extend(conversation(9000, b"again"));
    let good = pcap(PLAIN, &packets);
    for length in (0..good.len()).step_by(7) {
        if let Ok(found) = opened(&good[..length]).found {
            found.streams.iter().for_each(|stream| drop(kept(&stream.folder)));
        }
    }
    for seed in 0..300 {
        let state = &mut (seed + 1);
        let mut bad = good.clone();
        for _ in 0..1 + random(state, 20) {
            let at = random(state, bad.len() as u64) as usize;
            bad[at] = random(state, 256) as u8;
        }
        if let Ok(found) = opened(&bad).found {
            found.streams.iter().for_each(|stream| drop(kept(&stream.folder)));
        }
    }
}

#[test]
fn streams_beyond_the_limit_are_counted() {
    let packets: Vec<_> = (0..MOST_STREAMS as u16 + 50)
        .map(|number| tcp((US.0, 20_000 + number), THEM, 5, None, "", b"hi"))
        .collect();
    let opened = opened(&pcap(PLAIN, &packets));
    let found = opened.found.as_ref().unwrap();
    assert_eq!((found.streams.len(), found.left_out), (MOST_STREAMS, 50));
    assert_eq!(kept(&found.streams[999].folder).sent, b"hi");
}

#[test]
fn a_cancelled_import_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("foreign.pcap");
    std::fs::write(&path, pcap(PLAIN, &conversation(1, b"x"))).unwrap();
    let into = folder.path().join("streams");
    let progress = Progress::default();
    progress.cancel();
    let cancelled = import(&path, &into, &progress);
    assert!(matches!(cancelled, Err(ForeignError::Cancelled)) && !into.exists());
    std::fs::write(&path, b"plain text, no capture").unwrap();
    let other = import(&path, &into, &Progress::default());
    assert!(matches!(other, Err(ForeignError::NotACapture)) && !into.exists());
}

/// Both directions of a stream as tshark puts them together.
fn followed(path: &Path, number: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    let follow = format!("follow,tcp,raw,{number}");
    let output = Command::new("tshark").arg("-r").arg(path).args(["-q", "-z", &follow]).output();
    let output = output.ok().filter(|it| it.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let hex = line.trim();
        if hex.is_empty() || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            continue;
        }
        let into = if line.starts_with('\t') { &mut second } else { &mut first };
        into.extend(
            (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap()),
        );
    }
    Some((first, second))
}

/// A pcapng file with two interfaces, made by Wireshark's own tools, is put together as tshark does.
#[test]
fn tshark_reads_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let state = &mut 5;
    let answer: Vec<u8> = (0..20_000).map(|_| random(state, 256) as u8).collect();
    let mut packets = conversation(100, b"");
    packets.truncate(3);
    let mut pieces: Vec<_> = (0..answer.len()).step_by(1000).collect();
    for index in 0..pieces.len() {
        let other = (index + random(state, 4) as usize).min(pieces.len() - 1);
        pieces.swap(index, other);
    }
    for start in pieces.iter().chain(&pieces[3..6]) {
        let end = answer.len().min(start + 1000);
        let sequence = 9001 + *start as u32;
        packets.push(tcp(THEM, US, sequence, Some(104), "", &answer[*start..end]));
    }
    packets.push(tcp(US, THEM, 104, Some(29_001), "", b"thanks"));
    let raw = folder.path().join("raw.pcap");
    std::fs::write(&raw, pcap(PLAIN, &packets)).unwrap();
    let macs = [[0x02; 12].as_slice(), &[0x08, 0x00]].concat();
    let framed: Vec<_> = conversation(7, b"framed")
        .into_iter()
        .map(|packet| [macs.clone(), packet].concat())
        .collect();
    let ethernet = folder.path().join("ethernet.pcap");
    std::fs::write(&ethernet, pcap(Style { link: 1, ..PLAIN }, &framed)).unwrap();
    let merged = folder.path().join("merged.pcapng");
    let merge = Command::new("mergecap")
        .args(["-a", "-F", "pcapng", "-w"])
        .arg(&merged)
        .args([&raw, &ethernet])
        .status();
    if !merge.is_ok_and(|status| status.success()) {
        println!("SKIPPED: no mergecap (Debian: apt install tshark)");
        return;
    }
    let found = import(&merged, &folder.path().join("streams"), &Progress::default());
    let found = found.unwrap();
    assert_eq!(found.streams.len(), 2, "{found:?}");
    for (number, stream) in found.streams.iter().enumerate() {
        let Some((sent, received)) = followed(&merged, number) else {
            println!("SKIPPED: no tshark");
            return;
        };
        let kept = kept(&stream.folder);
        assert_eq!(kept.sent, sent, "stream {number}");
        assert!(kept.received == received, "stream {number}");
        assert!(!received.is_empty());
    }
}

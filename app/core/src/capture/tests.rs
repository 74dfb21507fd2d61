//! Properties of the codec: what is written is read, whatever is cut, flipped or mixed in.

use proptest::prelude::*;

use super::*;
use crate::session::SessionEvent;
use crate::{Direction, Origin, PeerId, Position, Timestamp};

/// A record without borrowed parts, to compare.
#[derive(Clone, Debug, PartialEq)]
struct Owned {
    at: Timestamp,
    direction: Direction,
    peer: PeerId,
    body: Result<Vec<u8>, SessionEvent>,
}

impl From<Record<'_>> for Owned {
    fn from(record: Record<'_>) -> Self {
        let body = match record.body {
            RecordBody::Data(bytes) => Ok(bytes.to_vec()),
            RecordBody::Event(event) => Err(event),
        };
        Self { at: record.at, direction: record.direction, peer: record.peer, body }
    }
}

fn ends(v6: bool) -> Endpoints {
    let ip = if v6 { "2001:db8::1" } else { "192.0.2.1" };
    let address = |port| std::net::SocketAddr::new(ip.parse().expect("an address"), port);
    Endpoints::tcp(address(80), address(50123))
}

fn append(out: &mut Vec<u8>, record: &Owned, ends: Option<Endpoints>) {
    let mut encoder = Encoder::default();
    let bytes = match &record.body {
        Ok(bytes) => {
            let (direction, length) = (record.direction, bytes.len());
            encoder.data(record.at, direction, record.peer, ends.as_ref(), length);
            bytes.as_slice()
        }
        Err(event) => {
            encoder.event(record.at, record.peer, ends.as_ref(), event);
            &[]
        }
    };
    for part in [encoder.head(), bytes, encoder.tail()] {
        out.extend_from_slice(part);
    }
}

fn read_all(source: &dyn Source) -> (Vec<Owned>, Option<Damage>) {
    let mut cursor = Cursor::new(source, Position(0));
    let mut records = Vec::new();
    while let Some(record) = cursor.next() {
        records.push(record.into());
    }
    (records, cursor.damage())
}

fn record() -> impl Strategy<Value = (Owned, Option<Endpoints>)> {
    let body = prop_oneof![
        9 => proptest::collection::vec(any::<u8>(), 1..300).prop_map(Ok),
        1 => any::<String>().prop_map(|text| Err(SessionEvent::Note(text.into()))),
    ];
    let ends = proptest::option::of(any::<bool>().prop_map(ends));
    (any::<i64>(), any::<bool>(), any::<u32>(), body, ends).prop_map(
        |(at, out, peer, body, ends)| {
            let direction = if out && body.is_ok() { Direction::Out } else { Direction::In };
            (Owned { at: Timestamp(at), direction, peer: PeerId(peer), body }, ends)
        },
    )
}

fn encoded(records: &[(Owned, Option<Endpoints>)]) -> Vec<u8> {
    let mut out = file_header();
    records.iter().for_each(|(record, ends)| append(&mut out, record, *ends));
    out
}

fn plain(payload: &[u8]) -> Owned {
    Owned {
        at: Timestamp(1_700_000_000_123_456_789),
        direction: Direction::In,
        peer: PeerId(1),
        body: Ok(payload.to_vec()),
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(records in proptest::collection::vec(record(), 0..40)) {
        let bytes = encoded(&records);
        prop_assert!(is_capture(&bytes));
        prop_assert_eq!(intact_end(&bytes, 0), bytes.len() as u64);
        let (read, damage) = read_all(&bytes);
        let written: Vec<Owned> = records.into_iter().map(|(record, _)| record).collect();
        prop_assert_eq!(read, written);
        prop_assert_eq!(damage, None);
    }

    #[test]
    fn a_record_can_be_read_without_the_ones_before_it(
        records in proptest::collection::vec(record(), 1..20),
    ) {
        let bytes = encoded(&records);
        let mut cursor = Cursor::new(&bytes, Position(0));
        while let Some(record) = cursor.next() {
            let (position, record) = (record.position, Owned::from(record));
            prop_assert_eq!(Cursor::new(&bytes, position).next().map(Owned::from), Some(record));
        }
    }

    #[test]
    fn flipped_bits_cost_at_most_the_records_they_hit(
        records in proptest::collection::vec(record(), 1..20),
        flips in proptest::collection::vec((any::<prop::sample::Index>(), 0..8_u32), 1..4),
    ) {
        let good = encoded(&records);
        let mut bytes = good.clone();
        let mut hit = std::collections::HashSet::new();
        for (index, bit) in flips {
            let at = index.index(bytes.len());
            bytes[at] ^= 1 << bit;
            hit.insert(at);
        }
        // Sections and interfaces decide about all records after them: nothing to expect but an end.
        let (read, _) = read_all(&bytes);
        intact_end(&bytes, 0);
        if hit.iter().all(|at| *at >= file_header().len()) {
            let mut cursor = Cursor::new(&good, Position(0));
            let mut expected = Vec::new();
            while let Some(record) = cursor.next() {
                let (position, record) = (record.position.0 as usize, Owned::from(record));
                let end = cursor.position().0 as usize;
                if !hit.iter().any(|at| (position..end).contains(at)) {
                    expected.push(record);
                }
            }
            // Every unhurt record is there, in order; hurt ones may be there in some form.
            let mut read = read.iter();
            for record in expected {
                prop_assert!(read.any(|it| *it == record), "lost {record:?}");
            }
        }
    }

    #[test]
    fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let mut file = file_header();
        file.extend_from_slice(&bytes);
        read_all(&file);
        read_all(&bytes);
        prop_assert!(intact_end(&bytes, 0) <= bytes.len() as u64);
    }
}

#[test]
fn a_capture_torn_at_any_byte_gives_its_whole_records() {
    let mut bytes = file_header();
    let mut bounds = vec![bytes.len()];
    for payload in [&b"one"[..], b"", b"three!", &[0xFF; 40]] {
        append(&mut bytes, &plain(payload), Some(ends(true)));
        bounds.push(bytes.len());
    }
    for length in 0..=bytes.len() {
        let torn = bytes[..length].to_vec();
        let whole = bounds.iter().filter(|bound| **bound <= length).count();
        let (records, damage) = read_all(&torn);
        assert_eq!(records.len(), whole.saturating_sub(1), "cut to {length}");
        assert_eq!(damage, None);
        if whole > 0 {
            assert_eq!(intact_end(&torn, 0), bounds[whole - 1] as u64, "cut to {length}");
        }
    }
}

/// A source that grows and forgets, as the engine's do.
#[derive(Default)]
struct Shared(std::sync::atomic::AtomicU64, std::sync::atomic::AtomicU64, Vec<u8>);

impl Shared {
    fn show(&self, range: Range<usize>) {
        self.0.store(range.start as u64, std::sync::atomic::Ordering::Relaxed);
        self.1.store(range.end as u64, std::sync::atomic::Ordering::Relaxed);
    }
}

impl Source for Shared {
    fn extent(&self) -> Range<u64> {
        let load =
            |it: &std::sync::atomic::AtomicU64| it.load(std::sync::atomic::Ordering::Relaxed);
        load(&self.0)..load(&self.1)
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> usize {
        let extent = self.extent();
        if !extent.contains(&at) {
            return 0;
        }
        let count = into.len().min((extent.end - at) as usize);
        self.2.read_at(at, &mut into[..count])
    }
}

#[test]
fn a_cursor_goes_on_when_the_source_has_grown_or_forgotten() {
    let mut source = Shared { 2: file_header(), ..Shared::default() };
    let mut bounds = vec![source.2.len()];
    for n in 0..6_u8 {
        append(&mut source.2, &plain(&[n; 5]), None);
        bounds.push(source.2.len());
    }
    source.show(0..bounds[0]);
    let mut cursor = Cursor::new(&source, Position(0));
    for n in 0..3_u8 {
        assert!(cursor.next().is_none());
        source.show(0..bounds[usize::from(n) + 1]);
        assert_eq!(cursor.next().map(Owned::from), Some(plain(&[n; 5])));
    }
    source.show(bounds[4]..bounds[6]);
    assert_eq!(cursor.next().map(Owned::from), Some(plain(&[4; 5])));
    assert_eq!(cursor.damage(), None);
}

#[test]
fn foreign_blocks_and_comments_do_not_disturb() {
    let block = |kind: u32, body: &[u8]| {
        let total = (body.len() as u32 + 12).to_le_bytes();
        [&kind.to_le_bytes()[..], &total, body, &total].concat()
    };
    let mut bytes = file_header();
    // Name resolution, interface statistics, a custom block, and one of a kind that is not defined yet, larger than a packet.
    for (kind, length) in [(4, 16), (5, 24), (0x0BAD, 8), (0x7777, 2 << 20)] {
        bytes.extend(block(kind, &vec![0xA5; length]));
        append(&mut bytes, &plain(b"ours"), None);
    }
    // An Ethernet interface and a packet of it.
    bytes.extend(block(1, &[1, 0, 0, 0, 0, 0, 0, 0]));
    let mut packet = Vec::new();
    append(&mut packet, &plain(b"not ours"), None);
    packet[8] = 1;
    bytes.extend(packet);
    // A second section, as when segments are joined.
    bytes.extend(file_header());
    append(&mut bytes, &plain(b"ours"), None);
    let (records, damage) = read_all(&bytes);
    assert_eq!(records, vec![plain(b"ours"); 5]);
    assert_eq!(damage, None);
}

#[test]
fn a_hole_of_zeros_is_stepped_over_and_told() {
    let mut bytes = file_header();
    append(&mut bytes, &plain(b"before"), None);
    let hole = bytes.len() as u64;
    bytes.extend([0; 4096]);
    append(&mut bytes, &plain(b"after"), None);
    let (records, damage) = read_all(&bytes);
    assert_eq!(records, [plain(b"before"), plain(b"after")]);
    let damage = damage.expect("the hole is told");
    assert_eq!((damage.at, damage.skipped), (hole, 4096));
}

#[test]
fn the_largest_payload_fits() {
    let mut bytes = file_header();
    let largest = plain(&vec![7; LARGEST_PAYLOAD]);
    append(&mut bytes, &largest, Some(ends(true)));
    assert_eq!(read_all(&bytes).0, [largest]);
    let tags = pdu::LONGEST;
    assert!(tags + LARGEST_PAYLOAD < 256 << 10, "Wireshark's limit of a packet");
}

#[test]
fn an_endless_note_is_cut_and_still_read() {
    let mut bytes = file_header();
    let note = SessionEvent::Note("汉".repeat(50_000).into());
    append(&mut bytes, &Owned { body: Err(note), ..plain(b"") }, None);
    append(&mut bytes, &plain(b"after"), None);
    let (records, _) = read_all(&bytes);
    assert!(matches!(&records[0].body, Err(SessionEvent::Note(text)) if text.len() > 60_000));
    assert_eq!(records[1], plain(b"after"));
}

#[test]
fn datagrams_are_told_from_streams_and_may_be_empty() {
    let address = |text: &str| text.parse().expect("an address");
    let udp = Endpoints::udp(address("192.0.2.1:80"), address("[2001:db8::1]:9"));
    let mut bytes = file_header();
    append(&mut bytes, &plain(b"stream"), Some(ends(false)));
    append(&mut bytes, &plain(b"datagram"), Some(udp));
    append(&mut bytes, &plain(b""), Some(udp));
    append(&mut bytes, &plain(b"who knows"), None);
    let mut cursor = Cursor::new(&bytes, Position(0));
    let mut told = Vec::new();
    while let Some(record) = cursor.next() {
        let RecordBody::Data(data) = record.body else { panic!("no event: {record:?}") };
        told.push((record.datagram, data.to_vec()));
    }
    let expected: [(bool, &[u8]); 4] =
        [(false, b"stream"), (true, b"datagram"), (true, b""), (false, b"who knows")];
    assert_eq!(told, expected.map(|(datagram, data)| (datagram, data.to_vec())));
    // A copy whose ends nobody knows is still one.
    let mut copy = file_header();
    let mut encoder = Encoder::default();
    let mut cursor = Cursor::new(&bytes, Position(0));
    cursor.next();
    let record = cursor.next().expect("the datagram");
    encoder.record(&record, None);
    [encoder.head(), b"datagram", encoder.tail()].iter().for_each(|it| copy.extend_from_slice(it));
    assert!(Cursor::new(&copy, Position(0)).next().expect("a record").datagram);
}

#[test]
fn a_copy_tells_what_it_was_copied_from() {
    let origin = Some(Origin { lane: 3, position: Position(1 << 40) });
    let bodies = [
        RecordBody::Data(b"bytes"),
        RecordBody::Event(SessionEvent::HalfClosed),
        RecordBody::Data(b"more"),
    ];
    let mut bytes = file_header();
    let mut encoder = Encoder::default();
    let mut written = Vec::new();
    for (body, origin) in bodies.into_iter().zip([origin, origin, None]) {
        let record = Record {
            position: Position(bytes.len() as u64),
            at: Timestamp(7),
            direction: Direction::In,
            peer: PeerId(9),
            origin,
            datagram: false,
            body,
        };
        encoder.record(&record, None);
        let payload = if let RecordBody::Data(bytes) = record.body { bytes } else { &[] };
        [encoder.head(), payload, encoder.tail()].iter().for_each(|it| bytes.extend_from_slice(it));
        written.push(record);
    }
    let mut cursor = Cursor::new(&bytes, Position(0));
    for record in written {
        assert_eq!(cursor.next(), Some(record));
    }
}

/// Counts what is read of it.
struct Counted(Vec<u8>, std::sync::atomic::AtomicU64);

impl Source for Counted {
    fn extent(&self) -> Range<u64> {
        self.0.extent()
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> usize {
        let count = self.0.read_at(at, into);
        self.1.fetch_add(count as u64, std::sync::atomic::Ordering::Relaxed);
        count
    }
}

/// Files made so that each place claims to be the beginning of a long block.
#[test]
fn reading_is_linear_in_the_file_whatever_it_holds() {
    let block = |kind: u32, length: u32| [kind.to_le_bytes(), length.to_le_bytes()].concat();
    let mut whole = Vec::new();
    append(&mut whole, &plain(b"x"), None);
    let patterns = [
        vec![0],
        vec![6],
        b"\n\r\r\n".to_vec(),
        block(6, 1 << 20),
        block(6, 32 << 10),
        block(0x0A0D_0D0A, 1 << 20),
        block(0x7777, 64 << 20),
        [whole.clone(), block(0x7777, 1 << 20)].concat(),
        [whole.clone(), block(6, 1 << 20)].concat(),
        [whole.clone(), vec![1]].concat(),
    ];
    for pattern in patterns {
        let mut bytes = file_header();
        while bytes.len() < 4 << 20 {
            bytes.extend_from_slice(&pattern);
        }
        append(&mut bytes, &plain(b"the last one"), None);
        let length = bytes.len() as u64;
        let source = Counted(bytes, Default::default());
        let mut cursor = Cursor::new(&source, Position(0));
        let mut last = None;
        while let Some(record) = cursor.next() {
            last = Some(Owned::from(record));
        }
        assert_eq!(last, Some(plain(b"the last one")), "{:?}", &pattern[..pattern.len().min(12)]);
        let read = source.1.into_inner();
        assert!(read <= 4 * length, "{read} of {length}: {:?}", &pattern[..pattern.len().min(12)]);
    }
}

proptest! {
    #[test]
    fn bytes_cut_out_or_put_in_cost_only_what_they_hit(
        records in proptest::collection::vec(record(), 2..20),
        at in any::<prop::sample::Index>(),
        out in 0..200_usize,
        put in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut bounds = vec![file_header().len()];
        for n in 1..=records.len() {
            bounds.push(encoded(&records[..n]).len());
        }
        let mut bytes = encoded(&records);
        let header = file_header().len();
        let at = header + at.index(bytes.len() - header);
        let end = (at + out).min(bytes.len());
        bytes.splice(at..end, put.iter().copied());
        let (read, _) = read_all(&bytes);
        let mut read = read.iter();
        for (n, (record, _)) in records.iter().enumerate() {
            let unhurt = bounds[n + 1] <= at || bounds[n] >= end;
            prop_assert!(!unhurt || read.any(|it| it == record), "lost {:?}", record);
        }
    }
}

/// A capture with a hole that was never written, as a file system tells of it; counts what is read.
struct Sparse {
    head: Vec<u8>,
    tail: Vec<u8>,
    hole: u64,
    read: std::sync::atomic::AtomicU64,
}

impl Source for Sparse {
    fn extent(&self) -> std::ops::Range<u64> {
        0..self.head.len() as u64 + self.hole + self.tail.len() as u64
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> usize {
        let rest = usize::try_from(self.extent().end.saturating_sub(at)).unwrap_or(usize::MAX);
        let count = rest.min(into.len());
        let behind = self.head.len() as u64 + self.hole;
        for (at, byte) in (at..).zip(&mut into[..count]) {
            let head = usize::try_from(at).ok().and_then(|at| self.head.get(at));
            let tail = || usize::try_from(at.checked_sub(behind)?).ok();
            *byte = head.or_else(|| self.tail.get(tail()?)).copied().unwrap_or(0);
        }
        self.read.fetch_add(count as u64, std::sync::atomic::Ordering::Relaxed);
        count
    }

    fn next_data(&self, at: u64) -> u64 {
        let hole = self.head.len() as u64..self.head.len() as u64 + self.hole;
        if hole.contains(&at) { hole.end } else { at }
    }
}

#[test]
fn what_was_never_written_is_not_read() {
    let record = |second: i64| Owned {
        at: Timestamp(second),
        direction: Direction::In,
        peer: PeerId(1),
        body: Ok(b"here".to_vec()),
    };
    let (mut head, mut tail) = (file_header(), Vec::new());
    append(&mut head, &record(1), None);
    append(&mut tail, &record(2), None);
    let hole = 100 << 30;
    let end = head.len() as u64;
    for tail in [tail, Vec::new()] {
        let count = 1 + usize::from(!tail.is_empty());
        let source = Sparse { head: head.clone(), tail, hole, read: 0.into() };
        let (records, damage) = read_all(&source);
        assert_eq!(records.len(), count);
        assert_eq!(damage.map(|it| (it.at, it.skipped)), (count == 2).then_some((end, hole)));
        let whole = if count == 2 { source.extent().end } else { end };
        assert_eq!(intact_end(&source, 0), whole);
        let read = source.read.load(std::sync::atomic::Ordering::Relaxed);
        assert!(read < 64 << 20, "{read} bytes were read");
    }
}

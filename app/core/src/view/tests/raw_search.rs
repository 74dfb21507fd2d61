//! A search finds what its rows have, however their bytes came.

use proptest::prelude::*;

use super::{Body, Tape, history, rows};
use crate::Direction;
use crate::session::{EndReason, SessionEvent};
use crate::view::{
    EncodingName, Filter, FindSpec, FrameBytes, Framing, History, Pattern, RowFormat, Sgr, ViewSpec,
};

/// What streams are made of: plain lines, and all that is shown otherwise than it came.
const PIECES: &[&[u8]] = &[
    b"error",
    b"ERROR 5g",
    b"err\x1b[0mor",
    b"\x1b[0;31mE (5) tag: ",
    b"\x1b[0m\n",
    b"\x1b[0m\r\n",
    b"\x1b[31m\x1b[1merror",
    b"\x1b[2K",
    b"\r\n",
    b"\n",
    b"\n",
    b"\r",
    b"ror",
    b"\xFF",
    b"\xFFRRor",
    b"\x01rror",
    b"ask",
    b"\xC5\xBF",
    b"\xE2\x84\xAA",
    b"\xD6\xD0\xCE\xC4",
    b"\xE4\xB8\xAD\xE6\x96\x87",
    b"\xE4\xB8",
    b"\xAD",
    b"\xE2\x80\x8B",
    b"\x83\\x",
    b"x01",
    b"plain text goes on and on",
];

const NEEDLES: &[(&str, bool, bool, bool)] = &[
    ("error", false, false, false),
    ("error", false, true, false),
    ("ask", false, false, false),
    ("中文", false, false, false),
    ("文", false, true, false),
    ("g\\xff", false, false, false),
    ("x01", false, false, false),
    (r"\x01", false, false, false),
    ("5g", false, true, false),
    ("or.", true, false, false),
    (r"^E \(\d+\)", true, true, false),
    ("error$", true, false, false),
    ("e.*or", true, false, false),
    ("[^a-z]or", true, false, false),
    (r"\s+here", true, false, false),
    (r"(?:e|nothing).*(?:or|re)$", true, false, false),
    (r"er+or\b|plain\s", true, true, false),
    ("error", false, false, true),
    ("peer", false, false, false),
    ("nothing HERE", false, false, false),
    ("error 5G", false, false, false),
    ("E (5) TAG", false, false, false),
];

/// What a record of the tape comes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    Tcp,
    Udp,
    /// One line without peers, where pauses count and Improv packets stand between lines.
    Serial,
}

/// Streams of several peers, cut anywhere, with long plain stretches between what matters, so that there are several blocks.
pub(super) fn tape(seed: u64, transport: Transport) -> Tape {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut tape = Tape::default();
    let mut streams = vec![Vec::new(); 3];
    for _ in 0..60 {
        let stream = &mut streams[random.usize(0..3)];
        if random.u8(..) < 140 {
            let lines = random.usize(1..400);
            stream.extend(b"nothing here\r\n".repeat(lines));
        } else if random.u8(..) < 20 {
            // Too long for a row.
            stream.extend(b"and on ".repeat(random.usize(500..1500)));
        } else if random.u8(..) < 20 {
            let data: Vec<u8> =
                (0..random.u8(..)).map(|_| b"error\nok"[random.usize(0..8)]).collect();
            stream.extend_from_slice(b"IMPROV\x01\x03");
            stream.push(data.len() as u8);
            stream.extend_from_slice(&data);
            stream.push(random.u8(..));
        } else {
            for _ in 0..random.usize(1..6) {
                stream.extend_from_slice(PIECES[random.usize(0..PIECES.len())]);
            }
        }
    }
    let mut at = 0;
    while streams.iter().any(|it| !it.is_empty()) {
        let which = random.usize(0..3);
        let most = if random.bool() { 9 } else { 3000 };
        let count = random.usize(1..=most).min(streams[which].len());
        let rest = streams[which].split_off(count);
        let direction = if which == 2 { Direction::Out } else { Direction::In };
        let peer = if transport == Transport::Serial { 0 } else { which as u32 / 2 + 1 };
        at += match random.u8(..) {
            0..4 => 3_000_000_000,
            4..12 => 700_000_000,
            12..30 => 60_000_000,
            30..60 => 6_000_000,
            _ => 1_000_000,
        };
        let bytes = std::mem::replace(&mut streams[which], rest);
        tape.push(
            at,
            direction,
            peer,
            match transport {
                Transport::Udp => Body::Datagram(bytes),
                _ => Body::Data(bytes),
            },
        );
        match random.u8(..) {
            0 => tape.event(1, SessionEvent::PeerHalfClosed),
            1 => tape.event(
                random.u32(0..3),
                SessionEvent::Ended { reason: EndReason::ClosedByPeer, detail: String::new() },
            ),
            _ => {}
        }
        at = tape.records.last().map_or(at, |last| last.at);
    }
    tape
}

/// Reads all there is, so much of it at a time: what is looked for may lie across two of these parts.
fn settle_by(history: &mut History, tape: &Tape, budget: u64) {
    while history.advance(tape, budget).more {}
}

pub(super) fn framings() -> impl Strategy<Value = Framing> {
    prop_oneof![
        4 => Just(Framing::Line),
        2 => Just(Framing::Message),
        1 => Just(Framing::Cr),
        1 => Just(Framing::Packet),
        1 => Just(Framing::Gap { ms: 5 }),
        1 => Just(Framing::Length { bytes: 40 }),
        1 => Just(Framing::Delimiter { delimiters: vec![FrameBytes("rr".into())] }),
    ]
}

pub(super) fn transports() -> impl Strategy<Value = Transport> {
    prop::sample::select(&[Transport::Tcp, Transport::Udp, Transport::Serial][..])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_search_hits_the_rows_whose_text_has_it(
        seed in any::<u64>(),
        transport in transports(),
        framing in framings(),
        needle in prop::sample::select(NEEDLES),
        encoding in prop::sample::select(&["UTF-8", "UTF-8", "GBK", "Shift_JIS", "windows-1252", "UTF-16LE"][..]),
        budget in prop::sample::select(&[1 << 20, 10_000, 1000][..]),
    ) {
        let tape = tape(seed, transport);
        let (text, regex, case_sensitive, whole_word) = needle;
        let spec = ViewSpec {
            framing,
            encoding: EncodingName(encoding.to_owned()),
            sgr: Sgr::Stripped,
            ..ViewSpec::default()
        };
        let mut history = history(&tape, spec.clone());
        let find = FindSpec { pattern: text.into(), regex, case_sensitive, whole_word, ..FindSpec::default() };
        let pattern = Pattern::new(&find.needle()).unwrap().unwrap();
        let all = rows(&history, &tape);
        let has = |text: &str| pattern.is_in(&[], || text.into());
        let expected: Vec<_> = all.iter().filter(|row| has(&row.text)).map(|it| it.number).collect();
        history.find(Some(&find));
        settle_by(&mut history, &tape, budget);
        prop_assert_eq!(history.status().find.unwrap().hits, expected.len() as u64);

        let filter = Filter { text: text.into(), regex, case_sensitive, whole_word, ..Filter::default() };
        let mut filtered = History::new(ViewSpec { filter, ..spec });
        settle_by(&mut filtered, &tape, budget);
        let shown: Vec<_> = rows(&filtered, &tape).iter().map(|row| row.number).collect();
        prop_assert_eq!(shown, expected);
    }

    #[test]
    fn a_search_for_bytes_hits_the_rows_that_have_them(
        seed in any::<u64>(),
        transport in transports(),
        framing in framings(),
        format in prop::sample::select(&[RowFormat::Text, RowFormat::HexText][..]),
        needle in prop::sample::select(&["65 72 72", "0A", "0A 6E", "FF ?2", "E4 B8 AD", "1B 5B 3? 6D 0D"][..]),
        budget in prop::sample::select(&[1 << 20, 10_000, 1000][..]),
    ) {
        let tape = tape(seed, transport);
        let mut history = history(&tape, ViewSpec { framing, format, ..ViewSpec::default() });
        let find = FindSpec { pattern: needle.into(), hex: true, ..FindSpec::default() };
        let pattern = Pattern::new(&find.needle()).unwrap().unwrap();
        let all = rows(&history, &tape);
        let expected = all.iter().filter(|row| pattern.is_in(&row.bytes, || "".into())).count();
        history.find(Some(&find));
        settle_by(&mut history, &tape, budget);
        prop_assert_eq!(history.status().find.unwrap().hits, expected as u64);
    }
}

//! Properties: any bytes, any segmentation, any interleaving, any checkpoint, and always the same rows.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Tape, history, rows};
use crate::Direction;
use crate::view::framer::LONGEST_ROW;
use crate::view::{
    BytesPerRow, EncodingName, Filter, FindSpec, FrameBytes, FrameCheck, FrameFault, FrameLayout,
    Framing, History, LengthField, RowFormat, ViewSpec,
};

/// Something said by one of a few peers.
#[derive(Clone, Debug)]
struct Said {
    peer: u32,
    direction: Direction,
    bytes: Vec<u8>,
    /// Milliseconds since the one before.
    pause: i64,
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => "[a-z \t]{0,12}".prop_map(String::into_bytes),
        2 => Just(b"\n".to_vec()),
        1 => Just(b"\r\n".to_vec()),
        1 => Just(b"\r".to_vec()),
        // Frames of the layouts below, whole and not.
        2 => Just(b"\xAA\xAA\x55\x02xy".to_vec()),
        1 => Just(b"\xAA\xAA".to_vec()),
        1 => Just(b"\x55\x30".to_vec()),
        1 => Just(b"$GP,1,2*00\r\n".to_vec()),
        1 => Just(b"$".to_vec()),
        2 => "[你好世😀é]{1,4}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..6),
        1 => Just(vec![b'x'; LONGEST_ROW / 2 - 3]),
        1 => Just("好".repeat(700).into_bytes()),
        1 => Just(b"\x1b[31mred\x1b[0m".to_vec()),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn talk() -> impl Strategy<Value = Vec<Said>> {
    let pause = prop::sample::select(&[1, 1, 1, 60, 600, 3000][..]);
    let said = (0..4_u32, any::<bool>(), bytes(), pause).prop_map(|(peer, sent, bytes, pause)| {
        Said { pause, peer, direction: if sent { Direction::Out } else { Direction::In }, bytes }
    });
    prop::collection::vec(said, 0..24)
}

fn spec() -> impl Strategy<Value = ViewSpec> {
    let format = prop_oneof![Just(RowFormat::Text), Just(RowFormat::Hex), Just(RowFormat::HexText)];
    let encoding = prop::sample::select(
        &["UTF-8", "gb18030", "UTF-16LE", "UTF-16BE", "Shift_JIS", "windows-1252", "ISO-2022-JP"][..],
    );
    let width = prop::sample::select(&BytesPerRow::ALL[..]);
    (format, encoding, width).prop_map(|(format, encoding, bytes_per_row)| ViewSpec {
        format,
        bytes_per_row,
        fitted_bytes: 3,
        encoding: EncodingName(encoding.to_owned()),
        ..ViewSpec::default()
    })
}

fn framing() -> impl Strategy<Value = Framing> {
    let mut all = framings_of_bytes();
    all.push(Framing::Packet);
    prop::sample::select(all)
}

/// Those to which it does not matter how reads were cut.
fn framings_of_bytes() -> Vec<Framing> {
    let text = |text: &str| FrameBytes(text.to_owned());
    let field = LengthField { at: 3, width: 1, big_endian: false, add: 4 };
    let check = FrameCheck { name: "sum8".to_owned(), ..FrameCheck::default() };
    let with_length = FrameLayout {
        header: text("hex:AA AA 55"),
        length: Some(field),
        longest: 60,
        ..FrameLayout::default()
    };
    let checked = FrameLayout { check: Some(check), footer: text("y"), ..with_length.clone() };
    let only_length = FrameLayout { header: text(""), ..with_length.clone() };
    let footer = FrameLayout { header: text("$"), footer: text(r"\r\n"), ..FrameLayout::default() };
    let several = ["hex:0A 61", "b", r"\r\n", "你", "hex:FF"].map(text).to_vec();
    vec![
        Framing::Line,
        Framing::Message,
        Framing::Gap { ms: 2 },
        Framing::Cr,
        Framing::Delimiter { delimiters: vec![text("ab")] },
        Framing::Delimiter { delimiters: several },
        Framing::Length { bytes: 7 },
        Framing::Frame(with_length),
        Framing::Frame(checked),
        Framing::Frame(only_length),
        Framing::Frame(footer),
    ]
}

fn tape(talk: &[Said]) -> Tape {
    let mut tape = Tape::default();
    play(&mut tape, talk, usize::MAX);
    tape
}

/// Adds what is said to a tape, each record cut in pieces of `size` bytes that came at the same moment.
fn play(tape: &mut Tape, talk: &[Said], size: usize) {
    let mut at = tape.records.last().map_or(0, |last| last.at);
    for it in talk {
        at += it.pause * 1_000_000;
        for piece in it.bytes.chunks(size) {
            tape.push(at, it.direction, it.peer, super::Body::Data(piece.to_vec()));
        }
    }
}

/// The same with each record cut in pieces of `size` bytes.
fn in_pieces(talk: &[Said], size: usize) -> Tape {
    let mut tape = Tape::default();
    play(&mut tape, talk, size);
    tape
}

type Seen = (u32, Direction, Vec<u8>, String, bool, i64, u64, Option<FrameFault>);

fn seen(tape: &Tape, spec: ViewSpec) -> Vec<Seen> {
    let history = history(tape, spec);
    rows(&history, tape)
        .iter()
        .map(|it| {
            let (bytes, text) = (it.bytes.to_vec(), it.text.to_string());
            let (offset, fault) = (it.frame_offset, it.fault);
            (it.peer.0, it.direction, bytes, text, it.continues, it.at.0, offset, fault)
        })
        .collect()
}

proptest! {
    #[test]
    fn rows_do_not_depend_on_how_they_were_cut_into_reads(
        talk in talk(), spec in spec(), size in 1..9_usize,
        framing in prop::sample::select(framings_of_bytes()),
    ) {
        let spec = ViewSpec { framing, ..spec };
        prop_assert_eq!(seen(&tape(&talk), spec.clone()), seen(&in_pieces(&talk, size), spec));
    }

    #[test]
    fn every_byte_is_in_exactly_one_row_in_the_order_of_its_stream(
        talk in talk(), spec in spec(),
        framing in framing(),
    ) {
        let spec = ViewSpec { framing, ..spec };
        let mut said: BTreeMap<_, Vec<u8>> = BTreeMap::new();
        for it in &talk {
            said.entry((it.peer, it.direction)).or_default().extend(&it.bytes);
        }
        let mut shown: BTreeMap<_, Vec<u8>> = said.keys().map(|key| (*key, Vec::new())).collect();
        for (peer, direction, bytes, ..) in seen(&tape(&talk), spec) {
            prop_assert!(!bytes.is_empty() && bytes.len() <= LONGEST_ROW);
            shown.entry((peer, direction)).or_default().extend(bytes);
        }
        prop_assert_eq!(said, shown);
    }

    #[test]
    fn lines_are_those_of_a_naive_split(talk in talk()) {
        // A serial line's end at pauses, too.
        let talk: Vec<_> = talk.into_iter().filter(|it| it.peer > 0).collect();
        let mut streams: BTreeMap<(u32, Direction), Vec<(usize, u8)>> = BTreeMap::new();
        let mut clock = 0;
        for it in &talk {
            let stream = streams.entry((it.peer, it.direction)).or_default();
            for byte in &it.bytes {
                stream.push((clock, *byte));
                clock += 1;
            }
        }
        let mut lines = Vec::new();
        for stream in streams.values() {
            for line in stream.split_inclusive(|(_, byte)| *byte == b'\n') {
                lines.push((line[0].0, line.iter().map(|it| it.1).collect::<Vec<u8>>()));
            }
        }
        lines.sort();
        prop_assume!(lines.iter().all(|(_, line)| line.len() < LONGEST_ROW - 4));
        let expected: Vec<_> = lines.into_iter().map(|(_, line)| line).collect();
        let cut: Vec<_> =
            seen(&tape(&talk), ViewSpec::default()).into_iter().map(|it| it.2).collect();
        prop_assert_eq!(cut, expected);
    }

    #[test]
    fn reading_as_it_grows_is_reading_at_once(
        talk in talk(), spec in spec(), filter in prop::option::of("[a-d]"), budget in 1..2000_u64,
        framing in framing(),
    ) {
        let filter = Filter { text: filter.unwrap_or_default(), ..Filter::default() };
        let spec = ViewSpec { filter, framing, ..spec };
        let find = FindSpec { pattern: "a".into(), ..FindSpec::default() };
        let mut growing = History::new(spec.clone());
        growing.find(Some(&find));
        let mut tape = Tape::default();
        for it in talk.chunks(1) {
            play(&mut tape, it, usize::MAX);
            growing.advance(&tape, budget);
        }
        super::settle(&mut growing, &tape);
        let mut whole = history(&tape, spec);
        whole.find(Some(&find));
        super::settle(&mut whole, &tape);
        prop_assert_eq!(growing.status(), whole.status());
        let text = |history: &History| {
            let row = |it: &crate::view::Row| (it.number, it.text.clone(), it.fault, it.frame_offset);
            rows(history, &tape).iter().map(row).collect::<Vec<_>>()
        };
        prop_assert_eq!(text(&growing), text(&whole));
    }

    #[test]
    fn a_count_of_hits_is_the_count_of_rows_that_have_one(talk in talk(), needle in "[a-z你]") {
        let tape = tape(&talk);
        let mut history = history(&tape, ViewSpec::default());
        history.find(Some(&FindSpec { pattern: needle.clone(), ..FindSpec::default() }));
        super::settle(&mut history, &tape);
        let lower = needle.to_lowercase();
        let with: Vec<u64> = rows(&history, &tape)
            .iter()
            .filter(|row| row.text.to_lowercase().contains(&lower))
            .map(|row| row.number)
            .collect();
        prop_assert_eq!(history.status().find.unwrap().hits, with.len() as u64);
        // Next goes through all of them, and round.
        let mut from = 0;
        for (ordinal, row) in with.iter().chain(with.first()).enumerate() {
            history.step(from, true);
            super::settle(&mut history, &tape);
            let current = history.status().find.unwrap().current;
            prop_assert_eq!(current, Some((ordinal as u64 % with.len() as u64, *row)));
            from = *row;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_rows_are_the_same_alone_as_in_order(
        talk in talk(), spec in spec(), wanted in any::<(prop::sample::Index, prop::sample::Index)>(),
        filter in prop::option::of("[a-d]"), framing in framing(),
    ) {
        let filter = Filter { text: filter.unwrap_or_default(), ..Filter::default() };
        let spec = ViewSpec { filter, framing, ..spec };
        // Often, so that there are several blocks.
        let mut tape = Tape::default();
        for _ in 0..40 {
            play(&mut tape, &talk, usize::MAX);
        }
        let history = history(&tape, spec);
        let all = rows(&history, &tape);
        prop_assert_eq!(all.len() as u64, history.status().shown);
        let (a, b) = (wanted.0.index(all.len() + 1), wanted.1.index(all.len() + 1));
        let (a, b) = (a.min(b), a.max(b).min(a.min(b) + 50));
        let some = history.rows(&tape, a as u64..b as u64);
        let key = |row: &crate::view::Row| {
            let head = (row.number, row.position, row.at, row.previous_at);
            (head, row.text.clone(), row.fault, row.frame_offset, row.continues, row.spans.clone())
        };
        let (some, all): (Vec<_>, Vec<_>) =
            (some.iter().map(key).collect(), all[a..b].iter().map(key).collect());
        prop_assert_eq!(some, all);
    }
}

//! Where rows end, in every framing that looks at their bytes.

use super::{Body, Tape, history, rows, texts};
use crate::send::Checksum;
use crate::session::{EndReason, SessionEvent};
use crate::view::{
    BytesPerRow, EncodingName, FrameBytes, FrameCheck, FrameFault, FrameLayout, Framing,
    LengthField, RowFormat, ViewSpec,
};
use crate::{Direction, PeerId};

fn by(framing: Framing) -> ViewSpec {
    ViewSpec { framing, ..ViewSpec::default() }
}

fn text(text: &str) -> FrameBytes {
    FrameBytes(text.to_owned())
}

/// A tape of what came at these milliseconds.
fn timed(peer: u32, records: &[(i64, Direction, &[u8])]) -> Tape {
    let mut tape = Tape::default();
    for (ms, direction, bytes) in records {
        tape.push(ms * 1_000_000, *direction, peer, Body::Data(bytes.to_vec()));
    }
    tape
}

/// The rows as bytes with what is wrong with them, however the bytes were cut into reads.
fn frames(bytes: &[u8], spec: &ViewSpec) -> Vec<(Vec<u8>, Option<FrameFault>)> {
    let cut = |size: usize| {
        let mut tape = Tape::default();
        bytes.chunks(size).for_each(|piece| tape.received(piece));
        let history = history(&tape, spec.clone());
        let row = |row: &crate::view::Row| (row.bytes.to_vec(), row.fault);
        rows(&history, &tape).iter().map(row).collect::<Vec<_>>()
    };
    let whole = cut(bytes.len());
    for size in 1..bytes.len() {
        assert_eq!(cut(size), whole, "in pieces of {size}");
    }
    whole
}

fn cut(bytes: &[u8], framing: Framing) -> Vec<String> {
    let whole = frames(bytes, &by(framing));
    whole.into_iter().map(|it| String::from_utf8_lossy(&it.0).into_owned()).collect()
}

#[test]
fn a_carriage_return_ends_a_row_and_takes_its_newline_along() {
    assert_eq!(
        cut(b"one\rtwo\r\nthree\nfour\r\rfive", Framing::Cr),
        ["one\r", "two\r\n", "three\n", "four\r", "\r", "five"]
    );
    let hex = ViewSpec { format: RowFormat::Hex, ..by(Framing::Cr) };
    let rows: Vec<_> = frames(b"one\rtwo\r\nx", &hex).into_iter().map(|it| it.0).collect();
    assert_eq!(rows, [&b"one\r"[..], b"two\r\n", b"x"]);
    // The row is shown as what it is before anything follows, and nothing of it as a control character.
    let mut tape = Tape::default();
    tape.received("42.0\r");
    assert_eq!(texts(&tape, by(Framing::Cr)), ["42.0"]);
    tape.received("43.0\r\n");
    assert_eq!(texts(&tape, by(Framing::Cr)), ["42.0", "43.0"]);
    let utf16 = ViewSpec { encoding: EncodingName("UTF-16LE".into()), ..by(Framing::Cr) };
    let mut tape = Tape::default();
    tape.received("a\rb\nc".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>());
    assert_eq!(texts(&tape, utf16), ["a", "b", "c"]);
}

#[test]
fn any_of_several_delimiters_ends_a_row_as_text_or_bytes() {
    let framing =
        |list: &[&str]| Framing::Delimiter { delimiters: list.iter().map(|it| text(it)).collect() };
    assert_eq!(cut(b"a;b||c\x00d", framing(&[";", "||", "hex:00"])), ["a;", "b||", "c\0", "d"]);
    assert_eq!(cut(b"x|y|||z", framing(&["||"])), ["x|y||", "|z"]);
    assert_eq!(cut(b"aab aabaab", framing(&["aab"])), ["aab", " aab", "aab"]);
    assert_eq!(cut("好。坏。".as_bytes(), framing(&["。"])), ["好。", "坏。"]);
    // The first that ends wins, whichever stands first in the list.
    assert_eq!(cut(b"1ENDOFROW2", framing(&["ENDOFROW", "END"])), ["1END", "OFROW2"]);
}

#[test]
fn a_delimiter_of_text_is_no_part_of_a_character() {
    // In GBK the second byte of 畖 is that of "|".
    let encoding = EncodingName("GBK".into());
    let (bytes, _, lossy) = encoding.encoding_or_utf8().encode("畖|尾|");
    assert!(!lossy && bytes.iter().filter(|byte| **byte == b'|').count() > 2);
    let shown = |delimiter| {
        let framing = Framing::Delimiter { delimiters: vec![text(delimiter)] };
        let spec = ViewSpec { encoding: encoding.clone(), ..by(framing) };
        frames(&bytes, &spec).len()
    };
    assert_eq!((shown("|"), shown("hex:7C")), (2, 3));
}

#[test]
fn rows_of_a_fixed_length_are_found_again_after_a_pause() {
    assert_eq!(cut(b"abcdefgh", Framing::Length { bytes: 3 }), ["abc", "def", "gh"]);
    let tape = timed(
        1,
        &[(0, Direction::In, b"abc"), (10, Direction::In, b"de"), (700, Direction::In, b"fghi")],
    );
    let history = history(&tape, by(Framing::Length { bytes: 3 }));
    let rows: Vec<_> =
        rows(&history, &tape).iter().map(|row| (row.text.to_string(), row.fault)).collect();
    let lost = Some(FrameFault::Incomplete);
    let expected = [("abc", None), ("de", lost), ("fgh", None), ("i", None)];
    assert_eq!(rows, expected.map(|(text, fault)| (text.to_owned(), fault)));
}

/// AA 55, length of what follows it, payload, CRC.
fn layout() -> FrameLayout {
    FrameLayout {
        header: text("hex:AA 55"),
        length: Some(LengthField { at: 2, width: 1, big_endian: false, add: 3 }),
        check: Some(FrameCheck::default()),
        ..FrameLayout::default()
    }
}

fn frame(payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0xAA, 0x55, payload.len() as u8 + 2];
    frame.extend(payload);
    let crc = Checksum::named("CRC-16/MODBUS").unwrap().of(&frame) as u16;
    frame.extend(crc.to_le_bytes());
    frame
}

#[test]
fn frames_are_cut_by_their_length_field_and_checked() {
    let (a, b) = (frame(b"one"), frame(b"two, with \xAA\x55 inside"));
    let mut bad = frame(b"bad");
    bad[4] ^= 1;
    let all = [a.clone(), b.clone(), bad.clone(), a.clone()].concat();
    let spec = by(Framing::Frame(layout()));
    let expected =
        [(a.clone(), None), (b.clone(), None), (bad, Some(FrameFault::BadChecksum)), (a, None)];
    assert_eq!(frames(&all, &spec), expected);
    // In hex a frame is of several rows, the last of which tells.
    let bytes_per_row = BytesPerRow::Eight;
    let hex = ViewSpec { format: RowFormat::Hex, bytes_per_row, ..spec };
    assert!(frames(&b, &hex).iter().all(|(_, fault)| fault.is_none()));
    let mut worse = b.clone();
    worse[5] ^= 0x10;
    let faults: Vec<_> = frames(&worse, &hex).into_iter().map(|it| it.1).collect();
    assert_eq!(faults, [None, None, Some(FrameFault::BadChecksum)]);
}

#[test]
fn what_is_no_frame_is_shown_and_the_next_header_is_found() {
    let good = frame(b"ok");
    let spec = by(Framing::Frame(layout()));
    let none = Some(FrameFault::NoHeader);
    let junk = [b"noise\xAA\x01more".to_vec(), good.clone(), b"\xAA\xAA".to_vec(), good.clone()];
    let expected = [
        (b"noise".to_vec(), none),
        (b"\xAA\x01more".to_vec(), none),
        (good.clone(), None),
        (b"\xAA".to_vec(), none),
        (b"\xAA".to_vec(), none),
        (good.clone(), None),
    ];
    assert_eq!(frames(&junk.concat(), &spec), expected);
    // A length that no frame has is seen at once.
    let short = [b"\xAA\x55\x00".to_vec(), good.clone()].concat();
    let longest = FrameLayout { longest: 20, ..layout() };
    let long = [b"\xAA\x55\x40zz".to_vec(), good.clone()].concat();
    for (bytes, layout) in [(short, layout()), (long, longest)] {
        let rows = frames(&bytes, &by(Framing::Frame(layout)));
        let faults: Vec<_> = rows.iter().map(|it| it.1).collect();
        assert_eq!(faults, [Some(FrameFault::BadLength), None]);
        assert_eq!(rows[1].0, good);
    }
}

#[test]
fn a_header_that_begins_like_itself_is_found_behind_its_own_beginning() {
    let layout =
        FrameLayout { header: text("hex:AA AA 55"), length: None, footer: text("!"), ..layout() };
    let layout = FrameLayout { check: None, ..layout };
    let rows = frames(b"\xAA\xAA\xAA\x55a!\xAA\xAA\x55b!", &by(Framing::Frame(layout)));
    assert_eq!(rows, [(b"\xAA\xAA\xAA\x55a!".to_vec(), None), (b"\xAA\xAA\x55b!".to_vec(), None)]);
}

#[test]
fn the_rest_of_a_frame_is_not_waited_for_without_end() {
    let good = frame(b"late");
    let cut = &frame(b"cut off")[..6];
    let spec = by(Framing::Frame(layout()));
    let tape = timed(1, &[(0, Direction::In, cut), (501, Direction::In, &good)]);
    let faults = |tape: &Tape| {
        let history = history(tape, spec.clone());
        rows(&history, tape).iter().map(|row| row.fault).collect::<Vec<_>>()
    };
    let lost = Some(FrameFault::Incomplete);
    assert_eq!(faults(&tape), [lost, None]);
    let mut tape = timed(1, &[(0, Direction::In, cut)]);
    assert_eq!(faults(&tape), [None], "it may still come");
    tape.event(1, SessionEvent::Ended { reason: EndReason::ClosedByPeer, detail: String::new() });
    assert_eq!(faults(&tape), [lost, None]);
}

#[test]
fn header_and_footer_frame_what_is_between_them() {
    let layout = FrameLayout {
        header: text("$"),
        footer: text(r"\r\n"),
        longest: 16,
        ..FrameLayout::default()
    };
    let (none, long) = (Some(FrameFault::NoHeader), Some(FrameFault::BadLength));
    let rows =
        frames(b"$GP,1\r\nxx$GP,2\r\n$0123456789abcdefgh$3\r\n", &by(Framing::Frame(layout)));
    let expected = [
        (&b"$GP,1\r\n"[..], None),
        (b"xx", none),
        (b"$GP,2\r\n", None),
        (b"$0123456789abcdefgh", long),
        (b"$3\r\n", None),
    ];
    assert_eq!(rows, expected.map(|(bytes, fault)| (bytes.to_vec(), fault)));
}

#[test]
fn length_fields_of_every_width_and_order_are_read() {
    for (width, big_endian, field) in [
        (1, false, &[6_u8][..]),
        (2, false, &[6, 0]),
        (2, true, &[0, 6]),
        (4, false, &[6, 0, 0, 0]),
        (4, true, &[0, 0, 0, 6]),
    ] {
        let length = LengthField { at: 1, width, big_endian, add: -3 + width as i32 };
        let layout =
            FrameLayout { header: text("#"), length: Some(length), ..FrameLayout::default() };
        // Counts itself and three more than there are bytes.
        let frame = [b"#", field, b"ab"].concat();
        let two = [frame.clone(), frame.clone()].concat();
        let rows = frames(&two, &by(Framing::Frame(layout)));
        assert_eq!(rows, [(frame.clone(), None), (frame, None)], "{width} {big_endian}");
    }
}

#[test]
fn a_checksum_may_stand_before_other_bytes_and_the_footer_must_be_there() {
    let check = FrameCheck { name: "sum8".into(), from: 1, behind: 1, ..FrameCheck::default() };
    let layout = FrameLayout {
        header: text("#"),
        length: Some(LengthField { at: 1, width: 1, big_endian: false, add: 0 }),
        footer: text("E"),
        check: Some(check),
        longest: 100,
    };
    let spec = by(Framing::Frame(layout));
    let sum = 7_u8.wrapping_add(b'a').wrapping_add(b'b');
    let good = [b'#', 7, b'a', b'b', sum, b'?', b'E'].to_vec();
    assert_eq!(frames(&good, &spec), [(good.clone(), None)]);
    let end = [b'#', 7, b'a', b'b', sum, b'?', b'X'].to_vec();
    assert_eq!(frames(&end, &spec), [(end.clone(), Some(FrameFault::NoFooter))]);
}

#[test]
fn a_layout_that_cannot_be_is_told_and_rows_end_at_pauses() {
    let utf8 = EncodingName::default();
    let frame = |layout| Framing::Frame(layout);
    let faults = [
        Framing::Delimiter { delimiters: Vec::new() },
        Framing::Delimiter { delimiters: vec![text("")] },
        Framing::Delimiter { delimiters: vec![text("hex:1")] },
        Framing::Delimiter { delimiters: vec![text(&"x".repeat(17))] },
        Framing::Length { bytes: 0 },
        Framing::Length { bytes: 5000 },
        frame(FrameLayout::default()),
        frame(FrameLayout { longest: 0, ..layout() }),
        frame(FrameLayout {
            length: Some(LengthField { width: 3, ..LengthField::default() }),
            ..layout()
        }),
        frame(FrameLayout {
            length: Some(LengthField { at: 1, ..LengthField::default() }),
            ..layout()
        }),
        frame(FrameLayout {
            check: Some(FrameCheck { name: "CRC-9".into(), ..FrameCheck::default() }),
            ..layout()
        }),
        frame(FrameLayout {
            check: Some(FrameCheck { behind: 99, ..FrameCheck::default() }),
            ..layout()
        }),
    ];
    for framing in faults {
        assert!(framing.fault(&utf8).is_some(), "{framing:?}");
        let tape = timed(
            1,
            &[(0, Direction::In, b"a"), (10, Direction::In, b"b"), (90, Direction::In, b"c")],
        );
        assert_eq!(texts(&tape, by(framing)), ["ab", "c"]);
    }
    assert_eq!(Framing::Frame(layout()).fault(&utf8), None);
}

#[test]
fn a_prompt_of_a_serial_line_does_not_take_in_what_comes_much_later() {
    let (received, sent) = (Direction::In, Direction::Out);
    let shown = |records: &[(i64, Direction, &[u8])]| {
        texts(&timed(PeerId::SESSION.0, records), by(Framing::Line))
    };
    // Eight minutes later, and after an answer.
    let prompt = (0, received, &b"esp> "[..]);
    assert_eq!(
        shown(&[prompt, (480_000, received, b"I (480000) a: b\n")]),
        ["esp> ", "I (480000) a: b"]
    );
    let asked = [prompt, (5_000, sent, b"help\r\n"), (5_020, received, b"help\r\n")];
    assert_eq!(shown(&asked), ["esp> ", "help", "help"]);
    // A turn and a pause short of that of lines: the answer is a row of its own; without the turn it is not.
    let soon = [prompt, (600, sent, b"x\n"), (620, received, b"y\n")];
    assert_eq!(shown(&soon), ["esp> ", "x", "y"]);
    assert_eq!(shown(&[prompt, (620, received, b"y\n")]), ["esp> y"]);
    // What is sent in the middle of a line does not cut it, nor does a program that prints a dot each second.
    let middle = [(0, received, &b"half "[..]), (1, sent, b"x\n"), (5, received, b"a line\n")];
    assert_eq!(shown(&middle), ["half a line", "x"]);
    let dots: Vec<_> = (0..20).map(|second| (second * 1000, received, &b"."[..])).collect();
    assert_eq!(shown(&dots), [".".repeat(20)]);
    // So it is where carriage returns end lines, whose newline may come as late as it likes.
    let returns = |records: &[(i64, Direction, &[u8])]| {
        texts(&timed(PeerId::SESSION.0, records), by(Framing::Cr))
    };
    assert_eq!(returns(&[prompt, (480_000, received, b"42\r")]), ["esp> ", "42"]);
    let late = [(0, received, &b"42\r"[..]), (480_000, received, b"\n43\r")];
    assert_eq!(returns(&late), ["42", "43"]);
    // Who talks over TCP has lines alone.
    let tcp = timed(1, &[prompt, (480_000, received, b"late\n")]);
    assert_eq!(texts(&tcp, by(Framing::Line)), ["esp> late"]);
}

#[test]
fn a_row_tells_how_many_bytes_of_its_frame_came_before_it() {
    let offsets = |framing, sizes: &[usize]| {
        let mut tape = Tape::default();
        sizes.iter().for_each(|size| tape.received(vec![b'x'; *size]));
        let spec = ViewSpec { format: RowFormat::Hex, ..by(framing) };
        let history = history(&tape, spec);
        rows(&history, &tape).iter().map(|row| row.frame_offset).collect::<Vec<_>>()
    };
    assert_eq!(offsets(Framing::Packet, &[40, 16, 3]), [0, 16, 32, 0, 0]);
    assert_eq!(offsets(Framing::Line, &[40, 16, 3]), [0, 16, 32, 48]);
    assert_eq!(offsets(Framing::Length { bytes: 20 }, &[40, 16, 3]), [0, 16, 0, 16, 0, 16]);
    // Far behind the first checkpoints, too.
    let far = offsets(Framing::Line, &[64_000, 64_000]);
    assert!(far.iter().enumerate().all(|(row, offset)| *offset == row as u64 * 16));
}

#[test]
fn layouts_are_kept_in_files_as_a_person_would_write_them() {
    let written = serde_json::json!({
        "by": "frame",
        "header": "hex:AA 55",
        "length": {"at": 2, "width": 2, "big_endian": true, "add": 4},
        "check": {"name": "CRC-16/MODBUS"},
    });
    let framing: Framing = serde_json::from_value(written).unwrap();
    assert_eq!(framing.fault(&EncodingName::default()), None);
    let Framing::Frame(layout) = &framing else { panic!("{framing:?}") };
    assert_eq!((layout.longest, layout.length.unwrap().add), (1024, 4));
    let again = serde_json::to_value(&framing).unwrap();
    assert_eq!(serde_json::from_value::<Framing>(again).unwrap(), framing);
    let old: Framing = serde_json::from_str(r#"{"by": "gap", "ms": 30}"#).unwrap();
    assert_eq!(old, Framing::Gap { ms: 30 });
}

#[test]
fn a_prompt_without_its_delimiter_ends_at_a_pause_on_a_serial_line() {
    let framing = Framing::Delimiter { delimiters: vec![FrameBytes(";".to_owned())] };
    let texts = |peer: u32| {
        let mut tape = Tape::default();
        tape.push(0, Direction::In, peer, Body::Data(b"a;prompt> ".to_vec()));
        tape.push(480_000_000_000, Direction::In, peer, Body::Data(b"b;".to_vec()));
        let history = history(&tape, ViewSpec { framing: framing.clone(), ..ViewSpec::default() });
        rows(&history, &tape).iter().map(|row| row.text.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(texts(0), ["a;", "prompt> ", "b;"]);
    assert_eq!(texts(1), ["a;", "prompt> b;"], "a connection ends where its frames do");
}

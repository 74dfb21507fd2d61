//! Rows as text for others.

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::raw_search::{self, framings, transports};
use super::{Body, Tape, history, rows};
use crate::backend::{SaveFormat, TextFormat};
use crate::session::SessionEvent;
use crate::view::{
    BytesPerRow, ClockStyle, ControlStyle, DeltaFormat, DeltaStyle, EncodingName, ExportColumns,
    Exporter, Filter, Framing, RecordSource as _, RowFormat, TimeFormat, ViewSpec, raw_bytes,
};
use crate::{Direction, Position, Timestamp};

fn tape() -> Tape {
    let mut tape = Tape::default();
    tape.event(1, SessionEvent::PeerHalfClosed);
    tape.received("Hello, 你好\r\n");
    tape.sent([0, 1, 2]);
    tape
}

fn columns() -> ExportColumns {
    let clock = TimeFormat {
        style: ClockStyle::SinceStart,
        start: Timestamp(0),
        zone: TimeZone::UTC,
        date: false,
    };
    ExportColumns { clock, delta: DeltaFormat::default(), direction: true, peer: true }
}

fn write(mut exporter: Exporter, spec: ViewSpec) -> String {
    let tape = tape();
    let history = history(&tape, spec);
    let mut out = String::new();
    exporter.begin(&mut out);
    rows(&history, &tape).iter().for_each(|row| exporter.row(row, &mut out));
    exporter.end(&mut out);
    out
}

#[test]
fn text_is_written_as_shown_with_or_without_columns() {
    let plain = write(Exporter::copy(TextFormat::Text, None), ViewSpec::default());
    let event = SessionEvent::PeerHalfClosed.to_string();
    assert_eq!(plain, format!("{event}\nHello, 你好\n\\x00\\x01\\x02\n"));
    let with = write(Exporter::copy(TextFormat::Text, Some(columns())), ViewSpec::default());
    assert_eq!(
        with,
        format!(
            "0.001000 * #1 {event}\n0.002000 < #1 Hello, 你好\n0.003000 > #1 \\x00\\x01\\x02\n"
        )
    );
}

#[test]
fn bytes_are_written_in_hexadecimal_and_for_c() {
    let hex = write(Exporter::copy(TextFormat::Hex, None), ViewSpec::default());
    assert_eq!(hex, "48 65 6C 6C 6F 2C 20 E4 BD A0 E5 A5 BD 0D 0A\n00 01 02\n");
    let c = write(Exporter::copy(TextFormat::CArray, None), ViewSpec::default());
    assert_eq!(
        c,
        "const unsigned char data[] = {\n    \
         0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x2C, 0x20, 0xE4, 0xBD, 0xA0, 0xE5, 0xA5,\n    \
         0xBD, 0x0D, 0x0A, 0x00, 0x01, 0x02,\n}; /* 18 bytes */\n"
    );
}

#[test]
fn a_hex_dump_counts_from_the_beginning_of_each_frame() {
    let exporter = Exporter::save(SaveFormat::HexDump, Some(columns())).unwrap();
    let mut tape = Tape::default();
    tape.received((0x3A..0x4C).collect::<Vec<u8>>());
    tape.sent("ok");
    let spec = ViewSpec { framing: Framing::Packet, ..ViewSpec::default() };
    let hex = ViewSpec { format: crate::view::RowFormat::Hex, ..spec.clone() };
    for spec in [spec, hex] {
        let history = history(&tape, spec);
        let mut out = String::new();
        let mut exporter = exporter.clone();
        rows(&history, &tape).iter().for_each(|row| exporter.row(row, &mut out));
        let padding = " ".repeat(47 - 5);
        assert_eq!(
            out,
            format!(
                "# 0.001000 < #1 \n\
                 00000000  3A 3B 3C 3D 3E 3F 40 41 42 43 44 45 46 47 48 49  |:;<=>?@ABCDEFGHI|\n\
                 00000010  4A 4B{padding}  |JK|\n\
                 # 0.002000 > #1 \n\
                 00000000  6F 6B{padding}  |ok|\n"
            )
        );
    }
}

#[test]
fn a_table_keeps_to_its_fields_whatever_comes() {
    let columns = columns();
    let mut exporter = Exporter::save(SaveFormat::Csv, Some(columns)).unwrap();
    let mut tape = Tape::default();
    tape.received("a,\"b\"\n=1+1\n-12.5\n-rm\n");
    let history = history(&tape, ViewSpec { framing: Framing::Line, ..ViewSpec::default() });
    let mut out = String::new();
    exporter.begin(&mut out);
    rows(&history, &tape).iter().for_each(|row| exporter.row(row, &mut out));
    let lines: Vec<&str> = out.split("\r\n").collect();
    assert_eq!(lines[0], "time,direction,connection,kind,bytes,text,hex,delta,fault");
    let time = "1970-01-01T00:00:00.001000+00:00";
    assert_eq!(lines[1], format!("{time},in,1,data,6,\"a,\"\"b\"\"\",61 2C 22 62 22 0A,,"));
    assert_eq!(lines[2], format!("{time},in,1,data,5,\"'=1+1\",3D 31 2B 31 0A,,"));
    assert_eq!(lines[3], format!("{time},in,1,data,6,-12.5,2D 31 32 2E 35 0A,,"));
    assert_eq!(lines[4], format!("{time},in,1,data,4,\"'-rm\",2D 72 6D 0A,,"));
    assert_eq!(lines[5..], [""]);
}

#[test]
fn a_hex_dump_is_as_wide_as_the_rows_are() {
    let mut tape = Tape::default();
    tape.received((0x30..0x30 + 20).collect::<Vec<u8>>());
    let of = |bytes_per_row, width| {
        let spec = ViewSpec {
            framing: Framing::Packet,
            format: crate::view::RowFormat::Hex,
            bytes_per_row,
            ..ViewSpec::default()
        };
        let exporter = Exporter::save(SaveFormat::HexDump, None).unwrap();
        let (mut exporter, mut out) = (exporter.with_width(width), String::new());
        let history = history(&tape, spec);
        rows(&history, &tape).iter().for_each(|row| exporter.row(row, &mut out));
        let lines = out.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| line[..8].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of(BytesPerRow::Eight, 8), ["00000000", "00000008", "00000010"]);
    assert_eq!(of(BytesPerRow::Sixteen, 16), ["00000000", "00000010"]);
    assert_eq!(of(BytesPerRow::ThirtyTwo, 32), ["00000000"]);
}

#[test]
fn a_table_says_what_is_wrong_with_a_frame_and_how_long_it_took() {
    let mut columns = columns();
    columns.delta = DeltaFormat { style: DeltaStyle::SincePrevious, reference: None };
    let mut exporter = Exporter::save(SaveFormat::Csv, Some(columns)).unwrap();
    let mut tape = Tape::default();
    tape.received("abcd");
    tape.received("xy");
    let framing = Framing::Length { bytes: 4 };
    tape.push(20_000_000_000, Direction::In, 1, Body::Data(b"efgh".to_vec()));
    let history = history(&tape, ViewSpec { framing, ..ViewSpec::default() });
    let mut out = String::new();
    rows(&history, &tape).iter().for_each(|row| exporter.row(row, &mut out));
    let lines: Vec<&str> = out.split("\r\n").collect();
    assert!(lines[0].ends_with(",abcd,61 62 63 64,+0.000000,"), "{out}");
    assert!(lines[1].ends_with(",xy,78 79,+0.001000,incomplete"), "{out}");
}

#[test]
fn raw_bytes_are_those_of_both_directions_unless_the_filter_says_one() {
    let tape = tape();
    let raw = |filter: &Filter| {
        let mut out = Vec::new();
        tape.walk(Position(0), &mut |record| {
            out.extend_from_slice(raw_bytes(record, filter));
            std::ops::ControlFlow::Continue(())
        });
        out
    };
    assert_eq!(raw(&Filter::default()), "Hello, 你好\r\n\0\x01\x02".as_bytes());
    let received = Filter { direction: Some(Direction::In), ..Filter::default() };
    assert_eq!(raw(&received), "Hello, 你好\r\n".as_bytes());
    assert_eq!(raw(&Filter { direction: Some(Direction::Out), ..Filter::default() }), [0, 1, 2]);
}

#[test]
fn a_line_too_long_for_a_row_is_one_line_again_unless_something_stands_before_rows() {
    let long = "0123456789".repeat(1000);
    let mut tape = Tape::default();
    tape.received(format!("{long}\nshort\n"));
    let history = history(&tape, ViewSpec::default());
    let rows = rows(&history, &tape);
    assert!(rows.len() > 3);
    let write = |columns| {
        let mut exporter = Exporter::copy(TextFormat::Text, columns);
        let mut out = String::new();
        rows.iter().for_each(|row| exporter.row(row, &mut out));
        exporter.end(&mut out);
        out
    };
    assert_eq!(write(None), format!("{long}\nshort\n"));
    assert_eq!(write(Some(columns())).lines().count(), rows.len());
}

/// All that an exporter can be told to write.
fn exporters() -> impl Strategy<Value = Exporter> {
    let columns = (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(some, off, delta)| {
        let mut columns = columns();
        columns.clock.style = if off { ClockStyle::Off } else { ClockStyle::Date };
        let style = if delta { DeltaStyle::SincePrevious } else { DeltaStyle::Off };
        columns.delta = DeltaFormat { style, reference: None };
        some.then_some(columns)
    });
    let copied = [TextFormat::Text, TextFormat::Hex, TextFormat::CArray];
    let saved = [SaveFormat::Text, SaveFormat::HexDump, SaveFormat::Csv];
    (columns, 0..6_usize).prop_map(move |(columns, which)| match which {
        0..3 => Exporter::copy(copied[which], columns),
        _ => Exporter::save(saved[which - 3], columns).unwrap(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_is_written_at_once_is_what_its_rows_are_one_by_one(
        seed in any::<u64>(),
        transport in transports(),
        framing in framings(),
        format in prop::sample::select(&[RowFormat::Text, RowFormat::Hex, RowFormat::HexText][..]),
        encoding in prop::sample::select(&["UTF-8", "GBK", "UTF-16LE"][..]),
        visible in any::<bool>(),
        filter in prop::sample::select(&["", "", "error", "n"][..]),
        exporter in exporters(),
        at_once in 1..9000_u64,
    ) {
        let tape = raw_search::tape(seed, transport);
        let filter = Filter { text: filter.into(), ..Filter::default() };
        let controls = if visible { ControlStyle::Visible } else { ControlStyle::Hidden };
        let encoding = EncodingName(encoding.to_owned());
        let spec = ViewSpec { framing, format, encoding, controls, filter, ..ViewSpec::default() };
        let history = history(&tape, spec);
        let (mut one_by_one, mut text) = (exporter.clone(), String::new());
        rows(&history, &tape).iter().for_each(|row| one_by_one.row(row, &mut text));
        one_by_one.end(&mut text);

        let (mut at_once_exporter, mut written) = (exporter, String::new());
        let mut texts = [String::new(), String::new()];
        let status = history.status();
        let mut at = status.first_shown;
        while at < status.shown {
            let next = history.chunk_end(at).min(at + at_once);
            let count = history.write(&tape, at..next, &mut at_once_exporter, &mut texts);
            prop_assert_eq!(count, next - at);
            texts.iter_mut().for_each(|text| written += &std::mem::take(text));
            at = next;
        }
        at_once_exporter.end(&mut written);
        prop_assert!(written == text, "{} B and {} B", written.len(), text.len());
    }
}

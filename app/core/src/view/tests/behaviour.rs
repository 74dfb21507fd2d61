//! What a log does besides cutting.

use super::{Tape, history, rows, settle, texts};
use crate::session::{EndReason, SessionEvent};
use crate::view::framer::{HORIZON, LONGEST_ROW};
use crate::view::{
    BytesPerRow, ControlForm, ControlStyle, DeltaFormat, DeltaStyle, EncodingName, Filter,
    FindSpec, Framing, HighlightRule, Layer, PageRequest, Row, RowFormat, RowKind, Sgr, Span,
    ViewSpec,
};
use crate::{Direction, PeerId, Position, SgrStyle, Timestamp};

fn span(range: std::ops::Range<usize>, layer: Layer) -> Span {
    Span { range, layer }
}

#[test]
fn hex_rows_are_sixteen_bytes_and_begin_anew_with_each_frame() {
    let mut tape = Tape::default();
    tape.received((0..20).collect::<Vec<u8>>());
    tape.received([0xFF]);
    let spec = ViewSpec { format: RowFormat::Hex, framing: Framing::Packet, ..ViewSpec::default() };
    let history = history(&tape, spec);
    let rows = rows(&history, &tape);
    let shown: Vec<_> = rows.iter().map(|row| (&*row.text, row.continues)).collect();
    assert_eq!(
        shown,
        [
            ("00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F", true),
            ("10 11 12 13", false),
            ("FF", false)
        ]
    );
}

#[test]
fn a_silence_longer_than_the_gap_begins_a_row() {
    let mut tape = Tape::default();
    for (ms, text) in [(0, "a"), (5, "b"), (16, "c"), (26, "d"), (37, "e")] {
        tape.push(ms * 1_000_000, Direction::In, 1, super::Body::Data(text.into()));
    }
    let spec = ViewSpec { framing: Framing::Gap { ms: 10 }, ..ViewSpec::default() };
    assert_eq!(texts(&tape, spec), ["ab", "cd", "e"]);
}

#[test]
fn what_is_said_without_a_newline_is_a_row_after_a_pause() {
    let mut tape = Tape::default();
    let said = [(0, "one"), (50, " more"), (101, "two"), (102, " lines\nthr"), (103, "ee\n")];
    for (ms, text) in said {
        tape.push(ms * 1_000_000, Direction::In, 1, super::Body::Data(text.into()));
    }
    let spec = ViewSpec { framing: Framing::Message, ..ViewSpec::default() };
    assert_eq!(texts(&tape, spec), ["one more", "two lines", "three"]);
}

#[test]
fn what_is_asked_and_answered_each_10_ms_is_a_row_each() {
    let (received, sent) = (Direction::In, Direction::Out);
    let shown = |said: &[(i64, Direction, &str)], format| {
        let mut tape = Tape::default();
        for (ms, direction, text) in said {
            let body = super::Body::Data(text.as_bytes().to_vec());
            tape.push(ms * 1_000_000, *direction, 1, body);
        }
        texts(&tape, ViewSpec { framing: Framing::Message, format, ..ViewSpec::default() })
    };
    let talk = [
        (0, sent, "a"),
        (1, received, "b"),
        (10, sent, "c"),
        (11, received, "d"),
        (20, sent, "e"),
        (30, sent, "f"),
    ];
    assert_eq!(shown(&talk, RowFormat::Text), ["a", "b", "c", "d", "e", "f"]);
    assert_eq!(shown(&talk, RowFormat::Hex), ["61", "62", "63", "64", "65", "66"]);
    // Parts of one message stay together, whatever goes the other way.
    let parts = [(0, received, "half "), (1, sent, "a"), (3, sent, "b"), (4, received, "a line")];
    assert_eq!(shown(&parts, RowFormat::Text), ["half a line", "ab"]);
    // What comes alone has the time that it always had.
    assert_eq!(shown(&[(0, received, "x"), (40, received, "y")], RowFormat::Text), ["xy"]);
}

#[test]
fn an_endless_line_is_cut_between_characters() {
    let mut tape = Tape::default();
    tape.received("好".repeat(3000));
    tape.received("!\nnext");
    let history = history(&tape, ViewSpec::default());
    let rows = rows(&history, &tape);
    assert!(rows.iter().all(|row| row.bytes.len() <= LONGEST_ROW && row.spans.is_empty()));
    let continues: Vec<_> = rows.iter().map(|row| row.continues).collect();
    assert_eq!(continues, [true, true, false, false]);
    let text: String = rows.iter().map(|row| &*row.text).collect();
    assert_eq!(text, "好".repeat(3000) + "!next");
}

#[test]
fn colours_become_spans_or_are_stripped_or_seen() {
    let mut tape = Tape::default();
    tape.received("\x1b[0;31mE (12) wifi\x1b[0m: \x1b[1;4mx\x07\r\n");
    let show = |sgr| {
        let history = history(&tape, ViewSpec { sgr, ..ViewSpec::default() });
        rows(&history, &tape).remove(0)
    };
    let row = show(Sgr::Shown);
    assert_eq!(&*row.text, "E (12) wifi: x\\x07");
    let style = |foreground, strong| {
        let (bold, underline) = (strong, strong);
        Layer::Sgr(SgrStyle { foreground, bold, underline, ..SgrStyle::default() })
    };
    let (red, strong) = (style(Some(1), false), style(None, true));
    assert_eq!(*row.spans, [span(0..11, red), span(13..18, strong), span(14..18, Layer::Control)]);
    let row = show(Sgr::Stripped);
    assert_eq!((&*row.text, row.spans.len()), ("E (12) wifi: x\\x07", 1));
    let row = show(Sgr::Raw);
    assert_eq!(&*row.text, r"\x1B[0;31mE (12) wifi\x1B[0m: \x1B[1;4mx\x07");
}

#[test]
fn a_colour_goes_on_over_the_lines_of_a_text_until_it_is_reset() {
    let mut tape = Tape::default();
    tape.received(
        "\x1b[0;31mE (100) app: first of three\nsecond of three\nthird of three\x1b[0m\r\nplain\n",
    );
    tape.received(&("\x1b[32mforgotten\n".to_owned() + &"more\n".repeat(80)));
    let history = history(&tape, ViewSpec::default());
    let color = |row: &Row| {
        row.spans.iter().find_map(|span| match span.layer {
            Layer::Sgr(style) => style.foreground,
            _ => None,
        })
    };
    let all = rows(&history, &tape);
    let colors: Vec<_> = all.iter().map(color).collect();
    assert_eq!(colors[..4], [Some(1), Some(1), Some(1), None]);
    assert_eq!((colors[5], colors[4 + 64], colors[4 + 65]), (Some(2), Some(2), None));
    // From whichever row on they are asked for, they look the same.
    for from in 0..all.len() as u64 {
        let page = history.rows(&tape, from..from + 3);
        for (row, expected) in page.iter().zip(&all[from as usize..]) {
            assert_eq!((&row.text, &row.spans), (&expected.text, &expected.spans), "from {from}");
        }
    }
    let stripped = ViewSpec { sgr: Sgr::Stripped, ..ViewSpec::default() };
    assert!(rows(&self::history(&tape, stripped), &tape).iter().all(|row| row.spans.is_empty()));
}

#[test]
fn a_colour_of_one_peer_is_none_of_another() {
    let mut tape = Tape::default();
    tape.received("\x1b[31mred\n");
    tape.sent("ours\n");
    let history = history(&tape, ViewSpec::default());
    assert!(rows(&history, &tape)[1].spans.is_empty());
}

#[test]
fn line_ends_are_seen_on_demand() {
    let mut tape = Tape::default();
    tape.received("a\tb\r\nc\rd\n");
    let show = |controls| texts(&tape, ViewSpec { controls, ..ViewSpec::default() });
    assert_eq!(show(ControlStyle::Hidden), ["a\tb", r"c\rd"]);
    assert_eq!(show(ControlStyle::Visible), ["a\tb\\r\\n", r"c\rd\n"]);
}

#[test]
fn control_characters_have_the_form_that_was_chosen_and_a_dot_beside_hex() {
    let mut tape = Tape::default();
    tape.received(b"a\x01\x7F\x1b[31mb\xFF\n");
    let show = |control_form, format| {
        texts(&tape, ViewSpec { control_form, format, ..ViewSpec::default() }).remove(0)
    };
    assert_eq!(show(ControlForm::Hex, RowFormat::Text), r"a\x01\x7Fb\xFF");
    assert_eq!(show(ControlForm::Picture, RowFormat::Text), r"a␁␡b\xFF");
    assert_eq!(show(ControlForm::Dot, RowFormat::Text), "a..b.");
    for form in [ControlForm::Hex, ControlForm::Dot, ControlForm::Picture] {
        assert_eq!(show(form, RowFormat::HexText), "a...[31mb..", "a sign for each byte");
    }
}

#[test]
fn a_message_in_hex_is_cut_at_pauses_and_not_at_byte_0a() {
    let mut tape = Tape::default();
    for (ms, bytes) in [(0, &b"\x01\x0A\x02"[..]), (5, b"\x0A\x03"), (100, b"\x0A\x0A")] {
        tape.push(ms * 1_000_000, Direction::In, 1, super::Body::Data(bytes.to_vec()));
    }
    let spec =
        ViewSpec { framing: Framing::Message, format: RowFormat::Hex, ..ViewSpec::default() };
    assert_eq!(texts(&tape, spec.clone()), ["01 0A 02 0A 03", "0A 0A"]);
    let lines = ViewSpec { framing: Framing::Line, ..spec.clone() };
    assert_eq!(texts(&tape, lines), ["01 0A", "02 0A", "03 0A", "0A"]);
    // Text is cut at newlines all the same.
    let text = ViewSpec { format: RowFormat::Text, ..spec };
    assert_eq!(texts(&tape, text), [r"\x01", r"\x02", r"\x03", "", ""]);
}

#[test]
fn a_hex_row_has_as_many_bytes_as_were_chosen() {
    let mut tape = Tape::default();
    tape.received([0x55; 50]);
    let lengths = |bytes_per_row, fitted_bytes| {
        let format = RowFormat::HexText;
        let spec = ViewSpec { format, bytes_per_row, fitted_bytes, ..ViewSpec::default() };
        let history = history(&tape, spec);
        rows(&history, &tape).iter().map(|row| row.bytes.len()).collect::<Vec<_>>()
    };
    assert_eq!(lengths(BytesPerRow::Eight, 0), [8, 8, 8, 8, 8, 8, 2]);
    assert_eq!(lengths(BytesPerRow::Sixteen, 0), [16, 16, 16, 2]);
    assert_eq!(lengths(BytesPerRow::ThirtyTwo, 0), [32, 18]);
    assert_eq!(lengths(BytesPerRow::Fitted, 24), [24, 24, 2]);
    assert_eq!(lengths(BytesPerRow::Fitted, 0).len(), 50);
}

#[test]
fn a_row_tells_when_the_row_shown_before_it_came_from_whichever_row_on_it_is_asked_for() {
    let mut tape = Tape::default();
    for number in 0..3000 {
        tape.received(format!("{} {number}\n", ["odd", "even"][usize::from(number % 2 == 0)]));
    }
    let filter = Filter { text: "even".into(), ..Filter::default() };
    let mut history = history(&tape, ViewSpec { filter, ..ViewSpec::default() });
    let gap = |row: &Row| row.at.0 - row.previous_shown_at.0;
    for from in [0, 1, 7, 1499] {
        let row = &history.rows(&tape, from..from + 1)[0];
        let page = history.page(&tape, &PageRequest::rows(1, from..from + 1), 0).0;
        let expected = if from == 0 { 0 } else { 2_000_000 };
        assert_eq!((gap(row), gap(page.row(from).unwrap())), (expected, expected), "{from}");
        assert_eq!(row.number, 2 * from);
        let copied = &history.rows_unfolded(&tape, from..from + 1)[0];
        assert_eq!((gap(copied), copied.number), (expected, 2 * from), "{from}");
    }
    assert!(history.rows(&tape, 1500..1600).is_empty(), "not the last one again");
    assert_eq!(history.rows(&tape, 1499..1600).len(), 1);
    let delta = DeltaFormat { style: DeltaStyle::SincePrevious, reference: None };
    assert_eq!(delta.row(&history.rows(&tape, 3..4)[0]), "+0.002000");
    let reference = Some(history.rows(&tape, 9..10)[0].at);
    let delta = DeltaFormat { style: DeltaStyle::SinceReference, reference };
    assert_eq!(delta.row(&history.rows(&tape, 4..5)[0]), "-0.010000");
}

#[test]
fn a_bookmark_stays_with_its_row_in_every_framing() {
    let mut tape = Tape::default();
    tape.received("one\ntwo\nthree\n");
    let mut spec = ViewSpec::default();
    let row = rows(&history(&tape, spec.clone()), &tape).remove(1);
    assert!(spec.bookmarks.toggle(&row));
    let marked = |spec: ViewSpec| {
        let history = history(&tape, spec);
        rows(&history, &tape).iter().map(|row| row.bookmark.is_some()).collect::<Vec<_>>()
    };
    assert_eq!(marked(spec.clone()), [false, true, false]);
    assert_eq!(marked(ViewSpec { framing: Framing::Packet, ..spec.clone() }), [true]);
    let format = RowFormat::Hex;
    let bytes_per_row = BytesPerRow::Eight;
    let hex = ViewSpec { framing: Framing::Packet, format, bytes_per_row, ..spec.clone() };
    assert_eq!(marked(hex), [true, false]);
    assert!(spec.bookmarks.toggle(&row) && spec.bookmarks.is_empty());
}

#[test]
fn characters_that_would_disorder_a_line_are_shown_by_number() {
    let mut tape = Tape::default();
    tape.received("abc\u{202E}def\u{85}\n");
    assert_eq!(texts(&tape, ViewSpec::default()), [r"abc\u{202E}def\u{85}"]);
}

#[test]
fn highlights_and_hits_mark_the_text_as_shown() {
    let mut tape = Tape::default();
    tape.received("\x1b[32mok\x1b[0m error: no error\n");
    let rule = |pattern: &str, color| HighlightRule {
        pattern: pattern.into(),
        color,
        ..HighlightRule::default()
    };
    let spec = ViewSpec {
        highlights: vec![rule("ERROR: no", 3), rule("error", 5)],
        ..ViewSpec::default()
    };
    let mut history = history(&tape, spec);
    history.find(Some(&FindSpec { pattern: "k e".into(), ..FindSpec::default() }));
    settle(&mut history, &tape);
    let row = rows(&history, &tape).remove(0);
    let marks: Vec<_> =
        row.spans.iter().filter(|it| !matches!(it.layer, Layer::Sgr(_))).cloned().collect();
    assert_eq!(
        marks,
        [
            span(1..4, Layer::Hit),
            span(3..12, Layer::Highlight(3)),
            span(13..18, Layer::Highlight(5))
        ]
    );
}

#[test]
fn an_expression_that_is_none_is_told_and_hides_nothing() {
    let mut tape = Tape::default();
    tape.received("a\nb\n");
    let filter = Filter { text: "(".into(), regex: true, ..Filter::default() };
    let history = history(&tape, ViewSpec { filter, ..ViewSpec::default() });
    let status = history.status();
    assert_eq!(status.shown, 2);
    assert_eq!(status.pattern_error.as_deref(), Some("unclosed group"));
}

#[test]
fn filters_test_direction_peer_and_kind() {
    let mut tape = Tape::default();
    tape.event(0, SessionEvent::StoppedListening);
    tape.data(1, Direction::In, "one\n");
    tape.data(2, Direction::In, "two\n");
    tape.data(2, Direction::Out, "to two\n");
    tape.event(2, SessionEvent::PeerHalfClosed);
    let show = |filter| {
        let history = history(&tape, ViewSpec { filter, ..ViewSpec::default() });
        rows(&history, &tape)
            .iter()
            .map(|row| match &row.kind {
                RowKind::Event(_) => "event".to_owned(),
                RowKind::Data => row.text.to_string(),
            })
            .collect::<Vec<_>>()
    };
    let all = Filter::default();
    assert_eq!(
        show(Filter { direction: Some(Direction::Out), hide_events: true, ..all.clone() }),
        ["to two"]
    );
    assert_eq!(
        show(Filter { peers: vec![PeerId(2)], ..all.clone() }),
        ["event", "two", "to two", "event"]
    );
    assert_eq!(show(Filter { peers: vec![PeerId(1)], ..all }), ["event", "one"]);
}

#[test]
fn clearing_the_view_hides_what_came_before() {
    let mut tape = Tape::default();
    for number in 0..3000 {
        tape.received(format!("{number}\n"));
    }
    let cleared_before = Position(tape.end);
    tape.received("new\n");
    let mut history = history(&tape, ViewSpec { cleared_before, ..ViewSpec::default() });
    assert_eq!(rows(&history, &tape).len(), 1);
    assert_eq!(history.status().rows, 3001);
    tape.received("newer\n");
    settle(&mut history, &tape);
    assert_eq!(&*rows(&history, &tape)[1].text, "newer");
}

#[test]
fn a_connection_that_ends_ends_its_last_line() {
    let mut tape = Tape::default();
    tape.data(1, Direction::In, "half");
    tape.event(1, SessionEvent::Ended { reason: EndReason::ClosedByPeer, detail: String::new() });
    tape.data(2, Direction::In, "other\n");
    let history = history(&tape, ViewSpec::default());
    let rows = rows(&history, &tape);
    assert_eq!((&*rows[0].text, &*rows[2].text), ("half", "other"));
}

#[test]
fn a_line_left_unfinished_for_long_ends_so_that_rows_are_found_near_their_place() {
    let mut tape = Tape::default();
    tape.data(1, Direction::In, "never");
    let filler = format!("{}\n", "x".repeat(1000)).repeat(1000);
    for _ in 0..=HORIZON / filler.len() as u64 + 1 {
        tape.data(2, Direction::In, &filler);
    }
    tape.data(1, Direction::In, " ending\n");
    let history = history(&tape, ViewSpec::default());
    let last = history.status().shown - 1;
    assert_eq!(&*history.rows(&tape, 0..1)[0].text, "never");
    assert_eq!(&*history.rows(&tape, last..last + 1)[0].text, " ending");
}

#[test]
fn utf16_keeps_its_parity_even_when_a_line_is_given_up_half_a_character_in() {
    let mut tape = Tape::default();
    tape.data(1, Direction::In, [b'a', 0, b'b']);
    let filler = vec![0x41; 1_000_000];
    for _ in 0..=HORIZON / filler.len() as u64 + 1 {
        tape.data(2, Direction::In, &filler);
    }
    tape.data(1, Direction::In, [0, b'c', 0, b'\n', 0, b'd', 0]);
    let spec = ViewSpec { encoding: EncodingName("UTF-16LE".into()), ..ViewSpec::default() };
    let history = history(&tape, spec);
    let end = history.status().shown;
    assert_eq!(&*history.rows(&tape, 0..1)[0].text, r"a\x62");
    let last: Vec<_> =
        history.rows(&tape, end - 2..end).iter().map(|row| row.text.to_string()).collect();
    assert_eq!(last, [r"\x00c", "d"]);
}

#[test]
fn what_retention_lets_go_is_forgotten_and_numbers_stay() {
    let mut tape = Tape::default();
    for number in 0..10_000 {
        tape.received(format!("{number}\n"));
    }
    let mut history = history(&tape, ViewSpec::default());
    tape.retire(5000);
    tape.received("last\n");
    settle(&mut history, &tape);
    let status = history.status();
    assert!((5000..5000 + 1024).contains(&status.first_shown), "{status:?}");
    assert_eq!(status.shown, 10_001);
    let rows = history.rows(&tape, 7000..7002);
    assert_eq!((rows[0].number, &*rows[0].text), (7000, "7000"));
    let page = history.page(&tape, &PageRequest::rows(status.revision, 10..20), 0).0;
    assert_eq!(
        (page.first, &*page.rows[0].text),
        (status.first_shown, &*status.first_shown.to_string())
    );
    // Even when everything is gone before it was read.
    tape.retire(10_000);
    for number in 0..3000 {
        tape.received(format!("new {number}\n"));
    }
    tape.retire(100);
    settle(&mut history, &tape);
    let status = history.status();
    let rows = history.rows(&tape, status.first_shown..status.first_shown + 1);
    assert_eq!(&*rows[0].text, "new 100");
}

#[test]
fn a_filter_takes_bytes_words_case_and_the_opposite_of_them() {
    let mut tape = Tape::default();
    for line in [&b"Error one\n"[..], b"errors two\n", b"\xAA\x01\x55\n", b"\xAA\x55\n"] {
        tape.received(line);
    }
    tape.event(1, SessionEvent::PeerHalfClosed);
    let shown = |filter: Filter| {
        let history = history(&tape, ViewSpec { filter, ..ViewSpec::default() });
        rows(&history, &tape).iter().map(|row| row.number).collect::<Vec<_>>()
    };
    let text = |text: &str| Filter { text: text.into(), ..Filter::default() };
    assert_eq!(shown(text("error")), [0, 1]);
    assert_eq!(shown(Filter { case_sensitive: true, ..text("error") }), [1]);
    assert_eq!(shown(Filter { whole_word: true, ..text("error") }), [0]);
    assert_eq!(shown(Filter { not: true, ..text("error") }), [2, 3, 4]);
    assert_eq!(shown(Filter { hex: true, ..text("AA ?? 55") }), [2]);
    assert_eq!(shown(Filter { hex: true, not: true, ..text("AA ?? 55") }), [0, 1, 3, 4]);
    assert_eq!(shown(Filter { regex: true, ..text("^E") }), [0, 1]);
    assert_eq!(shown(Filter { regex: true, case_sensitive: true, ..text("^E") }), [0]);
    // One that is none hides nothing, whichever way it is meant.
    assert_eq!(shown(Filter { hex: true, not: true, ..text("AA 5") }), [0, 1, 2, 3, 4]);
}

#[test]
fn a_filter_takes_a_range_of_time_with_its_events() {
    let mut tape = Tape::default();
    for number in 0..3000 {
        tape.received(format!("{number}\n"));
    }
    tape.event(1, SessionEvent::PeerHalfClosed);
    let shown = |since: Option<i64>, until: Option<i64>| {
        let (since, until) = (since.map(Timestamp), until.map(Timestamp));
        let filter = Filter { since, until, ..Filter::default() };
        let history = history(&tape, ViewSpec { filter, ..ViewSpec::default() });
        let rows = rows(&history, &tape);
        (rows.first().map(|row| row.number), rows.len())
    };
    assert_eq!(shown(Some(1_000_000_000), Some(1_002_000_000)), (Some(999), 2));
    assert_eq!(shown(Some(2_999_000_000), None), (Some(2998), 3));
    assert_eq!(shown(None, Some(5_000_000)), (Some(0), 4));
    assert_eq!(shown(Some(2), Some(1)), (None, 0));
}

#[test]
fn bytes_are_found_and_marked_where_they_are_shown() {
    let mut tape = Tape::default();
    tape.received(b"\x01ab\x02\n");
    tape.received(b"ab and ab\n");
    let marks = |format| {
        let mut history = history(&tape, ViewSpec { format, ..ViewSpec::default() });
        let find = FindSpec { pattern: "61 ?2".into(), hex: true, ..FindSpec::default() };
        history.find(Some(&find));
        settle(&mut history, &tape);
        assert_eq!(history.status().find.unwrap().hits, 2);
        let hits = |row: &Row| {
            let hits = row.spans.iter().filter(|it| it.layer == Layer::Hit);
            hits.map(|it| (it.range.start, it.range.end)).collect::<Vec<_>>()
        };
        rows(&history, &tape).iter().map(hits).collect::<Vec<_>>()
    };
    assert_eq!(marks(RowFormat::Hex), [vec![(3, 8)], vec![(0, 5), (21, 26)]]);
    assert_eq!(marks(RowFormat::HexText), [vec![(1, 3)], vec![(0, 2), (7, 9)]]);
    assert_eq!(marks(RowFormat::Text), [vec![(0, 10)], vec![(0, 2), (7, 9)]]);
}

//! What the clipboard gets.

use espalier_core::backend::{Copying, TextFormat, Trim};
use espalier_core::session::SessionEvent;
use espalier_core::view::{ClockStyle, RowFormat};

use super::*;

fn copied(window: &Window, rows: Range<u64>, format: TextFormat) -> String {
    let (tell, told) = sync_channel(1);
    let what = Copying::rows(rows, format);
    window.view.copy(what, Box::new(move |text| drop(tell.send(text))));
    told.recv_timeout(Duration::from_secs(20)).expect("a copy")
}

#[test]
fn rows_are_copied_as_text_as_hex_and_as_an_array() {
    let folder = folder();
    let capture = capture(&folder);
    receive(&capture, "héllo\r\n\r\nx".as_bytes());
    let event = SessionEvent::Note("a note".into());
    capture.append_event(Timestamp(2), PeerId(1), None, &event).expect("space");
    let mut window = Window::of(&capture);
    assert_eq!(window.settled(0..9).len(), 4);
    assert_eq!(copied(&window, 0..4, TextFormat::Text), "héllo\n\nx\nnote: a note");
    assert_eq!(copied(&window, 0..4, TextFormat::Hex), "68 C3 A9 6C 6C 6F 0D 0A\n0D 0A\n78");
    assert_eq!(
        copied(&window, 1..4, TextFormat::CArray),
        "const unsigned char data[] = {\n    0x0D, 0x0A, 0x78,\n}; /* 3 bytes */"
    );
    assert_eq!(copied(&window, 100..200, TextFormat::Text), "");
}

#[test]
fn an_endless_line_is_copied_without_breaks() {
    let folder = folder();
    let capture = capture(&folder);
    let line: String = (0..5000).map(|n| format!("{n},")).collect();
    receive(&capture, line.as_bytes());
    receive(&capture, b"\nnext\n");
    let mut window = Window::of(&capture);
    window.draw(0..100, |page, status| status.shown > 5 && page.rows.len() as u64 == status.shown);
    assert_eq!(copied(&window, 0..100, TextFormat::Text), format!("{line}\nnext"));
}

#[test]
fn a_copy_is_of_what_was_shown_when_it_was_asked_for() {
    let folder = folder();
    let capture = capture(&folder);
    let lines: String = (0..20_000).map(|n| format!("line {n}\n")).collect();
    receive(&capture, lines.as_bytes());
    let mut window = Window::of(&capture);
    window.settled(0..10);
    let (tell, told) = sync_channel(1);
    let done = Box::new(move |text| drop(tell.send(text)));
    window.view.copy(Copying::rows(0..20_000, TextFormat::Text), done);
    let mut other = ViewSpec::default();
    other.filter.text = "nothing".into();
    window.view.set_spec(other);
    let text = told.recv_timeout(Duration::from_secs(20)).expect("a copy");
    assert_eq!(text, lines.trim_end());
}

/// A part of rows, from so many bytes of the first one's text to so many before the end of the last one's.
fn copied_part(window: &Window, rows: Range<u64>, format: TextFormat, trim: Trim) -> String {
    let (tell, told) = sync_channel(1);
    let done = Box::new(move |text| drop(tell.send(text)));
    window.view.copy(Copying { rows, format, trim }, done);
    told.recv_timeout(Duration::from_secs(20)).expect("a copy")
}

#[test]
fn a_part_of_rows_is_copied_as_exactly_its_bytes() {
    let folder = folder();
    let capture = capture(&folder);
    receive(&capture, "say 你好!\r\nmiddle\n\x1b[31mred end\n".as_bytes());
    let mut window = Window::of(&capture);
    assert_eq!(window.settled(0..9).len(), 3);
    let array = |bytes: &str, count: u32| {
        format!("const unsigned char data[] = {{\n    {bytes},\n}}; /* {count} bytes */")
    };
    // 好 alone, of `say 你好!`.
    let (rows, trim) = (0..1, Trim { start: 7, end: 1 });
    assert_eq!(copied_part(&window, rows.clone(), TextFormat::Text, trim), "好");
    assert_eq!(copied_part(&window, rows.clone(), TextFormat::Hex, trim), "E5 A5 BD");
    assert_eq!(copied_part(&window, rows, TextFormat::CArray, trim), array("0xE5, 0xA5, 0xBD", 3));
    // From `!` to `red`: with the line ends between, and the colour that stands before it.
    let (rows, trim) = (0..3, Trim { start: 10, end: 4 });
    assert_eq!(copied_part(&window, rows.clone(), TextFormat::Text, trim), "!\nmiddle\nred");
    assert_eq!(
        copied_part(&window, rows, TextFormat::Hex, trim),
        "21 0D 0A\n6D 69 64 64 6C 65 0A\n1B 5B 33 31 6D 72 65 64"
    );
    let hex = ViewSpec { format: RowFormat::Hex, ..ViewSpec::default() };
    window.view.set_spec(hex);
    window.draw(0..9, |page, _| page.rows.first().is_some_and(|row| row.text.starts_with("73 61")));
    // `61 79` of `73 61 79 20 …`.
    let row = window.draw(0..9, |page, _| !page.rows.is_empty()).rows[0].text.len();
    let trim = Trim { start: 3, end: row - 8 };
    assert_eq!(copied_part(&window, 0..1, TextFormat::Hex, trim), "61 79");
}

#[test]
fn a_selection_that_ends_within_a_fold_s_row_has_nothing_of_what_is_behind_it() {
    let folder = folder();
    let capture = capture(&folder);
    let panic = "Guru Meditation Error: Core  0 panic'ed (LoadProhibited)\n\
                 MEPC    : 0x42001234  RA      : 0x42005678\n\
                 Backtrace: 0x42001234:0x3ffb1000\nRebooting...\n";
    append(&capture, 1, Direction::In, 0, format!("hello\n{panic}ESP-ROM:x\n").as_bytes());
    let mut window = Window::new(ViewSpec { fold_panics: true, ..ViewSpec::default() });
    window.view.follow(&capture);
    let rows = window.draw(0..9, |page, status| status.shown == 3 && page.rows.len() == 3).rows;
    let behind = rows[1].text.len() - "Guru".len();
    let trim = Trim { start: 1, end: behind };
    assert_eq!(copied_part(&window, 0..2, TextFormat::Text, trim), "ello\nGuru");
    assert_eq!(copied_part(&window, 1..2, TextFormat::Hex, trim), "75 72 75");
    let whole = copied_part(&window, 0..2, TextFormat::Text, Trim { start: 1, end: 0 });
    assert!(whole.starts_with("ello\n") && whole.ends_with("Rebooting..."), "{whole}");
}

#[test]
fn rows_are_copied_with_their_time_also_when_none_is_shown() {
    let folder = folder();
    let capture = capture(&folder);
    receive(&capture, b"one\ntwo\n");
    let mut window = Window::of(&capture);
    window.view.set_spec(ViewSpec { clock: ClockStyle::Off, ..ViewSpec::default() });
    window.settled(0..9);
    let text = copied(&window, 0..2, TextFormat::Timed);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    // 1970-01-01 00:00:00.000000 < #1 one, in the zone of this computer.
    assert!(lines[0].ends_with(" < #1 one") && lines[1].ends_with(" < #1 two"), "{text}");
    assert_eq!(lines[0].matches([':', '-']).count(), 4, "{text}");
}

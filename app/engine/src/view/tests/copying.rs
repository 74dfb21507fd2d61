//! What the clipboard gets.

use espalier_core::backend::TextFormat;
use espalier_core::session::SessionEvent;

use super::*;

fn copied(window: &Window, rows: Range<u64>, format: TextFormat) -> String {
    let (tell, told) = sync_channel(1);
    window.view.copy(rows, format, Box::new(move |text| drop(tell.send(text))));
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
    window.view.copy(0..20_000, TextFormat::Text, done);
    let mut other = ViewSpec::default();
    other.filter.text = "nothing".into();
    window.view.set_spec(other);
    let text = told.recv_timeout(Duration::from_secs(20)).expect("a copy");
    assert_eq!(text, lines.trim_end());
}

//! Defects that other tools have, each as a test of ours.

use super::{Tape, texts};
use crate::Direction;
use crate::view::{EncodingName, Filter, Framing, ViewSpec};

fn by(framing: Framing) -> ViewSpec {
    ViewSpec { framing, ..ViewSpec::default() }
}

fn one_by_one(bytes: &[u8]) -> Tape {
    let mut tape = Tape::default();
    bytes.iter().for_each(|byte| tape.received([*byte]));
    tape
}

#[test]
fn d2_characters_sent_a_byte_at_a_time_are_whole_in_every_framing() {
    let text = "你好, wörld 😀";
    for label in ["UTF-8", "gb18030", "UTF-16LE", "UTF-16BE"] {
        let encoding = EncodingName(label.to_owned());
        let bytes: Vec<u8> = match label {
            "UTF-16LE" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "UTF-16BE" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            _ => encoding.encoding_or_utf8().encode(text).0.into_owned(),
        };
        for framing in [Framing::Line, Framing::Message, Framing::Packet, Framing::Gap { ms: 1 }] {
            let spec = ViewSpec { encoding: encoding.clone(), ..by(framing.clone()) };
            let shown = texts(&one_by_one(&bytes), spec);
            assert_eq!(shown.concat(), text, "{label} {framing:?} {shown:?}");
            if framing == Framing::Packet {
                assert_eq!(shown.len(), text.chars().count(), "{label}");
            }
        }
    }
}

#[test]
fn d2_gbk_text_a_byte_at_a_time_is_whole() {
    let bytes =
        EncodingName("GBK".into()).encoding_or_utf8().encode("你好世界\n第二行").0.into_owned();
    let spec = ViewSpec { encoding: EncodingName("GBK".into()), ..ViewSpec::default() };
    assert_eq!(texts(&one_by_one(&bytes), spec), ["你好世界", "第二行"]);
}

#[test]
fn d3_what_is_no_text_is_shown_byte_by_byte_and_spares_what_is() {
    let mut tape = Tape::default();
    tape.received(b"good \xFF\xC0 good\n\x00\x80\n");
    assert_eq!(texts(&tape, by(Framing::Line)), [r"good \xFF\xC0 good", r"\x00\x80"]);
}

#[test]
fn d4_a_line_cut_by_other_traffic_is_one_row_where_it_began() {
    let mut tape = Tape::default();
    tape.received("ab");
    tape.sent("hello\n");
    tape.data(2, Direction::In, "x\n");
    tape.received("c\nd\n");
    assert_eq!(texts(&tape, by(Framing::Line)), ["abc", "hello", "x", "d"]);
}

#[test]
fn d6_markup_is_just_text() {
    let mut tape = Tape::default();
    tape.received("<b>bold</b> & <script>\n");
    assert_eq!(texts(&tape, by(Framing::Line)), ["<b>bold</b> & <script>"]);
}

#[test]
fn d8_a_filter_hides_and_never_drops() {
    let mut tape = Tape::default();
    for number in 0..5000 {
        tape.received(format!("line {number}\n"));
    }
    let all = texts(&tape, by(Framing::Line));
    let mut history = super::history(&tape, by(Framing::Line));
    let filter = Filter { text: "line 4".into(), ..Filter::default() };
    history.set_spec(ViewSpec { filter, ..by(Framing::Line) });
    super::settle(&mut history, &tape);
    let some = super::rows(&history, &tape);
    assert_eq!(some.len(), 1111);
    assert!(some.iter().all(|row| row.text.starts_with("line 4")));
    history.set_spec(by(Framing::Line));
    super::settle(&mut history, &tape);
    let again: Vec<_> =
        super::rows(&history, &tape).iter().map(|row| row.text.to_string()).collect();
    assert_eq!(again, all);
}

#[test]
fn d12_empty_lines_are_rows_with_their_own_time() {
    let mut tape = Tape::default();
    tape.received("a\n\n\r\n");
    tape.received("\nb");
    let history = super::history(&tape, by(Framing::Line));
    let rows = super::rows(&history, &tape);
    let shown: Vec<_> = rows.iter().map(|row| (&*row.text, row.at.0)).collect();
    let (first, second) = (1_000_000, 2_000_000);
    assert_eq!(shown, [("a", first), ("", first), ("", first), ("", second), ("b", second)]);
}

#[test]
fn d13_a_prompt_without_a_newline_is_shown_at_once_and_grows_in_place() {
    let mut tape = Tape::default();
    tape.received("login: ");
    let mut history = super::history(&tape, by(Framing::Line));
    assert_eq!(&*super::rows(&history, &tape)[0].text, "login: ");
    tape.sent("root\n");
    tape.received("root\n");
    super::settle(&mut history, &tape);
    let shown: Vec<_> =
        super::rows(&history, &tape).iter().map(|row| row.text.to_string()).collect();
    assert_eq!(shown, ["login: root", "root"]);
}

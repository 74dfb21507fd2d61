use proptest::prelude::*;

use super::*;

fn shown(pieces: &[&[u8]]) -> String {
    let mut screen = Screen::default();
    let mut out = Vec::new();
    pieces.iter().for_each(|piece| screen.push(piece, &mut out));
    screen.finish(&mut out);
    String::from_utf8(out).unwrap()
}

/// What a terminal would obey, found by the terminal's own parser.
#[derive(Default)]
struct Obeyed(Vec<String>);

impl vte::Perform for Obeyed {
    fn execute(&mut self, byte: u8) {
        if !matches!(byte, b'\n' | b'\t') {
            self.0.push(format!("execute {byte:02x}"));
        }
    }
    fn csi_dispatch(&mut self, _: &vte::Params, between: &[u8], _: bool, action: char) {
        if action != 'm' || !between.is_empty() {
            self.0.push(format!("CSI {action}"));
        }
    }
    fn esc_dispatch(&mut self, _: &[u8], _: bool, byte: u8) {
        self.0.push(format!("ESC {byte:02x}"));
    }
    fn osc_dispatch(&mut self, _: &[&[u8]], _: bool) {
        self.0.push("OSC".to_owned());
    }
    fn hook(&mut self, _: &vte::Params, _: &[u8], _: bool, action: char) {
        self.0.push(format!("DCS {action}"));
    }
}

/// Returns before a line feed are the one thing besides colours that is obeyed.
fn without_line_ends(text: &str) -> String {
    let shorter = text.replace("\r\n", "\n");
    if shorter == text { shorter } else { without_line_ends(&shorter) }
}

fn obeyed(text: &str) -> Vec<String> {
    let mut obeyed = Obeyed::default();
    vte::Parser::new().advance(&mut obeyed, without_line_ends(text).as_bytes());
    obeyed.0
}

#[test]
fn text_colours_and_line_ends_pass() {
    for text in [
        "\x1b[0;32mI (900) wifi: 你好\x1b[0m\r\n",
        "\x1b[1;38;2;255;0;0;48:5:17mx\x1b[m\ta\n",
        "é 👩‍💻 עברית العربية\r\r\n",
    ] {
        assert_eq!(shown(&[text.as_bytes()]), text);
    }
}

#[test]
fn everything_else_that_drives_a_terminal_is_shown() {
    for (sent, expected) in [
        (&b"\x1b]52;c;ZXZpbA==\x07"[..], r"\x1b]52;c;ZXZpbA==\x07"),
        (b"\x1b]0;title\x1b\\", r"\x1b]0;title\x1b\"),
        (b"\x1b[2J\x1b[6n\x1b[?1049h\x1bc", r"\x1b[2J\x1b[6n\x1b[?1049h\x1bc"),
        (b"\x1bP$qm\x1b\\", r"\x1bP$qm\x1b\"),
        ("\u{9b}2J\u{9d}52;c;x\u{9c}".as_bytes(), r"\u{9b}2J\u{9d}52;c;x\u{9c}"),
        (b"\x9b2J", r"\x9b2J"),
        ("a\u{202e}b\u{2066}c\u{200f}".as_bytes(), r"a\u{202e}b\u{2066}c\u{200f}"),
        (b"password\rnothing", r"password\x0dnothing"),
        (b"a\x08b\x7f\0\x0c", r"a\x08b\x7f\x00\x0c"),
        (b"\xc4\xe3 \xff", r"\xc4\xe3 \xff"),
        (b"cut \x1b[3", r"cut \x1b[3"),
        (b"cut \xe4\xbd", r"cut \xe4\xbd"),
    ] {
        assert_eq!(shown(&[sent]), expected);
    }
}

#[test]
fn a_colour_without_end_is_no_colour_and_holds_nothing_back() {
    let mut screen = Screen::default();
    let mut out = Vec::new();
    screen.push(b"\x1b[", &mut out);
    for _ in 0..1000 {
        screen.push(b"1;", &mut out);
        assert!(screen.held.len() <= LONGEST_SGR);
    }
    assert!(out.starts_with(br"\x1b[1;1;"));
    screen.push(&b"\r".repeat(1000), &mut out);
    assert!(screen.held.len() <= LONGEST_SGR);
}

#[test]
fn a_colour_that_was_left_on_ends_with_the_stream() {
    assert_eq!(shown(&[b"\x1b[8mhidden"]), "\x1b[8mhidden\x1b[0m");
    assert_eq!(shown(&[b"\x1b[31mred\x1b[0m"]), "\x1b[31mred\x1b[0m");
}

#[test]
fn words_in_our_own_lines_hold_no_control_character_at_all() {
    let words = "a\x1b[31m\r\nb\u{9b}\u{202e}你\t";
    assert_eq!(Plain(words).to_string(), r"a\x1b[31m\x0d\x0ab\u{9b}\u{202e}你\x09");
}

#[test]
fn a_json_document_says_the_same_and_drives_nothing() {
    let document = "{\n  \"ssid\": \"a\u{9b}2J\u{202e}你\"\n}";
    assert_eq!(Json(document).to_string(), "{\n  \"ssid\": \"a\\u009b2J\\u202e你\"\n}");
}

/// Bytes of the kinds that matter, in all mixtures.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        any::<char>().prop_map(|char| char.to_string().into_bytes()),
        prop::sample::select(vec![
            "\x1b",
            "[",
            "]",
            "m",
            "0",
            ";",
            "\r",
            "\n",
            "\x07",
            "\u{9b}",
            "\u{9d}",
            "\u{202e}",
            "\x1b[31m",
            "\x1b]52;c;",
            "\x1b\\",
            "\x1bP",
            "\x1b[?",
            "\r\n",
            "text",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_terminal_obeys_nothing_but_colours(bytes in hostile()) {
        let shown = shown(&[&bytes]);
        prop_assert_eq!(obeyed(&shown), Vec::<String>::new(), "{:?}", shown);
        let left = without_line_ends(&shown);
        let mut left = left.chars().filter(|char| is_active(*char));
        prop_assert!(left.all(|char| matches!(char, '\n' | '\t' | '\x1b')), "{:?}", shown);
    }

    #[test]
    fn it_does_not_matter_how_bytes_are_cut(bytes in hostile(), sizes in prop::collection::vec(1_usize..9, 1..9)) {
        let whole = shown(&[&bytes]);
        let mut rest = &bytes[..];
        let mut pieces = Vec::new();
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, behind) = rest.split_at((*size).min(rest.len()));
            pieces.push(piece);
            rest = behind;
        }
        prop_assert_eq!(shown(&pieces), whole);
    }

    #[test]
    fn our_own_lines_are_lines(text in any::<String>()) {
        prop_assert!(!Plain(&text).to_string().contains(is_active));
    }
}

//! What is pasted into a terminal.

use super::{TerminalModes, TerminalSpec};

/// How many lines a text presses Enter for: a console runs each of them at once.
///
/// ```
/// assert_eq!(espalier_core::terminal::pasted_lines("reboot"), 0);
/// assert_eq!(espalier_core::terminal::pasted_lines("cd /\nrm x\r\nls"), 2);
/// ```
pub fn pasted_lines(text: &str) -> usize {
    text.matches('\n').count() + text.matches('\r').count() - text.matches("\r\n").count()
}

/// The same as one line: line ends become spaces, those at the end go.
pub fn as_one_line(text: &str) -> String {
    let lines = text.split(['\r', '\n']).map(str::trim_end).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

/// What a pasted text sends, before it is encoded: its line ends as Enter sends them, in brackets where that was asked for
/// (mode 2004). Control characters are left out, tabs excepted: what is pasted types nothing that cannot be seen.
pub fn paste_text(text: &str, modes: TerminalModes, spec: &TerminalSpec) -> String {
    let enter = if modes.bracketed_paste { "\r" } else { spec.enter.text() };
    let mut out = String::with_capacity(text.len() + 16);
    if modes.bracketed_paste {
        out.push_str("\x1B[200~");
    }
    let mut after_return = false;
    for char in text.chars() {
        let is_pair = std::mem::replace(&mut after_return, char == '\r') && char == '\n';
        match char {
            '\n' if is_pair => {}
            '\r' | '\n' => out.push_str(enter),
            '\t' => out.push(char),
            _ if char.is_control() => {}
            _ => out.push(char),
        }
    }
    if modes.bracketed_paste {
        out.push_str("\x1B[201~");
    }
    out
}

/// The pieces in which a person would have typed a text: each line, then its Enter, with a pause before and behind it.
///
/// ESP-IDF's linenoise takes what comes within 30 ms of each other as pasted, and older ones the line end with it, so that
/// it is not obeyed (`linenoise.c`, `PASTE_KEY_DELAY`).
pub fn typed_pieces<'t>(text: &'t str, enter: &'t str) -> Vec<&'t str> {
    let mut pieces = Vec::new();
    for line in text.split_inclusive(enter) {
        match line.strip_suffix(enter) {
            Some("") => pieces.push(enter),
            Some(words) => pieces.extend([words, enter]),
            None => pieces.push(line),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::EnterKey;

    #[test]
    fn what_is_pasted_types_nothing_that_cannot_be_seen() {
        let spec = TerminalSpec::default();
        let plain = TerminalModes::default();
        let text = "a\r\nb\nc\rd\te\x1B[201~\x03\u{9B}你";
        assert_eq!(paste_text(text, plain, &spec), "a\rb\rc\rd\te[201~你");
        let bracketed = TerminalModes { bracketed_paste: true, ..plain };
        assert_eq!(paste_text("a\nb", bracketed, &spec), "\x1B[200~a\rb\x1B[201~");
        let spec = TerminalSpec { enter: EnterKey::CrLf, ..spec };
        assert_eq!(paste_text("a\nb", plain, &spec), "a\r\nb");
    }

    #[test]
    fn lines_are_counted_joined_and_typed() {
        assert_eq!(pasted_lines("a\r\n\r\nb\r"), 3);
        assert_eq!(as_one_line("a \r\n\r\nb\n"), "a b");
        assert_eq!(typed_pieces("a\r\rb\rc", "\r"), ["a", "\r", "\r", "b", "\r", "c"]);
        assert_eq!(typed_pieces("", "\r"), [""; 0]);
    }
}

//! From the bytes of a stream to what a terminal is told.

use encoding_rs::Decoder;

use super::ControlFilter;
use crate::view::EncodingName;

/// A stream on its way to a terminal that obeys it: decoded, and freed of what such a terminal must not do by itself.
///
/// It does not matter how the stream is cut. Bytes that are no character become U+FFFD.
pub struct TerminalInput {
    decoder: Decoder,
    filter: ControlFilter,
    decoded: String,
    /// A line feed leads to the beginning of the row.
    implicit_cr: bool,
}

impl TerminalInput {
    /// The beginning of a stream in this encoding.
    pub fn new(encoding: &EncodingName) -> Self {
        Self {
            decoder: encoding.encoding_or_utf8().new_decoder_without_bom_handling(),
            filter: ControlFilter::default(),
            decoded: String::new(),
            implicit_cr: false,
        }
    }

    /// The same with a carriage return before each line feed: for devices that send that alone.
    pub fn with_implicit_cr(self, implicit_cr: bool) -> Self {
        Self { implicit_cr, ..self }
    }

    /// What undoes for a terminal of somebody else what has passed; see [`ControlFilter::undo`].
    pub fn undo(&self) -> String {
        self.filter.undo()
    }

    /// What these bytes tell the terminal, appended to `out`.
    pub fn push(&mut self, bytes: &[u8], out: &mut String) {
        self.decoded.clear();
        decode(&mut self.decoder, bytes, &mut self.decoded);
        if !self.implicit_cr {
            return self.filter.push(&self.decoded, out);
        }
        let begin = out.len();
        self.filter.push(&self.decoded, out);
        if out[begin..].contains('\n') {
            let told = out.split_off(begin);
            told.split_inclusive('\n').for_each(|part| match part.strip_suffix('\n') {
                Some(line) => out.extend([line, "\r\n"]),
                None => out.push_str(part),
            });
        }
    }
}

/// Appends to `text` what these bytes of a stream say.
fn decode(decoder: &mut Decoder, bytes: &[u8], text: &mut String) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let room = decoder.max_utf8_buffer_length(rest.len());
        text.reserve(room.unwrap_or(rest.len().saturating_mul(3) + 16));
        let (_, read, _) = decoder.decode_to_string(rest, text, false);
        rest = rest.get(read..).unwrap_or_default();
    }
}

impl std::fmt::Debug for TerminalInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TerminalInput").field("filter", &self.filter).finish_non_exhaustive()
    }
}

/// What was sent, as it looks on a terminal that echoes it itself: text, line ends, and one character less for each
/// Backspace. Sequences (arrow keys, answers to queries) are not echoed.
pub struct LocalEcho {
    decoder: Decoder,
    text: String,
    state: EchoState,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum EchoState {
    #[default]
    Text,
    /// Behind CR: a LF belongs to it.
    Return,
    /// Behind ESC.
    Escape,
    /// Within `CSI …` or `SS3 …`.
    Sequence,
}

impl LocalEcho {
    /// The beginning of what is sent in this encoding.
    pub fn new(encoding: &EncodingName) -> Self {
        Self {
            decoder: encoding.encoding_or_utf8().new_decoder_without_bom_handling(),
            text: String::new(),
            state: EchoState::default(),
        }
    }

    /// What these bytes show, appended to `out`.
    pub fn push(&mut self, bytes: &[u8], out: &mut String) {
        use EchoState::{Escape, Return, Sequence, Text};
        self.text.clear();
        decode(&mut self.decoder, bytes, &mut self.text);
        for char in self.text.chars() {
            self.state = match (self.state, char) {
                (_, '\x1B') => Escape,
                (Escape, '[' | 'O') => Sequence,
                (Escape, _) | (Sequence, '@'..='~') => Text,
                (Sequence, _) => Sequence,
                (Return, '\n') => Text,
                (_, '\r' | '\n') => {
                    out.push_str("\r\n");
                    if char == '\r' { Return } else { Text }
                }
                (_, '\x08' | '\x7F') => {
                    out.push_str("\x08 \x08");
                    Text
                }
                (_, '\0'..='\x08' | '\x0B'..='\x1F' | '\u{80}'..='\u{9F}') => Text,
                _ => {
                    out.push(char);
                    Text
                }
            };
        }
    }
}

impl std::fmt::Debug for LocalEcho {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalEcho").field("state", &self.state).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_cut_anywhere_are_whole_and_escapes_stay_escapes() {
        let gbk = b"\x1B[31m\xC4\xE3\x81\x5B\xBA\xC3\x1B[0m\xFF!";
        let whole = "\x1B[31m你乕好\x1B[0m\u{FFFD}!";
        for at in 0..gbk.len() {
            let mut input = TerminalInput::new(&EncodingName("GBK".to_owned()));
            let mut out = String::new();
            input.push(&gbk[..at], &mut out);
            input.push(&gbk[at..], &mut out);
            assert_eq!(out, whole, "cut at {at}");
        }
    }

    #[test]
    fn a_line_feed_alone_leads_to_the_beginning_of_a_row_where_that_is_wanted() {
        let told = |implicit_cr| {
            let mut input = TerminalInput::new(&EncodingName::default());
            input = input.with_implicit_cr(implicit_cr);
            let mut out = String::new();
            for piece in ["a\nb\r", "\n\nc\x1B]0;t", "\nitle\x07d\n"] {
                input.push(piece.as_bytes(), &mut out);
            }
            out
        };
        assert_eq!(told(false), "a\nb\r\n\ncd\n");
        assert_eq!(told(true), "a\r\nb\r\r\n\r\ncd\r\n");
    }

    #[test]
    fn local_echo_shows_what_was_typed_and_no_sequence() {
        let mut echo = LocalEcho::new(&EncodingName::default());
        let mut out = String::new();
        for piece in ["ab\x7F", "\x1B[A\x1BOB", "c\r", "\n", "d\n", "\x03\x1B[1;80R你"] {
            echo.push(piece.as_bytes(), &mut out);
        }
        assert_eq!(out, "ab\x08 \x08c\r\nd\r\n你");
        // Alt+] begins no control string here, and C1 controls drive nothing.
        out.clear();
        echo.push("\x1B]e\x1BPf\u{9B}g".as_bytes(), &mut out);
        assert_eq!(out, "efg");
    }
}

//! Bytes to text, with nothing dropped: what is no character in the encoding becomes `\xNN`.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use encoding_rs::{DecoderResult, Encoding, UTF_8};

/// A row's text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded<'a> {
    pub(super) text: Cow<'a, str>,
    /// Which parts of `text` stand for undecodable bytes, in order.
    pub(super) undecodable: Vec<Range<usize>>,
}

/// Decodes the bytes of a row, which begins between two characters unless it is `odd` (then its first byte is no character
/// of its own).
pub(super) fn decode<'a>(encoding: &'static Encoding, bytes: &'a [u8], odd: bool) -> Decoded<'a> {
    if encoding.is_ascii_compatible()
        && bytes.is_ascii()
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return Decoded { text: Cow::Borrowed(text), undecodable: Vec::new() };
    }
    if encoding == UTF_8 {
        return decode_utf8(bytes);
    }
    let (stray, bytes) = bytes.split_at(usize::from(odd).min(bytes.len()));
    let mut out = MarkedText::with_capacity(bytes.len() * 2);
    out.undecodable(stray);
    decode_other(encoding, bytes, &mut out);
    Decoded { text: Cow::Owned(out.text), undecodable: out.undecodable }
}

fn decode_utf8(bytes: &[u8]) -> Decoded<'_> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Decoded { text: Cow::Borrowed(text), undecodable: Vec::new() };
    }
    let mut out = MarkedText::with_capacity(bytes.len() * 2);
    for chunk in bytes.utf8_chunks() {
        out.text.push_str(chunk.valid());
        out.undecodable(chunk.invalid());
    }
    Decoded { text: Cow::Owned(out.text), undecodable: out.undecodable }
}

fn decode_other(encoding: &'static Encoding, bytes: &[u8], out: &mut MarkedText) {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut read = 0;
    loop {
        let rest = &bytes[read..];
        let room = decoder.max_utf8_buffer_length_without_replacement(rest.len());
        out.text.reserve(room.unwrap_or(rest.len() * 4 + 16));
        let (result, count) =
            decoder.decode_to_string_without_replacement(rest, &mut out.text, true);
        read += count;
        match result {
            DecoderResult::InputEmpty => return,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(length, after) => {
                let end = read.saturating_sub(usize::from(after));
                let start = end.saturating_sub(usize::from(length));
                out.undecodable(&bytes[start..end]);
            }
        }
    }
}

/// How long the text of [`decode`] is after how many bytes, in order: from (0, 0) to all of both.
pub(super) fn decoded_lengths(
    encoding: &'static Encoding,
    bytes: &[u8],
    odd: bool,
) -> Vec<(usize, usize)> {
    let mut lengths = Vec::with_capacity(bytes.len() + 1);
    let (mut text, mut read) = (0, 0);
    lengths.push((text, read));
    let mut step = |more: usize, of: usize| {
        (text, read) = (text + more, read + of);
        lengths.push((text, read));
    };
    if encoding == UTF_8 || encoding.is_ascii_compatible() && bytes.is_ascii() {
        for chunk in bytes.utf8_chunks() {
            chunk.valid().chars().map(char::len_utf8).for_each(|length| step(length, length));
            chunk.invalid().iter().for_each(|_| step(4, 1));
        }
        return lengths;
    }
    let stray = usize::from(odd).min(bytes.len());
    if stray > 0 {
        step(4 * stray, stray);
    }
    let bytes = &bytes[stray..];
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut out = MarkedText::with_capacity(bytes.len() * 4 + 16);
    // One byte at a time, and at last the end.
    for end in 1..=bytes.len() + 1 {
        let (mut rest, last) = match bytes.get(end - 1..end) {
            Some(byte) => (byte, false),
            None => (&[][..], true),
        };
        let before = out.text.len();
        loop {
            out.text.reserve(16);
            let (result, count) =
                decoder.decode_to_string_without_replacement(rest, &mut out.text, last);
            rest = &rest[count..];
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(length, after) => {
                    let until = end.min(bytes.len()) - rest.len();
                    let until = until.saturating_sub(usize::from(after));
                    out.undecodable(&bytes[until.saturating_sub(usize::from(length))..until]);
                }
            }
        }
        step(out.text.len() - before, usize::from(!last));
    }
    lengths
}

struct MarkedText {
    text: String,
    undecodable: Vec<Range<usize>>,
}

impl MarkedText {
    fn with_capacity(capacity: usize) -> Self {
        Self { text: String::with_capacity(capacity), undecodable: Vec::new() }
    }

    fn undecodable(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let start = self.text.len();
        for byte in bytes {
            write!(self.text, "\\x{byte:02X}").ok();
        }
        match self.undecodable.last_mut() {
            Some(last) if last.end == start => last.end = self.text.len(),
            _ => self.undecodable.push(start..self.text.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marked(label: &str, bytes: &[u8]) -> String {
        let decoded = decode(Encoding::for_label(label.as_bytes()).unwrap(), bytes, false);
        let mut text = String::new();
        let mut last = 0;
        for bad in decoded.undecodable {
            text += &decoded.text[last..bad.start];
            text += &format!("<{}>", &decoded.text[bad.clone()]);
            last = bad.end;
        }
        text + &decoded.text[last..]
    }

    #[test]
    fn undecodable_bytes_are_shown_as_bytes() {
        assert_eq!(marked("utf-8", b"a\xFF\xFEb\xE4\xBD"), r"a<\xFF\xFE>b<\xE4\xBD>");
        assert_eq!(marked("gbk", b"\xC4\xE3\xBA\xC3\xFF!"), r"你好<\xFF>!");
        assert_eq!(marked("gbk", b"ok\xC4"), r"ok<\xC4>");
        assert_eq!(marked("shift_jis", b"\x83\x65\xFF"), r"テ<\xFF>");
        assert_eq!(marked("utf-16le", b"A\0\x60\x4FB"), r"A你<\x42>");
        // Four bytes that are no GB18030 character: the lead byte is wrong, the others are text again.
        assert_eq!(marked("gb18030", b"\x81\x30\xFFz"), r"<\x81>0<\xFF>z");
    }

    proptest! {
        #[test]
        fn valid_utf8_is_untouched(text in "\\PC{0,40}") {
            let decoded = decode(UTF_8, text.as_bytes(), false);
            prop_assert_eq!(&*decoded.text, text.as_str());
            prop_assert!(decoded.undecodable.is_empty());
        }

        #[test]
        fn single_byte_encodings_round_trip(
            label in prop::sample::select(&["windows-1252", "iso-8859-5", "koi8-r", "windows-874"][..]),
            bytes in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            let encoding = Encoding::for_label(label.as_bytes()).unwrap();
            let decoded = decode(encoding, &bytes, false);
            let mut again = Vec::new();
            let mut last = 0;
            for bad in &decoded.undecodable {
                again.extend_from_slice(&encoding.encode(&decoded.text[last..bad.start]).0);
                for hex in decoded.text[bad.clone()].split("\\x").skip(1) {
                    again.push(u8::from_str_radix(hex, 16).unwrap());
                }
                last = bad.end;
            }
            again.extend_from_slice(&encoding.encode(&decoded.text[last..]).0);
            prop_assert_eq!(again, bytes);
        }

        #[test]
        fn text_round_trips_through_every_chinese_and_japanese_encoding(
            text in "[ -~你好世界测试中文日本語]{0,20}",
        ) {
            for label in ["gbk", "gb18030", "shift_jis", "big5", "euc-jp", "euc-kr", "iso-2022-jp"] {
                let encoding = Encoding::for_label(label.as_bytes()).unwrap();
                let (bytes, _, lossy) = encoding.encode(&text);
                if !lossy {
                    let decoded = decode(encoding, &bytes, false);
                    prop_assert_eq!(&*decoded.text, text.as_str(), "{}", label);
                }
            }
        }

        #[test]
        fn any_bytes_in_any_encoding_decode_to_something_that_ends(
            label in prop::sample::select(&["gbk", "gb18030", "big5", "euc-kr", "euc-jp", "shift_jis", "iso-2022-jp", "utf-16le", "utf-16be", "x-user-defined"][..]),
            bytes in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            let decoded = decode(Encoding::for_label(label.as_bytes()).unwrap(), &bytes, false);
            for bad in &decoded.undecodable {
                prop_assert!(decoded.text[bad.clone()].starts_with("\\x"));
            }
        }
    }
}

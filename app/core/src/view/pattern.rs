//! What is looked for in rows.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use regex::{Regex, RegexBuilder, bytes};

use crate::say;

/// What the user wrote, and how it is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needle<'a> {
    /// What is looked for; empty: nothing.
    pub text: &'a str,
    /// It is a regular expression.
    pub regex: bool,
    /// It is bytes in hexadecimal: `AA ?? 55`, where `?` is any digit. It is looked for in the bytes of a row, whatever is
    /// shown of them; comes before `regex`.
    pub hex: bool,
    /// Upper and lower case differ.
    pub case_sensitive: bool,
    /// No letter, digit or underscore stands before or behind it.
    pub whole_word: bool,
}

/// A needle that has been checked.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// Looked for in text.
    Text(TextPattern),
    /// Looked for in bytes.
    Bytes(bytes::Regex),
}

/// A needle that is looked for in text.
#[derive(Clone, Debug)]
pub struct TextPattern {
    pub(super) regex: Regex,
    /// What is looked for, where it is no expression and no whole word.
    pub(super) literal: Option<Box<str>>,
    pub(super) case_sensitive: bool,
}

impl Pattern {
    /// Most memory that a compiled expression may take, in bytes.
    pub(super) const LARGEST: usize = 4 << 20;

    /// Compiles what the user wrote; `None` when it is empty.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn new(needle: &Needle<'_>) -> Result<Option<Self>, Arc<str>> {
        if needle.text.is_empty() {
            return Ok(None);
        }
        if needle.hex {
            let Some(source) = bytes_expression(needle.text) else {
                return Err(say!(
                    "pattern-hex",
                    "Bytes are pairs of hexadecimal digits, ?? for any byte: AA ?? 55"
                )
                .english()
                .into());
            };
            let pattern = bytes::RegexBuilder::new(&source)
                .unicode(false)
                .dot_matches_new_line(true)
                .size_limit(Self::LARGEST)
                .build();
            return pattern.map(|it| Some(Self::Bytes(it))).map_err(|error| said(&error));
        }
        let source = if needle.regex { needle.text.to_owned() } else { regex::escape(needle.text) };
        let flags = if needle.case_sensitive { "" } else { "(?i)" };
        let build = |source: &str| {
            RegexBuilder::new(&format!("{flags}{source}")).size_limit(Self::LARGEST).build()
        };
        // What is wrong is said of what the user wrote.
        let mut pattern = build(&source).map_err(|error| said(&error))?;
        if needle.whole_word {
            pattern = build(&format!(r"\b{{start-half}}(?:{source})\b{{end-half}}"))
                .map_err(|error| said(&error))?;
        }
        let is_literal = !needle.regex && !needle.whole_word;
        Ok(Some(Self::Text(TextPattern {
            regex: pattern,
            literal: is_literal.then(|| needle.text.into()),
            case_sensitive: needle.case_sensitive,
        })))
    }

    /// Whether it is in a row of these bytes, whose text is made when it is needed.
    pub(super) fn is_in<'t>(
        &self,
        bytes: &[u8],
        text: impl FnOnce() -> std::borrow::Cow<'t, str>,
    ) -> bool {
        match self {
            Self::Text(pattern) => pattern.regex.is_match(&text()),
            Self::Bytes(regex) => regex.is_match(bytes),
        }
    }

    /// Where it is in a row's text, without empty matches; `bytes` are those of the row, and `is_hex` says that the text is
    /// these in hexadecimal. Where it is not known which part of the text some bytes are, all of it is meant.
    pub(super) fn ranges(&self, bytes: &[u8], text: &str, is_hex: bool) -> Vec<Range<usize>> {
        let found: Vec<_> = match self {
            Self::Text(pattern) => {
                pattern.regex.find_iter(text).map(|found| found.range()).collect()
            }
            Self::Bytes(regex) => {
                let plain = bytes.starts_with(text.as_bytes()) && text.is_ascii();
                // Beside hex there is one sign for each byte, where all of them are ASCII.
                let dotted = text.is_ascii() && text.len() == bytes.len();
                let part = |range: Range<usize>| match is_hex {
                    true => range.start * 3..(range.end * 3).saturating_sub(1).min(text.len()),
                    false if plain || dotted => {
                        range.start.min(text.len())..range.end.min(text.len())
                    }
                    false => 0..text.len(),
                };
                regex.find_iter(bytes).map(|found| part(found.range())).collect()
            }
        };
        found.into_iter().filter(|range| !range.is_empty()).collect()
    }
}

fn said(error: &regex::Error) -> Arc<str> {
    match error {
        // The last line names the mistake; the ones before it draw an arrow in a fixed-width font.
        regex::Error::Syntax(text) => {
            text.lines().last().unwrap_or_default().trim_start_matches("error: ").into()
        }
        other => other.to_string().into(),
    }
}

/// `AA ?? 5?` as an expression over bytes; `None` when it is not that.
fn bytes_expression(text: &str) -> Option<String> {
    let digits: Vec<char> =
        text.chars().filter(|char| !char.is_whitespace() && *char != ',').collect();
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let mut source = String::new();
    for pair in digits.chunks_exact(2) {
        let (high, low) = (pair[0].to_digit(16), pair[1].to_digit(16));
        let known = |digit: Option<u32>, char: char| digit.is_some() || char == '?';
        if !known(high, pair[0]) || !known(low, pair[1]) {
            return None;
        }
        match (high, low) {
            (Some(high), Some(low)) => write!(source, r"\x{:02X}", high << 4 | low),
            (Some(high), None) => write!(source, r"[\x{:02X}-\x{:02X}]", high << 4, high << 4 | 15),
            (None, Some(low)) => {
                let all = (0..16).map(|high| format!(r"\x{:02X}", high << 4 | low));
                write!(source, "[{}]", all.collect::<String>())
            }
            (None, None) => write!(source, "."),
        }
        .ok()?;
    }
    Some(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(needle: Needle<'_>, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes).into_owned();
        Pattern::new(&needle).unwrap().unwrap().is_in(bytes, || text.into())
    }

    #[test]
    fn bytes_are_found_with_wildcards_for_bytes_and_digits() {
        let hex =
            |text, bytes: &[u8]| finds(Needle { text, hex: true, ..Needle::default() }, bytes);
        assert!(hex("AA ?? 55", b"\x00\xAA\x0A\x55") && hex("aa??55", b"\xAA\xFF\x55"));
        assert!(!hex("AA ?? 55", b"\xAA\x55") && !hex("AA ?? 55", b"\xAA\x01\x02\x55"));
        assert!(
            hex("5? ?F", b"\x5A\x3F") && !hex("5? ?F", b"\x6A\x3F") && !hex("5? ?F", b"\x5A\x3E")
        );
        assert!(hex("24", b"$") && hex("5B, 2E", b"[."), "none of these is an expression");
        for wrong in ["A", "AA 5", "GG", "?", "AA .. 55", "  ", "0x12"] {
            assert!(Pattern::new(&Needle { text: wrong, hex: true, ..Needle::default() }).is_err());
        }
    }

    #[test]
    fn case_and_whole_words_count_where_they_are_asked_for() {
        let text = |text, case_sensitive, whole_word, row: &str| {
            let needle = Needle { text, case_sensitive, whole_word, ..Needle::default() };
            finds(needle, row.as_bytes())
        };
        assert!(text("err", false, false, "no ERROR") && !text("err", true, false, "no ERROR"));
        assert!(!text("err", false, true, "no ERROR") && text("err", false, true, "an Err: 5"));
        assert!(text("+5", false, true, "a +5 b") && !text("+5", false, true, "a +55"));
        assert!(text("错误", false, true, "出现 错误 了") && text("a.b", true, true, "a.b"));
        let alternatives =
            Needle { text: "one|two", regex: true, whole_word: true, ..Needle::default() };
        assert!(finds(alternatives, b"a two b") && !finds(alternatives, b"twofold bone"));
    }

    #[test]
    fn what_is_wrong_is_said_of_what_was_written() {
        let error = |needle: Needle<'_>| Pattern::new(&needle).unwrap_err();
        let group = Needle { text: "(", regex: true, ..Needle::default() };
        assert_eq!(&*error(group), "unclosed group");
        assert_eq!(error(Needle { whole_word: true, ..group }), error(group));
        assert!(Pattern::new(&Needle { regex: false, ..group }).unwrap().is_some());
    }

    #[test]
    fn found_bytes_are_marked_in_the_text_that_shows_them() {
        let pattern = Pattern::new(&Needle { text: "62 ??", hex: true, ..Needle::default() })
            .unwrap()
            .unwrap();
        let marks = |bytes: &[u8], text: &str, is_hex| {
            let ranges = pattern.ranges(bytes, text, is_hex).into_iter();
            ranges.map(|range| (range.start, range.end)).collect::<Vec<_>>()
        };
        assert_eq!(marks(b"abc", "61 62 63", true), [(3, 8)]);
        assert_eq!(marks(b"abc\n", "abc", false), [(1, 3)]);
        assert_eq!(marks(b"\x01bc\n", ".bc.", false), [(1, 3)]);
        assert_eq!(marks("好bc".as_bytes(), "好bc", false), [(0, 5)]);
    }
}

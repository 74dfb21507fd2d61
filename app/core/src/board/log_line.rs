//! Log lines in the shape of ESP-IDF and of Rust's `log`, and a filter over them.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// How loud a log line is, loudest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// `E`
    Error,
    /// `W`
    Warning,
    /// `I`
    Info,
    /// `D`
    Debug,
    /// `V`, or Rust's `TRACE`
    Verbose,
}

impl Level {
    /// All, loudest first.
    pub const ALL: [Self; 5] = [Self::Error, Self::Warning, Self::Info, Self::Debug, Self::Verbose];

    /// Its letter in ESP-IDF's lines.
    pub const fn letter(self) -> char {
        match self {
            Self::Error => 'E',
            Self::Warning => 'W',
            Self::Info => 'I',
            Self::Debug => 'D',
            Self::Verbose => 'V',
        }
    }

    fn from_letter(letter: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.letter() as u8 == letter)
    }

    const RUST: [&'static str; 5] = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"];
}

/// A line of a log: `I (12345) wifi: connected` (ESP-IDF), `I (12:30:01.250) wifi: …` (ESP-IDF with a clock) or
/// `INFO - connected` (esp-println).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine<'a> {
    /// How loud it is.
    pub level: Level,
    /// Milliseconds since the board started; absent when the line tells a time of day or none.
    pub ms: Option<u64>,
    /// Who speaks; empty in lines of `esp-println`.
    pub tag: &'a str,
    /// What is said.
    pub text: &'a str,
    /// Where the level's letter or word stands in the row, for colouring.
    pub level_range: Range<usize>,
}

impl<'a> LogLine<'a> {
    /// Reads a row. ANSI colour sequences around the line may still be there; anything else before it may not.
    pub fn parse(row: &'a str) -> Option<Self> {
        let start = row.len() - skip_sgr(row).len();
        let line = strip_sgr_end(row.get(start..)?.trim_end_matches(['\r', '\n']));
        Self::idf(line, start).or_else(|| Self::rust(line, start))
    }

    fn idf(line: &'a str, start: usize) -> Option<Self> {
        let level = Level::from_letter(*line.as_bytes().first()?)?;
        let (time, rest) = line.get(1..)?.strip_prefix(" (")?.split_once(") ")?;
        let clock = |b: u8| b.is_ascii_digit() || matches!(b, b':' | b'.');
        if time.is_empty() || time.len() > 20 || !time.bytes().all(clock) {
            return None;
        }
        let (tag, text) = rest.split_once(": ").or_else(|| Some((rest.strip_suffix(':')?, "")))?;
        Some(Self { level, ms: time.parse().ok(), tag, text, level_range: start..start + 1 })
    }

    fn rust(line: &'a str, start: usize) -> Option<Self> {
        let (word, text) = line.split_once(" - ")?;
        let level = Level::RUST.iter().position(|name| *name == word)?;
        let level_range = start..start + word.len();
        Some(Self { level: Level::ALL[level], ms: None, tag: "", text, level_range })
    }
}

/// `text` without ANSI SGR sequences at its beginning.
fn skip_sgr(mut text: &str) -> &str {
    while let Some(rest) = text.strip_prefix("\x1b[") {
        match rest.split_once('m') {
            Some((codes, rest)) if codes.bytes().all(|b| b.is_ascii_digit() || b == b';') => {
                text = rest;
            }
            _ => break,
        }
    }
    text
}

/// `text` without one ANSI SGR sequence at its end.
fn strip_sgr_end(text: &str) -> &str {
    match text.rfind("\x1b[") {
        Some(at) if text.ends_with('m') && text[at..].len() <= 8 => &text[..at],
        _ => text,
    }
}

/// Which log lines are shown; it hides, it never drops. Rows that are no log lines (boot banners, panics, program output)
/// pass the test of the level, but not that of the tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogFilter {
    /// The quietest level shown; all when absent.
    pub level: Option<Level>,
    /// Only this tag; all when empty.
    pub tag: String,
    /// Not these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
}

impl LogFilter {
    /// Does the row pass?
    pub fn passes(&self, row: &str) -> bool {
        match LogLine::parse(row) {
            Some(line) => {
                self.level.is_none_or(|level| line.level <= level)
                    && (self.tag.is_empty() || line.tag == self.tag)
                    && !self.hidden.iter().any(|tag| line.tag == tag)
            }
            None => self.tag.is_empty(),
        }
    }

    /// All rows pass.
    pub fn is_open(&self) -> bool {
        self.level.is_none() && self.tag.is_empty() && self.hidden.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idf_lines_are_read_with_and_without_colour() {
        let plain = LogLine::parse("I (12345) wifi:init: joined ap=Simulated").unwrap();
        assert_eq!(plain.level, Level::Info);
        assert_eq!(
            (plain.ms, plain.tag, plain.text),
            (Some(12345), "wifi:init", "joined ap=Simulated")
        );
        let coloured = LogLine::parse("\x1b[0;31mE (7) tcp: no memory\x1b[0m\r\n").unwrap();
        assert_eq!((coloured.level, coloured.text), (Level::Error, "no memory"));
        assert_eq!(coloured.level_range, 7..8);
        let clock = LogLine::parse("W (12:30:01.250) a: b").unwrap();
        assert_eq!((clock.ms, clock.tag), (None, "a"));
    }

    #[test]
    fn rust_lines_are_read() {
        let line = LogLine::parse("WARN - low voltage").unwrap();
        assert_eq!((line.level, line.tag, line.text), (Level::Warning, "", "low voltage"));
    }

    #[test]
    fn what_is_no_log_line_is_not_taken_for_one() {
        for row in [
            "",
            "I",
            "I (",
            "I am here",
            "I (x) a: b",
            "E (12) ",
            "INFO",
            "rst:0x1 (POWERON)",
            "\x1b[31",
        ] {
            assert_eq!(LogLine::parse(row), None, "{row:?}");
        }
    }

    #[test]
    fn filter_hides_quieter_lines_and_other_tags_but_no_banner() {
        let warnings = LogFilter { level: Some(Level::Warning), ..LogFilter::default() };
        assert!(warnings.passes("E (1) a: b") && warnings.passes("W (1) a: b"));
        assert!(!warnings.passes("I (1) a: b") && !warnings.passes("INFO - b"));
        assert!(warnings.passes("rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)"));
        let tag = LogFilter { tag: "tcp".to_owned(), ..LogFilter::default() };
        assert!(
            tag.passes("V (1) tcp: b") && !tag.passes("V (1) tcpip: b") && !tag.passes("banner")
        );
        let hidden = LogFilter { hidden: vec!["tcp".to_owned()], ..LogFilter::default() };
        assert!(!hidden.passes("I (1) tcp: b") && hidden.passes("I (1) wifi: b"));
        assert!(hidden.passes("banner"));
        assert!(LogFilter::default().is_open() && !tag.is_open() && !hidden.is_open());
    }
}

//! Log lines in the shape of ESP-IDF and of Rust's `log`, and a filter over them.

use std::borrow::Cow;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// How loud a log line is, loudest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
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

impl LogLevel {
    /// All, loudest first.
    pub const ALL: [Self; 5] = [Self::Error, Self::Warning, Self::Info, Self::Debug, Self::Verbose];

    /// The level's letter in ESP-IDF's lines.
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

/// A line of a log, in one of the shapes that programs for these chips have:
/// - ESP-IDF: `I (12345) wifi: connected`, with a clock (`I (12:30:01.250) wifi: …`), with a date
///   (`W (2026-11-26 20:15:03.250) app: …`), or without a time (`E app: …`)
/// - Arduino: `[  2310][W][WiFiGeneric.cpp:950] _eventCallback(): …`
/// - ESPHome: `[12:31:55][E][esp32.crash:221]: …`
/// - esp-println: `INFO - connected`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EspLogLine<'a> {
    /// How loud it is.
    pub level: LogLevel,
    /// Milliseconds since the board started; absent when the line tells a time of day or none.
    pub ms: Option<u64>,
    /// Who speaks: the tag, for Arduino and ESPHome the file or component; empty in lines of `esp-println`.
    pub tag: &'a str,
    /// What is said.
    pub text: &'a str,
    /// Where the level's letter or word stands in the row, for colouring.
    pub level_range: Range<usize>,
}

impl<'a> EspLogLine<'a> {
    /// Reads a row. ANSI colour sequences around the line may still be there; anything else before it may not.
    pub fn parse(row: &'a str) -> Option<Self> {
        let start = row.len() - skip_sgr(row).len();
        let line = strip_sgr_end(row.get(start..)?.trim_end_matches(['\r', '\n']));
        Self::idf(line, start)
            .or_else(|| Self::bracketed(line, start))
            .or_else(|| Self::rust(line, start))
    }

    fn idf(line: &'a str, start: usize) -> Option<Self> {
        let level = LogLevel::from_letter(*line.as_bytes().first()?)?;
        let rest = line.get(1..)?.strip_prefix(' ')?;
        let (time, rest) = match rest.strip_prefix('(') {
            Some(rest) => rest.split_once(") ")?,
            None => ("", rest),
        };
        let clock = |b: u8| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'-' | b' ');
        let is_timed = rest.len() < line.len() - 2;
        if (is_timed && time.is_empty()) || time.len() > 26 || !time.bytes().all(clock) {
            return None;
        }
        let (tag, text) = rest.split_once(": ").or_else(|| Some((rest.strip_suffix(':')?, "")))?;
        // Without a time only a single word is a tag; the rest is somebody's sentence.
        if !is_timed && (tag.is_empty() || tag.contains(' ')) {
            return None;
        }
        Some(Self { level, ms: time.parse().ok(), tag, text, level_range: start..start + 1 })
    }

    /// Arduino and ESPHome: fields in brackets, one of which is the level's letter; the next one names the place.
    fn bracketed(line: &'a str, start: usize) -> Option<Self> {
        let (mut ms, mut at, mut rest) = (None, start, line);
        loop {
            let (field, after) = skip_sgr(rest).strip_prefix('[')?.split_once(']')?;
            let skipped = rest.len() - skip_sgr(rest).len();
            match field.as_bytes() {
                [letter] if let Some(level) = LogLevel::from_letter(*letter) => {
                    let (place, text) = after.strip_prefix('[')?.split_once(']')?;
                    let text = text.strip_prefix(':').unwrap_or(text);
                    let tag = place.split(':').next().unwrap_or_default();
                    let letter_at = at + skipped + 1;
                    let level_range = letter_at..letter_at + 1;
                    return Some(Self { level, ms, tag, text: text.trim_start(), level_range });
                }
                time if at == start && is_clock(time) => ms = field.trim().parse().ok(),
                _ => return None,
            }
            at += rest.len() - after.len();
            rest = after;
        }
    }

    fn rust(line: &'a str, start: usize) -> Option<Self> {
        let (word, text) = line.split_once(" - ")?;
        let level = LogLevel::RUST.iter().position(|name| *name == word)?;
        let level_range = start..start + word.len();
        Some(Self { level: LogLevel::ALL[level], ms: None, tag: "", text, level_range })
    }
}

/// Milliseconds or a time of day.
fn is_clock(time: &[u8]) -> bool {
    let clock = |b: &u8| b.is_ascii_digit() || matches!(b, b':' | b'.' | b' ');
    time.len() <= 16 && time.iter().any(u8::is_ascii_digit) && time.iter().all(clock)
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

/// A text without ANSI control sequences (`ESC [ …`, up to their final byte).
pub(super) fn ansi_free(text: &str) -> Cow<'_, str> {
    if !text.contains('\x1b') {
        return text.into();
    }
    let mut free = String::with_capacity(text.len());
    let mut pieces = text.split("\x1b[");
    free.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let parameters = piece.bytes().take_while(|b| (0x20..=0x3f).contains(b)).count();
        let end = piece.ceil_char_boundary(parameters + 1);
        free.push_str(piece.get(end..).unwrap_or_default());
    }
    free.into()
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
    pub level: Option<LogLevel>,
    /// Only this tag; all when empty.
    pub tag: String,
    /// Not these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
}

impl LogFilter {
    /// Does the row pass?
    pub fn passes(&self, row: &str) -> bool {
        match EspLogLine::parse(row) {
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
        let plain = EspLogLine::parse("I (12345) wifi:init: joined ap=Simulated").unwrap();
        assert_eq!(plain.level, LogLevel::Info);
        assert_eq!(
            (plain.ms, plain.tag, plain.text),
            (Some(12345), "wifi:init", "joined ap=Simulated")
        );
        let coloured = EspLogLine::parse("\x1b[0;31mE (7) tcp: no memory\x1b[0m\r\n").unwrap();
        assert_eq!((coloured.level, coloured.text), (LogLevel::Error, "no memory"));
        assert_eq!(coloured.level_range, 7..8);
        let clock = EspLogLine::parse("W (12:30:01.250) a: b").unwrap();
        assert_eq!((clock.ms, clock.tag), (None, "a"));
    }

    #[test]
    fn every_form_of_time_is_read_and_none_too() {
        for (row, level, ms) in [
            ("I (00:00:00.106) main_task: started", LogLevel::Info, None),
            ("W (26-11-26 20:15:03.250) app: date and time", LogLevel::Warning, None),
            ("E (2026-11-26 20:15:03.250) app: long date and time", LogLevel::Error, None),
            ("I (1718712039103) app: unix milliseconds", LogLevel::Info, Some(1_718_712_039_103)),
            ("E app: no time at all", LogLevel::Error, None),
        ] {
            let line = EspLogLine::parse(row).unwrap_or_else(|| panic!("{row}"));
            assert_eq!((line.level, line.ms), (level, ms), "{row}");
            assert!(["app", "main_task"].contains(&line.tag), "{row}: {}", line.tag);
        }
    }

    #[test]
    fn lines_of_arduino_and_esphome_are_read() {
        let line =
            EspLogLine::parse("[  2310][W][WiFiGeneric.cpp:950] _eventCallback(): reason 201");
        let line = line.unwrap();
        assert_eq!(
            (line.level, line.ms, line.tag),
            (LogLevel::Warning, Some(2310), "WiFiGeneric.cpp")
        );
        assert_eq!((line.text, line.level_range), ("_eventCallback(): reason 201", 9..10));
        let bare = EspLogLine::parse("[E][WiFiSTA.cpp:211] begin(): connect failed!").unwrap();
        assert_eq!((bare.level, bare.level_range), (LogLevel::Error, 1..2));
        let esphome =
            EspLogLine::parse("\x1b[1;31m[12:31:55][E][esp32.crash:224]:   Reason: Fault\x1b[0m");
        let esphome = esphome.unwrap();
        assert_eq!((esphome.tag, esphome.text), ("esp32.crash", "Reason: Fault"));
    }

    #[test]
    fn control_sequences_are_taken_out() {
        assert_eq!(ansi_free("\x1b[31m0x42\x1b[0m"), "0x42");
        assert_eq!(ansi_free("a\x1b[1;31mü\x1b["), "aü");
        assert_eq!(ansi_free("plain"), "plain");
    }

    #[test]
    fn rust_lines_are_read() {
        let line = EspLogLine::parse("WARN - low voltage").unwrap();
        assert_eq!((line.level, line.tag, line.text), (LogLevel::Warning, "", "low voltage"));
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
            "E () a: b",
            "I am here: look",
            "[12]",
            "[x][E][a:1] b",
            "[E] b",
            "INFO",
            "rst:0x1 (POWERON)",
            "\x1b[31",
        ] {
            assert_eq!(EspLogLine::parse(row), None, "{row:?}");
        }
    }

    #[test]
    fn filter_hides_quieter_lines_and_other_tags_but_no_banner() {
        let warnings = LogFilter { level: Some(LogLevel::Warning), ..LogFilter::default() };
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

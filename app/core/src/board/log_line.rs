//! Log lines in the shapes that programs for these chips have, and a filter over them.

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
    const ZEPHYR: [&'static str; 4] = ["err", "wrn", "inf", "dbg"];

    /// A level in capitals, as Rust's `log` writes it.
    fn from_word(word: &str) -> Option<Self> {
        let word = if word == "WARNING" { "WARN" } else { word };
        Self::RUST.iter().position(|name| *name == word).map(|at| Self::ALL[at])
    }
}

/// A line of a log, in one of the shapes that programs for these chips have:
/// - ESP-IDF: `I (12345) wifi: connected`, with a clock (`I (12:30:01.250) wifi: …`), with a date
///   (`W (2026-11-26 20:15:03.250) app: …`), or without a time (`E app: …`)
/// - Arduino: `[  2310][W][WiFiGeneric.cpp:950] _eventCallback(): …`
/// - ESPHome: `[12:31:55][E][esp32.crash:221]: …`, `C` (configuration) among them, and `VV`
/// - esp-println: `INFO - connected`
/// - Zephyr: `[00:00:01.234,567] <inf> module: text`, or without the time
/// - `env_logger` and its like: `[2026-11-27T14:03:07Z INFO  module] text`, `[INFO] text`, `2026-11-27 14:03:07 WARN text`
/// - defmt as probe-rs and defmt-print write it: `0.123456 INFO text`, `0.123456 [WARN ] text`, `INFO  text`, levels in
///   five places
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EspLogLine<'a> {
    /// How loud it is.
    pub level: LogLevel,
    /// Milliseconds since the board started; absent when the line tells a time of day or none.
    pub ms: Option<u64>,
    /// Who speaks: the tag, for Arduino and ESPHome the file or component, the module; empty where none is named.
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
            .or_else(|| Self::zephyr(line, start))
            .or_else(|| Self::rust(line, start))
            .or_else(|| Self::worded(line, start))
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
                [_] | b"VV" if let Some(level) = bracketed_level(field) => {
                    let (place, text) = after.strip_prefix('[')?.split_once(']')?;
                    let text = text.strip_prefix(':').unwrap_or(text);
                    let tag = place.split(':').next().unwrap_or_default();
                    let letter_at = at + skipped + 1;
                    let level_range = letter_at..letter_at + field.len();
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
        let level = LogLevel::from_word(word)?;
        let level_range = start..start + word.len();
        Some(Self { level, ms: None, tag: "", text, level_range })
    }

    /// A level in angle brackets, with or without a time before it, and the module behind it.
    fn zephyr(line: &'a str, start: usize) -> Option<Self> {
        let rest = match line.strip_prefix('[') {
            Some(timed) => {
                let (time, rest) = timed.split_once("] ")?;
                let clock =
                    |b: u8| b.is_ascii_digit() || matches!(b, b':' | b'.' | b',' | b'-' | b' ');
                if time.is_empty() || time.len() > 32 || !time.bytes().all(clock) {
                    return None;
                }
                rest
            }
            None => line,
        };
        let rest = skip_sgr(rest);
        let (name, text) = rest.strip_prefix('<')?.split_once("> ")?;
        let level = LogLevel::ZEPHYR.iter().position(|it| *it == name)?;
        let at = start + line.len() - rest.len() + 1;
        let level_range = at..at + name.len();
        let (tag, text) = text.split_once(": ").filter(|it| is_module(it.0)).unwrap_or(("", text));
        Some(Self { level: LogLevel::ALL[level], ms: None, tag, text, level_range })
    }

    /// A level in capitals, in brackets or in a column of five, with or without a time before it.
    fn worded(line: &'a str, start: usize) -> Option<Self> {
        // In one pair of brackets: time, level, module.
        if let Some((inside, text)) = line.strip_prefix('[').and_then(|it| it.split_once("] ")) {
            let head = inside.trim_end();
            let time = leading_time(head);
            let rest = head[time..].trim_start();
            let word = rest.split(' ').next().unwrap_or_default();
            if let Some(level) = LogLevel::from_word(word) {
                let at = start + 1 + head.len() - rest.len();
                let tag = rest[word.len()..].trim_start();
                let level_range = at..at + word.len();
                return (tag.is_empty() || is_module(tag)).then_some(Self {
                    level,
                    ms: None,
                    tag,
                    text,
                    level_range,
                });
            }
        }
        let time = leading_time(line);
        let rest = &line[time..];
        let at = start + time;
        if let Some((word, text)) = rest.strip_prefix('[').and_then(|it| it.split_once("] ")) {
            let level = LogLevel::from_word(word.trim_end())?;
            let level_range = at + 1..at + 1 + word.trim_end().len();
            return Some(Self { level, ms: None, tag: "", text, level_range });
        }
        let (word, text) = rest.split_once(' ')?;
        let level = LogLevel::from_word(word)?;
        // Without a time, only a column of five is more than a word in capitals.
        if time == 0 && (word.len() < 5) != text.starts_with(' ') {
            return None;
        }
        let text = text.trim_start();
        let (tag, text) = match text.strip_prefix('[').and_then(|it| it.split_once("] ")) {
            Some((module, text)) if is_module(module) => (module, text),
            _ => ("", text),
        };
        Some(Self { level, ms: None, tag, text, level_range: at..at + word.len() })
    }
}

/// ESPHome has more levels than letters of ESP-IDF: configuration is said below information, `VV` is the quietest.
fn bracketed_level(field: &str) -> Option<LogLevel> {
    match field.as_bytes() {
        [b'C'] => Some(LogLevel::Debug),
        b"VV" => Some(LogLevel::Verbose),
        [letter] => LogLevel::from_letter(*letter),
        _ => None,
    }
}

/// A path of a module or the name of a component: no sentence.
fn is_module(name: &str) -> bool {
    let part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'.' | b'-' | b'/');
    !name.is_empty() && name.len() <= 128 && name.bytes().all(part)
}

/// How long a time at the beginning of a line is, with the blanks behind it: seconds with a fraction, a clock, a date, or both
/// (RFC 3339). 0: there is none.
fn leading_time(line: &str) -> usize {
    let part =
        |b: u8| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'-' | b'+' | b'T' | b'Z' | b',');
    let mut length = 0;
    for _ in 0..2 {
        let rest = &line[length..];
        let field = rest.bytes().take_while(|b| part(*b)).count();
        let is_time = rest.as_bytes().first().is_some_and(u8::is_ascii_digit)
            && rest[..field].contains([':', '.', '-'])
            && field <= 40;
        let blanks = rest[field..].bytes().take_while(|b| *b == b' ').count();
        if !is_time || blanks == 0 {
            break;
        }
        length += field + blanks;
    }
    length
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
    fn lines_of_zephyr_are_read() {
        for (row, level, tag, text) in [
            ("[00:00:01.234,567] <inf> wifi_mgr: joined", LogLevel::Info, "wifi_mgr", "joined"),
            ("[00:00:01.234] <wrn> app.main: low: 5", LogLevel::Warning, "app.main", "low: 5"),
            ("<err> flash_esp32: no", LogLevel::Error, "flash_esp32", "no"),
            ("\x1b[0m[00:00:00.000,000] \x1b[0m<dbg> os: tick", LogLevel::Debug, "os", "tick"),
        ] {
            let line = EspLogLine::parse(row).unwrap_or_else(|| panic!("{row}"));
            assert_eq!((line.level, line.tag, line.text), (level, tag, text), "{row}");
            assert_eq!(&row[line.level_range].len(), &3);
        }
    }

    #[test]
    fn levels_in_words_are_read_wherever_loggers_put_them() {
        for (row, level, tag, text) in [
            ("INFO  connected", LogLevel::Info, "", "connected"),
            ("WARN  low", LogLevel::Warning, "", "low"),
            ("ERROR no memory", LogLevel::Error, "", "no memory"),
            ("0.123456 INFO text", LogLevel::Info, "", "text"),
            ("0.123456 TRACE text", LogLevel::Verbose, "", "text"),
            (
                "12.5 [WARN ] text (app src/main.rs:10)",
                LogLevel::Warning,
                "",
                "text (app src/main.rs:10)",
            ),
            ("[INFO ] text", LogLevel::Info, "", "text"),
            ("[ERROR] text", LogLevel::Error, "", "text"),
            ("[WARNING] text", LogLevel::Warning, "", "text"),
            (
                "[2026-11-27T14:03:07Z INFO  app::wifi] joined",
                LogLevel::Info,
                "app::wifi",
                "joined",
            ),
            ("[2026-11-27T14:03:07.123Z DEBUG app] x", LogLevel::Debug, "app", "x"),
            ("[INFO  app::wifi] joined", LogLevel::Info, "app::wifi", "joined"),
            ("2026-11-27 14:03:07.5 WARN [app] low", LogLevel::Warning, "app", "low"),
            ("2026-11-27T14:03:07+08:00 ERROR text", LogLevel::Error, "", "text"),
            ("14:03:07 [INFO] text", LogLevel::Info, "", "text"),
        ] {
            let line = EspLogLine::parse(row).unwrap_or_else(|| panic!("{row}"));
            assert_eq!((line.level, line.tag, line.text), (level, tag, text), "{row}");
            let word = &row[line.level_range];
            assert_eq!(LogLevel::from_word(word), Some(level), "{row}");
        }
    }

    #[test]
    fn more_levels_of_esphome_are_read() {
        for (row, level) in [
            ("[12:31:55][C][wifi:600]: Local MAC", LogLevel::Debug),
            ("[12:31:55.123][VV][api:10]: x", LogLevel::Verbose),
            ("[I][app:029]: Running", LogLevel::Info),
        ] {
            assert_eq!(EspLogLine::parse(row).map(|it| it.level), Some(level), "{row}");
        }
    }

    #[test]
    fn prose_is_no_log() {
        for row in [
            "I think so: therefore I am",
            "E is for elephant: a big animal",
            "A warning: the door is open",
            "Error: file not found",
            "error codes are listed in chapter 4",
            "INFO about the program",
            "WARN the others",
            "INFO: see below",
            "Info - see below",
            "The INFO  column is empty",
            "[see] ERROR text",
            "[INFO text",
            "[1] INFO text",
            "[2026 INFO is all we have] here",
            "3 INFO desks are open",
            "1.5 litres of milk",
            "12:30 lunch",
            "2026-11-27 was a Friday",
            "<info> text",
            "<inf>text",
            "<p> inf </p>",
            "a <err> b: c",
            "[ok] <inf> a: b",
            "D-Day: 6 June",
            "V: the letter",
            "W - the letter",
            "  I (12) indented: line",
            "AT+CWJAP=\"ssid\",\"pass\"",
            "+IPD,0,5:hello",
            "GET / HTTP/1.1",
            "{\"level\": \"INFO\"}",
            "温度: 25.3",
        ] {
            assert_eq!(EspLogLine::parse(row), None, "{row:?}");
        }
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

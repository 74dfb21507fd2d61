//! What the program says of itself, for whoever has to find out what went wrong: a bounded list of lines. Captured traffic and
//! secrets are never among them.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use crate::Timestamp;
use crate::terminal::Plain;

/// How much a line matters; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something was lost.
    Error,
    /// Something went wrong, and the program went on by itself.
    Warn,
    /// What a user may want to know afterwards.
    Info,
    /// For those who look for a fault.
    Debug,
    /// Each step.
    Trace,
}

impl Severity {
    /// All of them, the worst first.
    pub const ALL: [Self; 5] = [Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];

    /// As it is written in settings, arguments and files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }

    /// The level of this name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name().eq_ignore_ascii_case(name))
    }
}

/// One thing that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// When.
    pub at: Timestamp,
    /// How much it matters.
    pub level: Severity,
    /// Which part of the program said it, as a path of modules.
    pub target: String,
    /// What; one line.
    pub text: String,
}

impl LogEntry {
    /// The most bytes of a text.
    pub const LONGEST: usize = 4096;

    /// A line of this text: what would drive a terminal is escaped, line ends included, and what is too long is cut.
    pub fn new(at: Timestamp, level: Severity, target: &str, text: &str) -> Self {
        let mut text = Plain(text.trim_end()).to_string();
        if text.len() > Self::LONGEST {
            text.truncate(text.floor_char_boundary(Self::LONGEST));
            text.push('…');
        }
        Self { at, level, target: target.to_owned(), text }
    }

    /// As it stands in files: time in UTC, level, target, text.
    pub fn written(&self) -> String {
        let time = jiff::Timestamp::from_nanosecond(i128::from(self.at.0)).unwrap_or_default();
        let level = self.level.name().to_ascii_uppercase();
        format!("{time:.6} {level:5} {}: {}", self.target, self.text)
    }
}

/// The latest lines. The oldest go first.
#[derive(Debug, Default)]
pub struct LogRing {
    lines: VecDeque<Arc<LogEntry>>,
    bytes: usize,
    first: u64,
    alerts: Alerts,
}

/// What the user must hear of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alerts {
    /// How many there were since the program began.
    pub count: u64,
    /// The latest.
    pub latest: Option<Arc<LogEntry>>,
}

/// A part of the lines that matter enough.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogPage {
    /// How many there are in all.
    pub count: usize,
    /// Those that were asked for.
    pub lines: Vec<Arc<LogEntry>>,
    /// The number of the next line that comes, for hiding what is there.
    pub end: u64,
    /// How many lines went already because there was no room.
    pub gone: u64,
}

impl LogRing {
    /// The most lines that are kept.
    pub const LINES: usize = 10_000;
    /// The most bytes of text that are kept.
    pub const BYTES: usize = 4 << 20;

    /// Adds a line; one that alerts is counted for a notice.
    pub fn push(&mut self, line: Arc<LogEntry>, alerts: bool) {
        if alerts {
            self.alerts.count += 1;
            self.alerts.latest = Some(Arc::clone(&line));
        }
        self.bytes += size(&line);
        self.lines.push_back(line);
        while self.lines.len() > Self::LINES || self.bytes > Self::BYTES {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.bytes -= size(&oldest);
            self.first += 1;
        }
    }

    /// The lines of at least this level from number `from` on, and those of them at `rows`.
    pub fn select(&self, level: Severity, from: u64, rows: Range<usize>) -> LogPage {
        let mut selection = LogPage {
            end: self.first + self.lines.len() as u64,
            gone: self.first,
            ..LogPage::default()
        };
        let skipped = usize::try_from(from.saturating_sub(self.first)).unwrap_or(usize::MAX);
        for line in self.lines.iter().skip(skipped).filter(|line| line.level <= level) {
            if rows.contains(&selection.count) {
                selection.lines.push(Arc::clone(line));
            }
            selection.count += 1;
        }
        selection
    }

    /// The latest lines, at most so many.
    pub fn tail(&self, most: usize) -> Vec<Arc<LogEntry>> {
        self.lines.iter().skip(self.lines.len().saturating_sub(most)).cloned().collect()
    }

    /// What the user must hear of.
    pub fn alerts(&self) -> Alerts {
        self.alerts.clone()
    }
}

fn size(line: &LogEntry) -> usize {
    line.text.len() + line.target.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(level: Severity, text: &str) -> Arc<LogEntry> {
        Arc::new(LogEntry::new(Timestamp(1_782_898_860_000_000_000), level, "espalier::x", text))
    }

    #[test]
    fn the_oldest_lines_go_first_and_their_number_is_known() {
        let mut ring = LogRing::default();
        for number in 0..LogRing::LINES + 5 {
            ring.push(line(Severity::Info, &number.to_string()), false);
        }
        let selection = ring.select(Severity::Trace, 0, 0..1);
        assert_eq!((selection.count, selection.gone), (LogRing::LINES, 5));
        assert_eq!(selection.lines[0].text, "5");
        let long = "x".repeat(2 * LogEntry::LONGEST);
        for _ in 0..2 * LogRing::BYTES / LogEntry::LONGEST {
            ring.push(line(Severity::Info, &long), false);
        }
        assert!(ring.bytes <= LogRing::BYTES);
        assert!(ring.select(Severity::Trace, 0, 0..0).count > 500);
    }

    #[test]
    fn lines_are_selected_by_level_and_hidden_by_number() {
        let mut ring = LogRing::default();
        for (number, level) in Severity::ALL.into_iter().cycle().take(10).enumerate() {
            ring.push(line(level, &number.to_string()), level <= Severity::Warn);
        }
        let warnings = ring.select(Severity::Warn, 0, 1..3);
        assert_eq!(warnings.count, 4);
        let texts: Vec<&str> = warnings.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["1", "5"]);
        assert_eq!(ring.select(Severity::Trace, warnings.end, 0..99).count, 0);
        assert_eq!(ring.alerts().count, 4);
        assert_eq!(ring.alerts().latest.unwrap().text, "6");
    }

    #[test]
    fn a_line_is_one_line_and_drives_no_terminal() {
        let line = line(Severity::Warn, "a\nb\u{1b}]52;c;x\u{7}\u{202e}你\n");
        assert_eq!(line.text, "a\\x0ab\\x1b]52;c;x\\x07\\u{202e}你");
        assert!(line.written().starts_with("2026-07-01T09:41:00.000000Z WARN  espalier::x: a"));
    }
}

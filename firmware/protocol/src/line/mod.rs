//! Console lines: `I (12345) tcp: accepted peer=192.168.1.10:50123 slot=1 served=1/2`.
//!
//! ```text
//! line   = letter " (" milliseconds ") " tag ": " head { " " field }
//! letter = "E" | "W" | "I" | "D" | "V"
//! field  = key "=" value | value            (one `value` without a key: the address of `got ip:`)
//! value  = bare word | quoted text
//! ```
//!
//! The shape is ESP-IDF's, so that every monitor colours and filters it. `tag` and `head` say what
//! happened; fields come in any order; a key that the reader does not know is skipped, so a newer
//! board still speaks to an older app. [`EVENTS`] is the whole vocabulary. [`Line`]'s `Display`
//! and [`Line::parse`] are each other's inverse.

mod event;
mod fields;
mod grammar;
#[cfg(test)]
mod tests;
mod tokens;

pub use crate::field::{Bytes, DATA_MAX, Keepalive, Share, Text};
pub use event::{EVENTS, LineEvent};
pub use grammar::{EventGrammar, FieldGrammar};

use crate::words::Level;
use core::fmt;
use fields::Fields;

/// The longest line the board prints, in bytes, its line end included.
pub const LINE_MAX: usize = 512;

/// A line in ESP-IDF's shape, whoever printed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLine<'a> {
    /// How loud it is.
    pub level: Level,
    /// Milliseconds since the board started.
    pub ms: u64,
    /// Which part of the firmware speaks.
    pub tag: &'a str,
    /// What it says.
    pub message: &'a str,
}

impl<'a> LogLine<'a> {
    /// Reads one line without its line end; colour codes must be gone already.
    pub fn parse(line: &'a str) -> Option<Self> {
        let line = line.trim_end_matches(['\r', '\n']);
        let mut chars = line.chars();
        let level = Level::from_letter(chars.next()?)?;
        let (ms, rest) = chars.as_str().strip_prefix(" (")?.split_once(") ")?;
        let (tag, message) = rest.split_once(": ")?;
        if !ms.bytes().all(|byte| byte.is_ascii_digit()) || tag.is_empty() {
            return None;
        }
        Some(Self { level, ms: ms.parse().ok()?, tag, message })
    }
}

/// A line that this grammar knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    /// Milliseconds since the board started.
    pub ms: u64,
    /// What happened.
    pub event: LineEvent<'a>,
}

impl<'a> Line<'a> {
    /// Reads one line without its line end. `None` for everything else that a board prints.
    pub fn parse(line: &'a str) -> Option<Self> {
        let LogLine { ms, tag, message, .. } = LogLine::parse(line)?;
        LineEvent::parse(tag, message).map(|event| Self { ms, event })
    }

    /// The same line, owning its text.
    pub fn into_static(self) -> Line<'static> {
        Line { ms: self.ms, event: self.event.into_static() }
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ms, event } = self;
        write!(f, "{} ({ms}) {}: {}", event.level().letter(), event.tag(), event.head())?;
        event.print_fields(&mut Fields::new(f))
    }
}

//! Prepared messages, in groups.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::AnswerSpec;
use crate::send::{PlaceholderValues, SendError, SendSpec, compose, compose_filled};
use crate::view::EncodingName;

/// Prepared messages, in groups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SendList {
    /// The groups, in order.
    #[serde(rename = "group", skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<SendGroup>,
}

impl SendList {
    /// How many entries a list may have; a file with more of them is refused.
    pub const MOST: usize = 50_000;

    /// How many bytes of text a list may have in all.
    pub const LONGEST: usize = 32 << 20;

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.groups.iter().map(|group| group.entries.len()).sum()
    }

    /// Whether it has more than [`Self::MOST`] entries, or more than [`Self::LONGEST`] bytes of text.
    pub fn is_too_large(&self) -> bool {
        let entries = self.groups.iter().flat_map(|group| &group.entries);
        let answer = |entry: &SendEntry| entry.answer.as_ref().map_or(0, |it| it.pattern.len());
        let entries = entries.map(|it| it.name.len() + it.text.len() + answer(it));
        let text =
            entries.sum::<usize>() + self.groups.iter().map(|it| it.name.len()).sum::<usize>();
        self.len() + self.groups.len() > Self::MOST || text > Self::LONGEST
    }

    /// Whether it has no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Messages that belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SendGroup {
    /// Its name.
    pub name: String,
    /// The messages, in order; shared by the lists that a change makes.
    #[serde(rename = "entry", skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Arc<SendEntry>>,
}

impl SendGroup {
    /// A group of these.
    pub fn new(name: impl Into<String>, entries: impl IntoIterator<Item = SendEntry>) -> Self {
        Self { name: name.into(), entries: entries.into_iter().map(Arc::new).collect() }
    }
}

/// A prepared message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SendEntry {
    /// Its name; empty: its text is shown.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What is written; empty in an entry that only divides others.
    pub text: String,
    /// `{{…}}` in the text stands for something that changes.
    pub placeholders: bool,
    /// Its place in a run: those with lower numbers come first, equal ones as they stand in the list; 0: in no run that takes
    /// a whole group.
    pub order: u32,
    /// Milliseconds from sending it to what follows in a run.
    pub delay_ms: u32,
    /// How often a run sends it, at least once.
    pub repeat: u32,
    /// The encoding of its text; the session's when `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<EncodingName>,
    /// Which of the theme's eight highlight colours it has, 0 to 7.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<u8>,
    /// The key that sends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortcut: Option<Shortcut>,
    /// How the text becomes bytes.
    pub spec: SendSpec,
    /// What a run waits for after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<AnswerSpec>,
}

impl Default for SendEntry {
    fn default() -> Self {
        Self {
            name: String::new(),
            text: String::new(),
            placeholders: false,
            order: 1,
            delay_ms: 1000,
            repeat: 1,
            encoding: None,
            color: None,
            shortcut: None,
            spec: plain(),
            answer: None,
        }
    }
}

impl SendEntry {
    /// The bytes that are sent. `session` is the encoding of a session, for an entry that has none of its own.
    ///
    /// # Errors
    /// [`SendError`] points at what cannot be sent as it is written.
    pub fn compose(
        &self,
        session: &EncodingName,
        values: &mut PlaceholderValues<'_>,
    ) -> Result<Vec<u8>, SendError> {
        let encoding = self.encoding_in(session);
        match self.placeholders {
            true => compose_filled(&self.spec, &self.text, encoding, values),
            false => compose(&self.spec, &self.text, encoding),
        }
    }

    /// Its own encoding, or else that of the session.
    pub fn encoding_in<'a>(&'a self, session: &'a EncodingName) -> &'a EncodingName {
        self.encoding.as_ref().unwrap_or(session)
    }

    /// What it is called where there is room for a few words: its name, or else the first line of its text; at most 80
    /// characters of either.
    pub fn label(&self) -> &str {
        let whole = if self.name.is_empty() { &self.text } else { &self.name };
        let line = whole.lines().next().unwrap_or_default();
        line.char_indices().nth(80).map_or(line, |(end, _)| &line[..end])
    }
}

/// As it is written: a backslash is one.
fn plain() -> SendSpec {
    SendSpec { escapes: false, ..SendSpec::default() }
}

/// A key that sends an entry: F2 to F12, or Ctrl with 1 to 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Shortcut {
    /// F2 to F12.
    Function(u8),
    /// Ctrl (Command on a Mac) with 1 to 9.
    Control(u8),
}

impl Shortcut {
    /// All of them, in the order of a menu.
    pub fn all() -> impl Iterator<Item = Self> {
        (2..=12).map(Self::Function).chain((1..=9).map(Self::Control))
    }
}

impl fmt::Display for Shortcut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(number) => write!(f, "F{number}"),
            Self::Control(number) => write!(f, "Ctrl+{number}"),
        }
    }
}

/// No key that can send an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} sends nothing: use F2 to F12, or Ctrl+1 to Ctrl+9")]
pub struct UnknownShortcut(String);

impl FromStr for Shortcut {
    type Err = UnknownShortcut;

    fn from_str(text: &str) -> Result<Self, UnknownShortcut> {
        let found = Self::all().find(|key| key.to_string().eq_ignore_ascii_case(text.trim()));
        found.ok_or_else(|| UnknownShortcut(text.to_owned()))
    }
}

impl TryFrom<String> for Shortcut {
    type Error = UnknownShortcut;

    fn try_from(text: String) -> Result<Self, UnknownShortcut> {
        text.parse()
    }
}

impl From<Shortcut> for String {
    fn from(shortcut: Shortcut) -> Self {
        shortcut.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_few_words_of_a_long_message() {
        let long = SendEntry { text: "好".repeat(1000) + "\nmore", ..SendEntry::default() };
        assert_eq!(long.label(), "好".repeat(80));
        let named = SendEntry { name: "poll".to_owned(), ..long };
        assert_eq!(named.label(), "poll");
    }

    #[test]
    fn keys_are_read_as_they_are_written() {
        for key in Shortcut::all() {
            assert_eq!(key.to_string().parse(), Ok(key));
        }
        assert_eq!("f5".parse(), Ok(Shortcut::Function(5)));
        assert_eq!("ctrl+9".parse(), Ok(Shortcut::Control(9)));
        for none in ["F1", "F13", "Ctrl+0", "A", ""] {
            assert!(none.parse::<Shortcut>().is_err(), "{none}");
        }
    }
}

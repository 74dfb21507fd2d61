//! What a rule does.

use serde::{Deserialize, Serialize};

use crate::send::{PlaceholderValues, SendError, SendSpec, compose, compose_filled};
use crate::view::EncodingName;

/// What a rule does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum RuleAction {
    /// Send this to the peer that it came from.
    Send(RuleAnswer),
    /// Run a group of the send list, once.
    RunList {
        /// The group's name.
        group: String,
    },
    /// Mark the row in which the match ends.
    Highlight {
        /// Which of the theme's eight highlight colours, 0 to 7.
        color: u8,
    },
    /// Tell the user.
    Notify {
        /// What is told; empty: the rule's name.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// Save a mark in the log.
    Mark {
        /// What it says; empty: the rule's name.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// Stop the send list that runs.
    StopList,
    /// End the session, in order.
    EndSession,
}

impl RuleAction {
    /// It tells only, and is done when the match ends, whatever the rule sends before.
    pub const fn is_telling(&self) -> bool {
        matches!(self, Self::Highlight { .. } | Self::Notify { .. } | Self::Mark { .. })
    }

    /// Whether parts of the match may stand in what it sends or says.
    pub(super) fn wants_captures(&self) -> bool {
        match self {
            Self::Send(answer) => answer.placeholders,
            Self::Notify { text } | Self::Mark { text } => text.contains("{{"),
            _ => false,
        }
    }
}

/// How much of what a notice or a mark says is kept, in characters: parts of a match may be long.
const TOLD: usize = 500;

/// What a notice or a mark says: its text with what `{{…}}` stands for, as in [`RuleAnswer::placeholders`]. `encoding` is that of
/// the one who said what matched. Where something in it stands for nothing, it is as it is written. At most 500 characters;
/// control characters are as `\x1B`.
pub fn told_text(
    text: &str,
    encoding: &EncodingName,
    values: &mut PlaceholderValues<'_>,
) -> String {
    let spec = SendSpec { escapes: false, ..SendSpec::default() };
    let Ok(filled) = compose_filled(&spec, text, encoding, values) else { return text.to_owned() };
    let (filled, _) = encoding.encoding_or_utf8().decode_without_bom_handling(&filled);
    let mut told = String::with_capacity(filled.len());
    for letter in filled.chars().take(TOLD) {
        match letter.is_control() {
            true => told.push_str(&format!("\\x{:02X}", u32::from(letter))),
            false => told.push(letter),
        }
    }
    told
}

/// What a rule sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleAnswer {
    /// What is written.
    pub text: String,
    /// `{{…}}` in the text stands for something that changes, or for a part of the match: `{{0}}` is all of it, `{{1}}` its
    /// first group, `{{name}}` a group with that name.
    pub placeholders: bool,
    /// Milliseconds from the last byte of the match to sending it.
    pub delay_ms: u32,
    /// The encoding of its text; the session's when `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<EncodingName>,
    /// How the text becomes bytes.
    pub spec: SendSpec,
}

impl Default for RuleAnswer {
    fn default() -> Self {
        Self {
            text: String::new(),
            placeholders: true,
            delay_ms: 0,
            encoding: None,
            spec: SendSpec::default(),
        }
    }
}

impl RuleAnswer {
    /// The bytes that are sent. `session` is the encoding of a session, for an answer that has none of its own.
    ///
    /// # Errors
    /// [`SendError`] points at what cannot be sent as it is written.
    pub fn compose(
        &self,
        session: &EncodingName,
        values: &mut PlaceholderValues<'_>,
    ) -> Result<Vec<u8>, SendError> {
        let encoding = self.encoding.as_ref().unwrap_or(session);
        match self.placeholders {
            true => compose_filled(&self.spec, &self.text, encoding, values),
            false => compose(&self.spec, &self.text, encoding),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::Timestamp;
    use crate::view::TimeZone;

    #[test]
    fn a_mark_says_what_matched_in_the_encoding_of_who_said_it() {
        let told = |text: &str, encoding: &str, part: &[u8]| {
            let none = BTreeMap::new();
            let captures = BTreeMap::from([("t".to_owned(), part.to_vec())]);
            let mut values = PlaceholderValues::new(0, Timestamp(0), TimeZone::UTC, "", &none)
                .with_captures(&captures);
            told_text(text, &EncodingName(encoding.to_owned()), &mut values)
        };
        assert_eq!(told("温度 {{t}}", "UTF-8", b"25.3"), "温度 25.3");
        assert_eq!(told("{{t}}", "GBK", b"\xC4\xE3"), "你");
        assert_eq!(told("{{t}}", "UTF-8", b"\x1b[2J"), "\\x1B[2J");
        assert_eq!(told("{{other}}", "UTF-8", b""), "{{other}}", "nothing it could stand for");
        assert_eq!(told(r"C:\new", "UTF-8", b""), r"C:\new", "no escapes");
        assert_eq!(told("{{t}}", "UTF-8", &[b'x'; 4096]).len(), TOLD);
    }
}

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

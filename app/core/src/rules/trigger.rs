//! What a rule waits for.

use serde::{Deserialize, Serialize};

use crate::matching::{BytePattern, MatchGroups, PatternFormat};
use crate::view::EncodingName;

/// What a rule waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Trigger {
    /// Bytes came from a peer.
    Received(ReceivedTrigger),
    /// A connection stands, or the port was opened.
    Connected,
    /// A connection is over, or the port is.
    Disconnected,
    /// Nothing came from a peer for so long; once, until something comes again.
    Silence {
        /// Milliseconds since the last byte, or since the connection stands; at least 1.
        after_ms: u32,
    },
}

impl Trigger {
    /// Whether what is looked for are other bytes in another encoding.
    pub(super) fn depends_on_encoding(&self) -> bool {
        matches!(self, Self::Received(received)
            if received.encoding.is_none()
                && received.format != PatternFormat::Hex
                && received.place != PatternPlace::Any)
    }
}

impl Default for Trigger {
    fn default() -> Self {
        Self::Received(ReceivedTrigger::default())
    }
}

/// Bytes that came from a peer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReceivedTrigger {
    /// What is looked for; with [`PatternPlace::Any`] nothing.
    pub pattern: String,
    /// How the pattern is written.
    pub format: PatternFormat,
    /// Where it has to be.
    pub place: PatternPlace,
    /// The encoding of its text; the session's when `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<EncodingName>,
    /// What a message is, where the pattern has to be at a place in one.
    pub framing: MessageFraming,
}

impl ReceivedTrigger {
    /// What a match may be made of; `None` where that is not known.
    pub(super) fn sample(&self) -> Option<MatchGroups> {
        if matches!(self.place, PatternPlace::Any | PatternPlace::Absent) {
            return None;
        }
        // In which encoding it stands makes no group.
        let encoding = EncodingName::default();
        BytePattern::new(&self.pattern, self.format, &encoding).ok().map(|it| it.sample())
    }
}

/// Where a pattern has to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PatternPlace {
    /// Anywhere in the stream, across reads and messages.
    #[default]
    Anywhere,
    /// A message is this and nothing else.
    Whole,
    /// A message begins with it.
    Start,
    /// A message ends with it.
    End,
    /// A message does not have it.
    Absent,
    /// Every message, whatever it is.
    Any,
}

impl PatternPlace {
    /// All of them, in the order of a menu.
    pub const ALL: [Self; 6] =
        [Self::Anywhere, Self::Whole, Self::Start, Self::End, Self::Absent, Self::Any];
}

/// What a message is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageFraming {
    /// A line on a serial port, else what comes without a pause of [`Self::PAUSE_MS`].
    #[default]
    Auto,
    /// What stands before CR, LF or both; the ending is no part of it, and an empty line is none.
    Line,
    /// What comes without a pause of so many milliseconds.
    Pause(u32),
}

impl MessageFraming {
    /// The pause that ends a message where nothing else is said, in milliseconds.
    pub const PAUSE_MS: u32 = 20;
}

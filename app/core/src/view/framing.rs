//! Where rows begin and end, as a user says it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::EncodingName;
use crate::send::{SendError, SendFormat, SendSpec, compose};
use crate::{Sentence, say};

/// Where rows begin and end, per peer and direction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "by")]
pub enum Framing {
    /// One row per read or write.
    Packet,
    /// At each newline, which belongs to the row it ends; CR LF counts as one. On a serial line, where prompts end with no
    /// newline, a row ends also when it has waited for [`Framing::LINE_PAUSE`], or for [`Framing::TURN_PAUSE`] and what came
    /// meanwhile went the other way.
    #[default]
    Line,
    /// At each newline, and when a direction of a peer paused for longer than [`Framing::PAUSE`]: what is said without a
    /// newline is still a row of its own. In what we send, and where the other side said something meanwhile,
    /// [`Framing::MESSAGE_PAUSE`] is enough. In a hex view at pauses alone: there a byte 0x0A is no newline.
    Message,
    /// When a direction of a peer was silent for longer than this.
    Gap {
        /// Milliseconds, 1 to 60000.
        ms: u32,
    },
    /// At each carriage return or newline; CR LF counts as one (in UTF-16 as two). On a serial line a row waits no longer than
    /// with [`Framing::Line`].
    Cr,
    /// Behind any of these. On a serial line a row waits no longer than with [`Framing::Line`].
    Delimiter {
        /// 1 to [`Framing::MOST_DELIMITERS`], of 1 to [`FrameBytes::LONGEST`] bytes.
        delimiters: Vec<FrameBytes>,
    },
    /// So many bytes each; fewer when the rest does not come within [`Framing::STALL`].
    Length {
        /// 1 to [`FrameLayout::LONGEST`].
        bytes: u32,
    },
    /// Frames of this layout.
    Frame(FrameLayout),
}

impl Framing {
    /// What ends an unfinished line of [`Framing::Message`]: longer than a sender takes to write on, shorter than a person.
    pub const PAUSE: Duration = Duration::from_millis(50);
    /// What ends an unfinished line of [`Framing::Message`] that we sent, or that was followed by something of the other
    /// side: longer than between the parts of one message, shorter than between those that are sent each 10 ms.
    pub const MESSAGE_PAUSE: Duration = Duration::from_millis(5);
    /// What ends an unfinished line of a serial line whatever follows: longer than between the dots of a program that shows
    /// each second that it lives.
    pub const LINE_PAUSE: Duration = Duration::from_secs(2);
    /// The same when the other side had its turn: longer than between two keys that are typed, and echoed one by one.
    pub const TURN_PAUSE: Duration = Duration::from_millis(500);
    /// What ends an unfinished frame: longer than TCP takes to send again what was lost.
    pub const STALL: Duration = Duration::from_millis(500);
    /// How many delimiters there can be.
    pub const MOST_DELIMITERS: usize = 16;
}

/// Bytes as a user writes them: text with escapes (`\\r\\n`, `\\x02`) in the encoding of the view, or `hex:` and pairs of digits
/// (`hex:AA 55`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FrameBytes(pub String);

impl FrameBytes {
    /// How many bytes they can be.
    pub const LONGEST: usize = 16;
    /// What stands before digits.
    pub const HEX: &'static str = "hex:";

    /// The digits, if these are any.
    pub fn digits(&self) -> Option<&str> {
        self.0.strip_prefix(Self::HEX)
    }

    /// The bytes.
    ///
    /// # Errors
    /// What cannot be read, and where.
    pub fn bytes(&self, encoding: &EncodingName) -> Result<Vec<u8>, SendError> {
        let format = if self.digits().is_some() { SendFormat::Hex } else { SendFormat::Text };
        let spec = SendSpec { format, ..SendSpec::default() };
        compose(&spec, self.digits().unwrap_or(&self.0), encoding)
    }

    /// The same within [`Self::LONGEST`], as a part of a framing.
    pub(super) fn part(&self, encoding: &EncodingName) -> Result<Vec<u8>, Sentence> {
        let bytes = self.bytes(encoding).map_err(|error| {
            let text = &self.0;
            say!(
                "framing-bytes",
                "Cannot read {text} as bytes: {error}",
                text = text,
                error = error
            )
        })?;
        if bytes.len() > Self::LONGEST {
            let most = Self::LONGEST;
            return Err(say!("framing-bytes-many", "At most {most} bytes each", most = most));
        }
        Ok(bytes)
    }
}

/// How frames are built. They end where their length says, or else with their footer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FrameLayout {
    /// What a frame begins with; may be empty where it has a length.
    pub header: FrameBytes,
    /// Where its length stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<LengthField>,
    /// What a frame ends with; may be empty where it has a length.
    pub footer: FrameBytes,
    /// Its checksum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<FrameCheck>,
    /// How long a frame can be, in bytes: what is longer is no frame. 1 to [`FrameLayout::LONGEST`].
    pub longest: u32,
}

impl FrameLayout {
    /// Longest frame, in bytes: that of a row.
    pub const LONGEST: u32 = 4096;
}

impl Default for FrameLayout {
    fn default() -> Self {
        Self {
            header: FrameBytes::default(),
            length: None,
            footer: FrameBytes::default(),
            check: None,
            longest: 1024,
        }
    }
}

/// Where a frame's length stands, and what it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LengthField {
    /// Which byte of the frame it begins with, from 0: behind the header. At most 255.
    pub at: u32,
    /// How many bytes it has: 1, 2 or 4.
    pub width: u32,
    /// The most significant byte comes first.
    pub big_endian: bool,
    /// What is to be added to it so that it counts all of the frame, header and checksum too.
    pub add: i32,
}

impl Default for LengthField {
    fn default() -> Self {
        Self { at: 2, width: 1, big_endian: false, add: 0 }
    }
}

/// Where a frame's checksum stands, and of what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FrameCheck {
    /// The checksum's name, as [`crate::send::Checksum::named`] knows it.
    pub name: String,
    /// The first byte of the frame that it is of, from 0; the last one is that before the checksum.
    pub from: u32,
    /// The most significant byte comes first.
    pub big_endian: bool,
    /// How many bytes stand between the checksum and the footer, or the frame's end.
    pub behind: u32,
}

impl Default for FrameCheck {
    fn default() -> Self {
        Self { name: "CRC-16/MODBUS".to_owned(), from: 0, big_endian: false, behind: 0 }
    }
}

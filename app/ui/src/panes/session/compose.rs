//! From what is written in the send box to bytes.

use std::ops::Range;

use espalier_core::view::EncodingName;
use serde::{Deserialize, Serialize};

use super::send::SendState;

/// What is put after the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Nothing.
    #[default]
    None,
    /// Line feed.
    Lf,
    /// Carriage return.
    Cr,
    /// Both.
    CrLf,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::None, Self::Lf, Self::Cr, Self::CrLf];

    /// The key of its name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::None => "ending-none",
            Self::Lf => "ending-lf",
            Self::Cr => "ending-cr",
            Self::CrLf => "ending-crlf",
        }
    }

    const fn bytes(self) -> &'static [u8] {
        match self {
            Self::None => b"",
            Self::Lf => b"\n",
            Self::Cr => b"\r",
            Self::CrLf => b"\r\n",
        }
    }
}

/// What is wrong with what is written, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// The place, in bytes of the text.
    pub range: Range<usize>,
    /// The key of the sentence.
    pub key: &'static str,
}

impl Problem {
    /// What stands at the place.
    pub(super) fn text<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.range.clone()).unwrap_or_default()
    }
}

/// The bytes that are sent for this text.
pub(super) fn compose(
    state: &SendState,
    text: &str,
    encoding: &EncodingName,
) -> Result<Vec<u8>, Problem> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let _ = encoding;
    let mut bytes = if state.hex { hex(text)? } else { text.as_bytes().to_vec() };
    bytes.extend_from_slice(state.ending.bytes());
    Ok(bytes)
}

fn hex(text: &str) -> Result<Vec<u8>, Problem> {
    let mut digits = Vec::new();
    for (at, c) in text.char_indices() {
        match c.to_digit(16) {
            Some(digit) => digits.push(digit as u8),
            None if c.is_whitespace() || c == ',' => {}
            None => {
                return Err(Problem { range: at..at + c.len_utf8(), key: "send-bad-hex" });
            }
        }
    }
    Ok(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

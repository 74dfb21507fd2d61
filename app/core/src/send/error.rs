//! Why something cannot be sent as it is written.

use std::ops::Range;

/// Something that cannot be sent as it is written, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct SendError {
    /// What stands wrong: a range of bytes of the text, between characters. Empty at a place where something is missing.
    pub range: Range<usize>,
    /// What is wrong.
    #[source]
    pub fault: SendFault,
}

impl SendError {
    pub(super) const fn new(range: Range<usize>, fault: SendFault) -> Self {
        Self { range, fault }
    }

    /// The line and column in `text` of the first wrong character, both from 1, counted in characters.
    pub fn line_and_column(&self, text: &str) -> (usize, usize) {
        let before = text.get(..self.range.start).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        (before.matches('\n').count() + 1, line.chars().count() + 1)
    }
}

/// What is wrong with something that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendFault {
    /// Not a hexadecimal digit.
    #[error("{0:?} is not a hexadecimal digit: use 0-9 and A-F, with spaces or commas between")]
    NotHex(char),
    /// Half a byte.
    #[error("half a byte (hexadecimal digits: {digits}): a byte has two; put a 0 before it")]
    HalfByte {
        /// How many digits stand together.
        digits: usize,
    },
    /// An escape sequence that does not exist.
    #[error(r"unknown escape sequence: use \r \n \t \0 \\ \xNN \u{{…}}, or \\ for a backslash")]
    UnknownEscape,
    /// `\x` without two hexadecimal digits.
    #[error(r"\x needs two hexadecimal digits, as in \x1B")]
    ByteEscape,
    /// `\u{…}` that is no character.
    #[error(r"\u needs the number of a Unicode character, as in \u{{4F60}}")]
    CharacterEscape,
    /// A character that the session's encoding does not have.
    #[error(
        "{encoding} has no {character:?}: choose another encoding, or send its bytes with \\xNN"
    )]
    Unencodable {
        /// The character.
        character: char,
        /// The encoding.
        encoding: &'static str,
    },
    /// An encoding that does not exist.
    #[error("there is no encoding {0:?}")]
    UnknownEncoding(String),
    /// A checksum that does not exist.
    #[error("there is no checksum {0:?}")]
    UnknownChecksum(String),
    /// `{{` without `}}`.
    #[error(r"{{{{ has no }}}}: close the placeholder, or write \{{{{ for two braces")]
    OpenPlaceholder,
    /// A placeholder that stands for nothing.
    #[error(r"nothing is called {0:?}: name it among the variables, or write \{{{{ for two braces")]
    UnknownPlaceholder(String),
    /// A placeholder whose form makes no sense.
    #[error(
        "{{{{{0}}}}} makes no sense: see n:04, n:u16le, time:%H:%M:%S, random:0..255:u8, len:u16be"
    )]
    PlaceholderForm(String),
    /// A length that has no room in the bytes it was given.
    #[error("{0} bytes follow: that has no room in the length's bytes, use u16be or u32be")]
    LengthDoesNotFit(usize),
    /// A checksum that leaves out more than there is.
    #[error("the checksum leaves out {skipped} bytes, but there are only {bytes}")]
    ChecksumRange {
        /// How many bytes it leaves out.
        skipped: u64,
        /// How many there are.
        bytes: usize,
    },
}

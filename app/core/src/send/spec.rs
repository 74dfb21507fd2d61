//! What a user asks of the send box.

use serde::{Deserialize, Serialize};

/// How what is written becomes bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SendSpec {
    /// What is written.
    pub format: SendFormat,
    /// In text: `\r`, `\n`, `\t`, `\0`, `\\`, `\xNN` and `\u{…}` mean what they mean in Rust. Otherwise they are sent as
    /// written.
    pub escapes: bool,
    /// What is put at the end, after the checksum.
    pub line_ending: LineEnding,
    /// The checksum that is put after what is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<ChecksumSpec>,
}

impl Default for SendSpec {
    fn default() -> Self {
        Self {
            format: SendFormat::Text,
            escapes: true,
            line_ending: LineEnding::None,
            checksum: None,
        }
    }
}

/// What is written in the send box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SendFormat {
    /// Text, sent in the session's encoding.
    #[default]
    Text,
    /// Bytes in hexadecimal.
    Hex,
}

/// What is put after what is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineEnding {
    /// Nothing.
    #[default]
    None,
    /// Line feed.
    Lf,
    /// Carriage return.
    Cr,
    /// Carriage return and line feed.
    CrLf,
}

impl LineEnding {
    /// All of them, in the order of a menu.
    pub const ALL: [Self; 4] = [Self::None, Self::Lf, Self::Cr, Self::CrLf];

    /// The characters.
    pub const fn text(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Lf => "\n",
            Self::Cr => "\r",
            Self::CrLf => "\r\n",
        }
    }
}

/// A checksum to append.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChecksumSpec {
    /// Which one: a [`super::Checksum::name`].
    pub algorithm: String,
    /// How many bytes at the start it leaves out.
    pub skip_start: u32,
    /// How many bytes at the end it leaves out.
    pub skip_end: u32,
    /// Least significant byte first.
    pub little_endian: bool,
    /// How it is written.
    pub form: ChecksumForm,
}

impl Default for ChecksumSpec {
    /// The one of Modbus RTU.
    fn default() -> Self {
        Self {
            algorithm: "CRC-16/MODBUS".to_owned(),
            skip_start: 0,
            skip_end: 0,
            little_endian: true,
            form: ChecksumForm::Binary,
        }
    }
}

/// How a checksum is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChecksumForm {
    /// As bytes.
    #[default]
    Binary,
    /// As hexadecimal digits in ASCII, upper case.
    Hex,
}

//! What a user asks of a terminal. It stands in the workspace file, so every field has a default and a stable name.

use serde::{Deserialize, Serialize};

/// How a session is used as a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TerminalSpec {
    /// Show the terminal instead of the log.
    pub open: bool,
    /// What Enter sends.
    pub enter: EnterKey,
    /// What Backspace sends.
    pub backspace: BackspaceKey,
    /// Show what is sent, because the other side does not.
    pub echo: bool,
    /// A line feed that comes alone leads to the beginning of the next row, too.
    pub implicit_cr: bool,
    /// Paste as a person types: each line, a pause, its end, a pause.
    pub typing: bool,
}

/// What Enter sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnterKey {
    /// Carriage return, as terminals do.
    #[default]
    Cr,
    /// Line feed.
    Lf,
    /// Carriage return and line feed.
    #[serde(rename = "crlf")]
    CrLf,
}

impl EnterKey {
    /// All of them, in the order of a menu.
    pub const ALL: [Self; 3] = [Self::Cr, Self::Lf, Self::CrLf];

    /// What it sends.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Cr => "\r",
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
        }
    }
}

/// What Backspace sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackspaceKey {
    /// DEL (7F), as most do.
    #[default]
    Delete,
    /// BS (08).
    Backspace,
}

impl BackspaceKey {
    /// All of them, in the order of a menu.
    pub const ALL: [Self; 2] = [Self::Delete, Self::Backspace];
}

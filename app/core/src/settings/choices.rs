//! One word of several.

use serde::{Deserialize, Serialize};

/// The language of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LanguageChoice {
    /// As the system has it.
    #[default]
    #[serde(rename = "system")]
    System,
    /// English.
    #[serde(rename = "en")]
    English,
    /// 简体中文.
    #[serde(rename = "zh-CN")]
    Chinese,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThemeChoice {
    /// As the system has it.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl ThemeChoice {
    /// All choices, in the order they are offered.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// As it is written in a file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// What is asked before the window, or a tab, is closed. The system's own wish to end the program is never asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AskBeforeClosing {
    /// While something is open; a tab as [`Self::Work`] says, because it has a way back.
    Connections,
    /// While something is under way that closing would cut short: flashing, provisioning, a send list, a cyclic send.
    #[default]
    Work,
    /// Never.
    Never,
}

/// When the disk is told to take what was written. A record is with the operating system when an append returns: the end of
/// this program loses nothing. A power cut, or a crash of the system, loses what the system still had in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum SyncPolicy {
    /// When the system likes: a power cut may take the last half minute, or more.
    Never,
    /// Once a second: a power cut takes a second and what the disk needs to write it. In the background, so that nothing
    /// waits for it.
    #[default]
    EachSecond,
    /// After every record, before anything else happens in its session: a power cut takes nothing. Each record waits for
    /// the disk.
    EachRecord,
}

//! The user's settings.

use std::path::{Path, PathBuf};

use espalier_core::capture_list::KeepLimits;
use serde::{Deserialize, Serialize};

use super::document::Section;
use super::file::{self, FileError};
use crate::capture::SyncPolicy;

/// What holds for the whole program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserSettings {
    /// Language tag (`en`, `zh-CN`); the system's when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Light or dark.
    pub theme: Theme,
    /// What is kept of what passed.
    pub history: HistorySettings,
    /// The program's own log.
    #[serde(skip_serializing_if = "LogSettings::is_plain")]
    pub log: LogSettings,
}

/// What is kept of what passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HistorySettings {
    /// How much.
    #[serde(flatten)]
    pub limits: KeepLimits,
    /// When the disk is told to take it (`never`, `each-second`, `each-record`).
    pub sync: SyncPolicy,
}

/// The program's own log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogSettings {
    /// How much is taken in (`debug`, `info,espflash=debug`), unless an argument or the environment says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
}

impl LogSettings {
    fn is_plain(&self) -> bool {
        self.level.is_none()
    }
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl UserSettings {
    /// The schema this version reads and writes. 0.1.0 wrote 1, with the window's state as JSON in a text.
    pub const SCHEMA: u32 = 2;

    /// Takes them out of the program's own file. What is not there, or makes no sense, is as by default.
    pub fn take(file: &mut Section) -> Self {
        Self {
            language: file.take("language"),
            theme: file.take("theme").unwrap_or_default(),
            history: Self::take_history(file),
            log: file.take("log").unwrap_or_default(),
        }
    }

    /// 0.1.0 had one word for it: everything, or nothing.
    fn take_history(file: &mut Section) -> HistorySettings {
        let keeps_all = file.take::<bool>("keep_captures") == Some(true);
        let limits = if keeps_all { KeepLimits::ALL } else { KeepLimits::default() };
        let otherwise = || HistorySettings { limits, ..HistorySettings::default() };
        file.take("history").unwrap_or_else(otherwise)
    }

    /// How much of the program's own log is taken in, by this file, which is left as it is: it may not make sense.
    pub fn log_level(path: &Path) -> Option<String> {
        let text = file::read_text(path).ok()?;
        let table: toml::Table = text.parse().ok()?;
        Some(table.get("log")?.get("level")?.as_str()?.to_owned())
    }

    /// Writes them with what else is in the file (`rest`, a table), so that a crash leaves either the old or the new file
    /// whole.
    ///
    /// # Errors
    /// When the folder or the file cannot be written.
    pub fn save(&self, path: &Path, rest: &impl Serialize) -> Result<(), FileError> {
        #[derive(Serialize)]
        struct Whole<'a, R> {
            #[serde(flatten)]
            settings: &'a UserSettings,
            #[serde(flatten)]
            rest: &'a R,
        }
        file::save(path, Self::SCHEMA, &Whole { settings: self, rest })
    }
}

/// Where the program's own files are for this user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramPaths {
    /// `settings.toml`.
    pub settings: PathBuf,
    /// `workspace.toml`.
    pub workspace: PathBuf,
    /// The folder of captures.
    pub captures: PathBuf,
    /// The folder of reports of crashes.
    pub crashes: PathBuf,
}

impl ProgramPaths {
    /// As the system's conventions have it (XDG on Linux, Known Folders on Windows); `ESPALIER_HOME`, when set, puts all
    /// of it into one folder, for portable use and tests. `None` when the user has no home.
    pub fn of_user() -> Option<Self> {
        if let Some(home) = std::env::var_os("ESPALIER_HOME").filter(|home| !home.is_empty()) {
            return Some(Self::within(Path::new(&home)));
        }
        let found = directories::ProjectDirs::from("", "", "espalier")?;
        Some(Self {
            settings: found.config_dir().join("settings.toml"),
            workspace: found.data_dir().join("workspace.toml"),
            captures: found.data_local_dir().join("captures"),
            crashes: found.data_local_dir().join("crashes"),
        })
    }

    /// All of it in one folder.
    pub fn within(folder: &Path) -> Self {
        Self {
            settings: folder.join("settings.toml"),
            workspace: folder.join("workspace.toml"),
            captures: folder.join("captures"),
            crashes: folder.join("crashes"),
        }
    }
}

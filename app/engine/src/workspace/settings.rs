//! The file of the user's settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use espalier_core::capture_list::KeepLimits;
use espalier_core::settings::{SETTINGS, SettingValue, UserSetting, UserSettings};
use espalier_core::{Sentence, say};
use serde::Serialize;

use super::document::{Document, Section};
use super::file::{self, FileError};

/// How [`UserSettings`] stand in a file: those that were changed alone, each under its name. The window keeps its own state
/// beside them.
#[derive(Clone, Copy, Debug)]
pub struct SettingsFile;

/// A name in the file: of a table and a key in it, or of a key alone.
fn place(setting: &UserSetting) -> (Option<&'static str>, &'static str) {
    match setting.key.split_once('.') {
        Some((table, key)) => (Some(table), key),
        None => (None, setting.key),
    }
}

/// Values alone, or a table of them.
#[derive(Serialize)]
#[serde(untagged)]
enum Entry {
    Value(SettingValue),
    Table(BTreeMap<&'static str, SettingValue>),
}

/// Those that were changed, as they stand in the file.
fn entries(settings: &UserSettings) -> BTreeMap<&'static str, Entry> {
    let mut entries = BTreeMap::new();
    let changed = |it: &&UserSetting| it.get(settings) != it.default_value();
    for setting in SETTINGS.iter().filter(changed) {
        let value = setting.get(settings);
        match place(setting) {
            (None, key) => {
                entries.insert(key, Entry::Value(value));
            }
            (Some(table), key) => {
                let table = entries.entry(table).or_insert_with(|| Entry::Table(BTreeMap::new()));
                if let Entry::Table(table) = table {
                    table.insert(key, value);
                }
            }
        }
    }
    entries
}

impl SettingsFile {
    /// The schema this version reads and writes. 0.1.0 wrote 1, with the window's state as JSON in a text.
    pub const SCHEMA: u32 = 2;

    /// Takes them out of the program's own file. What is not there, or makes no sense, is as by default.
    pub fn take(file: &mut Section) -> UserSettings {
        let mut settings = UserSettings::default();
        // 0.1.0 had one word for it: everything, or nothing.
        if file.take::<bool>("keep_captures") == Some(true) {
            settings.limits = KeepLimits::ALL;
        }
        let mut tables: BTreeMap<&str, Section> = BTreeMap::new();
        for setting in SETTINGS {
            let set = |value: SettingValue| setting.set(&mut settings, &value);
            match place(setting) {
                (None, key) => file.take_checked(key, set),
                (Some(name), key) => {
                    if let Some(part) = file.part(name) {
                        tables.insert(name, part);
                    }
                    if let Some(table) = tables.get_mut(name) {
                        table.take_checked(key, set);
                    }
                }
            }
        }
        tables.values_mut().for_each(Section::end);
        settings
    }

    /// How much of the program's own log is taken in, by this file, which is left as it is: it may not make sense.
    pub fn log_level(path: &Path) -> Option<String> {
        let text = file::read_text(path).ok()?;
        let table: toml::Table = text.parse().ok()?;
        Some(table.get("log")?.get("level")?.as_str()?.to_owned())
    }

    /// Reads them from a file that is left as it is, with a sentence for each that makes no sense. No file: all by default.
    ///
    /// # Errors
    /// The file cannot be read or used, or was written by a newer version.
    pub fn look(path: &Path) -> Result<(UserSettings, Vec<Sentence>), FileError> {
        if !path.exists() {
            return Ok(Default::default());
        }
        let mut document = Document::look(path, Self::SCHEMA)?;
        let settings = Self::take(document.root());
        let told = document.faults().into_iter().map(|(line, entry, error)| {
            say!(
                "told-passed-over",
                "{path}, line {line}: {error}; {entry} is passed over",
                path = path.display(),
                line = line,
                error = error,
                entry = entry,
            )
        });
        Ok((settings, told.collect()))
    }

    /// Changes one setting in a file; all else that stands in it stays, but for its comments.
    ///
    /// # Errors
    /// The file cannot be read or written, makes no sense, or is of another schema: it is left as it is.
    pub fn change(
        path: &Path,
        setting: &UserSetting,
        value: &SettingValue,
    ) -> Result<(), FileError> {
        let mut whole = if path.exists() {
            file::read::<toml::Table>(path, Self::SCHEMA)?
        } else {
            toml::Table::new()
        };
        whole.remove("schema");
        let broken = |what: String| FileError::Broken { path: path.to_owned(), what };
        let (table, key) = place(setting);
        let target = match table {
            None => &mut whole,
            Some(name) => {
                let none = || toml::Value::Table(toml::Table::new());
                let table = whole.entry(name).or_insert_with(none).as_table_mut();
                table.ok_or_else(|| broken(format!("{name} is no table")))?
            }
        };
        if *value == setting.default_value() {
            target.remove(key);
        } else {
            let value = toml::Value::try_from(value).map_err(|error| broken(error.to_string()))?;
            target.insert(key.to_owned(), value);
        }
        file::save(path, Self::SCHEMA, &whole)
    }

    /// Writes them with what else is in the file (`rest`, a table), so that a crash leaves either the old or the new file
    /// whole.
    ///
    /// # Errors
    /// When the folder or the file cannot be written.
    pub fn save(
        path: &Path,
        settings: &UserSettings,
        rest: &impl Serialize,
    ) -> Result<(), FileError> {
        #[derive(Serialize)]
        struct Whole<'a, R> {
            #[serde(flatten)]
            settings: BTreeMap<&'static str, Entry>,
            #[serde(flatten)]
            rest: &'a R,
        }
        file::save(path, Self::SCHEMA, &Whole { settings: entries(settings), rest })
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
    /// The folder of certificates that servers have made for themselves, with their keys.
    pub certificates: PathBuf,
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
            certificates: found.data_local_dir().join("certificates"),
            crashes: found.data_local_dir().join("crashes"),
        })
    }

    /// All of it in one folder.
    pub fn within(folder: &Path) -> Self {
        Self {
            settings: folder.join("settings.toml"),
            workspace: folder.join("workspace.toml"),
            captures: folder.join("captures"),
            certificates: folder.join("certificates"),
            crashes: folder.join("crashes"),
        }
    }
}

//! `espalier settings`: what the window's settings page shows, one word at a time.

use clap::{Args as ClapArgs, Subcommand};
use espalier_core::settings::{SETTINGS, SettingKind, SettingValue, UserSetting, UserSettings};
use espalier_core::terminal::Plain;
use espalier_engine::workspace::SettingsFile;
use serde::Serialize;

use super::exit::{BadArgument, Exit};
use super::home;
use crate::native::WindowSlot;
use crate::print::{document, line, sentence, tell, translated};

/// Show and change the settings of the window
///
/// They stand in settings.toml. A window that is open keeps them itself: they are changed there, or when it is closed.
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// One JSON document instead of a table
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List them: name, value, and what it can be; a star stands before what was changed
    List,
    /// Print one
    Get {
        /// Its name in the list
        key: String,
    },
    /// Change one
    Set {
        /// Its name in the list
        key: String,
        /// What it shall be
        value: String,
    },
    /// Let one be as it is by default
    Reset {
        /// Its name in the list
        key: String,
    },
}

/// Does what is asked.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    match &args.action {
        None | Some(Action::List) => list(args.json),
        Some(Action::Get { key }) => get(named(key)?, args.json),
        Some(Action::Set { key, value }) => {
            let setting = named(key)?;
            let value = setting.parse(value).map_err(|it| BadArgument(sentence(&it)))?;
            set(setting, &value)
        }
        Some(Action::Reset { key }) => {
            let setting = named(key)?;
            set(setting, &setting.default_value())
        }
    }
}

fn named(key: &str) -> Result<&'static UserSetting, BadArgument> {
    UserSetting::named(key).ok_or_else(|| {
        let key = Plain(key);
        BadArgument(format!("there is no setting {key}: espalier settings list shows all"))
    })
}

/// What stands in the file; what makes no sense there is told and passed over.
pub fn settings() -> anyhow::Result<UserSettings> {
    let (settings, faults) = SettingsFile::look(&home::paths()?.settings)
        .map_err(|error| BadArgument(sentence(&error.sentence())))?;
    faults.iter().for_each(|fault| tell(sentence(fault)));
    Ok(settings)
}

/// A setting in JSON.
#[derive(Serialize)]
struct SettingRow {
    key: &'static str,
    value: SettingValue,
    default: SettingValue,
    /// What it can be, in words.
    kind: String,
}

impl SettingRow {
    fn of(setting: &UserSetting, settings: &UserSettings) -> Self {
        let (value, default) = (setting.get(settings), setting.default_value());
        Self { key: setting.key, value, default, kind: kind(setting.kind) }
    }
}

fn kind(kind: SettingKind) -> String {
    match kind {
        SettingKind::Switch => "true|false".to_owned(),
        SettingKind::Number { least, most, unit, .. } => {
            let none = if unit.has_no_limit() { ", 0: no limit" } else { "" };
            format!("{least}..{most} {}{none}", unit.sign())
        }
        SettingKind::Choice(words) => words.join("|"),
        SettingKind::Encoding => "ENCODING".to_owned(),
        SettingKind::FontFile => "PATH of a font".to_owned(),
        SettingKind::Folder => "PATH of a folder".to_owned(),
        SettingKind::Url => "https://…".to_owned(),
        SettingKind::LogLevel => "LEVEL".to_owned(),
    }
}

fn list(json: bool) -> anyhow::Result<Exit> {
    let settings = settings()?;
    let rows: Vec<_> = SETTINGS.iter().map(|it| SettingRow::of(it, &settings)).collect();
    if json {
        document(&serde_json::to_string_pretty(&rows)?)?;
        return Ok(Exit::Done);
    }
    let key = rows.iter().map(|row| row.key.len()).max().unwrap_or(0);
    let value = rows.iter().map(|row| row.value.to_string().chars().count()).max().unwrap_or(0);
    for row in &rows {
        let star = if row.value == row.default { ' ' } else { '*' };
        let shown = row.value.to_string();
        let kind = translated(&row.kind);
        line(format_args!("{star} {:key$}  {shown:value$}  {kind}", row.key))?;
    }
    Ok(Exit::Done)
}

fn get(setting: &UserSetting, json: bool) -> anyhow::Result<Exit> {
    let settings = settings()?;
    match json {
        true => document(&serde_json::to_string_pretty(&SettingRow::of(setting, &settings))?)?,
        false => line(setting.get(&settings))?,
    }
    Ok(Exit::Done)
}

fn set(setting: &UserSetting, value: &SettingValue) -> anyhow::Result<Exit> {
    let paths = home::paths()?;
    if WindowSlot::is_open(&paths) {
        anyhow::bail!(
            "a window is open, and would write its own settings over it: change it there, or close the window first"
        );
    }
    SettingsFile::change(&paths.settings, setting, value)
        .map_err(|error| anyhow::anyhow!(sentence(&error.sentence())))?;
    Ok(Exit::Done)
}

//! What the program knows of itself, as parts of pages: nothing is missing there, because nobody has to write it down again.

use std::fmt::Write as _;

use espalier_core::settings::{SETTINGS, SettingKind, SettingValue, UserSetting};

use crate::command::{Group, UiCommand, shortcut_names};
use crate::locale::Locale;
use crate::words;

/// What the command line says of itself, as Markdown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// All commands with their options.
    pub commands: String,
    /// The table of exit codes.
    pub exit_codes: String,
}

/// The page with its parts filled in.
pub(super) fn filled_in(page: &str, locale: &Locale, reference: &Reference) -> String {
    type Part<'a> = (&'a str, &'a dyn Fn() -> String);
    let parts: [Part<'_>; 4] = [
        ("<!-- settings -->", &|| settings(locale)),
        ("<!-- shortcuts -->", &|| shortcuts(locale)),
        ("<!-- commands -->", &|| reference.commands.clone()),
        ("<!-- exit-codes -->", &|| reference.exit_codes.clone()),
    ];
    parts.iter().fold(page.to_owned(), |page, (mark, part)| match page.contains(mark) {
        true => page.replace(mark, &part()),
        false => page,
    })
}

/// A text as it stands in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('`', "\\`").replace('*', "\\*")
}

fn settings(locale: &Locale) -> String {
    let column = |key: &str| locale.text(key).to_owned();
    let mut text = format!(
        "| {} | {} | {} | {} |\n| --- | --- | --- | --- |\n",
        column("manual-setting-name"),
        column("manual-setting-values"),
        column("manual-setting-default"),
        column("manual-setting-meaning"),
    );
    for setting in SETTINGS {
        let (name, hint) = words::setting(setting.key);
        let default = match setting.default_value() {
            SettingValue::Text(text) if text.is_empty() => String::new(),
            value => format!("`{value}`"),
        };
        let (name, hint) = (cell(locale.text(name)), cell(locale.text(hint)));
        let meaning = [("name", name.into()), ("hint", hint.into())];
        writeln!(
            text,
            "| `{}` | {} | {default} | {}{} |",
            setting.key,
            values(setting, locale),
            locale.with("manual-setting-hint", meaning),
            if setting.at_start { locale.text("setting-at-start") } else { "" },
        )
        .ok();
    }
    text
}

/// What a setting can be.
fn values(setting: &UserSetting, locale: &Locale) -> String {
    match setting.kind {
        SettingKind::Switch => "`true`, `false`".to_owned(),
        SettingKind::Number { least, most, unit, .. } => {
            let unit = words::setting_unit(unit).map_or("%", |key| locale.text(key));
            format!("{least} – {most} {unit}")
        }
        SettingKind::Choice(words) => {
            words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
        }
        SettingKind::Encoding => "`UTF-8`, `GBK`, …".to_owned(),
        SettingKind::FontFile | SettingKind::Folder => locale.text("file").to_owned(),
        SettingKind::Url => "`https://…`".to_owned(),
        SettingKind::LogLevel => "`error`, `warn`, `info`, `debug`, `trace`, `off`".to_owned(),
    }
}

fn shortcuts(locale: &Locale) -> String {
    let mut text = String::new();
    for group in Group::ALL {
        let all = UiCommand::ALL.iter().filter(|command| command.group() == group);
        let with_keys: Vec<_> = all.filter(|command| !command.shortcuts().is_empty()).collect();
        if with_keys.is_empty() {
            continue;
        }
        writeln!(text, "## {}\n\n| | |\n| --- | --- |", locale.text(group.key())).ok();
        for command in with_keys {
            let keys: Vec<String> =
                shortcut_names(*command).iter().map(|keys| format!("`{keys}`")).collect();
            writeln!(text, "| {} | {} |", keys.join(", "), cell(locale.text(command.key()))).ok();
        }
        text.push('\n');
    }
    text
}

//! What a control says when the pointer rests on it.

use egui::Ui;

use crate::command::{UiCommand, shortcut_text};
use crate::locale::Locale;

/// The name of what a command's control does, with the keys that do the same: `Find (Ctrl+F)`.
pub fn tip(ui: &Ui, locale: &Locale, name: &str, command: UiCommand) -> String {
    let keys = shortcut_text(ui.ctx(), command);
    if keys.is_empty() {
        return name.to_owned();
    }
    locale.with("with-keys", [("name", name.into()), ("keys", keys.into())])
}

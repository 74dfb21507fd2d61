//! From key presses to commands.

use egui::{Context, Event, Id, Key, KeyboardShortcut, ModifierNames};

use super::UiCommand;

/// The command whose shortcut was pressed, if any.
///
/// Those with more modifiers are tried first, because egui lets Ctrl+S match a pressed Ctrl+Shift+S; those without any
/// (`?`) are left to a text field that has the focus, except function keys, which write nothing.
pub fn listen(ctx: &Context) -> Option<UiCommand> {
    let (typing, in_terminal) = (ctx.text_edit_focused(), are_keys_given(ctx));
    let mut all: Vec<(KeyboardShortcut, UiCommand)> = UiCommand::ALL
        .iter()
        .flat_map(|command| command.shortcuts().iter().map(|shortcut| (*shortcut, *command)))
        .filter(|(shortcut, _)| !typing || !writes(shortcut))
        .filter(|(shortcut, _)| !in_terminal || is_free_in_terminals(shortcut))
        .collect();
    all.sort_by_key(|(shortcut, _)| std::cmp::Reverse(weight(shortcut)));
    ctx.input_mut(|input| {
        all.into_iter().find_map(|(shortcut, command)| {
            let key = shortcut.logical_key;
            let at = input.events.iter().position(|event| is_press(event, key));
            input.consume_shortcut(&shortcut).then(|| {
                forget_letter(&mut input.events, at, key);
                command
            })
        })
    })
}

/// All keys are for this widget while it has the focus, except those that no terminal knows; or not any more. To be said in
/// every frame in which it has the focus.
pub fn give_keys(ctx: &Context, to: Id, given: bool) {
    let to = if given { to } else { Id::NULL };
    ctx.data_mut(|data| data.insert_temp(terminal_id(), to));
}

/// Whether that widget has the focus.
pub fn are_keys_given(ctx: &Context) -> bool {
    let given = ctx.data(|data| data.get_temp::<Id>(terminal_id()));
    given.is_some() && given == ctx.memory(|memory| memory.focused())
}

fn terminal_id() -> Id {
    Id::unique("the terminal that has the keys")
}

/// Whether a terminal has no meaning for it: a Mac has a key of its own for the window, elsewhere it is Ctrl with Shift.
fn is_free_in_terminals(shortcut: &KeyboardShortcut) -> bool {
    let modifiers = shortcut.modifiers;
    let is_named = matches!(shortcut.logical_key, Key::PageUp | Key::PageDown | Key::Comma);
    modifiers.command && (cfg!(target_os = "macos") || modifiers.shift || is_named)
}

fn is_press(event: &Event, wanted: Key) -> bool {
    matches!(event, Event::Key { key, pressed: true, .. } if *key == wanted)
}

/// Takes out the letter that some systems send behind the press of a shortcut: the command may give the keyboard to a field,
/// which would write it.
fn forget_letter(events: &mut Vec<Event>, at: Option<usize>, key: Key) {
    // The press itself is gone: what came behind it stands in its place.
    let Some(at) = at else { return };
    let is_letter = matches!(events.get(at), Some(Event::Text(text))
        if text.eq_ignore_ascii_case(key.name()) || text == key.symbol_or_name());
    if is_letter {
        events.remove(at);
    }
}

/// How a command's first shortcut is written, such as `Ctrl+Shift+N`; empty without one.
pub fn shortcut_text(ctx: &Context, command: UiCommand) -> String {
    let Some(shortcut) = command.shortcuts().first() else { return String::new() };
    short(shortcut, ctx.format_shortcut(shortcut))
}

/// How all of a command's shortcuts are written where no window is, with the names of keys that a PC has.
pub fn shortcut_names(command: UiCommand) -> Vec<String> {
    let written = |it: &KeyboardShortcut| short(it, it.format(&ModifierNames::NAMES, false));
    command.shortcuts().iter().map(written).collect()
}

fn short(shortcut: &KeyboardShortcut, written: String) -> String {
    let short = match shortcut.logical_key {
        egui::Key::Backslash => "\\",
        egui::Key::Comma => ",",
        egui::Key::Minus => "−",
        egui::Key::Plus => "+",
        egui::Key::PageDown => "PgDn",
        egui::Key::PageUp => "PgUp",
        egui::Key::Questionmark => "?",
        _ => return written,
    };
    written.replace(shortcut.logical_key.name(), short)
}

fn weight(shortcut: &KeyboardShortcut) -> u8 {
    let modifiers = shortcut.modifiers;
    u8::from(modifiers.shift) + u8::from(modifiers.alt) + u8::from(modifiers.command)
}

/// Would the key write something into a text field, or move in it?
fn writes(shortcut: &KeyboardShortcut) -> bool {
    use egui::Key::{End, Questionmark};
    let modifiers = shortcut.modifiers;
    shortcut.logical_key == End
        || (!modifiers.command && !modifiers.alt && shortcut.logical_key == Questionmark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_commands_share_a_shortcut() {
        let mut seen = std::collections::HashMap::new();
        for command in UiCommand::ALL {
            for shortcut in command.shortcuts() {
                let press = (shortcut.modifiers, shortcut.logical_key);
                if let Some(other) = seen.insert(press, command) {
                    panic!("{command:?} and {other:?} share {press:?}");
                }
            }
        }
    }

    #[test]
    fn no_command_takes_what_text_fields_need() {
        use egui::{Key, Modifiers};
        let taken = [Key::A, Key::C, Key::V, Key::X, Key::Z, Key::Y];
        for command in UiCommand::ALL {
            for shortcut in command.shortcuts() {
                let needed = shortcut.modifiers == Modifiers::COMMAND
                    && taken.contains(&shortcut.logical_key);
                assert!(!needed, "{command:?}");
            }
        }
    }
}

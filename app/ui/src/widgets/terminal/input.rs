//! From key presses to what they send.

use egui::{Event, ImeEvent, Key, Modifiers, Ui};
use espalier_core::terminal::{
    GridScroll, KeyModifiers, TerminalKey, TerminalModes, TerminalSpec, key_text,
};

use super::TerminalGrid;

/// Whether Ctrl is a key of the terminal alone, and the window's own is ⌘.
const HAS_COMMAND_KEY: bool = cfg!(target_os = "macos");

/// What was pressed.
#[derive(Debug, Default)]
pub(super) struct KeyOutcome {
    pub typed: String,
    pub pasted: Option<String>,
    pub copy: bool,
    pub select_all: bool,
    pub scroll: Vec<PageScroll>,
}

/// Where to scroll, as a key says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageScroll {
    Back,
    Forth,
    Top,
    Bottom,
}

impl PageScroll {
    /// In a terminal of so many rows.
    pub(super) fn of(self, rows: u16) -> GridScroll {
        let page = i32::from(rows.saturating_sub(1).max(1));
        match self {
            Self::Back => GridScroll::Rows(page),
            Self::Forth => GridScroll::Rows(-page),
            Self::Top => GridScroll::Top,
            Self::Bottom => GridScroll::Bottom,
        }
    }
}

/// Takes everything out of the input that a terminal knows.
pub(super) fn keys(
    grid: &mut TerminalGrid,
    ui: &Ui,
    modes: TerminalModes,
    spec: &TerminalSpec,
) -> KeyOutcome {
    let mut outcome = KeyOutcome::default();
    // What is held may change within a frame: each event counts with what was held when it came.
    let mut held = grid.held;
    let events = ui.input_mut(|input| {
        let all = std::mem::take(&mut input.events);
        input.events = all.iter().filter(|event| !is_ours(event)).cloned().collect();
        all
    });
    for (at, event) in events.iter().enumerate() {
        match event {
            Event::ModifiersChanged(now) => held = *now,
            // Alt writes another character on a Mac; elsewhere it is Meta.
            Event::Text(text) if held.alt && !held.ctrl && !HAS_COMMAND_KEY => {
                outcome.typed += "\x1B";
                outcome.typed += text;
            }
            Event::Text(text) => outcome.typed += text,
            Event::Ime(ImeEvent::Commit(text)) => {
                grid.preedit.clear();
                outcome.typed += text;
            }
            Event::Ime(ImeEvent::Preedit { text, .. }) => grid.preedit.clone_from(text),
            Event::Copy if held.command_only() && !HAS_COMMAND_KEY => outcome.typed += "\x03",
            Event::Copy => outcome.copy = true,
            Event::Cut if held.command_only() && !HAS_COMMAND_KEY => outcome.typed += "\x18",
            Event::Cut => outcome.copy = true,
            Event::Paste(text) => {
                let is_key = held.command_only() && !HAS_COMMAND_KEY;
                grid.pasted_by_key |= is_key;
                if std::mem::take(&mut grid.pasting) || !is_key {
                    outcome.pasted = Some(text.clone());
                } else {
                    outcome.typed += "\x16";
                }
            }
            // Where nothing is on the clipboard, only that the key came up again is told of Ctrl+V.
            Event::Key { key: Key::V, pressed: false, .. } => {
                let was_told = std::mem::take(&mut grid.pasted_by_key);
                if !was_told && held.command_only() && !HAS_COMMAND_KEY {
                    outcome.typed += "\x16";
                }
            }
            Event::Key { key, pressed: true, modifiers, .. } => {
                let writes = matches!(events.get(at + 1), Some(Event::Text(_)));
                press(grid, ui, &mut outcome, (*key, *modifiers), writes, (modes, spec));
            }
            _ => {}
        }
    }
    outcome
}

/// What no one else is to act on.
fn is_ours(event: &Event) -> bool {
    matches!(
        event,
        Event::Text(_)
            | Event::Ime(_)
            | Event::Copy
            | Event::Cut
            | Event::Paste(_)
            | Event::Key { .. }
    )
}

fn press(
    grid: &mut TerminalGrid,
    ui: &Ui,
    outcome: &mut KeyOutcome,
    (key, modifiers): (Key, Modifiers),
    writes: bool,
    (modes, spec): (TerminalModes, &TerminalSpec),
) {
    if HAS_COMMAND_KEY && modifiers.command {
        return;
    }
    let Modifiers { alt, shift, .. } = modifiers;
    let ctrl = modifiers.ctrl || modifiers.command;
    let scrolls = shift && !ctrl && !alt && !modes.alternate_screen;
    match key {
        Key::C if ctrl && shift => outcome.copy = true,
        Key::A if ctrl && shift => outcome.select_all = true,
        Key::V if ctrl && shift => grid.ask_for_paste(ui.ctx()),
        Key::Insert if shift && !ctrl => grid.ask_for_paste(ui.ctx()),
        Key::Insert if ctrl => outcome.copy = true,
        Key::PageUp if scrolls => outcome.scroll.push(PageScroll::Back),
        Key::PageDown if scrolls => outcome.scroll.push(PageScroll::Forth),
        Key::Home if scrolls => outcome.scroll.push(PageScroll::Top),
        Key::End if scrolls => outcome.scroll.push(PageScroll::Bottom),
        _ => {
            let held = KeyModifiers { shift, alt, ctrl };
            let known = named(key);
            // Letters with Ctrl and Shift are the window's; what is written comes as text.
            let char = known.is_none().then(|| char_of(key)).flatten().filter(|char| {
                (ctrl && !(shift && char.is_ascii_alphabetic())) || (alt && !ctrl && !writes)
            });
            let text = known
                .or(char.map(TerminalKey::Char))
                .and_then(|key| key_text(key, held, modes, spec));
            outcome.typed += text.as_deref().unwrap_or_default();
        }
    }
}

fn named(key: Key) -> Option<TerminalKey> {
    use TerminalKey as T;
    Some(match key {
        Key::ArrowUp => T::Up,
        Key::ArrowDown => T::Down,
        Key::ArrowRight => T::Right,
        Key::ArrowLeft => T::Left,
        Key::Home => T::Home,
        Key::End => T::End,
        Key::Insert => T::Insert,
        Key::Delete => T::Delete,
        Key::PageUp => T::PageUp,
        Key::PageDown => T::PageDown,
        Key::Enter => T::Enter,
        Key::Backspace => T::Backspace,
        Key::Tab => T::Tab,
        Key::Escape => T::Escape,
        Key::F1 => T::Function(1),
        Key::F2 => T::Function(2),
        Key::F3 => T::Function(3),
        Key::F4 => T::Function(4),
        Key::F5 => T::Function(5),
        Key::F6 => T::Function(6),
        Key::F7 => T::Function(7),
        Key::F8 => T::Function(8),
        Key::F9 => T::Function(9),
        Key::F10 => T::Function(10),
        Key::F11 => T::Function(11),
        Key::F12 => T::Function(12),
        _ => return None,
    })
}

/// The character on a key.
fn char_of(key: Key) -> Option<char> {
    if key == Key::Space {
        return Some(' ');
    }
    let mut chars = key.symbol_or_name().chars();
    let char = chars.next().filter(char::is_ascii).filter(|_| chars.next().is_none());
    let char = char.or_else(|| {
        let mut name = key.name().chars();
        name.next().filter(|_| name.next().is_none())
    });
    char.map(|char| char.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_a_character_are_known_by_it() {
        for (key, char) in [
            (Key::A, 'a'),
            (Key::Num2, '2'),
            (Key::Space, ' '),
            (Key::OpenBracket, '['),
            (Key::CloseBracket, ']'),
            (Key::Backslash, '\\'),
            (Key::Slash, '/'),
        ] {
            assert_eq!(char_of(key), Some(char), "{key:?}");
        }
        assert_eq!(char_of(Key::F1), None);
    }
}

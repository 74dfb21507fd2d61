//! Keys as the console tells of them, in the words of a terminal.

use std::io;

use console::{Key, Term};
use espalier_core::terminal::{KeyModifiers, TerminalKey, TerminalModes, TerminalSpec, key_text};

/// Has the console obey control sequences; each key is read as an event of its own anyway.
pub fn make_raw() -> io::Result<()> {
    // Asking switches it on.
    Term::stdout().features().colors_supported();
    Ok(())
}

/// Nothing was changed that would last.
pub const fn restore() {}

/// The key that was pressed next, as a text.
pub fn next() -> io::Result<Vec<u8>> {
    let (modes, spec) = (TerminalModes::default(), TerminalSpec::default());
    let text = |key, shift| {
        let held = KeyModifiers { shift, ..KeyModifiers::default() };
        key_text(key, held, modes, &spec).unwrap_or_default()
    };
    loop {
        let text = match Term::stdout().read_key_raw()? {
            Key::ArrowLeft => text(TerminalKey::Left, false),
            Key::ArrowRight => text(TerminalKey::Right, false),
            Key::ArrowUp => text(TerminalKey::Up, false),
            Key::ArrowDown => text(TerminalKey::Down, false),
            Key::Home => text(TerminalKey::Home, false),
            Key::End => text(TerminalKey::End, false),
            Key::Insert => text(TerminalKey::Insert, false),
            Key::Del => text(TerminalKey::Delete, false),
            Key::PageUp => text(TerminalKey::PageUp, false),
            Key::PageDown => text(TerminalKey::PageDown, false),
            Key::Enter => text(TerminalKey::Enter, false),
            Key::Escape => text(TerminalKey::Escape, false),
            Key::Backspace => text(TerminalKey::Backspace, false),
            Key::Tab => text(TerminalKey::Tab, false),
            Key::BackTab => text(TerminalKey::Tab, true),
            Key::CtrlC => "\x03".to_owned(),
            Key::Char(char) => char.to_string(),
            _ => continue,
        };
        return Ok(text.into_bytes());
    }
}

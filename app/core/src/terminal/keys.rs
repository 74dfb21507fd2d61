//! Keys as a terminal sends them: those of xterm (ctlseqs, "PC-Style Function Keys"), which every console knows.

use super::{BackspaceKey, TerminalModes, TerminalSpec};

/// A key, or a character that Ctrl or Alt is held with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Their names say all there is to say.
pub enum TerminalKey {
    Up,
    Down,
    Right,
    Left,
    Home,
    End,
    Insert,
    Delete,
    PageUp,
    PageDown,
    /// F1 to F12.
    Function(u8),
    Enter,
    Backspace,
    Tab,
    Escape,
    /// As it is without the modifiers.
    Char(char),
}

/// What is held with a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // Their names say all there is to say.
pub struct KeyModifiers {
    pub shift: bool,
    pub alt: bool,
    pub ctrl: bool,
}

impl KeyModifiers {
    /// As a parameter of a sequence; `None` when nothing is held.
    fn parameter(self) -> Option<u8> {
        let bits = u8::from(self.shift) | u8::from(self.alt) << 1 | u8::from(self.ctrl) << 2;
        (bits > 0).then_some(bits + 1)
    }
}

/// What a key sends, before it is encoded; `None`: nothing.
pub fn key_text(
    key: TerminalKey,
    held: KeyModifiers,
    modes: TerminalModes,
    spec: &TerminalSpec,
) -> Option<String> {
    use TerminalKey as K;
    let (plain, alt) = match key {
        K::Up => return Some(cursor('A', held, modes)),
        K::Down => return Some(cursor('B', held, modes)),
        K::Right => return Some(cursor('C', held, modes)),
        K::Left => return Some(cursor('D', held, modes)),
        K::Home => return Some(cursor('H', held, modes)),
        K::End => return Some(cursor('F', held, modes)),
        K::Insert => return Some(editing(2, held)),
        K::Delete => return Some(editing(3, held)),
        K::PageUp => return Some(editing(5, held)),
        K::PageDown => return Some(editing(6, held)),
        K::Function(number) => return function(number, held),
        K::Tab if held.shift => return Some("\x1B[Z".to_owned()),
        K::Tab => ("\t".to_owned(), held.alt),
        K::Escape => ("\x1B".to_owned(), held.alt),
        K::Enter if modes.line_feed_new_line => ("\r\n".to_owned(), held.alt),
        K::Enter => (spec.enter.text().to_owned(), held.alt),
        K::Backspace => {
            let deletes = (spec.backspace == BackspaceKey::Delete) != held.ctrl;
            (if deletes { "\x7F" } else { "\x08" }.to_owned(), held.alt)
        }
        K::Char(char) if held.ctrl => (control(char)?.to_string(), held.alt),
        K::Char(char) if held.alt => (char.to_string(), true),
        K::Char(_) => return None,
    };
    Some(if alt { format!("\x1B{plain}") } else { plain })
}

/// DECCKM chooses between `CSI` and `SS3` where nothing is held.
fn cursor(last: char, held: KeyModifiers, modes: TerminalModes) -> String {
    match held.parameter() {
        Some(parameter) => format!("\x1B[1;{parameter}{last}"),
        None if modes.application_cursor => format!("\x1BO{last}"),
        None => format!("\x1B[{last}"),
    }
}

fn editing(number: u8, held: KeyModifiers) -> String {
    match held.parameter() {
        Some(parameter) => format!("\x1B[{number};{parameter}~"),
        None => format!("\x1B[{number}~"),
    }
}

fn function(number: u8, held: KeyModifiers) -> Option<String> {
    /// F5 to F12; the gaps are those of the VT220.
    const NUMBERS: [u8; 8] = [15, 17, 18, 19, 20, 21, 23, 24];
    match number {
        1..=4 => {
            let last = char::from(b'P' + number - 1);
            Some(match held.parameter() {
                Some(parameter) => format!("\x1B[1;{parameter}{last}"),
                None => format!("\x1BO{last}"),
            })
        }
        _ => NUMBERS.get(usize::from(number).checked_sub(5)?).map(|number| editing(*number, held)),
    }
}

/// The control character that Ctrl makes of a key, as xterm has it.
const fn control(char: char) -> Option<char> {
    Some(match char.to_ascii_uppercase() {
        char @ '@'..='_' => (char as u8 & 0x1F) as char,
        ' ' | '2' => '\0',
        '3' => '\x1B',
        '4' => '\x1C',
        '5' => '\x1D',
        '6' => '\x1E',
        '7' | '/' | '-' => '\x1F',
        '8' | '?' => '\x7F',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::EnterKey;

    fn sent(key: TerminalKey, held: &str) -> String {
        sent_with(key, held, TerminalModes::default(), &TerminalSpec::default())
    }

    fn sent_with(
        key: TerminalKey,
        held: &str,
        modes: TerminalModes,
        spec: &TerminalSpec,
    ) -> String {
        let held = KeyModifiers {
            shift: held.contains('s'),
            alt: held.contains('a'),
            ctrl: held.contains('c'),
        };
        key_text(key, held, modes, spec).unwrap_or_default()
    }

    #[test]
    fn keys_send_what_xterm_sends() {
        use TerminalKey as K;
        for (key, held, text) in [
            (K::Up, "", "\x1B[A"),
            (K::Left, "c", "\x1B[1;5D"),
            (K::End, "", "\x1B[F"),
            (K::Delete, "", "\x1B[3~"),
            (K::PageUp, "s", "\x1B[5;2~"),
            (K::Function(1), "", "\x1BOP"),
            (K::Function(4), "a", "\x1B[1;3S"),
            (K::Function(5), "", "\x1B[15~"),
            (K::Function(12), "", "\x1B[24~"),
            (K::Function(13), "", ""),
            (K::Function(0), "", ""),
            (K::Tab, "", "\t"),
            (K::Tab, "s", "\x1B[Z"),
            (K::Escape, "", "\x1B"),
            (K::Enter, "", "\r"),
            (K::Enter, "a", "\x1B\r"),
            (K::Backspace, "", "\x7F"),
            (K::Backspace, "c", "\x08"),
            (K::Char('c'), "c", "\x03"),
            (K::Char('A'), "c", "\x01"),
            (K::Char(' '), "c", "\0"),
            (K::Char(']'), "c", "\x1D"),
            (K::Char('b'), "a", "\x1Bb"),
            (K::Char('b'), "ac", "\x1B\x02"),
            (K::Char('b'), "", ""),
            (K::Char('你'), "c", ""),
        ] {
            assert_eq!(sent(key, held), text, "{key:?} with {held:?}");
        }
    }

    #[test]
    fn what_was_asked_for_and_what_was_chosen_count() {
        let modes = TerminalModes { application_cursor: true, ..TerminalModes::default() };
        let spec = TerminalSpec {
            enter: EnterKey::CrLf,
            backspace: BackspaceKey::Backspace,
            ..TerminalSpec::default()
        };
        assert_eq!(sent_with(TerminalKey::Up, "", modes, &spec), "\x1BOA");
        assert_eq!(sent_with(TerminalKey::Up, "s", modes, &spec), "\x1B[1;2A");
        assert_eq!(sent_with(TerminalKey::Enter, "", modes, &spec), "\r\n");
        assert_eq!(sent_with(TerminalKey::Backspace, "", modes, &spec), "\x08");
        assert_eq!(sent_with(TerminalKey::Backspace, "c", modes, &spec), "\x7F");
    }
}

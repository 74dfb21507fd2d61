//! Text from outside on its way to a terminal: what would drive the terminal is shown instead of obeyed ([`Plain`], [`Screen`]).
//!
//! Where somebody asks for a terminal that obeys, [`TerminalInput`] is what it is told, [`TerminalScreen`] what is on it, and
//! [`key_text`] and [`paste_text`] what goes the other way.
//!
//! Boards, peers and networks choose their own bytes, and a terminal obeys what it is sent: OSC 52 fills the clipboard,
//! others change the window's title, ask the terminal to type an answer, or write over what stood there. Passed are text,
//! line ends, tabs and colours (SGR, ECMA-48 8.3.117); everything else that is not printed is shown as `\x1b`.

mod control_filter;
mod grid;
mod input;
mod keys;
mod mouse;
mod paste;
mod spec;
mod typed;

use std::fmt::{self, Display, Write as _};

pub use control_filter::ControlFilter;
pub use grid::{
    CursorForm, GridPoint, GridScroll, GridSelection, GridSize, MouseReports, ScreenRow, ScreenRun,
    SelectionUnit, TerminalModes, TerminalScreen,
};
pub use input::{LocalEcho, TerminalInput};
pub use keys::{KeyModifiers, TerminalKey, key_text};
pub use mouse::{MouseAction, MouseKey, mouse_text};
pub use paste::{as_one_line, paste_text, pasted_lines, typed_pieces};
pub use spec::{BackspaceKey, EnterKey, TerminalSpec};
pub use typed::typed_bytes;

/// The longest colour sequence that is passed; the longest in use (foreground, background and underline in 24 bits, with
/// attributes) has some 60 bytes.
const LONGEST_SGR: usize = 64;
/// Carriage returns that are kept until it is known what follows them.
const MOST_RETURNS: usize = 8;

const ESC: u8 = 0x1B;

/// Shows foreign words in a line of our own: without any control character, line ends and colours included.
///
/// ```
/// let name = espalier_core::terminal::Plain("Home\x1b]52;c;eA==\x07");
/// assert_eq!(name.to_string(), r"Home\x1b]52;c;eA==\x07");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Plain<T>(pub T);

impl<T: Display> Display for Plain<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

struct Escaping<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl fmt::Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for piece in text.split_inclusive(is_active) {
            match piece.chars().next_back().filter(|last| is_active(*last)) {
                Some(active) => {
                    self.0.write_str(&piece[..piece.len() - active.len_utf8()])?;
                    write_escaped(self.0, active)?;
                }
                None => self.0.write_str(piece)?,
            }
        }
        Ok(())
    }
}

/// A JSON document whose texts hold none of the characters that [`Plain`] escapes: JSON itself asks only for those below
/// U+0020 to be escaped.
#[derive(Clone, Copy, Debug)]
pub struct Json<'a>(pub &'a str);

impl Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| match char {
            '\n' => f.write_char(char),
            _ if is_active(char) => write!(f, "\\u{:04x}", u32::from(char)),
            _ => f.write_char(char),
        })
    }
}

/// Whether a terminal does something with this character instead of printing it, or prints others in another order or
/// place because of it: C0, DEL, C1, separators of lines, and the controls of the bidirectional algorithm (UAX #9).
const fn is_active(char: char) -> bool {
    matches!(
        char,
        '\0'..='\x1F'
            | '\x7F'..='\u{9F}'
            | '\u{61C}'
            | '\u{200E}'
            | '\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}'
    )
}

/// `\x1b`, `\u{202e}`.
fn write_escaped(out: &mut impl fmt::Write, char: char) -> fmt::Result {
    match u32::from(char) {
        code @ 0..=0x7F => write!(out, "\\x{code:02x}"),
        code => write!(out, "\\u{{{code:x}}}"),
    }
}

/// A stream of bytes on its way to a terminal. It does not matter how it is cut.
///
/// UTF-8 text, tabs, line ends and colours pass; a byte that is no character is shown as `\xc4`. What may still become one of
/// these is held back until it is known, at most 64 bytes.
#[derive(Clone, Debug, Default)]
pub struct Screen {
    held: Vec<u8>,
    coloured: bool,
}

/// What the bytes under way are.
enum Unit {
    /// So many bytes pass.
    Passes(usize),
    /// So many bytes are shown escaped.
    Shown(usize),
    /// More bytes are needed to know.
    Open,
}

impl Screen {
    /// Shows these bytes behind the earlier ones.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if self.held.is_empty() {
            let used = self.show(bytes, out);
            self.held.extend_from_slice(&bytes[used..]);
            return;
        }
        let mut all = std::mem::take(&mut self.held);
        all.extend_from_slice(bytes);
        let used = self.show(&all, out);
        all.drain(..used);
        self.held = all;
    }

    /// Nothing more comes: shows what was held back, and ends a colour.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        for byte in std::mem::take(&mut self.held) {
            escape_byte(byte, out);
        }
        if std::mem::take(&mut self.coloured) {
            out.extend_from_slice(b"\x1b[0m");
        }
    }

    /// Shows what is known, and gives how many bytes that were.
    fn show(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> usize {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let plain = rest.iter().take_while(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t'));
            let plain = plain.count();
            if plain > 0 {
                out.extend_from_slice(&rest[..plain]);
                at += plain;
                continue;
            }
            match unit(rest) {
                Unit::Passes(count) => {
                    if rest[0] == ESC {
                        self.coloured = !is_reset(&rest[..count]);
                    }
                    out.extend_from_slice(&rest[..count]);
                    at += count;
                }
                Unit::Shown(count) => {
                    escape(&rest[..count], out);
                    at += count;
                }
                Unit::Open => break,
            }
        }
        at
    }
}

/// What stands at the beginning of bytes that begin with none of the plain ones.
fn unit(bytes: &[u8]) -> Unit {
    match bytes[0] {
        b'\r' => returns(bytes),
        ESC => sgr(bytes),
        0..=0x7F => Unit::Shown(1),
        _ => character(bytes),
    }
}

/// Carriage returns before a line feed go to the beginning of a line that is over; others would write over it.
fn returns(bytes: &[u8]) -> Unit {
    let count = bytes.iter().take_while(|byte| **byte == b'\r').count();
    match bytes.get(count) {
        _ if count > MOST_RETURNS => Unit::Shown(1),
        Some(b'\n') => Unit::Passes(count + 1),
        Some(_) => Unit::Shown(count),
        None => Unit::Open,
    }
}

/// `ESC [ … m`, its parameters being digits, `;` and `:`.
fn sgr(bytes: &[u8]) -> Unit {
    match bytes.get(1) {
        None => return Unit::Open,
        Some(b'[') => {}
        Some(_) => return Unit::Shown(1),
    }
    let parameters = &bytes[2..];
    let count = parameters.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b';' | b':'));
    let length = count.count() + 2;
    match bytes.get(length) {
        _ if length >= LONGEST_SGR => Unit::Shown(1),
        None => Unit::Open,
        Some(b'm') => Unit::Passes(length + 1),
        Some(_) => Unit::Shown(1),
    }
}

/// Whether a colour sequence ends all colours.
fn is_reset(sgr: &[u8]) -> bool {
    sgr[2..sgr.len() - 1].iter().all(|byte| *byte == b'0')
}

/// A character outside of ASCII, or a byte that is part of none.
fn character(bytes: &[u8]) -> Unit {
    let some = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(some) {
        Ok(text) => text,
        Err(error) if error.valid_up_to() > 0 => {
            std::str::from_utf8(&some[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(error) => return if error.error_len().is_some() { Unit::Shown(1) } else { Unit::Open },
    };
    match valid.chars().next() {
        Some(char) if is_active(char) => Unit::Shown(char.len_utf8()),
        Some(char) => Unit::Passes(char.len_utf8()),
        None => Unit::Shown(1),
    }
}

fn escape(bytes: &[u8], out: &mut Vec<u8>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            let mut shown = String::new();
            // Writing to a text cannot fail.
            text.chars().try_for_each(|char| write_escaped(&mut shown, char)).ok();
            out.extend_from_slice(shown.as_bytes());
        }
        Err(_) => bytes.iter().for_each(|byte| escape_byte(*byte, out)),
    }
}

fn escape_byte(byte: u8, out: &mut Vec<u8>) {
    match byte {
        b' '..=b'~' => out.push(byte),
        _ => out.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
    }
}

#[cfg(test)]
mod tests;

//! The text forms of a decoded backtrace: `backtrace by file app.elf`, `backtrace of core 1 without symbols`, `frame 0x42001234 in main at src/main.rs:12`
//! (a guessed one has a question mark behind its address).

use std::fmt::{self, Write as _};

use super::escape::{Escaped, unescape};
use crate::board::{Frame, Symbols};

pub(super) fn print(
    core: Option<u8>,
    symbols: Option<&Symbols>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    f.write_str("backtrace ")?;
    if let Some(core) = core {
        write!(f, "of core {core} ")?;
    }
    match symbols {
        None => f.write_str("without symbols"),
        Some(Symbols::Bundled(chip)) => write!(f, "by the firmware for {}", chip.slug()),
        Some(Symbols::Elf(name)) => write!(f, "by file {}", Escaped(name)),
        Some(Symbols::OtherElf(name)) => write!(f, "by another file {}", Escaped(name)),
    }
}

/// The inverse of [`print`], after `backtrace `: which core, and whose symbols.
pub(super) fn parse(text: &str) -> Option<(Option<u8>, Option<Symbols>)> {
    match text.strip_prefix("of core ") {
        Some(text) => {
            let (core, text) = text.split_once(' ')?;
            Some((Some(core.parse().ok()?), symbols(text)?))
        }
        None => Some((None, symbols(text)?)),
    }
}

fn symbols(text: &str) -> Option<Option<Symbols>> {
    if text == "without symbols" {
        return Some(None);
    }
    if let Some(name) = text.strip_prefix("by file ") {
        return Some(Some(Symbols::Elf(unescape(name)?.into())));
    }
    if let Some(name) = text.strip_prefix("by another file ") {
        return Some(Some(Symbols::OtherElf(unescape(name)?.into())));
    }
    let chip = text.strip_prefix("by the firmware for ")?.parse().ok()?;
    Some(Some(Symbols::Bundled(chip)))
}

pub(super) fn print_frame(frame: &Frame, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Frame { address, function, location, guess } = frame;
    write!(f, "frame {address:#010x}{}", if *guess { "?" } else { "" })?;
    if !function.is_empty() {
        write!(f, " in {}", Function(function))?;
    }
    match location {
        Some((file, line)) => write!(f, " at {}:{line}", Escaped(file)),
        None => Ok(()),
    }
}

/// The inverse of [`print_frame`], after `frame `.
pub(super) fn frame(text: &str) -> Option<Frame> {
    let (address, rest) = text.strip_prefix("0x")?.split_at_checked(8)?;
    let address = u32::from_str_radix(address, 16).ok()?;
    let (guess, rest) = match rest.strip_prefix('?') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let (function, location) = match rest.split_once(" at ") {
        Some((function, location)) => (function, Some(location)),
        None => (rest, None),
    };
    let function = match function.strip_prefix(" in ") {
        Some(function) => unescape(function)?,
        None if function.is_empty() => String::new(),
        None => return None,
    };
    let location = match location {
        Some(location) => {
            let (file, line) = location.rsplit_once(':')?;
            Some((unescape(file)?, line.parse().ok()?))
        }
        None => None,
    };
    Some(Frame { address, function, location, guess })
}

/// A function's name in which nothing can be taken for the beginning of a place.
struct Function<'a>(&'a str);

impl fmt::Display for Function<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.0.split(' ').enumerate() {
            if index > 0 {
                f.write_char(' ')?;
            }
            match word {
                "at" => f.write_str("\\u{61}t")?,
                word => write!(f, "{}", Escaped(word))?,
            }
        }
        Ok(())
    }
}

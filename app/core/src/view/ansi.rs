//! ANSI escape sequences in a row's text: SGR becomes style, the others are left alone.
//!
//! A row begins with what the last sequences before it in its stream have left, when they are in one of the [`CARRIED`] rows
//! before it: an error text of several lines is red to its end. It counts only what that one row says, so that a row looks
//! the same from whichever place it is come to.

use vte::{Params, Parser, Perform};

use crate::SgrStyle;

/// For how many rows a style goes on without another sequence; a log that forgets to reset is not coloured for ever.
pub(super) const CARRIED: u64 = 64;

/// Longest escape sequence that is looked for, in bytes.
const LONGEST: usize = 256;

/// The SGR sequence at the start of `text` (an escape character): its length, and `style` after it. `None` when it is
/// another sequence, or none.
pub(super) fn sgr(text: &str, style: SgrStyle) -> Option<(usize, SgrStyle)> {
    let bytes = &text.as_bytes()[..text.len().min(LONGEST)];
    // Nothing else can be one, and of a flood of escape characters the parser would read on behind each of them.
    let parameters = bytes.strip_prefix(b"\x1b[")?;
    let end = parameters.iter().position(|byte| !matches!(byte, b'0'..=b';'))?;
    if parameters.get(end) != Some(&b'm') {
        return None;
    }
    let mut seen = SgrParser { style, done: false, sgr: false };
    let mut parser = Parser::new();
    let length = parser.advance_until_terminated(&mut seen, bytes);
    seen.sgr.then_some((length, seen.style))
}

struct SgrParser {
    style: SgrStyle,
    done: bool,
    sgr: bool,
}

impl Perform for SgrParser {
    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], ignore: bool, action: char) {
        self.done = true;
        if action == 'm' && intermediates.is_empty() && !ignore {
            self.sgr = true;
            self.style.apply(params);
        }
    }

    fn print(&mut self, _: char) {
        self.done = true;
    }

    fn execute(&mut self, _: u8) {
        self.done = true;
    }

    fn esc_dispatch(&mut self, _: &[u8], _: bool, _: u8) {
        self.done = true;
    }

    fn hook(&mut self, _: &Params, _: &[u8], _: bool, _: char) {
        self.done = true;
    }

    fn osc_dispatch(&mut self, _: &[&[u8]], _: bool) {
        self.done = true;
    }

    fn terminated(&self) -> bool {
        self.done
    }
}

impl SgrStyle {
    /// ECMA-48 8.3.117, and the 256 and 16 million colours of ITU-T T.416 in both spellings (`38;5;1`, `38:5:1`).
    fn apply(&mut self, params: &Params) {
        let mut params = params.iter();
        while let Some(param) = params.next() {
            let Some(&code) = param.first() else { continue };
            match code {
                0 => *self = Self::default(),
                1 => self.bold = true,
                2 => self.dim = true,
                22 => (self.bold, self.dim) = (false, false),
                3 => self.italic = true,
                23 => self.italic = false,
                4 => self.underline = param.get(1) != Some(&0),
                21 => self.underline = true,
                7 => self.reverse = true,
                27 => self.reverse = false,
                9 => self.strike = true,
                29 => self.strike = false,
                24 => self.underline = false,
                30..=37 => self.foreground = Some(u32::from(code) - 30),
                39 => self.foreground = None,
                90..=97 => self.foreground = Some(u32::from(code) - 90 + 8),
                40..=47 => self.background = Some(u32::from(code) - 40),
                49 => self.background = None,
                100..=107 => self.background = Some(u32::from(code) - 100 + 8),
                38 | 48 => {
                    let color = if param.len() > 1 {
                        color(&mut param[1..].iter().copied(), param.len() > 5)
                    } else {
                        color(
                            &mut params.by_ref().map(|it| it.first().copied().unwrap_or(0)),
                            false,
                        )
                    };
                    match code {
                        38 => self.foreground = color.or(self.foreground),
                        _ => self.background = color.or(self.background),
                    }
                }
                _ => {}
            }
        }
    }
}

/// The rest of an extended colour; `with_space`: a colour space comes before red.
fn color(values: &mut dyn Iterator<Item = u16>, with_space: bool) -> Option<u32> {
    match values.next()? {
        5 => values.next().map(|index| u32::from(index).min(255)),
        2 => {
            if with_space {
                values.next();
            }
            let mut channel = || values.next().map(|value| u32::from(value).min(255));
            let (red, green, blue) = (channel()?, channel()?, channel()?);
            Some(0x0100_0000 | red << 16 | green << 8 | blue)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> Option<(usize, SgrStyle)> {
        sgr(text, SgrStyle::default())
    }

    #[test]
    fn colours_are_read_in_every_spelling() {
        let foreground = |text: &str| after(text).and_then(|(_, style)| style.foreground);
        assert_eq!(foreground("\x1b[31mx"), Some(1));
        assert_eq!(foreground("\x1b[0;32mx"), Some(2));
        assert_eq!(foreground("\x1b[97mx"), Some(15));
        assert_eq!(foreground("\x1b[38;5;208mx"), Some(208));
        assert_eq!(foreground("\x1b[38:5:208mx"), Some(208));
        assert_eq!(foreground("\x1b[38;2;1;2;3mx"), Some(0x0101_0203));
        assert_eq!(foreground("\x1b[38:2::1:2:3mx"), Some(0x0101_0203));
        assert_eq!(foreground("\x1b[31;39mx"), None);
    }

    #[test]
    fn what_is_switched_on_is_switched_off_by_its_own_code() {
        let style = |text: &str| after(text).map(|(_, style)| style).unwrap();
        let on = style("\x1b[1;2;3;4;7;9;31;42m");
        assert!(on.bold && on.dim && on.italic && on.underline && on.reverse && on.strike);
        assert_eq!((on.foreground, on.background), (Some(1), Some(2)));
        let off = "\x1b[1;2;3;4;7;9;31;42;22;23;24;27;29;39;49m";
        assert_eq!(style(off), SgrStyle::default());
        // A missing or zero code among others resets all before it.
        assert_eq!(style("\x1b[7;31;;4m"), SgrStyle { underline: true, ..SgrStyle::default() });
        let background = |text: &str| style(text).background;
        assert_eq!(background("\x1b[48;5;255m"), Some(255));
        assert_eq!(background("\x1b[48:2:1:2:3m"), Some(0x0101_0203));
        assert_eq!(background("\x1b[48:2:0:1:2:3m"), Some(0x0101_0203));
        assert_eq!(background("\x1b[104m"), Some(12));
    }

    #[test]
    fn only_sgr_is_taken() {
        assert_eq!(after("\x1b[31mred").map(|(length, _)| length), Some(5));
        assert_eq!(after("\x1b[mred").map(|(length, _)| length), Some(3));
        for other in [
            "\x1b[2Kx",
            "\x1b]0;title\x07x",
            "\x1bMx",
            "\x1b[31",
            "\x1b",
            "\x1b[31\x18m",
            "\x1b\x1b[31m",
            "\x1b[?31m",
            "\x1b[31 m",
        ] {
            assert_eq!(after(other), None, "{other:?}");
        }
    }
}

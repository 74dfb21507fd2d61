//! What of a stream a terminal that obeys control sequences is told: all but what a terminal must not do by itself.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The longest sequence that is passed; longer ones are taken out whole.
const LONGEST: usize = 96;

/// Characters after which a control string is given up that has not ended: noise on a line may begin one.
const LONGEST_STRING: usize = 64 << 10;

/// How often the last character is repeated at most (ECMA-48 8.3.103): more is nothing but work.
const MOST_REPEATS: u32 = 4096;

/// Modes that are remembered to be undone.
const MOST_MODES: usize = 64;

/// Takes out of a text what would have a terminal do more than draw, move and answer where its cursor is.
///
/// Gone are, whatever they ask for: control strings (OSC, DCS, APC, PM, SOS; ECMA-48 8.3.89: the clipboard by OSC 52, titles,
/// colours, notifications, hyperlinks, reports of settings), window operations (`CSI … t`), printing (`CSI … i`), checksums of
/// what is on the screen (`CSI … * y`), other ways to report keys (`CSI … u`, `CSI > … m`, mode 9001 of Windows) and a locked
/// keyboard (KAM), which would take away the key that leads out, a change of width (DECCOLM), synchronized updates, other
/// character encodings (`ESC %`, `ESC SP`), ENQ, and C1 controls. What is left is to be shown by somebody who answers queries
/// only when that is wanted.
///
/// It does not matter how the text is cut.
#[derive(Clone, Debug, Default)]
pub struct ControlFilter {
    state: FilterState,
    /// The sequence under way, from its ESC on.
    held: String,
    /// Private modes as they were set or reset last.
    modes: BTreeMap<u16, bool>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum FilterState {
    #[default]
    Ground,
    /// Behind ESC, and what may stand between it and the last character.
    Escape,
    /// Within `CSI …`.
    Control,
    /// Within a control string, so many characters; only OSC ends at BEL.
    String { osc: bool, length: usize },
}

impl ControlFilter {
    /// Passes on what may pass of `text`.
    pub fn push(&mut self, text: &str, out: &mut String) {
        let mut rest = text;
        while !rest.is_empty() {
            if self.state == FilterState::Ground {
                let plain = rest.find(is_special).unwrap_or(rest.len());
                out.push_str(&rest[..plain]);
                rest = &rest[plain..];
            }
            let mut chars = rest.chars();
            let Some(char) = chars.next() else { return };
            rest = chars.as_str();
            self.take(char, out);
        }
    }

    fn take(&mut self, char: char, out: &mut String) {
        use FilterState::{Control, Escape, Ground, String};
        match (self.state, char) {
            // Cancelled, as ECMA-48 has it.
            (Escape | Control | String { .. }, '\x18' | '\x1A') => self.rest(),
            (_, '\x1B') => {
                self.rest();
                self.held.push(char);
                self.state = Escape;
            }
            (Ground, _) => {
                if !is_special(char) {
                    out.push(char);
                }
            }
            (Escape, '[') if self.held.len() == 1 => self.hold(char, Control),
            (Escape, ']' | 'P' | 'X' | '^' | '_') if self.held.len() == 1 => {
                self.held.clear();
                self.state = String { osc: char == ']', length: 0 };
            }
            (Escape, ' '..='/') => self.hold(char, Escape),
            (Escape, '0'..='~') => {
                let is_end_of_string = char == '\\';
                if !is_end_of_string && !matches!(self.held.as_bytes().get(1), Some(b' ' | b'%')) {
                    self.pass(char, out);
                }
                self.rest();
            }
            (Control, ' '..='?') => self.hold(char, Control),
            (Control, '@'..='~') => {
                if self.held.len() < LONGEST && !is_refused(&self.held[2..], char) {
                    self.pass(char, out);
                    self.remember(char);
                }
                self.rest();
            }
            // Controls within a sequence are obeyed at once.
            (Escape | Control, '\0'..='\x1F') => {
                if !is_special(char) {
                    out.push(char);
                }
            }
            (Escape | Control, _) => self.rest(),
            (String { osc: true, .. }, '\x07') | (String { .. }, '\u{9C}') => self.rest(),
            (String { length, .. }, _) if length >= LONGEST_STRING => self.rest(),
            (String { osc, length }, _) => self.state = String { osc, length: length + 1 },
        }
    }

    /// What undoes for a terminal of somebody else what has passed: the modes that were changed, colours, character sets, keys.
    /// What stands on it stays.
    pub fn undo(&self) -> String {
        let mut undone = String::new();
        for (mode, on) in &self.modes {
            // Automatic wrapping, keys that repeat and the cursor are on as a rule, all others off.
            let usual = matches!(mode, 7 | 8 | 25);
            if *on != usual {
                let last = if usual { 'h' } else { 'l' };
                // Writing to a text cannot fail.
                write!(undone, "\x1B[?{mode}{last}").ok();
            }
        }
        // Colours, insertion, an echo of the terminal's own, a line feed behind Enter. Giving up margins moves the cursor,
        // which is kept.
        undone.push_str("\x1B[0m\x1B[4l\x1B[12h\x1B[20l\x1B(B\x0F\x1B>\x1B7\x1B[r\x1B8\r\n");
        undone
    }

    fn remember(&mut self, last: char) {
        let Some(modes) = self.held.get(2..).and_then(|it| it.strip_prefix('?')) else { return };
        if !matches!(last, 'h' | 'l') {
            return;
        }
        for mode in modes.split(';').filter_map(|mode| mode.parse().ok()) {
            if self.modes.len() < MOST_MODES || self.modes.contains_key(&mode) {
                self.modes.insert(mode, last == 'h');
            }
        }
    }

    fn hold(&mut self, char: char, state: FilterState) {
        if self.held.len() < LONGEST {
            self.held.push(char);
        }
        self.state = state;
    }

    fn pass(&self, last: char, out: &mut String) {
        // Writing to a text cannot fail.
        write!(out, "{}{last}", self.held).ok();
    }

    fn rest(&mut self) {
        self.held.clear();
        self.state = FilterState::Ground;
    }
}

/// What does not pass as it is.
const fn is_special(char: char) -> bool {
    matches!(char, '\x05' | '\x1B' | '\u{80}'..='\u{9F}')
}

/// Whether a sequence `CSI parameters last` is not passed.
fn is_refused(parameters: &str, last: char) -> bool {
    let private = parameters.starts_with(['<', '=', '>', '?']);
    let mut numbers = parameters
        .split(|char: char| !char.is_ascii_digit())
        .filter(|it| !it.is_empty())
        // A terminal takes what is too large for the largest there is.
        .map(|it| it.parse().unwrap_or(u32::MAX));
    match last {
        't' | 'i' => true,
        'y' => parameters.contains('*'),
        'u' => private,
        'm' => parameters.starts_with('>'),
        'b' => numbers.any(|count: u32| count > MOST_REPEATS),
        'h' | 'l' if private => numbers.any(|mode| matches!(mode, 3 | 40 | 2026 | 9001)),
        'h' | 'l' => numbers.any(|mode| mode == 2),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn passed(text: &str) -> String {
        let mut out = String::new();
        ControlFilter::default().push(text, &mut out);
        out
    }

    #[test]
    fn drawing_moving_and_asking_for_the_cursor_pass() {
        for text in [
            "plain 你好\r\n\t\x07\x08",
            "\x1B[31;1mred\x1B[0m",
            "\x1B[5n\0\x1B[6n\0\x1B[999C\0\x1B[6n\0",
            "\x1B[?1049h\x1B[2J\x1B[H\x1B[?25l\x1B[?2004h",
            "\x1B7\x1B8\x1B(0\x1B)B\x1B#8\x1BM\x1B=\x1B>",
            "\x1B[c\x1B[>c\x1B[3b\x1B[38:2:1:2:3m\x1B[1;5u",
        ] {
            assert_eq!(passed(text), text);
        }
    }

    #[test]
    fn what_a_terminal_must_not_do_by_itself_is_taken_out() {
        for text in [
            "\x1B]52;c;cm0gLXJm\x07",
            "\x1B]52;c;cm0gLXJm\x1B\\",
            "\x1B]0;title\x07",
            "\x1B]8;;http://x\x1B\\",
            "\x1BP$q\"p\x1B\\",
            "\x1B_apc\x1B\\\x1B^pm\x1B\\\x1BXsos\u{9C}",
            "\x1B[21t\x1B[8;10;10t\x1B[22;2t",
            "\x1B[5i",
            "\x1B[1;1;1;1;9;9*y",
            "\x1B[>1u\x1B[?u\x1B[=1;1u\x1B[>4;2m",
            "\x1B[?3h\x1B[?40l\x1B[?2026h\x1B[?25;3h",
            "\x1B[?9001h\x1B[2h\x1B[4;2h",
            "\x1B[65535b\x1B[99999999999b",
            "\x1B G\x1B%@",
            "\x05",
            "\u{9B}5n\u{9D}52;c;eA==\u{9C}",
            "\x1B\\",
        ] {
            // Of C1 alone the letters behind it stay: they are text.
            let rest = passed(text);
            assert!(!rest.contains(is_special), "{text:?} left {rest:?}");
        }
        assert_eq!(passed("a\x1B]52;c;eA==\x07b\x1B]0;t\x1B\\c"), "abc");
    }

    #[test]
    fn what_was_changed_is_undone() {
        let mut filter = ControlFilter::default();
        filter
            .push("\x1B[?1049h\x1B[?25l\x1B[?1000;1006h\x1B[?2004h\x1B[?2004l", &mut String::new());
        let undone = filter.undo();
        for text in
            ["\x1B[?1049l", "\x1B[?25h", "\x1B[?1000l", "\x1B[?1006l", "\x1B[0m", "\x1B[20l"]
        {
            assert!(undone.contains(text), "{undone:?}");
        }
        assert!(!undone.contains("2004"), "{undone:?}");
        // As terminals are reset: keys repeat as a rule.
        filter.push("\x1B[?8h", &mut String::new());
        assert!(!filter.undo().contains("\x1B[?8"), "{:?}", filter.undo());
    }

    #[test]
    fn a_string_that_never_ends_is_given_up() {
        let noise = format!("\x1BP{}\r\nback again", "x".repeat(LONGEST_STRING + 1));
        assert_eq!(passed(&noise), "\r\nback again");
        assert_eq!(passed("\x1B]0;broken\x18on"), "on");
        let long = format!("\x1B[{}mon", "1;".repeat(LONGEST));
        assert_eq!(passed(&long), "on");
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_the_text_is_cut(
            pieces in prop::collection::vec(
                prop::sample::select(&[
                    "\x1B", "[", "]", "52;", "c", "\x07", "\\", "P", "?3", "h", "5n", "你", "\u{9B}", "\x18", "\r\n", "t", "%", "G",
                ][..]),
                0..40,
            ),
        ) {
            let mut one_by_one = String::new();
            let mut filter = ControlFilter::default();
            pieces.iter().for_each(|piece| filter.push(piece, &mut one_by_one));
            prop_assert_eq!(one_by_one, passed(&pieces.concat()));
        }

        #[test]
        fn no_string_is_left(text in "[\x1B\\[\\]P_^X;0-9a-z\x07\\\\\u{80}-\u{9F}]{0,60}") {
            let rest = passed(&text);
            for begin in ["\x1B]", "\x1BP", "\x1B_", "\x1B^", "\x1BX"] {
                prop_assert!(!rest.contains(begin), "{:?} left {:?}", text, rest);
            }
        }
    }
}

//! A terminal hands over lines, and keeps Ctrl-R for itself: here a key can end a line too, so it arrives at once.

#[cfg(unix)]
use rustix::termios::{OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

/// The terminal at stdin; it is as before when this is dropped.
#[cfg(unix)]
pub struct Terminal(Option<Termios>);

#[cfg(unix)]
impl Terminal {
    /// Has this key, too, end a line, and takes Ctrl-R from the terminal.
    pub fn whose_line_ends_at(key: u8) -> Self {
        // Not a terminal: nothing to change.
        let Ok(before) = tcgetattr(std::io::stdin()) else { return Self(None) };
        let mut changed = before.clone();
        changed.special_codes[SpecialCodeIndex::VREPRINT] = 0;
        changed.special_codes[SpecialCodeIndex::VEOL2] = key;
        let done = tcsetattr(std::io::stdin(), OptionalActions::Now, &changed);
        Self(done.is_ok().then_some(before))
    }
}

#[cfg(unix)]
impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            tcsetattr(std::io::stdin(), OptionalActions::Now, before).ok();
        }
    }
}

/// Elsewhere the key arrives with the line it is in: Ctrl-R and Enter.
#[cfg(not(unix))]
pub struct Terminal;

#[cfg(not(unix))]
impl Terminal {
    /// Changes nothing.
    pub const fn whose_line_ends_at(_key: u8) -> Self {
        Self
    }
}

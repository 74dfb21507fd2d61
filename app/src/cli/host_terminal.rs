//! The terminal that the program runs in, as the terminal of a board or a peer: each key goes out at once.

#[cfg(unix)]
mod keys_unix;
#[cfg(windows)]
mod keys_windows;
mod typed;

use std::io::IsTerminal as _;

use clap::Args;
use espalier_core::terminal::{BackspaceKey, EnterKey, TerminalSpec};

#[cfg(unix)]
use keys_unix as keys;
#[cfg(windows)]
use keys_windows as keys;
pub use typed::TypedKeys;

use crate::print::{complain, set_raw, shows_on_a_terminal, tell, tell_more};

/// Use of this terminal as that of the other side.
#[derive(Clone, Debug, Args)]
pub struct TerminalArgs {
    /// Be the other side's terminal: each key goes out at once, and what comes is obeyed. Ctrl-] leads out
    ///
    /// Control sequences pass, so that editors and consoles with line editing work. What a terminal must not do by itself is
    /// left out: filling the clipboard, setting titles, printing.
    #[arg(long)]
    pub terminal: bool,
    /// What Enter sends
    #[arg(long, value_name = "E", default_value = "cr", value_parser = enter, requires = "terminal")]
    enter: EnterKey,
    /// What Backspace sends: del (7F) or bs (08)
    #[arg(long, value_name = "B", default_value = "del", value_parser = backspace, requires = "terminal")]
    backspace: BackspaceKey,
    /// Show what is typed, because the other side does not
    #[arg(long, requires = "terminal")]
    local_echo: bool,
    /// Begin a new line at each LF, because the other side sends no CR
    #[arg(long, requires = "terminal")]
    implicit_cr: bool,
}

impl TerminalArgs {
    /// What keys send.
    pub fn spec(&self) -> TerminalSpec {
        TerminalSpec {
            open: self.terminal,
            enter: self.enter,
            backspace: self.backspace,
            echo: self.local_echo,
            implicit_cr: self.implicit_cr,
            typing: false,
        }
    }
}

fn enter(text: &str) -> Result<EnterKey, String> {
    let known = [("cr", EnterKey::Cr), ("lf", EnterKey::Lf), ("crlf", EnterKey::CrLf)];
    let found = known.into_iter().find(|(name, _)| *name == text);
    found.map(|(_, key)| key).ok_or_else(|| "cr, lf or crlf".to_owned())
}

fn backspace(text: &str) -> Result<BackspaceKey, String> {
    let known = [("del", BackspaceKey::Delete), ("bs", BackspaceKey::Backspace)];
    let found = known.into_iter().find(|(name, _)| *name == text);
    found.map(|(_, key)| key).ok_or_else(|| "del or bs".to_owned())
}

/// The terminal, which does nothing by itself; it is as before when this is dropped, or the program ends.
pub struct HostTerminal(());

impl HostTerminal {
    /// Takes it; `None`, and said, when there is none.
    ///
    /// # Errors
    /// The system refuses.
    pub fn take() -> anyhow::Result<Option<Self>> {
        if !std::io::stdin().is_terminal() || !shows_on_a_terminal() {
            complain("--terminal needs a terminal at standard input and output");
            tell_more(
                "without --terminal, standard input is sent and what comes goes to standard output",
            );
            return Ok(None);
        }
        tell("every key goes to the other side; Ctrl-] leads out");
        keys::make_raw()?;
        set_raw(true);
        Ok(Some(Self(())))
    }
}

impl Drop for HostTerminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back as it was, where it was taken: before the program ends in any other way.
pub fn restore() {
    keys::restore();
    set_raw(false);
}

//! Where is said what happens to one board: on stderr, behind its port's name when there are several.

use std::fmt::Display;

use espalier_core::board::BoardFault;
use espalier_core::terminal::Plain;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::exit::Exit;
use crate::print::{complain, say, tells_a_terminal, translated};

/// The bars of all boards on the terminal; none elsewhere.
#[derive(Clone, Debug)]
pub struct Bars(Option<MultiProgress>);

impl Bars {
    /// Those of this program's terminal, if it has one.
    pub fn new() -> Self {
        let on = |()| MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        Self(tells_a_terminal().then_some(()).map(on))
    }
}

/// Says what happens to one board.
#[derive(Clone, Debug)]
pub struct Teller {
    /// `[/dev/ttyUSB0] `; nothing where there is one board.
    prefix: String,
    bars: Bars,
}

impl Teller {
    /// For the only board.
    pub fn alone() -> Self {
        Self { prefix: String::new(), bars: Bars::new() }
    }

    /// For the board on this port, one of several.
    pub fn of(port: &str, bars: &Bars) -> Self {
        Self { prefix: format!("[{port}] "), bars: bars.clone() }
    }

    /// A bar below those of the other boards.
    pub fn bar(&self) -> Option<ProgressBar> {
        let bar = self.bars.0.as_ref()?.add(ProgressBar::no_length());
        bar.set_style(ProgressStyle::default_spinner());
        bar.set_prefix(Plain(&self.prefix).to_string());
        Some(bar)
    }

    /// One line as it is, above the bars.
    pub fn say(&self, line: impl Display) {
        let line = format!("{}{line}", self.prefix);
        match &self.bars.0 {
            // Nobody reads there any more: no reason to end.
            Some(bars) => drop(bars.println(Plain(line).to_string())),
            None => say(line),
        }
    }

    /// One line in the user's language.
    pub fn tell(&self, line: impl Display) {
        self.say(translated(line));
    }

    /// What failed.
    pub fn complain(&self, what: impl Display) {
        match self.prefix.is_empty() {
            true => complain(what),
            false => self.tell(what),
        }
    }

    /// Why it failed, and what to do.
    pub fn failed(&self, fault: &BoardFault) -> Exit {
        self.complain(fault);
        let more = [fault.detail.as_str(), fault.hint.english()];
        for line in more.into_iter().filter(|line| !line.is_empty()) {
            self.say(format_args!("  {}", translated(line)));
        }
        Exit::of_board(fault.kind)
    }
}

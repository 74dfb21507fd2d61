//! Where is said what happens to one board: on stderr, behind its port's name when there are several.

use std::fmt::Display;

use espalier_core::board::BoardFault;
use espalier_core::terminal::Plain;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::exit::Exit;
use crate::print::{complain_with, say, tells_a_terminal, translated};

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

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Says what happens to one board.
#[derive(Clone, Debug)]
pub struct Teller {
    /// `[/dev/ttyUSB0] `; nothing where there is one board.
    prefix: String,
    bars: Bars,
    /// The board's own, made beforehand so that bars stand in the order of the boards.
    bar: Option<ProgressBar>,
}

impl Teller {
    /// For the only board.
    pub fn alone() -> Self {
        Self { prefix: String::new(), bars: Bars::new(), bar: None }
    }

    /// For the board on this port, one of several.
    pub fn of(port: &str, bars: &Bars) -> Self {
        let teller = Self { prefix: format!("[{port}] "), bars: bars.clone(), bar: None };
        Self { bar: teller.bar(), ..teller }
    }

    /// A bar below those of the other boards; not drawn before it is told something.
    pub fn bar(&self) -> Option<ProgressBar> {
        if self.bar.is_some() {
            return self.bar.clone();
        }
        let bar = ProgressBar::no_length().with_style(style("{prefix}{spinner} {msg}"));
        let bar = bar.with_prefix(Plain(&self.prefix).to_string());
        Some(self.bars.0.as_ref()?.add(bar))
    }

    /// How a bar looks that counts so many bytes; with a port before it there is less room.
    pub fn bar_style(&self, total: u64) -> ProgressStyle {
        style(match (total, self.prefix.is_empty()) {
            (0, _) => "{prefix}{spinner} {msg}",
            (_, true) => "{msg:26} [{wide_bar}] {bytes}/{total_bytes} {binary_bytes_per_sec} {eta}",
            (_, false) => "{prefix}{msg:26} [{wide_bar}] {percent:>3} % {eta:>3}",
        })
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
        self.complain_with(what, &[]);
    }

    /// Why it failed, and what to do.
    pub fn failed(&self, fault: &BoardFault) -> Exit {
        self.complain_with(fault, &[&fault.detail, fault.hint.english()]);
        Exit::of_board(fault.kind)
    }

    fn complain_with(&self, what: impl Display, more: &[&str]) {
        if self.prefix.is_empty() {
            let say = || complain_with(what, more);
            return match &self.bars.0 {
                Some(bars) => bars.suspend(say),
                None => say(),
            };
        }
        self.tell(what);
        for line in more.iter().filter(|line| !line.is_empty()) {
            self.say(format_args!("  {}", translated(line)));
        }
    }
}

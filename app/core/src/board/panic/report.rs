//! A crash report as a whole.

use super::core_dump::CoreDump;
use super::trace::{Frame, Symbols, Trace};
use crate::Timestamp;

/// What a report is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReportKind {
    /// The program died.
    #[default]
    Panic,
    /// Where a program is that goes on (task watchdog, `esp_backtrace_print`, `ESP_ERROR_CHECK_WITHOUT_ABORT`).
    Trace,
    /// What the program remembers of its last death (ESPHome).
    LastCrash,
    /// A core dump on its own.
    CoreDump,
}

/// A crash report of the board.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Panic {
    /// What it is about.
    pub kind: ReportKind,
    /// The report's number among those of one log: several may come at the same moment.
    pub number: u64,
    /// When its first line came.
    pub from: Timestamp,
    /// When its last line came.
    pub to: Timestamp,
    /// How many lines it takes: what is folded.
    pub lines: u32,
    /// The line that says what happened.
    pub message: String,
    /// The report's backtraces, one for each core that is told of; that of the core that crashed first.
    pub traces: Vec<Trace>,
    /// First digits of the SHA-256 of the ELF file that it says it runs, in lower case; empty when it does not say.
    pub elf: String,
    /// What the frames were decoded with.
    pub symbols: Option<Symbols>,
    /// The core dump in it.
    pub dump: Option<CoreDump>,
}

impl Panic {
    /// All frames, trace after trace.
    pub fn frames(&self) -> impl Iterator<Item = &Frame> {
        self.traces.iter().flat_map(|trace| &trace.frames)
    }

    /// Which core a trace of it is of, where there may be a doubt: nobody asks on a chip with one.
    pub fn core_of(&self, trace: &Trace) -> Option<u8> {
        let is_one_of_many = self.traces.len() > 1 || self.kind == ReportKind::Trace;
        trace.core.filter(|core| *core > 0 || is_one_of_many)
    }

    /// No frame has a name.
    pub fn is_nameless(&self) -> bool {
        self.frames().all(|frame| frame.function.is_empty())
    }

    /// The program died, as far as this log tells: not only a trace of one that lives, nor an old story.
    pub const fn is_death(&self) -> bool {
        matches!(self.kind, ReportKind::Panic)
    }
}

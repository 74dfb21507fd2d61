//! Crash reports of boards: where one begins and ends in a log, and which addresses it names.
//!
//! - `signs`: how a report begins, and what ends it
//! - `read`: addresses, registers and memory in a line
//! - `parser`: follows a log line by line
//! - `stack`: what is needed to walk a stack that the board printed
//! - `dump`: core dumps

mod dump;
mod parser;
mod read;
mod signs;
mod stack;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

pub use dump::CoreDump;
pub use parser::ReportParser;
pub use stack::StackDump;

pub(super) use read::elf;

use super::{Architecture, Chip};
use crate::Timestamp;

/// Where the names in a backtrace come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Symbols {
    /// The firmware that this program carries for the chip.
    Bundled(Chip),
    /// An ELF file of the user's, by its file name.
    Elf(Arc<str>),
    /// An ELF file of the user's that is not of the program that runs: their SHA-256 differ, and lines may be wrong.
    OtherElf(Arc<str>),
}

impl Symbols {
    /// Whether the symbols are of a file that the user chose.
    pub const fn is_file(&self) -> bool {
        matches!(self, Self::Elf(_) | Self::OtherElf(_))
    }
}

impl fmt::Display for Symbols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundled(chip) => write!(f, "the Espalier firmware for {chip}"),
            Self::Elf(name) => f.write_str(name),
            Self::OtherElf(name) => {
                write!(
                    f,
                    "{name}, which is another build than the one that runs: lines may be wrong"
                )
            }
        }
    }
}

/// One step of a backtrace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// Address in the program.
    pub address: u32,
    /// The function, demangled; empty when no symbols cover the address.
    pub function: String,
    /// Source file and line, where the symbols tell.
    pub location: Option<(String, u32)>,
    /// It was found by looking for return addresses in the stack's memory: it may be left over from an earlier call.
    pub guess: bool,
}

impl Frame {
    /// A step of which only the address is known.
    pub fn bare(address: u32) -> Self {
        Self { address, ..Self::default() }
    }

    /// No program can be at this address (null, data, garbage): something called through a bad pointer.
    ///
    /// Programs lie at 0x4000_0000 to 0x6100_0000 on every chip (ROM, RAM, flash, RTC memory; esp-idf `soc.h`).
    pub fn is_nowhere(&self) -> bool {
        self.function.is_empty() && !(0x4000_0100..0x6100_0000).contains(&self.address)
    }
}

/// Which byte of the program an address in a report stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddressMeaning {
    /// The instruction itself: the one that crashed, or a call.
    #[default]
    Instruction,
    /// The instruction after a call.
    Return,
    /// A caller in a `Backtrace:` line of ESP-IDF or ESPHome: the call on Xtensa (it prints pc − 3), the instruction after
    /// the call on RISC-V.
    Caller,
}

/// An address in a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TracePoint {
    /// As printed.
    pub address: u32,
    /// What it means.
    pub meaning: AddressMeaning,
    /// The instruction that crashed, where the report names it and prints another address for it (ESP-IDF on Xtensa).
    pub crashed_at: Option<u32>,
    /// The board guessed it (ESPHome's stack scan).
    pub guess: bool,
}

impl TracePoint {
    /// The address whose line is wanted.
    pub fn probe(&self, architecture: Option<Architecture>) -> u32 {
        let after_call = match self.meaning {
            AddressMeaning::Instruction => false,
            AddressMeaning::Return => true,
            AddressMeaning::Caller => architecture == Some(Architecture::RiscV),
        };
        let address = self.crashed_at.unwrap_or(self.address);
        if after_call { address.wrapping_sub(1) } else { address }
    }
}

/// One core's way to where it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Which core, where the report says so.
    pub core: Option<u8>,
    /// What the report tells of the architecture.
    pub architecture: Option<Architecture>,
    /// The addresses as printed, innermost first.
    pub points: Vec<TracePoint>,
    /// Registers and stack memory, where the report has them instead of a backtrace.
    pub stack: Option<Box<StackDump>>,
    /// The same, decoded as far as symbols go; inlined functions are steps of their own.
    pub frames: Vec<Frame>,
}

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
    /// Its number among the reports of one log: several may come at the same moment.
    pub number: u64,
    /// When its first line came.
    pub from: Timestamp,
    /// When its last line came.
    pub to: Timestamp,
    /// How many lines it takes: what is folded.
    pub lines: u32,
    /// The line that says what happened.
    pub message: String,
    /// Its backtraces, one for each core that is told of; that of the core that crashed first.
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

    /// No frame has a name.
    pub fn is_nameless(&self) -> bool {
        self.frames().all(|frame| frame.function.is_empty())
    }

    /// The program died, as far as this log tells: not only a trace of one that lives, nor an old story.
    pub const fn is_death(&self) -> bool {
        matches!(self.kind, ReportKind::Panic)
    }
}

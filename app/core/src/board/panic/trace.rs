//! Backtraces: the addresses that a report names, and what symbols make of them.

use std::fmt;
use std::sync::Arc;

use super::stack::StackDump;
use crate::board::{Architecture, Chip};

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
    /// The frame was found by looking for return addresses in the stack's memory: it may be left over from an earlier call.
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

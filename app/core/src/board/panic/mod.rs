//! Crash reports of boards: where one begins and ends in a log, and which addresses it names.
//!
//! - `signs`: how a report begins, and what ends it
//! - `read`: addresses, registers and memory in a line
//! - `parser`: follows a log line by line
//! - `stack`: what is needed to walk a stack that the board printed
//! - `core_dump`: core dumps, and whether one is whole; `dump_lines`: how they are printed
//! - `trace`: backtraces
//! - `report`: all of these together

mod core_dump;
mod dump_lines;
mod parser;
mod read;
mod report;
mod signs;
mod stack;
#[cfg(test)]
mod tests;
mod trace;

pub use core_dump::{CoreDump, CoreDumpState};
pub use parser::ReportParser;
pub use report::{Panic, ReportKind};
pub use stack::StackDump;
pub use trace::{AddressMeaning, Frame, Symbols, Trace, TracePoint};

pub(super) use read::elf;

//! A TCP debugging assistant and the ESP32 firmware it talks to.

#![warn(clippy::print_stdout, clippy::print_stderr)] // They panic when nobody reads there.

mod cli;
mod language;
mod native;
mod print;
mod program_log;
mod releases;
mod simulated;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}

//! A TCP debugging assistant and the ESP32 firmware it talks to.

mod cli;
mod native;
mod simulated;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}

//! `espalier log`: prints a capture.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::options;

/// Print a capture file
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// A capture (pcapng) made by --capture or saved from the window
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value_t = What::Text)]
    view: What,
    /// Encoding of the text
    #[arg(long, value_name = "E", default_value = "utf-8", value_parser = options::encoding)]
    encoding: &'static encoding_rs::Encoding,
    /// Only what was received (in) or sent (out)
    #[arg(long, value_enum)]
    direction: Option<Way>,
    /// Only this connection: its number in the log, or its address
    #[arg(long, value_name = "P")]
    peer: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Lines of text, with time, direction and peer
    Text,
    /// Sixteen bytes a row, with time, direction and peer
    Hex,
    /// The bytes alone
    Raw,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Way {
    /// Received
    In,
    /// Sent
    Out,
}

/// Says what would be done: the engine is not built into this version.
pub fn run(args: &Args) -> anyhow::Result<super::exit::Exit> {
    anyhow::bail!("the engine is not built into this version yet; asked for {args:?}")
}

//! How a board's loader is reached: what `flash` shares with `read-flash`, `erase-flash` and `partition-table`.

use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};
use espalier_core::board::{AfterFlash, BeforeFlash, Chip, FlashSpec, parse_address};

use super::options;

/// How a board's loader is reached.
#[derive(Debug, ClapArgs)]
pub struct LoaderArgs {
    /// Refuse any other chip
    #[arg(long, value_name = "CHIP")]
    chip: Option<Chip>,
    /// Where the board's partition table is; without it at 0x8000, else where one is found
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    partition_table_offset: Option<u32>,
    /// The fastest speed to try; slower ones follow when it fails
    #[arg(long, value_name = "N", default_value_t = FlashSpec::BAUD, value_parser = clap::value_parser!(u32).range(9600..=5_000_000))]
    baud: u32,
    /// How the chip gets into its loader
    #[arg(long, value_enum, default_value_t = Before::Default)]
    before: Before,
    /// How the program is started afterwards
    #[arg(long, value_enum, default_value_t = After::Default)]
    after: After,
    /// How long to wait for the loader's answer, for somebody to press the buttons
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = options::duration)]
    wait: Duration,
}

/// How the chip gets into its loader.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Before {
    /// By DTR and RTS where the port has them, else by hand
    Default,
    /// Not at all: a loader runs already, or somebody presses the buttons
    None,
}

/// How the program is started afterwards.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum After {
    /// By RTS where the port has it, else as with `soft`
    Default,
    /// Not at all: the loader goes on running
    None,
    /// The loader is asked to start the program
    Soft,
}

impl From<Before> for BeforeFlash {
    fn from(before: Before) -> Self {
        match before {
            Before::Default => Self::Auto,
            Before::None => Self::None,
        }
    }
}

impl From<After> for AfterFlash {
    fn from(after: After) -> Self {
        match after {
            After::Default => Self::Auto,
            After::None => Self::None,
            After::Soft => Self::Soft,
        }
    }
}

impl LoaderArgs {
    /// The same to be done, by a loader that is reached so.
    pub fn fill(&self, spec: FlashSpec) -> FlashSpec {
        FlashSpec {
            chip: self.chip,
            table_at: self.partition_table_offset,
            baud: self.baud,
            before: self.before.into(),
            after: self.after.into(),
            patience: self.wait,
            ..spec
        }
    }
}

/// Reads an address: `0x8000`.
pub fn address(text: &str) -> Result<u32, String> {
    parse_address(text).ok_or_else(|| "an address such as 0x8000 is needed".to_owned())
}

//! How a board's loader is reached: what `flash` shares with `read-flash`, `erase-flash` and `partition-table`.

use std::sync::Arc;
use std::time::Duration;

use clap::Args as ClapArgs;
use espalier_core::board::{Chip, FlashSpec, FlashStatus, FlashTask, parse_address};

use super::exit::Exit;
use super::{flash, options};

/// The board, and how its loader is reached.
#[derive(Debug, ClapArgs)]
pub struct BoardArgs {
    /// The port: a name from `espalier ports`, or a path
    #[arg(long, value_name = "PORT")]
    pub port: String,
    #[command(flatten)]
    loader: LoaderArgs,
}

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
    #[arg(long, value_enum, default_value_t = flash::Before::Default)]
    before: flash::Before,
    /// How the program is started afterwards
    #[arg(long, value_enum, default_value_t = flash::After::Default)]
    after: flash::After,
    /// How long to wait for the loader's answer, for somebody to press the buttons
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = options::duration)]
    wait: Duration,
}

impl BoardArgs {
    /// Has the board do this; how it ended, and the last that was seen of it.
    pub fn perform(&self, task: FlashTask) -> anyhow::Result<(Exit, Option<Arc<FlashStatus>>)> {
        flash::perform(&self.port, self.loader.fill(FlashSpec::task(task)))
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

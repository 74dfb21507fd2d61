//! A task for the flash of one board: what `read-flash`, `erase-flash` and `partition-table` have in common.

use std::sync::Arc;

use clap::Args as ClapArgs;
use espalier_core::board::{FlashSpec, FlashStatus, FlashTask};

use super::exit::Exit;
use super::flash;
use super::loader_args::LoaderArgs;

/// The board, and how its loader is reached.
#[derive(Debug, ClapArgs)]
pub struct BoardArgs {
    /// The port: a name from `espalier ports`, or a path
    #[arg(long, value_name = "PORT")]
    pub port: String,
    #[command(flatten)]
    loader: LoaderArgs,
}

impl BoardArgs {
    /// Has the board do this; how it ended, and the last that was seen of it.
    pub fn perform(&self, task: FlashTask) -> anyhow::Result<(Exit, Option<Arc<FlashStatus>>)> {
        flash::perform(&self.port, self.loader.fill(FlashSpec::task(task)))
    }
}

//! `espalier read-flash`: what a board's flash holds, into a file.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use espalier_core::board::{FlashRegion, FlashTask, FlashTaskResult};
use espalier_engine::board::flash::check_place;

use super::board_args::BoardArgs;
use super::exit::Exit;
use super::flash;
use crate::print;

/// Back up a board's flash, or a region of it
///
/// REGION is all, a partition by its name (`espalier partition-table` lists them), or START+SIZE: 0x9000+0x6000, 1M+64K.
///
/// FILE appears when it is whole, for this user alone: flash holds passwords. Its SHA-256 goes to stdout, as sha256sum
/// prints it. A backup of all is written back by `espalier flash --whole FILE`, a region by `espalier flash --image
/// START:FILE`.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// What to read
    #[arg(value_name = "REGION")]
    region: FlashRegion,
    /// The file to make
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replace FILE when it is there already
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    board: BoardArgs,
}

/// Reads it.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let Args { region, file, force, board } = args;
    // Before the board is disturbed.
    if let Err(fault) = check_place(file, *force) {
        return Ok(flash::failed(&fault));
    }
    let task = FlashTask::Read { region: region.clone(), file: file.clone(), replace: *force };
    let (exit, status) = board.perform(task)?;
    if let Some(FlashTaskResult::Read(backup)) = status.and_then(|status| status.result.clone()) {
        print::line(format_args!("{}  {}", backup.sha256, backup.file.display()))?;
    }
    Ok(exit)
}

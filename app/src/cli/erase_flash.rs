//! `espalier erase-flash`: a region of a board's flash, or all of it, as it was when it was new.

use std::io::{BufRead as _, IsTerminal as _, Read as _};

use clap::Args as ClapArgs;
use espalier_core::board::{FlashRegion, FlashTask};

use super::board_args::BoardArgs;
use super::exit::{BadArgument, Exit};
use crate::print::{tell, tells_a_terminal};

/// Erase a board's flash, or a region of it
///
/// REGION is all, a partition by its name (`espalier partition-table` lists them), or START+SIZE: 0x9000+0x6000, 1M+64K.
///
/// What is erased cannot be brought back, so that it is asked for on a terminal; elsewhere --yes is needed.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// What to erase; whole sectors of 4 KiB
    #[arg(value_name = "REGION")]
    region: FlashRegion,
    /// Erase without asking
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    board: BoardArgs,
}

/// Erases it.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let Args { region, yes, board } = args;
    if !yes && !is_meant(region, &board.port)? {
        tell("nothing was erased");
        return Ok(Exit::Cancelled);
    }
    let task = FlashTask::Erase { region: region.clone() };
    board.perform(task).map(|(exit, _)| exit)
}

/// Asks whoever sits at the terminal.
fn is_meant(region: &FlashRegion, port: &str) -> anyhow::Result<bool> {
    /// More is no answer.
    const LONGEST: u64 = 64;
    let stdin = std::io::stdin();
    if !(stdin.is_terminal() && tells_a_terminal()) {
        let why = "what is erased cannot be brought back: say --yes";
        return Err(BadArgument(why.to_owned()).into());
    }
    tell(format_args!(
        "erase {region} of the board on {port}? What is there cannot be brought back. yes or no:"
    ));
    let mut answer = String::new();
    stdin.lock().take(LONGEST).read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}

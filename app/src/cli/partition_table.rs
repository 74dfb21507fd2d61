//! `espalier partition-table`: what lies where on a board.

use clap::Args as ClapArgs;
use espalier_core::board::{FlashTask, FoundTable, Partition};
use serde::Serialize;

use super::board_args::BoardArgs;
use super::exit::Exit;
use crate::print::{document, line};

/// Show the partition table of a board
///
/// As the CSV file that tables are made of: name, type, subtype, offset, size, flags.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// One JSON document instead of CSV
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    board: BoardArgs,
}

#[derive(Serialize)]
struct TableDocument<'a> {
    offset: u32,
    partitions: Vec<PartitionDocument<'a>>,
}

#[derive(Serialize)]
struct PartitionDocument<'a> {
    name: &'a str,
    r#type: u8,
    subtype: u8,
    offset: u32,
    size: u32,
    flags: u32,
}

/// Prints it.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let (exit, status) = args.board.perform(FlashTask::Table)?;
    if let Some(found) = status.and_then(|status| status.table.clone()) {
        match args.json {
            true => document(&serde_json::to_string_pretty(&table(&found))?)?,
            false => found.table.csv().lines().try_for_each(line)?,
        }
    }
    Ok(exit)
}

fn table(found: &FoundTable) -> TableDocument<'_> {
    let partitions = found.table.partitions.iter().map(PartitionDocument::of).collect();
    TableDocument { offset: found.at, partitions }
}

impl<'a> PartitionDocument<'a> {
    fn of(partition: &'a Partition) -> Self {
        let Partition { label, kind, offset, size, flags } = partition;
        let ((kind, subtype), offset) = (*kind, *offset);
        Self { name: label, r#type: kind, subtype, offset, size: *size, flags: *flags }
    }
}

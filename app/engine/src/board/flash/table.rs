//! The partition table on the board, wherever its bootloader was built to look for it.

use espalier_core::board::{BoardFault, FaultKind, FoundTable, PartitionTable};
use espalier_core::say;

use super::failure::FlashFailure;
use super::loader::ActiveLoader;
use super::read;
use super::tracker::Tracker;

/// Enough of a sector to know an entry by.
const ENTRY: u32 = 32;

/// Reads the table at this address; without one, at the usual place, else at the first where one lies.
///
/// # Errors
/// The link breaks, the user cancels, or there is none at the address that was named.
pub fn find(
    reached: &mut ActiveLoader,
    named: Option<u32>,
    tracker: &mut Tracker<'_>,
) -> Result<Option<FoundTable>, FlashFailure> {
    if let Some(at) = named {
        let found = table(reached, at, tracker)?;
        return found.map(Some).ok_or_else(|| none_at(at).into());
    }
    if let Some(found) = table(reached, PartitionTable::AT, tracker)? {
        return Ok(Some(found));
    }
    for at in PartitionTable::places() {
        if !PartitionTable::begins(&bytes(reached, at, ENTRY, tracker)?) {
            continue;
        }
        // What is left of another one may lie anywhere; a table that is used lies in front of its partitions.
        let found = table(reached, at, tracker)?;
        if let Some(found) = found.filter(|found| at < found.table.begin()) {
            tracker.attempt(format!("The partition table is at {at:#x}, not at 0x8000"));
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn table(
    reached: &mut ActiveLoader,
    at: u32,
    tracker: &mut Tracker<'_>,
) -> Result<Option<FoundTable>, FlashFailure> {
    if u64::from(at) + PartitionTable::LENGTH as u64 > reached.info.flash_size {
        return Ok(None);
    }
    let bytes = bytes(reached, at, PartitionTable::LENGTH as u32, tracker)?;
    let table = PartitionTable::parse(&bytes).ok();
    Ok(table.map(|table| FoundTable { at, table }))
}

/// All bytes of a region that is small enough for that.
///
/// # Errors
/// The link breaks, or the user cancels.
pub fn bytes(
    reached: &mut ActiveLoader,
    at: u32,
    length: u32,
    tracker: &mut Tracker<'_>,
) -> Result<Vec<u8>, FlashFailure> {
    let mut bytes = Vec::new();
    read::read(reached, at, length, &mut |block| {
        bytes.extend_from_slice(block);
        Ok(tracker.check_cancelled()?)
    })?;
    Ok(bytes)
}

fn none_at(at: u32) -> BoardFault {
    BoardFault::new(
        FaultKind::BadFile,
        say!(
            "told-no-table-at",
            "The board has no partition table at {address}",
            address = format_args!("{at:#x}"),
        ),
        say!("hint-table-at", "Leave the address out to have it looked for."),
    )
}

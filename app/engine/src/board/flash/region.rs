//! What is done with the flash as it is: a region is kept in a file or erased, the partition table is read.

use std::ops::Range;

use espalier_core::board::{
    BoardFault, FaultKind, FlashRegion, FlashStep, FlashTask, FlashTaskResult, FoundTable, no_table,
};
use espalier_core::say;
use md5::{Digest as _, Md5};

use super::backup::BackupFile;
use super::failure::FlashFailure;
use super::loader::ActiveLoader;
use super::tracker::Tracker;
use super::{read, table, write};

/// A region is read in pieces, each checked by its MD5: what a link that breaks loses, and what a cancel waits for. They last about
/// a second each.
fn piece(baud: u32) -> u64 {
    u64::from(baud / 10).next_power_of_two().clamp(0x4000, 0x4_0000)
}

/// Does what is asked. `file` is where a region is read to; what is in it stays there when the link breaks, and a slower one
/// goes on behind it.
///
/// # Errors
/// There is no such region, the chip is locked, the file cannot be written, or the link breaks.
pub fn perform(
    reached: &mut ActiveLoader,
    task: &FlashTask,
    table_at: Option<u32>,
    file: &mut Option<BackupFile>,
    tracker: &mut Tracker<'_>,
) -> Result<(), FlashFailure> {
    // Disables the watchdog that would end a long read over the chip's own USB.
    reached.disable_watchdog()?;
    let is_encrypted = reached.is_encrypted()?;
    if matches!(task, FlashTask::Erase { .. }) && (is_encrypted || reached.has_secure_boot()?) {
        return Err(guarded(reached).into());
    }
    if is_encrypted && task.needs_table() {
        return Err(unreadable_table(reached).into());
    }
    let found = if task.needs_table() { table::find(reached, table_at, tracker)? } else { None };
    if let Some(found) = &found {
        tracker.table(found.clone());
    }
    let size = reached.info.flash_size;
    let table = found.as_ref().map(|found| &found.table);
    let result = match task {
        FlashTask::Table => {
            let found = found.as_ref().ok_or_else(no_table)?;
            check(found, size, tracker);
            FlashTaskResult::Table
        }
        FlashTask::Read { region, file: path, replace } => {
            let range = region.resolve(size, table)?;
            if is_encrypted {
                tracker
                    .attempt("The flash is encrypted: the file is of use for this very chip alone");
            }
            let mut backup = match file.take() {
                Some(begun) => begun,
                None => BackupFile::begin(path, *replace)?,
            };
            backup.reserve(&range)?;
            if let Err(failure) = fill(&mut backup, reached, &range, tracker) {
                *file = Some(backup);
                return Err(failure);
            }
            FlashTaskResult::Read(backup.finish()?.into())
        }
        FlashTask::Erase { region } => {
            let range = region.resolve_sectors(size, table)?;
            erase(reached, region, &range, tracker)?;
            FlashTaskResult::Erased(range)
        }
    };
    tracker.result(result);
    Ok(())
}

/// The same fault in words that are true where nothing was to be written; `has_written`: something was erased by then.
pub fn worded(fault: BoardFault, task: &FlashTask, has_written: bool) -> BoardFault {
    match (fault.kind, task) {
        (FaultKind::Cancelled, FlashTask::Erase { region }) if has_written => halfway(region),
        (FaultKind::Gone, _) => BoardFault {
            what: say!("told-went-away-task", "The board went away in the middle of it"),
            hint: say!(
                "hint-went-away-task",
                "Plug it in again (another cable or port if it happens again), then try again."
            ),
            ..fault
        },
        (FaultKind::LinkFailed, _) => BoardFault {
            hint: say!(
                "hint-link-breaks-task",
                "Use a shorter cable or another USB port, leave out hubs, and disconnect what else hangs on the board; then try again."
            ),
            ..fault
        },
        _ => fault,
    }
}

/// What a user should know of a table that is only looked at.
fn check(found: &FoundTable, size: u64, tracker: &mut Tracker<'_>) {
    let table = &found.table;
    if let Some(partition) = table.beyond(size) {
        let (name, end) = (partition.name(), partition.end());
        tracker.attempt(format!("Partition {name} ends at {end:#x}, beyond the flash"));
    }
    if let Some((first, second)) = table.overlap() {
        tracker.attempt(format!("Partitions {} and {} overlap", first.name(), second.name()));
    }
}

/// Reads what the file does not have yet.
fn fill(
    backup: &mut BackupFile,
    reached: &mut ActiveLoader,
    range: &Range<u64>,
    tracker: &mut Tracker<'_>,
) -> Result<(), FlashFailure> {
    tracker.counted_step(FlashStep::Reading, range.end - range.start);
    tracker.advance(backup.done());
    let most = piece(reached.loader.baud);
    loop {
        let at = range.start + backup.done();
        let length = (range.end - at).min(most);
        if length == 0 {
            return Ok(());
        }
        let mut piece = Vec::with_capacity(length as usize);
        read::read(reached, at as u32, length as u32, &mut |bytes| {
            tracker.check_cancelled()?;
            piece.extend_from_slice(bytes);
            tracker.advance(bytes.len() as u64);
            Ok(())
        })?;
        backup.push(&piece)?;
    }
}

fn erase(
    reached: &mut ActiveLoader,
    region: &FlashRegion,
    range: &Range<u64>,
    tracker: &mut Tracker<'_>,
) -> Result<(), FlashFailure> {
    write::erase(reached, range, tracker)?;
    let length = range.end - range.start;
    let mut erased = Md5::new();
    for _ in 0..length / 0x1000 {
        erased.update([0xFF; 0x1000]);
    }
    match reached.md5(range.start as u32, length as u32)? == erased.finalize()[..] {
        true => Ok(()),
        false => Err(not_erased(region).into()),
    }
}

fn halfway(region: &FlashRegion) -> BoardFault {
    BoardFault::new(
        FaultKind::Cancelled,
        say!("told-erased-halfway", "Cancelled: {region} is erased in part", region = region),
        say!("hint-erased-halfway", "The loader still runs: erase or flash it, now or later."),
    )
}

fn not_erased(region: &FlashRegion) -> BoardFault {
    BoardFault::new(
        FaultKind::VerifyFailed,
        say!("told-not-erased", "{region} is not empty after erasing", region = region),
        say!(
            "hint-not-erased",
            "Erase it again. If that does not help: check the supply; the flash chip may be write-protected or worn out."
        ),
    )
}

fn guarded(reached: &ActiveLoader) -> BoardFault {
    BoardFault::new(
        FaultKind::Locked,
        say!(
            "told-erase-guarded",
            "This {chip} has flash encryption or secure boot: what is erased may be lost for ever, and is not erased from here",
            chip = reached.info.chip,
        ),
        say!("hint-erase-guarded", "Whoever holds the keys uses esptool with --force."),
    )
}

fn unreadable_table(reached: &ActiveLoader) -> BoardFault {
    BoardFault::new(
        FaultKind::Locked,
        say!(
            "told-table-encrypted",
            "The flash of this {chip} is encrypted: its partition table cannot be read",
            chip = reached.info.chip,
        ),
        say!("hint-region-addresses", "Name the region by its addresses: START+SIZE."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancel_says_that_a_region_is_erased_in_part_wherever_it_comes() {
        let task = FlashTask::Erase { region: FlashRegion::All };
        let halfway = worded(BoardFault::cancelled_halfway(), &task, true);
        assert!(halfway.what.contains("all is erased in part"), "{halfway}");
        let before = worded(BoardFault::cancelled(), &task, false);
        assert_eq!(before, BoardFault::cancelled());
    }
}

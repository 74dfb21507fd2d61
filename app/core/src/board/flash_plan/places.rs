//! Where each piece belongs: bootloader and table where the chip looks for them, all else where the table says.

use super::examined_part::ExaminedPart;
use super::{FlashTarget, told};
use crate::board::{
    BoardFault, ChipInfo, Contents, FlashPart, ImageKind, Partition, PartitionTable, PartitionUse,
    SECTOR,
};

/// The place of a piece that was given none.
pub fn place_of(
    piece: &ExaminedPart,
    table: Option<&PartitionTable>,
    target: &FlashTarget<'_>,
) -> Result<u32, BoardFault> {
    match &piece.contents {
        Contents::Image(image) if image.kind == ImageKind::Bootloader => {
            Ok(target.info.chip.bootloader_at())
        }
        Contents::Table(_) => Ok(target.table_at),
        Contents::Merged(merged) => Ok(merged.base),
        Contents::Erased | Contents::Elf | Contents::Unknown => Err(told::no_place(&piece.name)),
        contents => {
            let table = table.ok_or_else(|| told::no_table(&piece.name))?;
            let home = home(contents, table).ok_or_else(|| told::no_partition(&piece.name))?;
            Ok(home.offset)
        }
    }
}

/// Where contents belong that a table has a place for.
fn home<'t>(contents: &Contents, table: &'t PartitionTable) -> Option<&'t Partition> {
    match contents {
        Contents::Image(_) => table.home(),
        Contents::OtaData(_) => table.first(PartitionUse::OtaData),
        Contents::Data(usage) => table.first(*usage).or_else(|| {
            // Arduino's table calls the place of every file system `spiffs`.
            let files = matches!(usage, PartitionUse::LittleFs | PartitionUse::Fat);
            files.then(|| table.first(PartitionUse::Spiffs)).flatten()
        }),
        _ => None,
    }
}

/// Whether contents may lie in this partition.
fn suits(contents: &Contents, partition: &Partition) -> bool {
    let usage = partition.usage();
    match contents {
        Contents::Image(_) => partition.takes_applications(),
        Contents::OtaData(_) => usage == PartitionUse::OtaData,
        Contents::Data(data) => {
            let files = |it| {
                matches!(it, PartitionUse::Spiffs | PartitionUse::LittleFs | PartitionUse::Fat)
            };
            usage == *data || usage == PartitionUse::Other || files(usage) && files(*data)
        }
        Contents::Erased | Contents::Unknown => !partition.takes_applications(),
        _ => false,
    }
}

/// Whether a piece is where it belongs, and fits there.
pub fn check(
    piece: &ExaminedPart,
    all: &[ExaminedPart],
    table: Option<&PartitionTable>,
    target: &FlashTarget<'_>,
) -> Result<(), BoardFault> {
    let Some(address) = piece.address else { return Ok(()) };
    let chip = target.info.chip;
    let at = table.and_then(|table| table.at(address));
    match &piece.contents {
        Contents::Image(image) if image.kind == ImageKind::Bootloader => {
            let second = at.is_some_and(|part| part.usage() == PartitionUse::Bootloader);
            if address != chip.bootloader_at() && !second {
                return Err(told::bootloader_place(&piece.name, chip, address));
            }
            let table_at = all.iter().find(|other| matches!(other.contents, Contents::Table(_)));
            let table_at = table_at.and_then(|table| table.address).unwrap_or(target.table_at);
            match !second && piece.range().end > table_at.into() {
                true => Err(told::over(piece, "partition table")),
                false => Ok(()),
            }
        }
        Contents::Table(own) => check_table(piece, own.as_ref().ok(), all, at, target.table_at),
        // Its parts are where they are; those that a chip looks for must be there.
        Contents::Merged(merged) => match merged.bootloader_at {
            Some(at) if at != chip.bootloader_at() => {
                Err(told::bootloader_place(&piece.name, chip, at))
            }
            _ => Ok(()),
        },
        contents => {
            let known = !matches!(contents, Contents::Erased | Contents::Unknown);
            check_reserved(piece, table.is_some() && known, target)?;
            match (table, at) {
                (None, _) => Ok(()),
                (Some(_), Some(partition)) if suits(contents, partition) => fits(piece, partition),
                (Some(table), at) => misplaced(piece, address, table, at, target),
            }
        }
    }
}

/// A table is where the bootloader looks, which is where it was built for: in front of the first partition.
fn check_table(
    piece: &ExaminedPart,
    own: Option<&PartitionTable>,
    all: &[ExaminedPart],
    at: Option<&Partition>,
    usual: u32,
) -> Result<(), BoardFault> {
    let Some(address) = piece.address else { return Ok(()) };
    let begin = own.map_or(u32::MAX, PartitionTable::begin);
    let with_bootloader = all
        .iter()
        .any(|other| other.contents.is_bootloader() && other.range().end <= u64::from(address));
    let fits = address.checked_add(SECTOR).is_some_and(|end| end <= begin);
    let second = at.is_some_and(|part| part.usage() == PartitionUse::Table);
    // Only who writes the bootloader, too, can have built it for another place.
    if (address == usual || with_bootloader) && fits || second {
        return Ok(());
    }
    match (address == usual, own) {
        (true, Some(table)) => Err(told::over_table(&piece.name, table, usual)),
        _ => Err(told::table_place(&piece.name, usual, address)),
    }
}

/// Only a bootloader goes where the chip looks for one, and only a table where the bootloader looks for that.
fn check_reserved(
    piece: &ExaminedPart,
    has_place: bool,
    target: &FlashTarget<'_>,
) -> Result<(), BoardFault> {
    let boots = target.info.chip.bootloader_at();
    let reserved = [
        // No application is started from in front of the table, whatever table that is.
        match piece.contents.is_application() {
            true => (0, target.table_at.max(boots + SECTOR), "bootloader"),
            false => (boots, SECTOR, "bootloader"),
        },
        (target.table_at, PartitionTable::LENGTH as u32, "partition table"),
    ];
    let range = piece.range();
    let touched = reserved.into_iter().find(|(start, length, _)| {
        range.start < u64::from(start + length) && u64::from(*start) < range.end
    });
    match touched {
        // Where it belongs instead is told by whoever knows.
        Some((_, _, what)) if !has_place => Err(told::over(piece, what)),
        _ => Ok(()),
    }
}

fn fits(piece: &ExaminedPart, partition: &Partition) -> Result<(), BoardFault> {
    match piece.bytes.len() as u64 > u64::from(partition.size) {
        true => Err(told::too_large(piece, partition)),
        false => Ok(()),
    }
}

/// A piece that begins where no partition does, or one for something else.
fn misplaced(
    piece: &ExaminedPart,
    address: u32,
    table: &PartitionTable,
    at: Option<&Partition>,
    target: &FlashTarget<'_>,
) -> Result<(), BoardFault> {
    if matches!(piece.contents, Contents::Erased) {
        return Ok(());
    }
    if matches!(piece.contents, Contents::Unknown) {
        // It may begin anywhere but where a program is looked for.
        return match at {
            Some(partition) => Err(told::no_application(&piece.name, address, partition)),
            None => Ok(()),
        };
    }
    let range = piece.range();
    let touches = |part: &&Partition| {
        range.start < part.end() && u64::from(part.offset) < range.end && part.size > 0
    };
    match home(&piece.contents, table) {
        Some(home) => Err(told::place(piece, address, home)),
        // The table knows nothing of such contents, and nothing that it knows of is touched.
        None if !table.partitions.iter().any(|part| touches(&part)) => {
            check_reserved(piece, false, target)
        }
        None => Err(told::no_partition(&piece.name)),
    }
}

/// Whether the parts lie side by side on sectors, within the flash.
pub fn check_room(parts: &[FlashPart], info: &ChipInfo) -> Result<(), BoardFault> {
    if parts.is_empty() {
        return Err(told::nothing());
    }
    let mut free_from = 0_u64;
    for part in parts {
        if !part.address.is_multiple_of(SECTOR) {
            return Err(told::no_sector(part));
        }
        if u64::from(part.address) < free_from {
            return Err(told::overlap(part));
        }
        if part.end() > info.flash_size {
            return Err(told::beyond_flash(part, info));
        }
        free_from = part.end().next_multiple_of(SECTOR.into());
    }
    Ok(())
}

//! Whether a chip would start what is written: chip, revision, flash size, checksum, SHA-256, and what a table claims.

use super::examined_part::ExaminedPart;
use super::{FlashTarget, told, unpack};
use crate::board::{BoardFault, ChipInfo, Contents, EspImage, ImageKind, PartitionTable};

/// Looks at a piece, and into what it consists of.
pub fn check(piece: &ExaminedPart, target: &FlashTarget<'_>) -> Result<(), BoardFault> {
    match &piece.contents {
        Contents::Image(image) => check_image(&piece.name, image, target.info),
        Contents::Table(Ok(table)) => check_table(&piece.name, table, target.info),
        Contents::Table(Err(flaw)) => Err(told::table_damaged(&piece.name, *flaw)),
        Contents::Merged(merged) => {
            let parts = unpack::parts(merged, &piece.bytes);
            parts.iter().try_for_each(|(part, _)| match &part.contents {
                Contents::Merged(_) => Ok(()),
                _ => check(part, target),
            })
        }
        _ => Ok(()),
    }
}

fn check_image(name: &str, image: &EspImage, info: &ChipInfo) -> Result<(), BoardFault> {
    let header = &image.header;
    match header.chip {
        Ok(chip) if chip == info.chip => {}
        Ok(chip) => return Err(told::wrong_chip(name, chip.name(), info.chip)),
        Err(number) => return Err(told::wrong_chip(name, &format!("#{number}"), info.chip)),
    }
    if let Some((major, minor)) = info.revision {
        let has = major * 100 + minor;
        if has < header.min_revision.into() {
            return Err(told::older_chip(name, header.min_revision, has));
        }
        // Bootloaders are started by ROMs, which do not look at this.
        let most = header.max_revision.filter(|_| image.kind == ImageKind::Application);
        if let Some(most) = most.filter(|most| has > u32::from(*most)) {
            return Err(told::newer_chip(name, most, has));
        }
    }
    if let Some(flaw) = image.flaw {
        return Err(told::image_damaged(name, flaw));
    }
    match header.flash_size.filter(|size| *size > info.flash_size) {
        Some(size) => Err(told::smaller_flash(name, size, info)),
        None => Ok(()),
    }
}

fn check_table(name: &str, table: &PartitionTable, info: &ChipInfo) -> Result<(), BoardFault> {
    if let Some(partition) = table.beyond(info.flash_size) {
        return Err(told::table_beyond(partition, info));
    }
    if let Some((first, second)) = table.overlap() {
        return Err(told::table_overlap(name, first, second));
    }
    match table.partitions.iter().find(|part| part.is_misaligned()) {
        Some(partition) => Err(told::table_misaligned(name, partition)),
        None => Ok(()),
    }
}

/// Whether the bootloader that is written knows of as much flash as the table needs: it goes by its header, whatever there is
/// (ESP-IDF, `bootloader_support`: "exceeds flash chip size").
pub fn check_known_flash(
    pieces: &[ExaminedPart],
    table: Option<&PartitionTable>,
) -> Result<(), BoardFault> {
    let Some(table) = table else { return Ok(()) };
    let known = pieces.iter().find_map(known_flash);
    let beyond = known.and_then(|(name, size)| Some((name, size, table.beyond(size)?)));
    match beyond {
        Some((name, size, partition)) => Err(told::header_too_small(&name, size, partition)),
        None => Ok(()),
    }
}

/// The bootloader in a part, and of how much flash it knows.
fn known_flash(piece: &ExaminedPart) -> Option<(String, u64)> {
    match &piece.contents {
        Contents::Image(image) if image.kind == ImageKind::Bootloader => {
            Some((piece.name.clone(), image.header.flash_size?))
        }
        Contents::Merged(merged) => {
            let parts = unpack::parts(merged, &piece.bytes);
            parts.iter().find_map(|(part, _)| match part.contents {
                Contents::Merged(_) => None,
                _ => known_flash(part),
            })
        }
        _ => None,
    }
}

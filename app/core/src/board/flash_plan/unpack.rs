//! Files as what they consist of: a merged image is bootloader, table, program and files.

use super::examined_part::ExaminedPart;
use super::{FlashBlob, FlashTarget, told};
use crate::board::{BoardFault, Contents, FlashAction, MergedImage, PartitionUse};

/// What a file consists of.
pub fn of(
    blob: FlashBlob,
    target: &FlashTarget<'_>,
    remarks: &mut Vec<String>,
) -> Result<Vec<ExaminedPart>, BoardFault> {
    let FlashBlob { name, address, bytes } = blob;
    let piece = ExaminedPart::new(name, address, bytes);
    let Contents::Merged(merged) = &piece.contents else { return Ok(vec![piece]) };
    let elsewhere = address.filter(|address| *address != merged.base);
    let fault = match (elsewhere, &merged.table) {
        (Some(address), _) => Some(told::merged_place(&piece.name, merged.base, address)),
        (None, Err(flaw)) => Some(told::table_damaged(&piece.name, *flaw)),
        (None, Ok(_)) => None,
    };
    if let Some(fault) = fault {
        if !target.force {
            return Err(fault);
        }
        remarks.push(format!("Written all the same: {fault}"));
    }
    let as_it_is = target.whole || elsewhere.is_some();
    if as_it_is || merged.table.is_err() {
        let address = Some(address.unwrap_or(merged.base));
        return Ok(vec![ExaminedPart { address, ..piece }]);
    }
    let mut pieces = parts(merged, &piece.bytes);
    if target.action == FlashAction::EraseFirst {
        return Ok(pieces.into_iter().map(|(piece, _)| piece).collect());
    }
    pieces.retain(|(piece, usage)| {
        let stays = usage.is_some_and(is_kept);
        if stays {
            remarks.push(format!("{} stays as it is on the board", piece.name));
        }
        !stays
    });
    let name = &piece.name;
    remarks.push(format!("{name} is a merged image: its parts are written, settings stay"));
    Ok(pieces.into_iter().map(|(piece, _)| piece).collect())
}

/// The pieces of a merged image, with what their partitions are for.
pub fn parts(merged: &MergedImage, bytes: &[u8]) -> Vec<(ExaminedPart, Option<PartitionUse>)> {
    let parts = merged.parts(bytes).into_iter();
    parts
        .map(|part| {
            let name = match part.usage {
                Some(PartitionUse::Factory | PartitionUse::Ota(_)) => "application".to_owned(),
                _ => part.name,
            };
            let piece = ExaminedPart::new(name, Some(part.address), bytes[part.range].to_vec());
            (piece, part.usage)
        })
        .collect()
}

/// What a board keeps for itself.
const fn is_kept(usage: PartitionUse) -> bool {
    matches!(usage, PartitionUse::Nvs | PartitionUse::NvsKeys | PartitionUse::CoreDump)
}

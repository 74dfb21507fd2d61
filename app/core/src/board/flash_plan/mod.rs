//! What is written where, decided before anything is: each file goes to the place that its contents and the partition table
//! give it, and is refused at every other.
//!
//! - `examined_part`: something that goes to one place; `unpack`: files as what they consist of
//! - `places`: where each belongs; `checks`: whether the chip would start it there
//! - `slots`: the same program where an update over the network has put it; `told`: what is said when it is refused

mod checks;
mod examined_part;
mod places;
mod slots;
mod told;
mod unpack;

use super::{
    BoardFault, ChipInfo, Contents, FlashAction, FlashPart, OtaData, PartitionTable, PartitionUse,
};
use examined_part::ExaminedPart;
pub use slots::{as_chosen, erased_choice};

/// A file that is to be written, or a part of an image.
#[derive(Clone, Debug)]
pub struct FlashBlob {
    /// What it is called.
    pub name: String,
    /// Where the user wants it; `None`: where it belongs.
    pub address: Option<u32>,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// What it is written to, and how.
#[derive(Clone, Copy, Debug)]
pub struct FlashTarget<'a> {
    /// The chip.
    pub info: &'a ChipInfo,
    /// The partition table that is on the board, where it is known.
    pub table: Option<&'a PartitionTable>,
    /// Where the board's bootloader looks for a table, as far as that is known: [`PartitionTable::AT`] on nearly all.
    pub table_at: u32,
    /// What is done with the flash.
    pub action: FlashAction,
    /// Write what would be refused for its place or its meaning.
    pub force: bool,
    /// Write a merged image as it is, padding included.
    pub whole: bool,
}

/// What is written where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlashPlan {
    /// The regions, in the order of their addresses.
    pub parts: Vec<FlashPart>,
    /// Something of it is to be started: a bootloader, a table, an application.
    pub boots: bool,
    /// What a user should know of the plan: what is left as it is, what was forced.
    pub remarks: Vec<String>,
}

impl FlashPlan {
    /// Decides.
    ///
    /// # Errors
    /// A file has no place, is at one that is not its own, does not fit it, is damaged, or could not run on this chip.
    pub fn new(blobs: Vec<FlashBlob>, target: &FlashTarget<'_>) -> Result<Self, BoardFault> {
        let mut remarks = Vec::new();
        let mut pieces = Vec::new();
        for blob in blobs {
            pieces.extend(unpack::of(blob, target, &mut remarks)?);
        }
        let mut unless_forced = |checked: Result<(), BoardFault>| match checked {
            Err(fault) if target.force => {
                remarks.push(format!("Written all the same: {fault}"));
                Ok(())
            }
            checked => checked,
        };
        // What could not run on this chip has no place on it, either.
        pieces.iter().try_for_each(|piece| unless_forced(checks::check(piece, target)))?;
        let written = pieces.iter().find_map(ExaminedPart::table).cloned();
        let table = written.as_ref().or(target.table);
        unless_forced(checks::check_known_flash(&pieces, table))?;
        for piece in &mut pieces {
            if piece.address.is_none() {
                piece.address = Some(places::place_of(piece, table, target)?);
            }
        }
        for piece in &pieces {
            unless_forced(places::check(piece, &pieces, table, target))?;
        }
        if target.action != FlashAction::VerifyOnly {
            pieces.extend(ota_choice(&pieces, table));
        }
        let boots = target.action.writes() && pieces.iter().any(ExaminedPart::boots);
        let mut parts: Vec<_> = pieces.into_iter().map(ExaminedPart::into_part).collect();
        parts.sort_by_key(|part| part.address);
        places::check_room(&parts, target.info)?;
        Ok(Self { parts, boots, remarks })
    }
}

/// What makes the bootloader start the application that is written, where there are slots to choose from.
fn ota_choice(pieces: &[ExaminedPart], table: Option<&PartitionTable>) -> Option<ExaminedPart> {
    let table = table?;
    let choice = table.first(PartitionUse::OtaData)?;
    let covers = |piece: &&ExaminedPart| piece.range().contains(&u64::from(choice.offset));
    if pieces.iter().any(|piece| covers(&piece)) {
        return None;
    }
    let slot = |piece: &ExaminedPart| {
        let partition = piece.contents.is_application().then(|| table.at(piece.address?))??;
        partition.takes_applications().then(|| partition.usage())
    };
    let mut written = pieces.iter().filter_map(slot);
    let home = table.home()?.usage();
    let first = written.next()?;
    // Of several, the one that is started on a new board.
    let chosen = if written.any(|other| other == home) { home } else { first };
    let bytes = match chosen {
        chosen if chosen == home => vec![0xFF; choice.size.min(OtaData::LENGTH as u32) as usize],
        PartitionUse::Ota(slot) => OtaData::starting(slot).bytes(),
        _ => return None,
    };
    let contents = Contents::of(&bytes);
    let name = choice.label.clone();
    Some(ExaminedPart { name, address: Some(choice.offset), bytes, contents })
}

#[cfg(test)]
mod tests;

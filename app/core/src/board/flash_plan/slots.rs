//! The same program in another slot: where an update over the network has put it since the cable did.

use crate::board::contents::is_erased;
use crate::board::{Contents, FlashPart, OtaData, PartitionTable, PartitionUse};

/// Where `otadata` lies, if these parts erase it, so that the program is started where they put it; a board that was updated
/// over the network since has a choice written there.
pub fn erased_choice(parts: &[FlashPart]) -> Option<u32> {
    let (_, choice) = fresh(parts)?;
    parts.get(choice).map(|part| part.address)
}

/// What a board holds that starts the program of these parts from the slot that these bytes of its `otadata` choose: the parts,
/// with the program in that slot, and the slot's address. `None` if they choose none for good, or it has no room.
pub fn as_chosen(parts: &[FlashPart], otadata: &[u8]) -> Option<(Vec<FlashPart>, u32)> {
    let (table, choice) = fresh(parts)?;
    let slot = OtaData::read_kept(otadata)?.slot(table.ota_slots())?;
    let slot = table.first(PartitionUse::Ota(u8::try_from(slot).ok()?))?;
    let home = table.home()?.offset;
    let mut parts = parts.to_vec();
    let program = parts.iter_mut().find(|part| part.address == home)?;
    if program.bytes.len() as u64 > u64::from(slot.size) {
        return None;
    }
    program.address = slot.offset;
    parts.get_mut(choice)?.bytes = otadata.to_vec();
    Some((parts, slot.offset))
}

/// The table among the parts, and which of them erases its `otadata`.
fn fresh(parts: &[FlashPart]) -> Option<(PartitionTable, usize)> {
    let table = parts.iter().find_map(|part| match Contents::of(&part.bytes) {
        Contents::Table(Ok(table)) => Some(table),
        _ => None,
    })?;
    let at = table.first(PartitionUse::OtaData)?.offset;
    let erases = |part: &FlashPart| {
        part.address == at && part.bytes.len() == OtaData::LENGTH && is_erased(&part.bytes)
    };
    let choice = parts.iter().position(erases)?;
    Some((table, choice))
}

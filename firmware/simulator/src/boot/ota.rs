//! `otadata`: which OTA slot was chosen last. Two records, one in each of the partition's first two
//! sectors; the one with the higher number counts.

use super::partitions::Partition;
use crate::flash::{Flash, SECTOR};

/// States in which a slot is not started: invalid, aborted.
const REFUSED: [u32; 2] = [3, 4];
/// A slot that is to be kept.
const VALID: u32 = 2;

/// The applications of a table in the order in which the bootloader tries them: the slot that was
/// chosen, or else the factory application; then the others.
pub fn order<'a>(table: &'a [Partition], flash: &Flash) -> Vec<&'a Partition> {
    let mut slots: Vec<_> = table.iter().filter(|part| part.is_application()).collect();
    slots.sort_by_key(|part| part.subtype);
    let ota = slots.iter().filter(|part| part.ota_slot().is_some()).count();
    let sequence = table
        .iter()
        .find(|part| part.is_ota_data())
        .and_then(|data| (0..2).filter_map(|i| record(flash, data.offset + i * SECTOR)).max());
    if let (Some(sequence), 1..) = (sequence, ota) {
        let chosen = (sequence as usize - 1) % ota;
        // Stable: the others stay in their order.
        slots.sort_by_key(|part| part.ota_slot().map(usize::from) != Some(chosen));
    }
    slots
}

/// What the bootloader writes down when it has started this slot and nothing says yet which one is to be started, where there
/// is no factory application (ESP-IDF `set_actual_ota_seq`): the number, if so.
pub fn note_start(table: &[Partition], flash: &mut Flash, started: &Partition) -> Option<u32> {
    let data = table.iter().find(|part| part.is_ota_data())?;
    let sequence = u32::from(started.ota_slot()?) + 1;
    let has_factory = table.iter().any(|part| part.is_application() && part.ota_slot().is_none());
    let is_known = (0..2).any(|i| whole(flash, data.offset + i * SECTOR).is_some());
    if has_factory || is_known {
        return None;
    }
    let mut bytes = [0xff; 32];
    for (at, word) in [(0, sequence), (24, VALID), (28, checksum(sequence))] {
        bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
    flash.erase(data.offset, SECTOR).ok()?;
    flash.program(data.offset, &bytes).ok()?;
    Some(sequence)
}

/// The number of a record that is whole and whose slot may be started.
fn record(flash: &Flash, at: usize) -> Option<u32> {
    whole(flash, at).filter(|(_, state)| !REFUSED.contains(state)).map(|(sequence, _)| sequence)
}

/// Number and state of a record that is whole.
fn whole(flash: &Flash, at: usize) -> Option<(u32, u32)> {
    let bytes = flash.read(at, 32).ok()?;
    let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let (sequence, state, crc) = (word(0)?, word(24)?, word(28)?);
    let whole = crc == checksum(sequence) && ![0, u32::MAX].contains(&sequence);
    whole.then_some((sequence, state))
}

/// CRC-32 as the ROM computes it from a start of all ones: begun with zero, inverted at the end.
fn checksum(sequence: u32) -> u32 {
    let crc = sequence.to_le_bytes().iter().fold(0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0xedb8_8320 }
        })
    });
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(kind: u8, subtype: u8, offset: usize) -> Partition {
        Partition { label: String::new(), kind, subtype, offset, len: 0x2000 }
    }

    fn table() -> Vec<Partition> {
        vec![
            part(1, 0, 0xd000),
            part(0, 0, 0x1_0000),
            part(0, 0x10, 0x2_0000),
            part(0, 0x11, 0x3_0000),
        ]
    }

    fn first(flash: &Flash) -> u8 {
        let table = table();
        order(&table, flash)[0].subtype
    }

    fn choose(flash: &mut Flash, index: usize, sequence: u32, state: u32) {
        let mut record = sequence.to_le_bytes().to_vec();
        record.resize(24, 0xff);
        record.extend(state.to_le_bytes());
        record.extend(checksum(sequence).to_le_bytes());
        flash.program(0xd000 + index * SECTOR, &record).unwrap();
    }

    #[test]
    fn checksums_are_those_of_esp_idf() {
        // As they stand in the otadata of any board after one and after two updates.
        assert_eq!(checksum(1), 0x4743_989a);
        assert_eq!(checksum(2), 0x55f6_3774);
    }

    #[test]
    fn factory_is_first_until_a_slot_is_chosen() {
        let mut flash = Flash::open(tempfile::tempfile().unwrap()).unwrap();
        assert_eq!(first(&flash), 0);
        choose(&mut flash, 0, 1, u32::MAX);
        assert_eq!(first(&flash), 0x10);
        choose(&mut flash, 1, 2, u32::MAX);
        assert_eq!(first(&flash), 0x11);
        let table = table();
        let rest: Vec<_> = order(&table, &flash).iter().map(|part| part.subtype).collect();
        assert_eq!(rest, [0x11, 0, 0x10]);
    }

    #[test]
    fn the_first_start_is_written_down_where_there_is_no_factory() {
        let mut flash = Flash::open(tempfile::tempfile().unwrap()).unwrap();
        let with_factory = table();
        let mut slots = with_factory.clone();
        slots.remove(1);
        assert_eq!(note_start(&with_factory, &mut flash, &with_factory[2]), None);
        assert_eq!(note_start(&slots, &mut flash, &with_factory[2]), Some(1));
        assert_eq!(flash.read(0xd000 + 24, 4).unwrap(), [2, 0, 0, 0]);
        assert_eq!(first(&flash), 0x10);
        // Once something is known, it stays.
        assert_eq!(note_start(&slots, &mut flash, &with_factory[3]), None);
        choose(&mut flash, 1, 2, 3);
        flash.erase(0xd000, SECTOR).unwrap();
        assert_eq!(note_start(&slots, &mut flash, &with_factory[2]), None);
    }

    #[test]
    fn broken_and_refused_records_do_not_count() {
        let mut flash = Flash::open(tempfile::tempfile().unwrap()).unwrap();
        choose(&mut flash, 0, 1, u32::MAX);
        choose(&mut flash, 1, 2, 3);
        assert_eq!(first(&flash), 0x10);
        flash.program(0xd000 + 28, &[0]).unwrap();
        assert_eq!(first(&flash), 0);
    }
}

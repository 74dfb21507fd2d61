//! `otadata`: which OTA slot is started (ESP-IDF `esp_ota_select_entry_t`): two records, one in each of the partition's two
//! sectors; the one with the higher number counts.

use super::erased::{SECTOR, rom_crc32};

/// What an `otadata` partition says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtaData {
    /// The number of the record that counts, from 1 on; the slot is this less one, modulo the number of slots.
    pub sequence: u32,
}

/// `ota_state` of slots that are not started: invalid, aborted.
const REFUSED: [u32; 2] = [3, 4];
/// `ota_state` of slots on trial, new and to be confirmed: the next start may be that of the one before.
const ON_TRIAL: [u32; 2] = [0, 1];
/// Bytes of a record.
const RECORD: usize = 32;

impl OtaData {
    /// The bytes of its partition.
    pub const LENGTH: usize = 2 * SECTOR as usize;

    /// Reads the records; `None` when there is no whole one.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (sequence, _) = counts(bytes)?;
        Some(Self { sequence })
    }

    /// The same; `None` while the slot that is started is on trial.
    pub fn read_kept(bytes: &[u8]) -> Option<Self> {
        let (sequence, state) = counts(bytes)?;
        (!ON_TRIAL.contains(&state)).then_some(Self { sequence })
    }

    /// One that starts this slot.
    pub const fn starting(slot: u8) -> Self {
        Self { sequence: slot as u32 + 1 }
    }

    /// The slot that is started, of this many.
    pub const fn slot(self, slots: u32) -> Option<u32> {
        (self.sequence - 1).checked_rem(slots)
    }

    /// The whole partition, with one record in it.
    pub fn bytes(self) -> Vec<u8> {
        let mut bytes = vec![0xFF; Self::LENGTH];
        bytes[..4].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[28..32].copy_from_slice(&checksum(self.sequence).to_le_bytes());
        bytes
    }
}

/// Number and state of the record that counts.
fn counts(bytes: &[u8]) -> Option<(u32, u32)> {
    [0, SECTOR as usize].into_iter().filter_map(|at| record(bytes, at)).max()
}

/// Number and state of a record that is whole and whose slot may be started.
fn record(bytes: &[u8], at: usize) -> Option<(u32, u32)> {
    let bytes = bytes.get(at..at + RECORD)?;
    let word = |from: usize| Some(u32::from_le_bytes(bytes.get(from..from + 4)?.try_into().ok()?));
    let (sequence, state, crc) = (word(0)?, word(24)?, word(28)?);
    let whole = crc == checksum(sequence) && ![0, u32::MAX].contains(&sequence);
    (whole && !REFUSED.contains(&state)).then_some((sequence, state))
}

fn checksum(sequence: u32) -> u32 {
    rom_crc32(&sequence.to_le_bytes())
}

//! Which of two slots is started: the boot loader reads `otadata`, and so does this program, which writes it, too.
//!
//! `otadata` is ESP-IDF's (`esp_ota_select_entry_t`): two records of 32 bytes, one at the beginning of each of two sectors.
//! The valid one with the higher sequence number counts, and slot (number - 1) mod 2 is started; without any, slot 0.
//!
//! The boot loaders that espflash brings watch no new program (`CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE` is off), so the program
//! does it itself: at its first start it clears a word of its record that loaders do not use; a program that finds the word
//! cleared at its start has started before and was not confirmed, and hands over to the other slot. Under a loader that does
//! watch, the same happens one start earlier.
//!
//! The record that leads to the running program is touched only to confirm or to give it up. Power that fails at any moment
//! leaves one that is started.

use super::{Aligned, Flash, FlashFault, image};
use core::ops::Range;
use crc::{CRC_32_ISO_HDLC, Crc, NoTable};
use espalier_protocol::OtaState;

/// The smallest part of the flash that can be erased, bytes.
pub const SECTOR: u32 = 4096;

/// Bytes of a record.
const RECORD: usize = 32;
/// Offset in a record of the word that is cleared at the first start.
const STARTED: u32 = 20;
/// First byte of an image.
const IMAGE_MAGIC: u8 = 0xe9;

const NEW: u32 = 0;
const PENDING_VERIFY: u32 = 1;
const VALID: u32 = 2;
const INVALID: u32 = 3;
const ABORTED: u32 = 4;

/// ESP-IDF calls its ROM's routine with all ones: a start of zero.
const CRC: Crc<u32, NoTable> =
    Crc::<u32, NoTable>::new(&crc::Algorithm { init: 0, ..CRC_32_ISO_HDLC });

/// The two slots for applications, and where it is written which is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootSlots {
    otadata: u32,
    slots: [Range<u32>; 2],
    running: usize,
}

/// What a board finds at its start about its own program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtaBoot {
    /// The slots; `None` where the partition table has one.
    pub slots: Option<BootSlots>,
    /// How it stands with the running program.
    pub state: OtaState,
    /// The first bytes of the hash that ends the running program's image.
    pub image: Option<[u8; 8]>,
}

impl OtaBoot {
    /// One slot: nothing can be updated over the network.
    pub const ONE_SLOT: Self = Self { slots: None, state: OtaState::Confirmed, image: None };
}

/// A whole record.
#[derive(Debug, Clone, Copy)]
struct Record {
    sequence: u32,
    state: u32,
    /// Whether its program has been started before.
    started: bool,
}

impl Record {
    fn slot(&self) -> usize {
        (self.sequence as usize).wrapping_sub(1) % 2
    }
}

impl BootSlots {
    /// From the partition table: where the two records lie, the two slots, and where the running program begins. `None` if
    /// that is in neither slot.
    pub fn new(otadata: u32, slots: [Range<u32>; 2], running: u32) -> Option<Self> {
        let running = slots.iter().position(|slot| slot.contains(&running))?;
        Some(Self { otadata, slots, running })
    }

    /// The slot that runs, from 0.
    pub const fn running(&self) -> u8 {
        self.running as u8
    }

    /// The slot that does not run, from 0.
    pub const fn other(&self) -> u8 {
        1 - self.running()
    }

    /// Where a new program goes.
    pub fn target(&self) -> Range<u32> {
        self.slots.get(usize::from(self.other())).cloned().unwrap_or_default()
    }

    /// Begins: has to be asked once at every start, before anything that might fail. `Ok(None)`: this program has been started
    /// before and was not confirmed; it is given up now, and a restart leads to the other slot.
    ///
    /// # Errors
    /// The flash cannot be read or written.
    pub fn begin(&self, flash: &mut impl Flash) -> Result<Option<OtaState>, FlashFault> {
        let records = self.records(flash)?;
        let trial = |(_, own): &(usize, Record)| own.state == NEW || own.state == PENDING_VERIFY;
        let Some((index, own)) = self.own(&records).filter(trial) else {
            return self.after_refusal(&records, flash).map(Some);
        };
        if !own.started {
            flash.write(self.record_at(index) + STARTED, &[0; 4])?;
            return Ok(Some(OtaState::Trial));
        }
        let mut first = Aligned([0; 4]);
        flash.read(self.target().start, &mut first.0)?;
        let [magic, ..] = first.0;
        if magic != IMAGE_MAGIC {
            // Nothing else could be started.
            return Ok(Some(OtaState::Trial));
        }
        self.put(flash, index, own.sequence, ABORTED)?;
        Ok(None)
    }

    /// How it stands with a program that is not on trial: whether a later one was given up, or refused by the loader, which has
    /// started this one instead. Such a one is given up, so that the loader does not try it at every start.
    fn after_refusal(
        &self,
        records: &[Option<Record>; 2],
        flash: &mut impl Flash,
    ) -> Result<OtaState, FlashFault> {
        let own = self.own(records).map_or(0, |(_, own)| own.sequence);
        let mut state = OtaState::Confirmed;
        for (index, record) in records.iter().enumerate() {
            let Some(record) = record else { continue };
            if record.sequence <= own || record.state == INVALID {
                continue;
            }
            state = OtaState::RolledBack;
            if record.state != ABORTED {
                self.put(flash, index, record.sequence, ABORTED)?;
            }
        }
        Ok(state)
    }

    /// The first bytes of the hash that ends the running program's image: which build it is. `None` if there is no image.
    pub fn image(&self, flash: &mut impl Flash) -> Option<[u8; 8]> {
        let slot = self.slots.get(self.running)?;
        image::hash_of(slot, flash)
    }

    /// The running program is to be kept.
    ///
    /// # Errors
    /// The flash cannot be read or written.
    pub fn confirm(&self, flash: &mut impl Flash) -> Result<(), FlashFault> {
        let records = self.records(flash)?;
        match self.own(&records) {
            Some((index, own)) if own.state == NEW || own.state == PENDING_VERIFY => {
                self.put(flash, index, own.sequence, VALID)
            }
            _ => Ok(()),
        }
    }

    /// The next start is the other slot's, on trial.
    ///
    /// # Errors
    /// The flash cannot be read or written.
    pub fn choose_other(&self, flash: &mut impl Flash) -> Result<(), FlashFault> {
        let records = self.records(flash)?;
        let highest = records.iter().flatten().map(|record| record.sequence).max().unwrap_or(0);
        let (kept, highest) = match self.own(&records) {
            Some((index, _)) => (index, highest),
            // The loader came here by itself; from now on a record leads here.
            None => {
                let sequence = next_sequence(highest, self.running);
                self.put(flash, 0, sequence, VALID)?;
                (0, sequence)
            }
        };
        let sequence = next_sequence(highest, usize::from(self.other()));
        self.put(flash, 1 - kept, sequence, NEW)
    }

    /// The record by which the running program was started: the highest that leads to its slot and may be started.
    fn own(&self, records: &[Option<Record>; 2]) -> Option<(usize, Record)> {
        let records = records.iter().enumerate();
        let found = records.filter_map(|(index, record)| Some((index, (*record)?)));
        let found = found.filter(|(_, record)| {
            record.slot() == self.running && record.state != INVALID && record.state != ABORTED
        });
        found.max_by_key(|(_, record)| record.sequence)
    }

    fn records(&self, flash: &mut impl Flash) -> Result<[Option<Record>; 2], FlashFault> {
        Ok([self.record(flash, 0)?, self.record(flash, 1)?])
    }

    fn record_at(&self, index: usize) -> u32 {
        self.otadata + index as u32 * SECTOR
    }

    /// The record of this index; `None` if it is not whole.
    fn record(&self, flash: &mut impl Flash, index: usize) -> Result<Option<Record>, FlashFault> {
        let mut bytes = Aligned([0; RECORD]);
        flash.read(self.record_at(index), &mut bytes.0)?;
        let word = |index: usize| {
            bytes.0.as_chunks::<4>().0.get(index).map_or(0, |word| u32::from_le_bytes(*word))
        };
        let (sequence, started, state, crc) = (word(0), word(5), word(6), word(7));
        let whole =
            crc == CRC.checksum(&sequence.to_le_bytes()) && ![0, u32::MAX].contains(&sequence);
        Ok(whole.then_some(Record { sequence, state, started: started == 0 }))
    }

    fn put(
        &self,
        flash: &mut impl Flash,
        index: usize,
        sequence: u32,
        state: u32,
    ) -> Result<(), FlashFault> {
        let mut bytes = Aligned([0xff; RECORD]);
        let words = [(0, sequence), (6, state), (7, CRC.checksum(&sequence.to_le_bytes()))];
        for (index, word) in words {
            if let Some(place) = bytes.0.as_chunks_mut::<4>().0.get_mut(index) {
                *place = word.to_le_bytes();
            }
        }
        flash.erase(self.record_at(index))?;
        flash.write(self.record_at(index), &bytes.0)
    }
}

/// The lowest sequence number above `highest` that leads to this slot.
const fn next_sequence(highest: u32, slot: usize) -> u32 {
    let next = highest.saturating_add(1);
    if (next as usize).wrapping_sub(1) % 2 == slot { next } else { next.saturating_add(1) }
}

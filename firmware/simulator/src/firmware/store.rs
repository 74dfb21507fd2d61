//! The settings in flash, in the same place and shape as on a chip: a wear-levelled map with one
//! item in the first data partition of sort `nvs`. A write that is cut short leaves the item before
//! it in force.

use std::ops::Range;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use embedded_storage_async::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use espalier_board::protocol::RecordFault;
use espalier_board::{RECORD_MAX, SettingsRecord};
use sequential_storage::cache::Cache;
use sequential_storage::map::{MapConfig, MapStorage};

use crate::boot::Partition;
use crate::flash::{Flash, OutOfFlash, SECTOR, SIZE};

/// The one item's key, and the word size of a chip's flash driver: both shape what is in flash.
const SETTINGS: u8 = 1;
const WORD: usize = 4;

const DATA: u8 = 1;
const NVS: u8 = 2;

/// Where the settings are, by the partition table.
#[derive(Clone, Debug)]
pub struct Store {
    range: Range<u32>,
}

impl Store {
    /// Finds the partition. Without one, nothing is found and nothing can be stored.
    pub fn new(table: &[Partition]) -> Self {
        let found = table.iter().find(|part| part.kind == DATA && part.subtype == NVS);
        let range = found.and_then(|part| {
            let start = u32::try_from(part.offset).ok()?;
            Some(start..start.checked_add(u32::try_from(part.len).ok()?)?)
        });
        Self { range: range.unwrap_or(0..0) }
    }

    /// The record that is stored.
    pub fn load(&self, flash: &mut Flash) -> Result<SettingsRecord, RecordFault> {
        let config = MapConfig::try_new(self.range.clone()).map_err(|_| RecordFault::Unreadable)?;
        let mut map =
            MapStorage::<u8, _, _>::new(FlashDriver(flash), config, Cache::new_uncached());
        let mut scratch = [0; RECORD_MAX + 16];
        let fetch = map.fetch_item::<&[u8]>(&mut scratch, &SETTINGS);
        match at_once(fetch).ok_or(RecordFault::Unreadable)? {
            Ok(Some(bytes)) => SettingsRecord::from_slice(bytes).map_err(|_| RecordFault::Damaged),
            Ok(None) => Err(RecordFault::Missing),
            Err(sequential_storage::Error::Storage { .. }) => Err(RecordFault::Unreadable),
            Err(_) => Err(RecordFault::Damaged),
        }
    }

    /// Stores a record; whether that worked. What another program left there is erased.
    pub fn save(&self, flash: &mut Flash, record: &[u8]) -> bool {
        let Ok(config) = MapConfig::try_new(self.range.clone()) else {
            return false;
        };
        let mut map =
            MapStorage::<u8, _, _>::new(FlashDriver(flash), config, Cache::new_uncached());
        let mut scratch = [0; RECORD_MAX + 16];
        let mut store = |map: &mut MapStorage<u8, _, _>| {
            let stored = at_once(map.store_item(&mut scratch, &SETTINGS, &record));
            matches!(stored, Some(Ok(())))
        };
        store(&mut map) || matches!(at_once(map.erase_all()), Some(Ok(()))) && store(&mut map)
    }
}

/// The result of what never waits, which is so for flash in memory.
fn at_once<R>(future: impl Future<Output = R>) -> Option<R> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}

/// The flash chip as its driver shows it.
struct FlashDriver<'a>(&'a mut Flash);

impl NorFlashError for OutOfFlash {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::OutOfBounds
    }
}

impl ErrorType for FlashDriver<'_> {
    type Error = OutOfFlash;
}

impl ReadNorFlash for FlashDriver<'_> {
    const READ_SIZE: usize = WORD;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), OutOfFlash> {
        bytes.copy_from_slice(self.0.read(offset as usize, bytes.len())?);
        Ok(())
    }

    fn capacity(&self) -> usize {
        SIZE
    }
}

impl NorFlash for FlashDriver<'_> {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = SECTOR;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), OutOfFlash> {
        self.0.erase(from as usize, to.saturating_sub(from) as usize).map(drop)
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), OutOfFlash> {
        self.0.program(offset as usize, bytes)
    }
}

impl MultiwriteNorFlash for FlashDriver<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> Store {
        let label = "settings".to_owned();
        let (offset, len) = (0x9000, 0x6000);
        Store::new(&[Partition { label, kind: DATA, subtype: NVS, offset, len }])
    }

    #[test]
    fn record_is_found_again_and_many_are_survived() {
        let mut flash = Flash::open(tempfile::tempfile().unwrap()).unwrap();
        assert_eq!(store().load(&mut flash), Err(RecordFault::Missing));
        for round in 0..2000_u32 {
            assert!(store().save(&mut flash, &round.to_le_bytes()));
        }
        assert_eq!(store().load(&mut flash).unwrap(), 1999_u32.to_le_bytes());
        assert_eq!(flash.read(0xf000, 16).unwrap(), [0xff; 16], "nothing beyond the partition");
    }

    #[test]
    fn what_another_program_left_is_replaced() {
        let mut flash = Flash::open(tempfile::tempfile().unwrap()).unwrap();
        flash.program(0x9000, &[0x5a; 0x6000]).unwrap();
        assert!(store().load(&mut flash).is_err());
        assert!(store().save(&mut flash, b"ours"));
        assert_eq!(store().load(&mut flash).unwrap(), b"ours");
    }

    #[test]
    fn without_a_partition_nothing_is_stored() {
        let mut flash = Flash::open(tempfile::tempfile().unwrap()).unwrap();
        let store = Store::new(&[]);
        assert_eq!(store.load(&mut flash), Err(RecordFault::Unreadable));
        assert!(!store.save(&mut flash, b"lost"));
    }
}

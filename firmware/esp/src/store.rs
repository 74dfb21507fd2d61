//! The settings' place in flash: a wear-levelled map in the partition `settings`, with one item. A write that power
//! loss cuts short leaves the item before it in force; the record's own checksum is the board's business.

use embedded_storage_async::nor_flash::{ErrorType, MultiwriteNorFlash, NorFlash, ReadNorFlash};
use esp_bootloader_esp_idf::partitions::{
    DataPartitionSubType, PartitionType, read_partition_table,
};
use esp_storage::{FlashStorage, FlashStorageError};
use espalier_board::protocol::RecordFault;
use espalier_board::{Event, RECORD_MAX, SettingsRecord};
use sequential_storage::cache::{Cache, Uncached};
use sequential_storage::map::{MapConfig, MapStorage};

use crate::glue::Glue;

/// The one item's key.
const SETTINGS: u8 = 1;

/// Room for an item as the map wants it: key and record, in whole words.
const ITEM: usize = RECORD_MAX + 16;
/// Bytes of a partition table.
const TABLE: usize = 0xc00;

/// Flash is read and written by words; anything else is copied through 4 KiB of stack.
#[repr(align(4))]
struct Aligned<const N: usize>([u8; N]);

type Map = MapStorage<u8, Flash, Cache<Uncached, Uncached, Uncached, u8>>;

/// The store.
pub struct Store {
    /// `None` when the flash has no partition for settings.
    map: Option<Map>,
}

impl Store {
    /// Finds the partition. Without one, nothing is found and nothing can be stored.
    pub fn open(flash: esp_hal::peripherals::FLASH<'static>) -> Self {
        let mut flash = crate::chip::flash(flash);
        let mut table = Aligned([0; TABLE]);
        let entry = read_partition_table(&mut flash, &mut table.0).ok().and_then(|table| {
            table.find_partition(PartitionType::Data(DataPartitionSubType::Nvs)).ok().flatten()
        });
        let config = entry.and_then(|entry| {
            MapConfig::try_new(entry.offset()..entry.offset() + entry.len()).ok()
        });
        let map = config.map(|config| Map::new(Flash(flash), config, Cache::new_uncached()));
        Self { map }
    }

    /// The record that is stored.
    pub async fn load(&mut self) -> Result<SettingsRecord, RecordFault> {
        let map = self.map.as_mut().ok_or(RecordFault::Unreadable)?;
        let mut item = Aligned([0; ITEM]);
        match map.fetch_item::<&[u8]>(&mut item.0, &SETTINGS).await {
            Ok(None) => Err(RecordFault::Missing),
            Ok(Some(bytes)) => SettingsRecord::from_slice(bytes).map_err(|_| RecordFault::Damaged),
            Err(sequential_storage::Error::Storage { .. }) => Err(RecordFault::Unreadable),
            Err(_) => Err(RecordFault::Damaged),
        }
    }

    /// Stores a record; whether that worked. What another program left in the partition is erased.
    pub async fn save(&mut self, record: &[u8]) -> bool {
        let Some(map) = self.map.as_mut() else { return false };
        let mut item = Aligned([0; ITEM]);
        if map.store_item(&mut item.0, &SETTINGS, &record).await.is_ok() {
            return true;
        }
        map.erase_all().await.is_ok()
            && map.store_item(&mut item.0, &SETTINGS, &record).await.is_ok()
    }
}

/// Stores the settings whenever the board wants it.
#[embassy_executor::task]
pub async fn run(glue: &'static Glue, mut store: Store) -> ! {
    loop {
        glue.save.wait().await;
        let stored = store.save(&glue.record()).await;
        glue.tell(Event::Saved(stored));
    }
}

/// The flash behind the interface that the map wants. Nothing here waits: the ROM's flash routines do not return
/// before they are done.
struct Flash(FlashStorage<'static>);

impl ErrorType for Flash {
    type Error = FlashStorageError;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = FlashStorage::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.0.read_nor(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = FlashStorage::WRITE_SIZE;
    const ERASE_SIZE: usize = FlashStorage::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        self.0.erase(from, to)
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0.write_nor(offset, bytes)
    }
}

impl MultiwriteNorFlash for Flash {}

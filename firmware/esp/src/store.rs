//! The settings' place in flash: a wear-levelled map in the partition `settings`, with one item. A write that power
//! loss cuts short leaves the item before it in force; the record's own checksum is the board's business.

use core::ops::Range;

use embassy_futures::select::{Either, select};
use espalier_board::protocol::RecordFault;
use espalier_board::{Event, RECORD_MAX, SettingsRecord};
use sequential_storage::cache::{Cache, Uncached};
use sequential_storage::map::{MapConfig, MapStorage};

use crate::flash::{Aligned, SharedFlash};
use crate::glue::Glue;

/// The one item's key.
const SETTINGS: u8 = 1;

/// Room for an item as the map wants it: key and record, in whole words.
const ITEM: usize = RECORD_MAX + 16;

type Map = MapStorage<u8, SharedFlash, Cache<Uncached, Uncached, Uncached, u8>>;

/// The store.
pub struct Store {
    /// `None` when the flash has no partition for settings.
    map: Option<Map>,
    flash: SharedFlash,
}

impl Store {
    /// In this part of the flash. Without one, nothing is found and nothing can be stored.
    pub fn open(flash: SharedFlash, at: Option<Range<u32>>) -> Self {
        let config = at.and_then(|at| MapConfig::try_new(at).ok());
        Self { map: config.map(|config| Map::new(flash, config, Cache::new_uncached())), flash }
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

/// Stores the settings, and that the running program is to be kept, whenever the board wants it.
#[embassy_executor::task]
pub async fn run(glue: &'static Glue, mut store: Store) -> ! {
    loop {
        match select(glue.save.wait(), glue.confirm.wait()).await {
            Either::First(()) => {
                let stored = store.save(&glue.record()).await;
                glue.tell(Event::Saved(stored));
            }
            Either::Second(()) => {
                let slots = glue.read(|board, now| board.ota_permit(now).slots.cloned());
                let confirmed = slots.is_some_and(|slots| slots.confirm(&mut store.flash).is_ok());
                glue.tell(Event::Confirmed(confirmed));
            }
        }
    }
}

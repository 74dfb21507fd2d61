//! The flash chip and its partition table. Settings and updates share the chip; nothing that uses it waits in between, so it
//! is never wanted twice at once.

use core::cell::RefCell;
use core::ops::Range;

use embedded_storage_async::nor_flash::{ErrorType, MultiwriteNorFlash, NorFlash, ReadNorFlash};
use esp_bootloader_esp_idf::partitions::{
    AppPartitionSubType, DataPartitionSubType, PartitionEntry, PartitionTable, PartitionType,
    read_partition_table,
};
use esp_storage::{FlashStorage, FlashStorageError};
use espalier_board::{BootSlots, Flash, FlashFault, OtaBoot, SECTOR};
use static_cell::StaticCell;

/// Bytes of a partition table.
const TABLE: usize = 0xc00;

static CHIP: StaticCell<RefCell<FlashStorage<'static>>> = StaticCell::new();

/// Flash is read and written by words; anything else is copied through 4 KiB of stack.
#[repr(align(4))]
pub struct Aligned<const N: usize>(pub [u8; N]);

/// The chip, for one of its users.
#[derive(Clone, Copy)]
pub struct SharedFlash(&'static RefCell<FlashStorage<'static>>);

/// What was found at the start.
pub struct Found {
    /// The chip.
    pub flash: SharedFlash,
    /// The part for the settings.
    pub settings: Option<Range<u32>>,
    /// How it stands with this program.
    pub boot: OtaBoot,
}

/// Takes the chip, reads its table, and notes that this program was started: one that was started before and never confirmed
/// ends here, and the loader starts the other. Once, and before anything else that might hang or panic; it needs nothing but the
/// ROM's routines, which the loader has set up. Until `esp_hal::init` has switched it off, the loader's watchdog runs.
#[inline(never)]
pub fn open() -> Found {
    // SAFETY: nobody else takes it.
    let flash = unsafe { esp_hal::peripherals::FLASH::steal() };
    let flash = CHIP.init(RefCell::new(crate::chip::flash(flash)));
    let mut bytes = Aligned([0; TABLE]);
    let table = read_partition_table(&mut flash.borrow_mut(), &mut bytes.0).ok();
    let settings = table.as_ref().and_then(|table| {
        find(table, PartitionType::Data(DataPartitionSubType::Nvs)).map(|part| range(&part))
    });
    let slots = table.as_ref().and_then(slots);
    let flash = SharedFlash(flash);
    Found { flash, settings, boot: begin(flash, slots) }
}

/// The slots of this table, if it has two, as ours has: with more, the records mean others.
fn slots(table: &PartitionTable<'_>) -> Option<BootSlots> {
    let otadata = find(table, PartitionType::Data(DataPartitionSubType::Ota))?;
    let first = find(table, PartitionType::App(AppPartitionSubType::Ota0))?;
    let second = find(table, PartitionType::App(AppPartitionSubType::Ota1))?;
    let third = find(table, PartitionType::App(AppPartitionSubType::Ota2));
    if third.is_some() || otadata.len() < 2 * SECTOR {
        return None;
    }
    // By what the chip has mapped: its first page is that of the image's first segment, which lies in the partition's first.
    let running = table.booted_partition().ok().flatten()?;
    BootSlots::new(otadata.offset(), [range(&first), range(&second)], running.offset())
}

fn find(table: &PartitionTable<'_>, kind: PartitionType) -> Option<PartitionEntry> {
    table.find_partition(kind).ok().flatten()
}

fn range(part: &PartitionEntry) -> Range<u32> {
    part.offset()..part.offset().saturating_add(part.len())
}

/// How it stands with this program.
fn begin(mut flash: SharedFlash, slots: Option<BootSlots>) -> OtaBoot {
    let Some(slots) = slots else { return OtaBoot::ONE_SLOT };
    match slots.begin(&mut flash) {
        Ok(Some(state)) => {
            let image = slots.image(&mut flash);
            OtaBoot { slots: Some(slots), state, image }
        }
        Ok(None) => esp_hal::system::software_reset(),
        // A flash that refuses takes no update either.
        Err(FlashFault) => OtaBoot::ONE_SLOT,
    }
}

impl Flash for SharedFlash {
    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashFault> {
        self.0.borrow_mut().read_nor(offset, bytes).map_err(|_| FlashFault)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashFault> {
        self.0.borrow_mut().write_nor(offset, bytes).map_err(|_| FlashFault)
    }

    fn erase(&mut self, offset: u32) -> Result<(), FlashFault> {
        self.0.borrow_mut().erase(offset, offset + SECTOR).map_err(|_| FlashFault)
    }
}

impl ErrorType for SharedFlash {
    type Error = FlashStorageError;
}

/// As the settings' map wants it. Nothing here waits: the ROM's flash routines do not return before they are done.
impl ReadNorFlash for SharedFlash {
    const READ_SIZE: usize = FlashStorage::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.0.borrow_mut().read_nor(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.0.borrow().capacity()
    }
}

impl NorFlash for SharedFlash {
    const WRITE_SIZE: usize = FlashStorage::WRITE_SIZE;
    const ERASE_SIZE: usize = FlashStorage::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        self.0.borrow_mut().erase(from, to)
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0.borrow_mut().write_nor(offset, bytes)
    }
}

impl MultiwriteNorFlash for SharedFlash {}

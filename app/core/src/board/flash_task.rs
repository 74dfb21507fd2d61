//! What is done with a board's flash beside writing a program: keeping it, erasing it, looking at its table.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::{FlashRegion, PartitionTable};

/// What is done with the flash as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlashTask {
    /// Keep what a region holds in a file, which is there only when it is whole.
    Read {
        /// Which.
        region: FlashRegion,
        /// Where to.
        file: PathBuf,
        /// A file that is there is replaced; otherwise that is refused.
        replace: bool,
    },
    /// Erase a region.
    Erase {
        /// Which.
        region: FlashRegion,
    },
    /// Read the partition table.
    Table,
}

impl FlashTask {
    /// The region that it is about, if any.
    pub const fn region(&self) -> Option<&FlashRegion> {
        match self {
            Self::Read { region, .. } | Self::Erase { region } => Some(region),
            Self::Table => None,
        }
    }

    /// The partition table of the board is needed to know the region.
    pub fn needs_table(&self) -> bool {
        self.region().is_none_or(|region| matches!(region, FlashRegion::Partition(_)))
    }
}

/// A partition table, and where on the board it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundTable {
    /// Its address: [`PartitionTable::AT`] unless the bootloader was built for another place.
    pub at: u32,
    /// What it says.
    pub table: PartitionTable,
}

/// What came of a task that ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlashTaskResult {
    /// The region is in a file.
    Read(Arc<Backup>),
    /// These addresses hold nothing any more.
    Erased(Range<u64>),
    /// The table was read: [`super::FlashStatus::table`].
    Table,
}

/// A region of flash that is kept in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The file.
    pub file: PathBuf,
    /// The addresses that it holds.
    pub range: Range<u64>,
    /// SHA-256 of the file, in small hexadecimal digits.
    pub sha256: String,
}

impl Backup {
    /// How many bytes the file has.
    pub const fn size(&self) -> u64 {
        self.range.end - self.range.start
    }
}

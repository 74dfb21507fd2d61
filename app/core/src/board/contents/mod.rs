//! What a file or a region of flash holds, told by its bytes alone.
//!
//! - `erased`: what flash chips count in; `esp_image`: bootloaders and applications
//! - `partition_table`: what lies where; `partition_csv`: the same in words
//! - `merged`: a whole flash in one file; `ota_data`: which slot is started; `file_system`: what programs keep

mod erased;
mod esp_image;
mod file_system;
mod merged;
mod ota_data;
mod partition_csv;
mod partition_table;

pub use erased::SECTOR;
pub(super) use erased::is_erased;
pub use esp_image::{EspImage, ImageFlaw, ImageKind};
pub use merged::{MergedImage, MergedPart};
pub use ota_data::OtaData;
pub use partition_table::{Partition, PartitionTable, PartitionUse, TableFlaw};

/// What a file or a region of flash holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contents {
    /// A bootloader or an application; one that begins like an image and is none has flaws.
    Image(EspImage),
    /// A partition table; the flaw is what a bootloader would refuse it for.
    Table(Result<PartitionTable, TableFlaw>),
    /// Bootloader, table and programs, each at its place, with padding between them.
    Merged(MergedImage),
    /// Which OTA slot is started.
    OtaData(OtaData),
    /// What partitions of this use hold, settings or files.
    Data(PartitionUse),
    /// A program's ELF, which has to be made into an image.
    Elf,
    /// Nothing but 0xFF: flash as it is after erasing.
    Erased,
    /// None of these.
    Unknown,
}

impl Contents {
    /// Looks at all of a file, or of a region of flash.
    pub fn of(bytes: &[u8]) -> Self {
        if bytes.starts_with(b"\x7fELF") {
            return Self::Elf;
        }
        if erased::is_erased(bytes) {
            return Self::Erased;
        }
        if let Some(merged) = MergedImage::find(bytes) {
            return Self::Merged(merged);
        }
        if let Some(image) = EspImage::read(bytes) {
            return Self::Image(image);
        }
        if PartitionTable::begins(bytes) {
            return Self::Table(PartitionTable::parse(bytes));
        }
        if let Some(data) = OtaData::read(bytes) {
            return Self::OtaData(data);
        }
        file_system::of(bytes).map_or(Self::Unknown, Self::Data)
    }

    /// The bytes are an application.
    pub fn is_application(&self) -> bool {
        matches!(self, Self::Image(image) if image.kind == ImageKind::Application)
    }

    /// The bytes are a bootloader.
    pub fn is_bootloader(&self) -> bool {
        matches!(self, Self::Image(image) if image.kind == ImageKind::Bootloader)
    }
}

#[cfg(test)]
pub(super) mod samples;

#[cfg(test)]
mod tests;

//! The partition table at 0x8000, as ESP-IDF's bootloader reads it.

use md5::{Digest as _, Md5};

use super::text::text;

/// Bytes that the table may take.
pub const TABLE_LEN: usize = 0xc00;
const ENTRY: usize = 32;
const APPLICATION: u8 = 0;
const FACTORY: u8 = 0;

/// One region of the flash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The partition's name.
    pub label: String,
    /// 0 application, 1 data.
    pub kind: u8,
    /// What sort of application or data.
    pub subtype: u8,
    /// Where it begins.
    pub offset: usize,
    /// How long it is.
    pub len: usize,
}

impl Partition {
    /// Whether the bootloader may start it: factory and OTA slots, not the test application.
    pub fn is_application(&self) -> bool {
        self.kind == APPLICATION && (self.subtype == FACTORY || self.ota_slot().is_some())
    }

    /// Whether it says which OTA slot was chosen.
    pub fn is_ota_data(&self) -> bool {
        (self.kind, self.subtype) == (1, 0)
    }

    /// The partition's number among the OTA slots.
    pub fn ota_slot(&self) -> Option<u8> {
        (0x10..0x20).contains(&self.subtype).then(|| self.subtype - 0x10)
    }

    /// How the bootloader calls it in an error.
    pub fn role(&self) -> String {
        match self.ota_slot() {
            Some(slot) => format!("OTA app partition slot {slot}"),
            None => "Factory app partition".to_owned(),
        }
    }

    /// The partition's line in the bootloader's listing.
    pub fn line(&self, index: usize) -> String {
        let usage = match (self.kind, self.subtype) {
            (0, 0) => "factory app",
            (0, 0x10..0x20) => "OTA app",
            (0, 0x20) => "test app",
            (0, _) => "Unknown app",
            (1, 0) => "OTA data",
            (1, 1) => "RF data",
            (1, 2) => "WiFi data",
            (1, 4) => "NVS keys",
            (1, _) => "Unknown data",
            _ => "unknown",
        };
        format!(
            "{index:2} {:16} {usage:16} {:02x} {:02x} {:08x} {:08x}",
            self.label, self.kind, self.subtype, self.offset, self.len
        )
    }
}

/// What is wrong with a table, in the bootloader's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableFault {
    #[error("partition {index} invalid magic number 0x{magic:x}")]
    Magic { index: usize, magic: u16 },
    #[error(
        "partition {index} invalid - offset 0x{offset:x} size 0x{len:x} exceeds flash chip size 0x{size:x}"
    )]
    BeyondFlash { index: usize, offset: usize, len: usize, size: usize },
    #[error("Incorrect MD5 checksum")]
    Md5,
    #[error("partition table has no terminating entry, not valid")]
    NoEnd,
}

/// Reads a table for a flash chip of `size` bytes.
///
/// # Errors
/// The first fault that the bootloader would find.
pub fn parse(table: &[u8], size: usize) -> Result<Vec<Partition>, TableFault> {
    let mut parts = Vec::new();
    for (index, entry) in table.chunks_exact(ENTRY).enumerate() {
        let &[m0, m1, kind, subtype, o0, o1, o2, o3, l0, l1, l2, l3, ref rest @ ..] = entry else {
            break;
        };
        match u16::from_le_bytes([m0, m1]) {
            0x50aa => {
                let offset = u32::from_le_bytes([o0, o1, o2, o3]) as usize;
                let len = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
                if offset.checked_add(len).is_none_or(|end| end > size) {
                    return Err(TableFault::BeyondFlash { index, offset, len, size });
                }
                let label = text(rest.get(..16).unwrap_or_default());
                parts.push(Partition { label, kind, subtype, offset, len });
            }
            0xebeb => {
                let digest = Md5::digest(table.get(..index * ENTRY).unwrap_or_default());
                if entry.get(16..) != Some(digest.as_slice()) {
                    return Err(TableFault::Md5);
                }
            }
            0xffff if index > 0 => return Ok(parts),
            magic => return Err(TableFault::Magic { index, magic }),
        }
    }
    Err(TableFault::NoEnd)
}

//! Where things lie in flash.

/// Where a partition table lies by default (esp-idf, CONFIG_PARTITION_TABLE_OFFSET).
pub const TABLE_AT: usize = 0x8000;
/// How a partition table begins (esp-idf gen_esp32part.py).
pub const TABLE_MAGIC: [u8; 2] = [0xAA, 0x50];
/// Where an application lies when nobody says otherwise.
pub const APP_AT: u32 = 0x1_0000;
/// Flash is erased in steps of this many bytes.
pub const SECTOR: u32 = 0x1000;

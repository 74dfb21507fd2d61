//! What flash chips and ROMs count in.

use crc::{Algorithm, CRC_32_ISO_HDLC, Crc};

/// Flash is erased in steps of this many bytes.
pub const SECTOR: u32 = 0x1000;

/// `esp_rom_crc32_le` from a start of all ones: the usual CRC-32, but begun with zero.
pub fn rom_crc32(bytes: &[u8]) -> u32 {
    static ALGORITHM: Algorithm<u32> = Algorithm { init: 0, ..CRC_32_ISO_HDLC };
    static CRC: Crc<u32> = Crc::<u32>::new(&ALGORITHM);
    CRC.checksum(bytes)
}

/// Nothing is there: flash is all ones after erasing.
pub fn is_erased(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0xFF)
}

/// The bytes up to the last one that is not as after erasing.
pub fn without_padding(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != 0xFF).map_or(0, |last| last + 1);
    &bytes[..end]
}

//! What programs keep in flash, by its first pages: settings and files.

use super::PartitionUse;
use super::erased::rom_crc32;

/// What this is an image of, if it is one that is known.
pub fn of(bytes: &[u8]) -> Option<PartitionUse> {
    match () {
        () if is_little_fs(bytes) => Some(PartitionUse::LittleFs),
        () if is_nvs(bytes) => Some(PartitionUse::Nvs),
        () if is_fat(bytes) => Some(PartitionUse::Fat),
        () if is_spiffs(bytes) => Some(PartitionUse::Spiffs),
        () => None,
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// The superblock of either of its first two blocks names it (littlefs SPEC.md): a revision, a tag, "littlefs".
fn is_little_fs(bytes: &[u8]) -> bool {
    [0, 4096].into_iter().any(|block| bytes.get(block + 8..block + 16) == Some(b"littlefs"))
}

/// The header of one of its first pages (ESP-IDF `nvs_page.hpp`): state, number, version, unused bytes, and a CRC-32 over
/// all but the state.
fn is_nvs(bytes: &[u8]) -> bool {
    const STATES: [u32; 4] = [0xFFFF_FFFE, 0xFFFF_FFFC, 0xFFFF_FFF8, 0xFFFF_FFF0];
    let is_page = |page: &[u8]| {
        let state = word(page, 0).is_some_and(|state| STATES.contains(&state));
        let version = page.get(8).is_some_and(|version| matches!(version, 0xFE | 0xFF));
        state && version && page.get(4..28).map(rom_crc32) == word(page, 28)
    };
    bytes.chunks_exact(4096).take(16).any(is_page)
}

/// A boot sector, directly or behind the sector of wear levelling.
fn is_fat(bytes: &[u8]) -> bool {
    [0, 4096].into_iter().any(|at| {
        let Some(sector) = bytes.get(at..at + 512) else { return false };
        let jumps = matches!(sector[0], 0xEB | 0xE9) && sector[510..] == [0x55, 0xAA];
        jumps && (sector[54..].starts_with(b"FAT") || sector[82..].starts_with(b"FAT"))
    })
}

/// The last words of each block's first page (spiffs_nucleus.h, SPIFFS_MAGIC; ESP-IDF `spiffsgen.py`), with the sizes that
/// everybody uses: pages of 256 bytes, blocks of 4096.
fn is_spiffs(bytes: &[u8]) -> bool {
    const PAGE: usize = 256;
    const BLOCK: usize = 4096;
    const MAGIC: u32 = 0x2014_0529 ^ PAGE as u32;
    let blocks = bytes.len() / BLOCK;
    let told = |block: usize| {
        let at = block * BLOCK + PAGE - 4;
        Some(u16::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
    };
    // Whether the blocks that follow are counted in it is a setting.
    let counted = |block: usize| MAGIC as u16 ^ (blocks - block) as u16;
    let all = |expected: &dyn Fn(usize) -> u16| {
        (0..blocks.min(8)).all(|block| told(block) == Some(expected(block)))
    };
    blocks >= 2 && bytes.len().is_multiple_of(BLOCK) && (all(&counted) || all(&|_| MAGIC as u16))
}

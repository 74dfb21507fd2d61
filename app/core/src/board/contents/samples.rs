//! Images, tables and data for tests.

use md5::Md5;
use sha2::{Digest as _, Sha256};

use super::erased::rom_crc32;
use super::{ImageKind, PartitionTable};
use crate::board::Chip;

/// What differs between the images of tests.
#[derive(Clone, Copy)]
pub struct Made {
    pub chip: Chip,
    pub kind: ImageKind,
    /// Lowest and highest revision.
    pub revisions: (u16, u16),
    /// Power of two, in megabytes.
    pub flash_size: u8,
    pub length: usize,
}

impl Made {
    pub fn application(chip: Chip) -> Self {
        let kind = ImageKind::Application;
        Self { chip, kind, revisions: (0, 0), flash_size: 2, length: 5000 }
    }

    pub fn bootloader(chip: Chip) -> Self {
        Self { kind: ImageKind::Bootloader, length: 3000, ..Self::application(chip) }
    }

    pub fn bytes(self) -> Vec<u8> {
        let mut bytes = vec![0; 24];
        bytes[..4].copy_from_slice(&[0xE9, 2, 2, self.flash_size << 4]);
        bytes[12..14].copy_from_slice(&self.chip.image_id().to_le_bytes());
        bytes[15..17].copy_from_slice(&self.revisions.0.to_le_bytes());
        bytes[17..19].copy_from_slice(&self.revisions.1.to_le_bytes());
        bytes[23] = 1;
        let mut first: Vec<u8> = (0..self.length).map(|at| (at * 7 % 251) as u8).collect();
        match self.kind {
            ImageKind::Application => first[..4].copy_from_slice(&0xABCD_5432_u32.to_le_bytes()),
            ImageKind::Bootloader => first[0] = 80,
        }
        let mut sum = 0xEF;
        for (address, data) in [(0x3FFF_0000_u32, first.as_slice()), (0x3FFF_8000, &[1, 2, 3, 4])] {
            bytes.extend(address.to_le_bytes());
            bytes.extend((data.len() as u32).to_le_bytes());
            bytes.extend(data);
            sum = data.iter().fold(sum, |sum, byte| sum ^ byte);
        }
        bytes.resize((bytes.len() + 16) / 16 * 16, 0);
        *bytes.last_mut().unwrap() = sum;
        let hash = Sha256::digest(&bytes);
        bytes.extend(hash);
        bytes
    }
}

/// Type, subtype, offset, size, label.
pub type Entry<'a> = (u8, u8, u32, u32, &'a str);

/// A table with its MD5.
pub fn table(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (kind, subtype, offset, size, label) in entries {
        bytes.extend([0xAA, 0x50, *kind, *subtype]);
        bytes.extend(offset.to_le_bytes());
        bytes.extend(size.to_le_bytes());
        let mut name = label.as_bytes().to_vec();
        name.resize(16, 0);
        bytes.extend(name);
        bytes.extend([0; 4]);
    }
    let digest = Md5::digest(&bytes);
    bytes.extend([0xEB, 0xEB]);
    bytes.extend([0xFF; 14]);
    bytes.extend(digest);
    bytes.resize(PartitionTable::LENGTH, 0xFF);
    bytes
}

/// The usual one, with a single application.
pub const SINGLE: [Entry<'static>; 3] = [
    (1, 2, 0x9000, 0x6000, "nvs"),
    (1, 1, 0xF000, 0x1000, "phy_init"),
    (0, 0, 0x1_0000, 0x10_0000, "factory"),
];

/// Two OTA slots, and files behind them.
pub const OTA: [Entry<'static>; 5] = [
    (1, 2, 0x9000, 0x5000, "nvs"),
    (1, 0, 0xE000, 0x2000, "otadata"),
    (0, 0x10, 0x1_0000, 0x14_0000, "app0"),
    (0, 0x11, 0x15_0000, 0x14_0000, "app1"),
    (1, 0x82, 0x29_0000, 0x1_0000, "spiffs"),
];

/// These pieces at their places, with padding between them.
pub fn merged(pieces: &[(u32, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (at, piece) in pieces {
        bytes.resize(bytes.len().max(*at as usize), 0xFF);
        bytes.truncate(*at as usize);
        bytes.extend(*piece);
    }
    bytes
}

/// One page of settings.
pub fn nvs(length: usize) -> Vec<u8> {
    let mut bytes = vec![0xFF; length];
    bytes[..4].copy_from_slice(&0xFFFF_FFFE_u32.to_le_bytes());
    bytes[4..8].copy_from_slice(&0_u32.to_le_bytes());
    bytes[8] = 0xFE;
    let crc = rom_crc32(&bytes[4..28]);
    bytes[28..32].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// An empty file system, as `spiffsgen.py` makes it.
pub fn spiffs(length: usize) -> Vec<u8> {
    let mut bytes = vec![0xFF; length];
    let blocks = length / 4096;
    for block in 0..blocks {
        let magic = (0x2014_0529 ^ 256 ^ (blocks - block) as u32) as u16;
        bytes[block * 4096 + 252..][..2].copy_from_slice(&magic.to_le_bytes());
    }
    bytes
}

/// The superblock of a file system.
pub fn little_fs(length: usize) -> Vec<u8> {
    let mut bytes = vec![0xFF; length];
    bytes[..16].copy_from_slice(b"\x01\0\0\0\xF0\x0F\xFF\xF7littlefs");
    bytes
}

//! Small images that are whole: what a build would make, without a toolchain.

use espalier_simulator::Chip;
use md5::{Digest as _, Md5};
use sha2::Sha256;

/// One image: header, segments, checksum, hash.
pub fn image(chip_id: u16, segments: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut out = vec![0xe9, u8::try_from(segments.len()).unwrap(), 2, 0x20];
    out.extend(0x4038_0000_u32.to_le_bytes());
    out.extend([0xee, 0, 0, 0]);
    out.extend(chip_id.to_le_bytes());
    out.extend([0, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 1]);
    let mut sum = 0xef;
    for (address, bytes) in segments {
        out.extend(address.to_le_bytes());
        out.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
        out.extend(bytes);
        sum = bytes.iter().fold(sum, |sum, byte| sum ^ byte);
    }
    out.resize(out.len() + 15 - out.len() % 16, 0);
    out.push(sum);
    let hash = Sha256::digest(&out);
    out.extend(hash);
    out
}

pub fn chip_id(chip: Chip) -> u16 {
    espalier_simulator::chip::facts(chip).image_id
}

/// A bootloader with a description.
pub fn bootloader(chip: Chip) -> Vec<u8> {
    let mut description = vec![80, 0, 0, 0, 1, 0, 0, 0];
    description.extend(b"v6.1-test");
    description.resize(80, 0);
    image(chip_id(chip), &[(0x3fcd_5830, description), (0x403c_bf10, noise(1, 3000))])
}

/// An application of `len` bytes that calls itself `name`.
pub fn application(chip: Chip, name: &str, version: &str, len: usize) -> Vec<u8> {
    let mut first = 0xabcd_5432_u32.to_le_bytes().to_vec();
    first.resize(16, 0);
    first.extend(version.bytes());
    first.resize(48, 0);
    first.extend(name.bytes());
    first.resize(256, 0);
    image(chip_id(chip), &[(0x3c00_0020, first), (0x4200_0020, noise(2, len))])
}

/// nvs, phy_init and factory, with its MD5.
pub fn table() -> Vec<u8> {
    table_of(&[
        ("nvs", 1, 2, 0x9000, 0x6000),
        ("phy_init", 1, 1, 0xf000, 0x1000),
        ("factory", 0, 0, 0x1_0000, 0x3f_0000),
    ])
}

fn table_of(parts: &[(&str, u8, u8, u32, u32)]) -> Vec<u8> {
    let mut out = Vec::new();
    for &(label, kind, subtype, offset, len) in parts {
        out.extend([0xaa, 0x50, kind, subtype]);
        out.extend(offset.to_le_bytes());
        out.extend(len.to_le_bytes());
        let mut label = label.as_bytes().to_vec();
        label.resize(20, 0);
        out.extend(label);
    }
    let digest = Md5::digest(&out);
    out.extend([0xeb, 0xeb]);
    out.extend([0xff; 14]);
    out.extend(digest);
    out.resize(0xc00, 0xff);
    out
}

/// A whole flash with two slots, as the bundled table for 4 MB has them, and the application in the first.
pub fn flash_of_two(chip: Chip, application: &[u8]) -> Vec<u8> {
    let mut out = flash(chip, application);
    out[0x8000..0x8c00].copy_from_slice(&table_of(&[
        ("settings", 1, 2, 0x9000, 0x6000),
        ("phy_init", 1, 1, 0xf000, 0x1000),
        ("ota_0", 0, 0x10, 0x1_0000, 0x1f_0000),
        ("ota_1", 0, 0x11, 0x20_0000, 0x1f_0000),
        ("otadata", 1, 0, 0x3f_0000, 0x2000),
    ]));
    out
}

/// A whole flash, up to the end of the application.
pub fn flash(chip: Chip, application: &[u8]) -> Vec<u8> {
    let boot_offset = espalier_simulator::chip::facts(chip).boot_offset as usize;
    let mut out = vec![0xff; 0x1_0000];
    let bootloader = bootloader(chip);
    out[boot_offset..boot_offset + bootloader.len()].copy_from_slice(&bootloader);
    out[0x8000..0x8c00].copy_from_slice(&table());
    out.extend(application);
    out
}

/// Bytes that do not compress, from a seed.
pub fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..len)
        .map(|_| {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            (x >> 32) as u8
        })
        .collect()
}

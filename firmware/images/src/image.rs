//! Reading an ESP application or boot loader image, and holding it against the rules of its chip.
//!
//! The format: a header of 24 bytes (magic 0xE9, segments, flash mode and size, entry, chip, revisions), segments of
//! address, length and data, a checksum byte at the end of a 16-byte row, and a SHA-256 over all that.
//! Address ranges come from ESP-IDF's `soc.h` of each chip.

use std::ops::Range;

use sha2::{Digest, Sha256};

/// First byte of an image.
pub const MAGIC: u8 = 0xe9;
/// Flash is mapped into the address space in pages of this many bytes.
pub const PAGE: u32 = 0x1_0000;
/// First word of an application descriptor.
const DESCRIPTOR: u32 = 0xabcd_5432;

/// What the rules need to know of a chip.
#[derive(Debug)]
pub struct Rules {
    /// The chip's name.
    pub chip: &'static str,
    /// The chip's number in the image header.
    pub id: u16,
    /// Where its ROM looks for the boot loader in flash.
    pub boot_offset: u32,
    /// Addresses at which flash appears.
    pub mapped: &'static [Range<u32>],
    /// Addresses of RAM that may be loaded, code and data.
    pub loaded: &'static [Range<u32>],
    /// Addresses of RAM that only the ROM loads, for the boot loader: an application finds it running there.
    pub loader: &'static [Range<u32>],
}

/// The chips that we have or may have images for.
#[expect(clippy::single_range_in_vec_init, reason = "some chips have one range")]
pub const CHIPS: [Rules; 8] = [
    Rules {
        chip: "esp32",
        id: 0,
        boot_offset: 0x1000,
        mapped: &[0x3f40_0000..0x3f80_0000, 0x400d_0000..0x4040_0000],
        loaded: &[
            0x3ffa_e000..0x4000_0000,
            0x4008_0000..0x400a_0000,
            0x400c_0000..0x400c_2000,
            0x3ff8_0000..0x3ff8_2000,
            0x5000_0000..0x5000_2000,
        ],
        loader: &[0x4007_8000..0x4008_0000],
    },
    Rules {
        chip: "esp32c2",
        id: 12,
        boot_offset: 0,
        mapped: &[0x3c00_0000..0x3c40_0000, 0x4200_0000..0x4240_0000],
        loaded: &[0x3fca_0000..0x3fce_0000, 0x4037_c000..0x403c_0000],
        loader: &[],
    },
    Rules {
        chip: "esp32c3",
        id: 5,
        boot_offset: 0,
        mapped: &[0x3c00_0000..0x3c80_0000, 0x4200_0000..0x4280_0000],
        loaded: &[0x3fc8_0000..0x3fce_0000, 0x4037_c000..0x403e_0000, 0x5000_0000..0x5000_2000],
        loader: &[],
    },
    Rules {
        chip: "esp32c5",
        id: 23,
        boot_offset: 0x2000,
        mapped: &[0x4200_0000..0x4400_0000],
        loaded: &[0x4080_0000..0x4086_0000, 0x5000_0000..0x5000_4000],
        loader: &[],
    },
    Rules {
        chip: "esp32c6",
        id: 13,
        boot_offset: 0,
        mapped: &[0x4200_0000..0x4300_0000],
        loaded: &[0x4080_0000..0x4088_0000, 0x5000_0000..0x5000_4000],
        loader: &[],
    },
    Rules {
        chip: "esp32c61",
        id: 20,
        boot_offset: 0,
        mapped: &[0x4200_0000..0x4400_0000],
        loaded: &[0x4080_0000..0x4085_0000],
        loader: &[],
    },
    Rules {
        chip: "esp32s2",
        id: 2,
        boot_offset: 0x1000,
        mapped: &[0x3f00_0000..0x3ff8_0000, 0x4008_0000..0x40b8_0000],
        loaded: &[
            0x3ffb_0000..0x4000_0000,
            0x4002_0000..0x4007_0000,
            0x4007_0000..0x4007_2000,
            0x3ff9_e000..0x3ffa_0000,
            0x5000_0000..0x5000_2000,
        ],
        loader: &[],
    },
    Rules {
        chip: "esp32s3",
        id: 9,
        boot_offset: 0,
        mapped: &[0x3c00_0000..0x3e00_0000, 0x4200_0000..0x4400_0000],
        loaded: &[
            0x3fc8_8000..0x3fd0_0000,
            0x4037_0000..0x403e_0000,
            0x600f_e000..0x6010_0000,
            0x5000_0000..0x5000_2000,
        ],
        loader: &[],
    },
];

/// The rules of a chip, by its name.
pub fn rules(chip: &str) -> Option<&'static Rules> {
    CHIPS.iter().find(|rules| rules.chip == chip)
}

/// An image that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The chip's number.
    pub chip_id: u16,
    /// Oldest revision of the chip that runs it, major * 100 + minor.
    pub min_revision: u16,
    /// Address of the first instruction.
    pub entry: u32,
    /// The segments in their order.
    pub segments: Vec<Segment>,
    /// Name and version of the application, when there is a descriptor.
    pub descriptor: Option<Descriptor>,
    /// Flash size that the header names, in bytes.
    pub flash_size: u32,
}

/// A segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Where its data begins in the image.
    pub offset: u32,
    /// Where it is loaded or mapped; 0 is padding.
    pub address: u32,
    /// Bytes.
    pub len: u32,
}

/// The application descriptor of ESP-IDF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// Name of the project.
    pub name: String,
    /// The application's version.
    pub version: String,
}

/// What is wrong with an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// Not an image, or not all of it.
    #[error("not an ESP image, or cut short, at byte {0:#x}")]
    Malformed(usize),
    /// The checksum byte differs.
    #[error("the image's checksum is {found:#04x} and should be {expected:#04x}")]
    Checksum {
        /// In the image.
        found: u8,
        /// Over its segments.
        expected: u8,
    },
    /// The SHA-256 at the end differs.
    #[error("the SHA-256 at the end of the image is not that of its content")]
    Hash,
    /// For another chip.
    #[error("the image is for chip number {found}, {chip} has {expected}")]
    Chip {
        /// Name of the chip.
        chip: &'static str,
        /// The chip's number.
        expected: u16,
        /// In the image.
        found: u16,
    },
    /// A segment outside what the chip can map or load.
    #[error("segment of {len:#x} bytes at {address:#x} is outside of what the chip maps or loads")]
    Region {
        /// Its address.
        address: u32,
        /// Its length.
        len: u32,
    },
    /// A mapped segment whose place in flash and address differ within a page, or an odd length.
    #[error("segment at {address:#x} is not aligned to its place in flash")]
    Alignment {
        /// Its address.
        address: u32,
    },
    /// Two segments at the same addresses.
    #[error("segments overlap at {address:#x}")]
    Overlap {
        /// Start of the second.
        address: u32,
    },
    /// The first instruction is in no segment.
    #[error("the entry {0:#x} is in no segment")]
    Entry(u32),
}

fn word(bytes: &[u8], at: usize) -> Result<u32, ImageError> {
    let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
    four.map(u32::from_le_bytes).ok_or(ImageError::Malformed(at))
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

impl Image {
    /// Reads an image and checks its checksum and hash.
    ///
    /// # Errors
    /// Malformed, wrong checksum, wrong hash.
    pub fn parse(bytes: &[u8]) -> Result<Self, ImageError> {
        let &[MAGIC, count, _, flash, ..] = bytes else { return Err(ImageError::Malformed(0)) };
        let (entry, chip_id) = (word(bytes, 4)?, word(bytes, 12)? as u16);
        let min_revision = (word(bytes, 12)? >> 24) as u16 | (word(bytes, 16)? as u16 & 0xff) << 8;
        let hashed = bytes.get(23).ok_or(ImageError::Malformed(23))? & 1 == 1;
        let mut at = 24;
        let mut expected = 0xef;
        let mut segments = Vec::new();
        for _ in 0..count {
            let (address, len) = (word(bytes, at)?, word(bytes, at + 4)?);
            let data = bytes.get(at + 8..).and_then(|rest| rest.get(..len as usize));
            let data = data.ok_or(ImageError::Malformed(at))?;
            expected = data.iter().fold(expected, |sum, byte| sum ^ byte);
            segments.push(Segment { offset: at as u32 + 8, address, len });
            at += 8 + len as usize;
        }
        at |= 15;
        let found = *bytes.get(at).ok_or(ImageError::Malformed(at))?;
        if found != expected {
            return Err(ImageError::Checksum { found, expected });
        }
        at += 1;
        if hashed {
            let hash = bytes.get(at..at + 32).ok_or(ImageError::Malformed(at))?;
            if Sha256::digest(&bytes[..at])[..] != *hash {
                return Err(ImageError::Hash);
            }
        }
        let descriptor = segments
            .first()
            .and_then(|segment| bytes.get(segment.offset as usize..)?.get(..80))
            .filter(|start| word(start, 0) == Ok(DESCRIPTOR))
            .map(|start| Descriptor { version: text(&start[16..48]), name: text(&start[48..80]) });
        let flash_size = 1u32.checked_shl(20 + u32::from(flash >> 4)).unwrap_or(0);
        Ok(Self { chip_id, min_revision, entry, segments, descriptor, flash_size })
    }

    /// Holds an application against the rules of a chip.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check(&self, rules: &Rules) -> Result<(), ImageError> {
        self.obeys(rules, rules.loaded.iter())
    }

    /// Holds a boot loader against the rules of a chip.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check_boot_loader(&self, rules: &Rules) -> Result<(), ImageError> {
        self.obeys(rules, rules.loaded.iter().chain(rules.loader))
    }

    fn obeys<'a>(
        &self,
        rules: &Rules,
        loaded: impl Iterator<Item = &'a Range<u32>> + Clone,
    ) -> Result<(), ImageError> {
        if self.chip_id != rules.id {
            return Err(ImageError::Chip {
                chip: rules.chip,
                expected: rules.id,
                found: self.chip_id,
            });
        }
        let mut spans: Vec<Range<u32>> = Vec::new();
        for &Segment { offset, address, len } in self.segments.iter().filter(|s| s.address != 0) {
            let end = address.checked_add(len).ok_or(ImageError::Region { address, len })?;
            let inside = |range: &Range<u32>| range.start <= address && end <= range.end;
            if rules.mapped.iter().any(inside) {
                if address % PAGE != offset % PAGE {
                    return Err(ImageError::Alignment { address });
                }
            } else if !loaded.clone().any(inside) {
                return Err(ImageError::Region { address, len });
            }
            if address % 4 != 0 || len % 4 != 0 {
                return Err(ImageError::Alignment { address });
            }
            if spans.iter().any(|span| span.start < end && address < span.end) {
                return Err(ImageError::Overlap { address });
            }
            spans.push(address..end);
        }
        if spans.iter().any(|span| span.contains(&self.entry)) {
            Ok(())
        } else {
            Err(ImageError::Entry(self.entry))
        }
    }
}

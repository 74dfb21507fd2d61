//! Images as the ROM and the bootloader load them: header, segments, checksum, SHA-256.

use sha2::{Digest as _, Sha256};

use super::text::text;
use crate::chip::ChipFacts;
use crate::flash::Flash;

const MAGIC: u8 = 0xe9;
const HEADER: usize = 24;
const MOST_SEGMENTS: usize = 16;
const CHECKSUM_SEED: u8 = 0xef;

/// One part of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where it goes in the chip's memory.
    pub address: u32,
    /// Where its bytes are in flash.
    pub offset: usize,
    /// How many bytes.
    pub len: usize,
}

/// An image whose structure is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Where the program starts.
    pub entry: u32,
    /// The chip it is for.
    pub chip_id: u16,
    /// Lowest and highest revision it runs on, in hundredths; 0 and 0xffff are no limit.
    pub revisions: (u16, u16),
    /// 0 QIO, 1 QOUT, 2 DIO, 3 DOUT.
    pub flash_mode: u8,
    /// As the header says it: 0 is 40 MHz, 15 is 80 MHz.
    pub flash_speed: u8,
    /// Power of two, in megabytes.
    pub flash_size: u8,
    /// The image's segments.
    pub segments: Vec<Segment>,
    /// Its bytes, with checksum and hash.
    pub len: usize,
}

/// What is wrong with an image, in the bootloader's words; `{at}` stands for its offset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageFault {
    #[error("image at {{at}} has invalid magic byte (nothing flashed here?)")]
    Magic { word: u32 },
    #[error("image at {{at}} segment count {count} exceeds max {MOST_SEGMENTS}")]
    TooManySegments { count: usize },
    #[error("invalid segment length 0x{len:x}")]
    SegmentLength { len: usize },
    #[error("Checksum failed. Calculated 0x{calculated:x} read 0x{read:x}")]
    Checksum { calculated: u8, read: u8 },
    #[error("Image hash failed - image is corrupt")]
    Hash { image: Image },
    #[error("Image length {len} doesn't fit in partition length {limit}")]
    TooLong { len: usize, limit: usize },
    #[error("mismatch chip ID, expected {expected}, found {found}")]
    OtherChip { expected: u16, found: u16 },
    #[error("chip revision check failed. Required {sign} v{}.{}, found v{}.{}.", required / 100, required % 100, found / 100, found % 100)]
    Revision { sign: &'static str, required: u16, found: u16 },
}

impl ImageFault {
    /// Under which name the bootloader says it.
    pub fn tag(&self) -> &'static str {
        match self {
            Self::OtherChip { .. } | Self::Revision { .. } => "boot_comm",
            _ => "esp_image",
        }
    }

    /// The image, when the bootloader finds the fault only after loading it.
    pub fn image(&self) -> Option<&Image> {
        match self {
            Self::Hash { image } => Some(image),
            _ => None,
        }
    }
}

impl Image {
    /// Reads and checks the image at `offset`, of at most `limit` bytes.
    ///
    /// # Errors
    /// The first fault that the chip would find.
    pub fn check(flash: &Flash, offset: usize, limit: usize) -> Result<Self, ImageFault> {
        let too_long = ImageFault::SegmentLength { len: limit };
        let read = |at: usize, len: usize| match at.checked_add(len) {
            Some(end) if end <= limit => flash.read(offset + at, len).map_err(|_| too_long.clone()),
            _ => Err(too_long.clone()),
        };
        let Ok(
            &[
                magic,
                count,
                mode,
                size,
                e0,
                e1,
                e2,
                e3,
                _,
                _,
                _,
                _,
                id0,
                id1,
                _,
                min0,
                min1,
                max0,
                max1,
                _,
                _,
                _,
                _,
                hashed,
            ],
        ) = read(0, HEADER)
        else {
            return Err(too_long);
        };
        if magic != MAGIC {
            return Err(ImageFault::Magic { word: u32::from_le_bytes([magic, count, mode, size]) });
        }
        if usize::from(count) > MOST_SEGMENTS {
            return Err(ImageFault::TooManySegments { count: count.into() });
        }
        let mut image = Self {
            entry: u32::from_le_bytes([e0, e1, e2, e3]),
            chip_id: u16::from_le_bytes([id0, id1]),
            revisions: (u16::from_le_bytes([min0, min1]), u16::from_le_bytes([max0, max1])),
            flash_mode: mode,
            flash_speed: size & 0xf,
            flash_size: size >> 4,
            segments: Vec::new(),
            len: 0,
        };
        let mut at = HEADER;
        let mut sum = CHECKSUM_SEED;
        for _ in 0..count {
            let &[a0, a1, a2, a3, l0, l1, l2, l3] = read(at, 8)? else {
                return Err(too_long);
            };
            let len = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
            let bytes = read(at + 8, len).map_err(|_| ImageFault::SegmentLength { len })?;
            sum = bytes.iter().fold(sum, |sum, byte| sum ^ byte);
            let address = u32::from_le_bytes([a0, a1, a2, a3]);
            image.segments.push(Segment { address, offset: offset + at + 8, len });
            at += 8 + len;
        }
        // The checksum is the last byte of a block of 16.
        let end = at + 16 - at % 16;
        let stored = read(end - 1, 1)?.first().copied().unwrap_or_default();
        if stored != sum {
            return Err(ImageFault::Checksum { calculated: sum, read: stored });
        }
        image.len = end;
        if hashed == 1 {
            image.len += 32;
            let hash = Sha256::digest(read(0, end)?);
            if read(end, hash.len())? != hash.as_slice() {
                return Err(ImageFault::Hash { image });
            }
        }
        Ok(image)
    }

    /// Whether it ends within its partition.
    ///
    /// # Errors
    /// When it does not.
    pub fn within(self, limit: usize) -> Result<Self, ImageFault> {
        match self.len > limit {
            true => Err(ImageFault::TooLong { len: self.len, limit }),
            false => Ok(self),
        }
    }

    /// Whether it is for this chip.
    ///
    /// # Errors
    /// When it is for another chip or another revision.
    pub fn fits(self, chip: &ChipFacts) -> Result<Self, ImageFault> {
        let (expected, found) = (chip.image_id, self.chip_id);
        if expected != found {
            return Err(ImageFault::OtherChip { expected, found });
        }
        let found = u16::from(chip.revision.0) * 100 + u16::from(chip.revision.1);
        let (min, max) = self.revisions;
        if min != u16::MAX && found < min {
            return Err(ImageFault::Revision { sign: ">=", required: min, found });
        }
        if max != 0 && max != u16::MAX && found > max {
            return Err(ImageFault::Revision { sign: "<=", required: max, found });
        }
        Ok(self)
    }

    /// The ESP-IDF version in a bootloader's description.
    pub fn bootloader_version(&self, flash: &Flash) -> String {
        const DESCRIPTION: u8 = 80;
        let description = self.segments.first().and_then(|s| flash.read(s.offset, 40).ok());
        match description {
            Some([DESCRIPTION, _, _, _, _, _, _, _, version @ ..]) => text(version),
            _ => "of unknown version".to_owned(),
        }
    }
}

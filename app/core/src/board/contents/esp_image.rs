//! Images as ROM and bootloader load them (ESP-IDF `esp_app_format.h`, `esp_image_format.c`): header, segments, checksum,
//! SHA-256.

use std::ops::Range;

use sha2::{Digest as _, Sha256};

use crate::board::{AppDescription, Chip, ImageHeader};

/// A bootloader or an application, as far as its bytes tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EspImage {
    /// The image's first bytes: for which chip and revision it is.
    pub header: ImageHeader,
    /// Which of the two.
    pub kind: ImageKind,
    /// What an application says of itself.
    pub description: Option<AppDescription>,
    /// The image's length in bytes, with checksum and hash; what is behind them in the file (a signature, padding) is not counted.
    pub length: usize,
    /// Why a chip would refuse it, whatever chip that is.
    pub flaw: Option<ImageFlaw>,
}

/// Which of the two sorts of image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageKind {
    /// The second stage: what the ROM starts, and what starts the application.
    Bootloader,
    /// The program itself.
    Application,
}

/// Why an image cannot be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageFlaw {
    /// The file ends before the image does.
    Cut,
    /// The image has no segment, or more than a chip loads.
    Segments(u8),
    /// The checksum over its segments is wrong.
    Checksum,
    /// The SHA-256 behind it is wrong.
    Hash,
}

/// `ESP_IMAGE_MAX_SEGMENTS`.
const MOST_SEGMENTS: u8 = 16;
/// `ESP_ROM_CHECKSUM_INITIAL`.
const CHECKSUM_SEED: u8 = 0xEF;
/// First byte of `esp_bootloader_desc_t`.
const BOOTLOADER_DESCRIPTION: u8 = 80;

impl EspImage {
    /// Reads the image at the beginning of `bytes`; `None` when none begins there.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let header = ImageHeader::parse(bytes)?;
        let (segments, body) = segments(bytes, header.segments);
        let description = AppDescription::parse(bytes);
        let kind = match (&description, bytes.get(AppDescription::AT)) {
            (Some(_), _) => ImageKind::Application,
            // Written by ESP-IDF since 5.2: two reserved bytes, and a text for a version.
            (None, Some(&BOOTLOADER_DESCRIPTION)) => ImageKind::Bootloader,
            // Applications run from flash, a bootloader from RAM only.
            (None, _) if segments.iter().any(|start| is_mapped(header.chip.ok(), *start)) => {
                ImageKind::Application
            }
            (None, _) => ImageKind::Bootloader,
        };
        let (length, flaw) = match body {
            Ok(body) => judge(bytes, body, &header),
            Err(flaw) => (bytes.len(), Some(flaw)),
        };
        Some(Self { header, kind, description, length, flaw })
    }
}

/// The addresses of its segments as far as they go, and the checksum with where the last one ends.
fn segments(bytes: &[u8], count: u8) -> (Vec<u32>, Result<(usize, u8), ImageFlaw>) {
    let mut starts = Vec::new();
    if count == 0 || count > MOST_SEGMENTS {
        return (starts, Err(ImageFlaw::Segments(count)));
    }
    let mut at = ImageHeader::LENGTH;
    let mut sum = CHECKSUM_SEED;
    for _ in 0..count {
        let Some(head) = bytes.get(at..at + 8) else { return (starts, Err(ImageFlaw::Cut)) };
        let word = |from: usize| {
            head.get(from..from + 4)
                .and_then(|four| four.try_into().ok())
                .map_or(0, u32::from_le_bytes)
        };
        starts.push(word(0));
        let end = (at + 8).checked_add(word(4) as usize);
        let Some((end, data)) = end.and_then(|end| Some((end, bytes.get(at + 8..end)?))) else {
            return (starts, Err(ImageFlaw::Cut));
        };
        sum = data.iter().fold(sum, |sum, byte| sum ^ byte);
        at = end;
    }
    (starts, Ok((at, sum)))
}

/// The image's length, and what is wrong with its end.
fn judge(
    bytes: &[u8],
    (end, sum): (usize, u8),
    header: &ImageHeader,
) -> (usize, Option<ImageFlaw>) {
    // The checksum is the last byte of a block of 16.
    let end = end + 16 - end % 16;
    let Some(stored) = bytes.get(end - 1) else { return (bytes.len(), Some(ImageFlaw::Cut)) };
    if *stored != sum {
        return (end, Some(ImageFlaw::Checksum));
    }
    if !header.hashed {
        return (end, None);
    }
    match bytes.get(end..end + 32) {
        None => (bytes.len(), Some(ImageFlaw::Cut)),
        Some(hash) if *hash == *Sha256::digest(&bytes[..end]) => (end + 32, None),
        Some(_) => (end + 32, Some(ImageFlaw::Hash)),
    }
}

/// Whether flash appears at this address, rather than RAM (`soc.h` of each chip: SOC_DROM_LOW, SOC_IROM_LOW and so on).
fn is_mapped(chip: Option<Chip>, address: u32) -> bool {
    let (data, code): (Range<u32>, Range<u32>) = match chip {
        Some(Chip::Esp32) => (0x3F40_0000..0x3F80_0000, 0x400D_0000..0x4040_0000),
        Some(Chip::Esp32S2) => (0x3F00_0000..0x3FF8_0000, 0x4008_0000..0x4080_0000),
        Some(Chip::Esp32P4 | Chip::Esp32S31) => (0x4000_0000..0x4C00_0000, 0..0),
        _ => (0x3C00_0000..0x3E00_0000, 0x4200_0000..0x4400_0000),
    };
    data.contains(&address) || code.contains(&address)
}

//! Whether an image is one that this board can start, checked while its bytes come: header, chip, program, segments, checksum,
//! and the hash that ends it. The format is ESP-IDF's (`esp_image_header_t`, `esp_app_desc_t`).

use super::{Aligned, Flash};
use core::ops::Range;
use espalier_protocol::{OtaFault, ota::Sha256Digest};
use sha2::{Digest as _, Sha256};

/// Bytes of the header.
const HEADER: usize = 24;
/// Bytes of a segment's header.
const SEGMENT_HEADER: usize = 8;
/// Where the descriptor's project name ends: header, first segment's header, descriptor up to there.
const HEAD: usize = 112;
const MAGIC: u8 = 0xe9;
const DESCRIPTOR_MAGIC: [u8; 4] = 0xabcd_5432_u32.to_le_bytes();
const CHECKSUM_SEED: u8 = 0xef;
const SEGMENTS_MAX: u8 = 16;
/// Bytes of the hash.
pub(super) const HASH: usize = 32;

/// The number in an image's header of this chip (ESP-IDF `esp_chip_id_t`).
pub(super) fn chip_id(chip: &str) -> Option<u16> {
    Some(match chip {
        "esp32" => 0,
        "esp32s2" => 2,
        "esp32c3" => 5,
        "esp32s3" => 9,
        "esp32c2" => 12,
        "esp32c6" => 13,
        "esp32c61" => 20,
        "esp32c5" => 23,
        _ => return None,
    })
}

/// The first bytes of the hash that ends the image in this slot; its segments are counted, not checked.
pub(super) fn hash_of(slot: &Range<u32>, flash: &mut impl Flash) -> Option<[u8; 8]> {
    let mut head = Aligned([0; HEADER]);
    flash.read(slot.start, &mut head.0).ok()?;
    let [magic, count, .., hashed] = head.0;
    if magic != MAGIC || count > SEGMENTS_MAX || hashed != 1 {
        return None;
    }
    let mut at = slot.start + HEADER as u32;
    for _ in 0..count {
        let mut header = Aligned([0; SEGMENT_HEADER]);
        flash.read(at, &mut header.0).ok()?;
        let [_, _, _, _, len @ ..] = header.0;
        // Segments are whole words: what is none is no segment.
        let len = u32::from_le_bytes(len);
        at = at.checked_add(SEGMENT_HEADER as u32)?.checked_add(len)?;
        if len % 4 != 0 || at >= slot.end {
            return None;
        }
    }
    // The checksum is the last byte of a block of 16.
    let mut hash = Aligned([0; 8]);
    flash.read(at + 16 - at % 16, &mut hash.0).ok()?;
    Some(hash.0)
}

/// Where in the image its next byte belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Header,
    SegmentHeader {
        at: usize,
        len: u32,
    },
    Segment {
        left: u32,
    },
    /// Up to the checksum, the last byte of a block of 16.
    Padding,
    Hash {
        at: usize,
    },
    End,
}

/// The checks of one image.
#[derive(Debug, Clone)]
pub(super) struct ImageCheck {
    chip_id: u16,
    /// What the program has to be called.
    name: &'static str,
    /// Its first bytes.
    head: [u8; HEAD],
    /// Bytes so far.
    at: u32,
    part: Part,
    segments: u8,
    sum: u8,
    hash: Sha256,
    /// Of everything before the hash that ends the image.
    expected: [u8; HASH],
}

impl ImageCheck {
    pub(super) fn new(chip_id: u16, name: &'static str) -> Self {
        Self {
            chip_id,
            name,
            head: [0; HEAD],
            at: 0,
            part: Part::Header,
            segments: 0,
            sum: CHECKSUM_SEED,
            hash: Sha256::new(),
            expected: [0; HASH],
        }
    }

    /// Takes the next bytes. Nothing of an image whose first 112 bytes are wrong is taken beyond these.
    pub(super) fn take(&mut self, mut bytes: &[u8]) -> Result<(), OtaFault> {
        while !bytes.is_empty() {
            let most = self.left_of_part().min(bytes.len());
            let Some((now, rest)) = bytes.split_at_checked(most.max(1)) else { break };
            self.keep_head(now)?;
            self.step(now)?;
            self.at = self.at.saturating_add(now.len() as u32);
            bytes = rest;
        }
        Ok(())
    }

    /// The digest of all bytes, once they were a whole image.
    pub(super) fn finish(self) -> Result<Sha256Digest, OtaFault> {
        match self.part {
            Part::End if self.at as usize >= HEAD => Ok(self.hash.finalize().into()),
            _ => Err(OtaFault::Damaged),
        }
    }

    /// How many bytes may be looked at together: never over the end of a part, nor over that of the head.
    fn left_of_part(&self) -> usize {
        let at = self.at as usize;
        let left = match self.part {
            Part::Header => HEADER - at.min(HEADER),
            Part::Segment { left } => left as usize,
            Part::SegmentHeader { .. } | Part::Padding | Part::Hash { .. } | Part::End => 1,
        };
        if at < HEAD { left.min(HEAD - at) } else { left }
    }

    /// Keeps the first bytes and looks at them as soon as they can be understood.
    fn keep_head(&mut self, bytes: &[u8]) -> Result<(), OtaFault> {
        let at = self.at as usize;
        let Some(room) = self.head.get_mut(at..(at + bytes.len()).min(HEAD)) else { return Ok(()) };
        if room.is_empty() {
            return Ok(());
        }
        room.copy_from_slice(bytes);
        let end = at + bytes.len();
        let [magic, count, ..] = self.head;
        if magic != MAGIC {
            return Err(OtaFault::NoImage);
        }
        if end == HEADER {
            let [.., i0, i1, _, _, _, _, _, _, _, _, _, hashed] =
                self.head.first_chunk::<HEADER>().copied().unwrap_or([0; HEADER]);
            if u16::from_le_bytes([i0, i1]) != self.chip_id {
                return Err(OtaFault::WrongChip);
            }
            if count == 0 || count > SEGMENTS_MAX || hashed != 1 {
                return Err(OtaFault::NoImage);
            }
        }
        if end == HEAD {
            let word = self.head.get(HEADER + SEGMENT_HEADER..).unwrap_or_default();
            let name = self.head.get(HEAD - 32..).unwrap_or_default();
            let len = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
            if !word.starts_with(&DESCRIPTOR_MAGIC) || name.get(..len) != Some(self.name.as_bytes())
            {
                return Err(OtaFault::Foreign);
            }
        }
        Ok(())
    }

    fn step(&mut self, bytes: &[u8]) -> Result<(), OtaFault> {
        let byte = bytes.first().copied().unwrap_or_default();
        let end = self.at + bytes.len() as u32;
        self.part = match self.part {
            Part::Header if end as usize == HEADER => Part::SegmentHeader { at: 0, len: 0 },
            Part::Header => Part::Header,
            Part::SegmentHeader { at, len } => {
                let len = if at < 4 { 0 } else { len | u32::from(byte) << (8 * (at - 4)) };
                match at + 1 {
                    SEGMENT_HEADER => self.after_header(len),
                    at => Part::SegmentHeader { at, len },
                }
            }
            Part::Segment { left } => {
                self.sum = bytes.iter().fold(self.sum, |sum, byte| sum ^ byte);
                match left - bytes.len() as u32 {
                    0 => self.after_segment(),
                    left => Part::Segment { left },
                }
            }
            Part::Padding if !end.is_multiple_of(16) => Part::Padding,
            Part::Padding if byte != self.sum => return Err(OtaFault::Damaged),
            Part::Padding => {
                self.hash.update(bytes);
                self.expected = self.hash.clone().finalize().into();
                self.part = Part::Hash { at: 0 };
                return Ok(());
            }
            Part::Hash { at } => {
                if self.expected.get(at) != Some(&byte) {
                    return Err(OtaFault::Damaged);
                }
                if at + 1 == HASH { Part::End } else { Part::Hash { at: at + 1 } }
            }
            // More than the image says it has.
            Part::End => return Err(OtaFault::Damaged),
        };
        self.hash.update(bytes);
        Ok(())
    }

    fn after_header(&mut self, len: u32) -> Part {
        if len == 0 { self.after_segment() } else { Part::Segment { left: len } }
    }

    fn after_segment(&mut self) -> Part {
        self.segments += 1;
        let [_, count, ..] = self.head;
        if self.segments >= count { Part::Padding } else { Part::SegmentHeader { at: 0, len: 0 } }
    }
}

//! A core dump, and whether it is whole, as far as its own format tells.
//!
//! ESP-IDF's dump (`components/espcoredump`, `esp_core_dump_types.h`; read by `esp-coredump`, `corefile/loader.py`): a header
//! of little-endian words (length of all, version, tasks, …), the dump, and a checksum of everything before it. The lower
//! half of the version says what is in it and which checksum it has, the upper half which chip it is of.

use std::sync::Arc;

use crc::{CRC_32_ISO_HDLC, Crc};
use sha2::{Digest as _, Sha256};

use crate::{Sentence, say};

/// A core dump as it came: the bytes that `esp-coredump --core-format raw` reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreDump {
    /// The dump: ESP-IDF's header, the ELF core file, the checksum.
    pub bytes: Arc<[u8]>,
    /// Whether it is whole, as far as the lines that it came in and its format tell.
    pub state: CoreDumpState,
}

/// What can be said of a core dump that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CoreDumpState {
    /// It is whole, and its checksum is right.
    Whole,
    /// It is as long as it says; its format has no checksum that is known here.
    Unchecked,
    /// Its end did not come.
    CutOff,
    /// A line of it was no base64.
    Garbled,
    /// It is larger than what is kept.
    TooLarge,
    /// It does not begin like a core dump.
    Unknown,
    /// It says that it has so many bytes, and has others.
    Length {
        /// Bytes that it says it has.
        said: u32,
    },
    /// Its checksum is wrong.
    Checksum,
}

/// How a version's checksum is made.
enum Sum {
    Crc32,
    Sha256,
    Nobody,
}

impl CoreDumpState {
    /// Whether these bytes are a whole dump, as far as its format tells. Reads all of them.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let word = |at: usize| {
            let word = bytes.get(at..at + 4)?.try_into().ok()?;
            Some(u32::from_le_bytes(word))
        };
        let (Some(said), Some(version)) = (word(0), word(4)) else { return Self::Unknown };
        let sum = match version & 0xffff {
            // Before ESP-IDF 4.1; what its checksum covers differs.
            0x0001 => Sum::Nobody,
            0x0002 | 0x0003 | 0x0100 | 0x0102 => Sum::Crc32,
            0x0101 | 0x0103 | 0x0104 => Sum::Sha256,
            // What later ones will be.
            0x0004..=0x03ff => Sum::Nobody,
            _ => return Self::Unknown,
        };
        if said as usize != bytes.len() {
            return Self::Length { said };
        }
        let is_right = match sum {
            Sum::Nobody => return Self::Unchecked,
            Sum::Crc32 => bytes.split_last_chunk::<4>().is_some_and(|(all, sum)| {
                Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(all).to_le_bytes() == *sum
            }),
            Sum::Sha256 => bytes
                .split_last_chunk::<32>()
                .is_some_and(|(all, sum)| Sha256::digest(all).as_slice() == sum),
        };
        if is_right { Self::Whole } else { Self::Checksum }
    }

    /// Nothing speaks against it.
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Whole | Self::Unchecked)
    }

    /// The same in words, as the end of a sentence.
    pub fn sentence(self) -> Sentence {
        match self {
            Self::Whole => say!("dump-whole", "whole, its checksum is right"),
            Self::Unchecked => say!("dump-unchecked", "of a format without a known checksum"),
            Self::CutOff => say!("dump-cut-off", "damaged: its end did not come"),
            Self::Garbled => say!("dump-garbled", "damaged: a line of it was no base64"),
            Self::TooLarge => say!("dump-too-large", "damaged: it is larger than what is kept"),
            Self::Unknown => say!("dump-unknown", "damaged: it does not begin like a core dump"),
            Self::Length { said } => {
                say!("dump-length", "damaged: it says that it has {said} bytes", said = said)
            }
            Self::Checksum => say!("dump-checksum", "damaged: its checksum is wrong"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dump(version: u16, sum: usize) -> Vec<u8> {
        let body = b"\x7fELF and what was in memory";
        let length = (24 + body.len() + sum) as u32;
        let header = [length, u32::from(version) | 5 << 16, 0, 0, 0, 3];
        let mut all: Vec<u8> = header.into_iter().flat_map(u32::to_le_bytes).collect();
        all.extend(body);
        match sum {
            4 => all.extend(Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(&all).to_le_bytes()),
            _ => all.extend(Sha256::digest(&all)),
        }
        all
    }

    fn state(bytes: Vec<u8>) -> CoreDumpState {
        CoreDumpState::of(&bytes)
    }

    #[test]
    fn every_version_is_checked_by_its_own_checksum() {
        for (version, sum) in
            [(0x0003, 4), (0x0100, 4), (0x0102, 4), (0x0101, 32), (0x0103, 32), (0x0104, 32)]
        {
            let whole = dump(version, sum);
            assert_eq!(state(whole.clone()), CoreDumpState::Whole, "{version:#06x}");
            for at in [0, 30, whole.len() - 1] {
                let mut bad = whole.clone();
                bad[at] ^= 1;
                assert!(!state(bad).is_good(), "{version:#06x}, byte {at}");
            }
            let said = whole.len() as u32;
            assert_eq!(state(whole[..40].to_vec()), CoreDumpState::Length { said });
        }
    }

    #[test]
    fn what_cannot_be_checked_is_said_to_be_so() {
        assert_eq!(state(dump(0x0001, 4)), CoreDumpState::Unchecked);
        assert_eq!(state(dump(0x0204, 4)), CoreDumpState::Unchecked);
        for noise in [vec![], vec![7; 7], b"no core dump at all, but text".to_vec()] {
            assert_eq!(state(noise), CoreDumpState::Unknown);
        }
    }
}

//! Partition tables as bootloaders read them (ESP-IDF `flash_partitions.c`, `gen_esp32part.py`).

use std::ops::Range;

use md5::{Digest as _, Md5};

use super::erased::SECTOR;
use crate::terminal::Plain;

/// What lies where in flash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionTable {
    /// The table's entries, in its own order.
    pub partitions: Vec<Partition>,
}

/// One region of flash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The partition's name; 16 bytes at most.
    pub label: String,
    /// `type` and `subtype`, as numbers.
    pub kind: (u8, u8),
    /// Where it begins, in bytes.
    pub offset: u32,
    /// How many bytes it has.
    pub size: u32,
    /// Bit 0: its contents are encrypted; bit 1: programs only read them.
    pub flags: u32,
}

/// What a partition is for, by type and subtype.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartitionUse {
    /// The application that is started when no OTA slot was chosen.
    Factory,
    /// The OTA slot of this number.
    Ota(u8),
    /// The application of a factory test.
    Test,
    /// Which OTA slot is started.
    OtaData,
    /// Calibration of the radio.
    Phy,
    /// Settings.
    Nvs,
    /// The keys of encrypted settings.
    NvsKeys,
    /// Where a panic leaves a core dump.
    CoreDump,
    /// Files, in SPIFFS.
    Spiffs,
    /// Files, in FAT.
    Fat,
    /// Files, in LittleFS.
    LittleFs,
    /// A bootloader.
    Bootloader,
    /// A partition table.
    Table,
    /// Anything else.
    Other,
}

/// Why a bootloader refuses a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFlaw {
    /// This entry, counted from 0, begins with no magic number.
    Entry(usize),
    /// The MD5 in it is wrong.
    Md5,
    /// The table has no entry.
    Empty,
}

const ENTRY: usize = 32;
const MAGIC: [u8; 2] = [0xAA, 0x50];

impl PartitionTable {
    /// Where it lies unless a bootloader was built for another place (CONFIG_PARTITION_TABLE_OFFSET).
    pub const AT: u32 = 0x8000;
    /// The bytes that a bootloader reads of it.
    pub const LENGTH: usize = 0xC00;

    /// Where else one may lie: in front of the first application, which begins at a step of 64 KiB.
    pub fn places() -> impl Iterator<Item = u32> {
        (SECTOR..0x2_0000).step_by(SECTOR as usize)
    }

    /// Whether the first bytes are those of an entry.
    pub fn begins(bytes: &[u8]) -> bool {
        bytes.starts_with(&MAGIC) && bytes.len() >= ENTRY
    }

    /// Reads the table at the beginning of `bytes`.
    ///
    /// # Errors
    /// What a bootloader would refuse it for. Whether it fits the flash is asked with [`Self::beyond`].
    pub fn parse(bytes: &[u8]) -> Result<Self, TableFlaw> {
        let bytes = &bytes[..bytes.len().min(Self::LENGTH)];
        let mut partitions = Vec::new();
        // Behind the end of a file the flash is erased, which is how a table ends.
        for (index, entry) in bytes.chunks_exact(ENTRY).enumerate() {
            match entry {
                [0xFF, 0xFF, ..] => break,
                // ESP_PARTITION_MAGIC_MD5: what is in front of it, digested.
                [0xEB, 0xEB, ..] => {
                    let digest = Md5::digest(&bytes[..index * ENTRY]);
                    if entry[16..] != *digest {
                        return Err(TableFlaw::Md5);
                    }
                }
                entry => {
                    partitions.push(Partition::read(entry).ok_or(TableFlaw::Entry(index))?);
                }
            }
        }
        if partitions.is_empty() { Err(TableFlaw::Empty) } else { Ok(Self { partitions }) }
    }

    /// The first partition that ends beyond a flash of `size` bytes.
    pub fn beyond(&self, size: u64) -> Option<&Partition> {
        self.partitions.iter().find(|part| part.end() > size)
    }

    /// Two partitions that share bytes. Those of bootloaders and tables may lie in front of all.
    pub fn overlap(&self) -> Option<(&Partition, &Partition)> {
        let mut parts: Vec<_> = self.partitions.iter().collect();
        parts.retain(|part| {
            part.size > 0 && !matches!(part.usage(), PartitionUse::Bootloader | PartitionUse::Table)
        });
        parts.sort_by_key(|part| part.offset);
        let pair = parts.windows(2).find(|pair| pair[0].end() > u64::from(pair[1].offset))?;
        Some((pair[0], pair[1]))
    }

    /// Where an application goes that does not say: into the first `factory`, else into `ota_0`.
    pub fn home(&self) -> Option<&Partition> {
        let first = |wanted| self.partitions.iter().find(move |part| part.usage() == wanted);
        first(PartitionUse::Factory).or_else(|| first(PartitionUse::Ota(0))).or_else(|| {
            self.partitions.iter().find(|part| matches!(part.usage(), PartitionUse::Ota(_)))
        })
    }

    /// The first partition for this.
    pub fn first(&self, usage: PartitionUse) -> Option<&Partition> {
        self.partitions.iter().find(|part| part.usage() == usage)
    }

    /// The partition that begins at this address.
    pub fn at(&self, address: u32) -> Option<&Partition> {
        self.partitions.iter().find(|part| part.offset == address)
    }

    /// The partitions of this name: nothing keeps a table from having two.
    pub fn named(&self, label: &str) -> impl Iterator<Item = &Partition> {
        self.partitions.iter().filter(move |part| part.label == label)
    }

    /// How many OTA slots there are.
    pub fn ota_slots(&self) -> u32 {
        let is_slot = |part: &&Partition| matches!(part.usage(), PartitionUse::Ota(_));
        self.partitions.iter().filter(is_slot).count() as u32
    }

    /// Where its first partition begins: the table lies in front of that.
    pub fn begin(&self) -> u32 {
        let offsets = self
            .partitions
            .iter()
            .filter(|part| !matches!(part.usage(), PartitionUse::Bootloader | PartitionUse::Table));
        offsets.map(|part| part.offset).min().unwrap_or(u32::MAX)
    }
}

impl Partition {
    /// Bytes of a label at most.
    pub const LONGEST_LABEL: usize = 16;

    /// Its label, as text of somebody else's that is shown.
    pub fn name(&self) -> String {
        Plain(&self.label).to_string()
    }

    fn read(entry: &[u8]) -> Option<Self> {
        let &[m0, m1, kind, subtype, o0, o1, o2, o3, s0, s1, s2, s3, ref rest @ ..] = entry else {
            return None;
        };
        if [m0, m1] != MAGIC {
            return None;
        }
        let label = rest.get(..Self::LONGEST_LABEL)?;
        let end = label.iter().position(|byte| *byte == 0).unwrap_or(label.len());
        Some(Self {
            label: String::from_utf8_lossy(&label[..end]).into_owned(),
            kind: (kind, subtype),
            offset: u32::from_le_bytes([o0, o1, o2, o3]),
            size: u32::from_le_bytes([s0, s1, s2, s3]),
            flags: u32::from_le_bytes(*rest.last_chunk()?),
        })
    }

    /// The address behind it.
    pub const fn end(&self) -> u64 {
        self.offset as u64 + self.size as u64
    }

    /// The partition's addresses; cut where addresses end.
    pub fn range(&self) -> Range<u32> {
        self.offset..self.offset.saturating_add(self.size)
    }

    /// What it is for.
    pub const fn usage(&self) -> PartitionUse {
        match self.kind {
            (0, 0) => PartitionUse::Factory,
            (0, slot @ 0x10..0x20) => PartitionUse::Ota(slot - 0x10),
            (0, 0x20) => PartitionUse::Test,
            (1, 0) => PartitionUse::OtaData,
            (1, 1) => PartitionUse::Phy,
            (1, 2) => PartitionUse::Nvs,
            (1, 3) => PartitionUse::CoreDump,
            (1, 4) => PartitionUse::NvsKeys,
            (1, 0x81) => PartitionUse::Fat,
            (1, 0x82) => PartitionUse::Spiffs,
            (1, 0x83) => PartitionUse::LittleFs,
            (2, _) => PartitionUse::Bootloader,
            (3, _) => PartitionUse::Table,
            _ => PartitionUse::Other,
        }
    }

    /// Whether an application may lie there.
    pub const fn takes_applications(&self) -> bool {
        self.kind.0 == 0
    }

    /// Whether an application could not begin there, or data not be erased alone.
    pub const fn is_misaligned(&self) -> bool {
        let step = if self.takes_applications() { 0x1_0000 } else { SECTOR };
        !self.offset.is_multiple_of(step)
    }
}

//! `manifest.toml`: what is bundled. See `assets/firmware/README.md` for an example.

use serde::{Deserialize, Serialize};

use crate::pack::{PackError, unpack};

/// The number of the manifest's shape that this crate reads and writes.
pub const SCHEMA: u32 = 1;

/// The whole file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Name in the application descriptor, by which a running board is recognised.
    pub name: String,
    /// One entry for each chip that has images, in the order of their names.
    #[serde(default, rename = "chip")]
    pub chips: Vec<ChipImages>,
}

/// The images for one chip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChipImages {
    /// The chip as espflash and esptool spell it: `esp32c3`.
    pub chip: String,
    /// Version in the application descriptor.
    pub version: String,
    /// SHA-256 over the firmware's sources (names and contents); the same sources have the same hash on any computer.
    pub sources: String,
    /// The compiler that built it, as `rustc --version` says, and its route.
    pub toolchain: String,
    /// The target triple.
    pub target: String,
    /// Smallest flash that holds it, in bytes.
    pub flash_size: u32,
    /// Oldest revision of the chip that runs it, major * 100 + minor; the boot loader refuses older ones.
    #[serde(default)]
    pub min_revision: u16,
    /// On what it was run, in words for people: `linked; not yet run on a board or emulator` until somebody did.
    pub tested: String,
    /// Bytes of static data and of the heap, as built.
    pub memory: MemoryUse,
    /// What is written where.
    #[serde(rename = "part")]
    pub parts: Vec<Part>,
    /// The table of symbols for reading panics.
    pub symbols: Packed,
}

/// RAM use as built, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryUse {
    /// Code that runs from RAM.
    pub code: u32,
    /// Initialised and zeroed data, heap regions included.
    pub data: u32,
    /// What is left of the main data RAM for the main stack.
    pub stack: u32,
}

/// A file of this folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    /// Path below `assets/firmware/`, with `/`; a zlib stream.
    pub file: String,
    /// Unpacked size in bytes.
    pub size: u32,
    /// SHA-256 of the unpacked bytes, hexadecimal.
    pub sha256: String,
}

impl Packed {
    /// Unpacks the file's content and checks it.
    ///
    /// # Errors
    /// See [`unpack`].
    pub fn unpack(&self, packed: &[u8]) -> Result<Vec<u8>, PackError> {
        unpack(packed, self.size as usize, &self.sha256)
    }
}

/// One region of flash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What it is.
    pub name: PartName,
    /// Where it begins in flash, in bytes.
    pub offset: u32,
    /// Only for boards with a crystal of so many MHz; absent when it fits any. Where one part of a name has this,
    /// there is one for each crystal that the chip is sold with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crystal: Option<u32>,
    /// Only for flash chips of at least so many bytes; absent when any will do. Of several parts of a name, the one that
    /// wants most of what there is is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flash: Option<u32>,
    /// The file.
    #[serde(flatten)]
    pub packed: Packed,
}

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartName {
    /// The second-stage boot loader of ESP-IDF.
    Bootloader,
    /// The partition table.
    PartitionTable,
    /// The program.
    Application,
    /// Which of two programs is started: erased, so that it is the first, which was just written.
    OtaData,
}

impl ChipImages {
    /// The parts for a board with this crystal (MHz) and a flash chip of so many bytes, in the order of their offsets. `None`
    /// means the usual crystal, 40.
    pub fn parts_for(&self, crystal: Option<u32>, flash: u64) -> Vec<&Part> {
        let crystal = crystal.unwrap_or(40);
        let fits = |part: &&Part| {
            part.crystal.is_none_or(|only| only == crystal)
                && part.flash.is_none_or(|least| u64::from(least) <= flash)
        };
        let fitting: Vec<_> = self.parts.iter().filter(fits).collect();
        let most = |part: &&Part| {
            fitting.iter().all(|other| other.name != part.name || other.flash <= part.flash)
        };
        let mut parts: Vec<_> = fitting.iter().copied().filter(|part| most(part)).collect();
        parts.sort_by_key(|part| part.offset);
        parts
    }

    /// The part of this name; of several, the one for the usual crystal and the smallest flash.
    pub fn part(&self, name: PartName) -> Option<&Part> {
        self.parts_for(None, self.flash_size.into()).into_iter().find(|part| part.name == name)
    }
}

/// A manifest that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Not TOML, or a field is missing or of another kind.
    #[error("the firmware manifest cannot be read: {0}")]
    Syntax(#[from] toml::de::Error),
    /// Written by a newer program.
    #[error(
        "the firmware manifest has schema {0}, this program reads {SCHEMA}; use a newer program"
    )]
    Schema(u32),
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// Not a manifest, or one of another schema.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        #[derive(Deserialize)]
        struct Head {
            schema: u32,
        }
        let head: Head = toml::from_str(text)?;
        if head.schema != SCHEMA {
            return Err(ManifestError::Schema(head.schema));
        }
        Ok(toml::from_str(text)?)
    }

    /// The images for a chip, by its name.
    pub fn chip(&self, name: &str) -> Option<&ChipImages> {
        self.chips.iter().find(|chip| chip.chip == name)
    }
}

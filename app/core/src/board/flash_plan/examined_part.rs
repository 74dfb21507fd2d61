//! Something that goes to one place, with what it holds.

use std::ops::Range;

use crate::board::{Contents, FlashPart, MergedImage, PartitionTable};

/// Something that goes to one place.
#[derive(Clone, Debug)]
pub struct ExaminedPart {
    pub name: String,
    pub address: Option<u32>,
    pub bytes: Vec<u8>,
    pub contents: Contents,
}

impl ExaminedPart {
    pub fn new(name: String, address: Option<u32>, bytes: Vec<u8>) -> Self {
        let contents = Contents::of(&bytes);
        Self { name, address, bytes, contents }
    }

    /// The table that it brings.
    pub fn table(&self) -> Option<&PartitionTable> {
        match &self.contents {
            Contents::Table(Ok(table)) => Some(table),
            Contents::Merged(MergedImage { table: Ok(table), .. }) => Some(table),
            _ => None,
        }
    }

    /// The part is of what the chip starts.
    pub fn boots(&self) -> bool {
        matches!(self.contents, Contents::Image(_) | Contents::Table(_) | Contents::Merged(_))
    }

    /// The addresses that it fills.
    pub fn range(&self) -> Range<u64> {
        let start = u64::from(self.address.unwrap_or_default());
        start..start + self.bytes.len() as u64
    }

    pub fn into_part(self) -> FlashPart {
        let Self { name, address, mut bytes, .. } = self;
        bytes.resize(bytes.len().next_multiple_of(4), 0xFF);
        FlashPart { name, address: address.unwrap_or_default(), bytes }
    }
}

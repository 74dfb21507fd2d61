//! Merged images: what goes to several places in one file, with padding between (`esptool merge-bin`, factory images).

use std::ops::Range;

use super::erased::{SECTOR, is_erased, without_padding};
use super::{EspImage, ImageKind, PartitionTable, PartitionUse, TableFlaw};
use crate::board::ImageHeader;

/// A whole flash in one file, or its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedImage {
    /// The address in flash that the file's first byte belongs to.
    pub base: u32,
    /// Where the bootloader lies in flash, if there is one.
    pub bootloader_at: Option<u32>,
    /// Where the table lies in flash.
    pub table_at: u32,
    /// The table, or what is wrong with it.
    pub table: Result<PartitionTable, TableFlaw>,
}

/// A piece of a merged image that is no padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedPart {
    /// The label of its partition, `bootloader`, `partition table`, or `data`.
    pub name: String,
    /// What its partition is for; `None` in no partition.
    pub usage: Option<PartitionUse>,
    /// Where it belongs in flash.
    pub address: u32,
    /// Where it lies in the file.
    pub range: Range<usize>,
}

/// Where chips look for a bootloader: C2, C3, C6, C61, H2, S3; ESP32, S2; C5, H4, P4, S31.
const BOOT_PLACES: [u32; 3] = [0, 0x1000, 0x2000];

impl MergedImage {
    /// Finds a table where one belongs, with a bootloader in front of it.
    pub fn find(bytes: &[u8]) -> Option<Self> {
        // From the beginning of flash, or from the bootloader on, which then is the first thing in the file.
        let usual = BOOT_PLACES.into_iter().find_map(|base| {
            let whole = base == 0 || bytes.first() == Some(&ImageHeader::MAGIC);
            whole.then(|| Self::with_table(bytes, base, PartitionTable::AT)).flatten()
        });
        usual.or_else(|| {
            let mut found =
                PartitionTable::places().filter_map(|at| Self::with_table(bytes, 0, at));
            found.find(|merged| merged.table.is_ok() && merged.bootloader_at.is_some())
        })
    }

    fn with_table(bytes: &[u8], base: u32, table_at: u32) -> Option<Self> {
        let here = bytes.get((table_at - base) as usize..)?;
        if !PartitionTable::begins(here) {
            return None;
        }
        let table = PartitionTable::parse(here);
        let mut bootloader_at = None;
        for place in BOOT_PLACES.into_iter().filter(|place| (base..table_at).contains(place)) {
            let Some(image) = EspImage::read(&bytes[(place - base) as usize..]) else { continue };
            if image.kind == ImageKind::Application
                || image.flaw.is_none() && image.length as u32 > table_at - place
            {
                // A program that happens to have such bytes in its middle.
                return None;
            }
            bootloader_at = Some(place);
            break;
        }
        // Without a bootloader only a table that is whole tells that this is one.
        (bootloader_at.is_some() || base == 0 && table.is_ok()).then_some(Self {
            base,
            bootloader_at,
            table_at,
            table,
        })
    }

    /// The image's parts in the order of their addresses, without padding. Partitions of files and data are whole as far as the
    /// file goes, because what follows their last byte has a meaning, too.
    pub fn parts(&self, bytes: &[u8]) -> Vec<MergedPart> {
        let mut parts = Vec::new();
        let mut taken: Vec<Range<usize>> = Vec::new();
        let in_file = |from: u32, to: u64| {
            let offset =
                |address: u64| address.saturating_sub(self.base.into()).min(bytes.len() as u64);
            offset(from.into()) as usize..offset(to) as usize
        };
        let mut add =
            |name: &str, usage: Option<PartitionUse>, region: Range<usize>, keep: bool| {
                taken.push(region.clone());
                let all = &bytes[region.clone()];
                let length = if keep { all.len() } else { without_padding(all).len() };
                if !is_erased(all) {
                    let address = self.base + region.start as u32;
                    let range = region.start..region.start + length;
                    parts.push(MergedPart { name: name.to_owned(), usage, address, range });
                }
            };
        let table_end = u64::from(self.table_at) + PartitionTable::LENGTH as u64;
        if let Some(at) = self.bootloader_at {
            add("bootloader", None, in_file(at, self.table_at.into()), false);
        }
        add("partition table", None, in_file(self.table_at, table_end), true);
        let partitions = self.table.as_ref().map_or(&[][..], |table| &table.partitions);
        for partition in partitions {
            let usage = partition.usage();
            if matches!(usage, PartitionUse::Bootloader | PartitionUse::Table) {
                continue;
            }
            let region = in_file(partition.offset, partition.end());
            add(&partition.label, Some(usage), region, !partition.takes_applications());
        }
        // What no partition tells of, but is there.
        taken.sort_by_key(|region| region.start);
        let mut free = 0;
        let end = bytes.len()..bytes.len();
        for region in taken.iter().chain([&end]) {
            if free < region.start {
                parts.extend(self.unclaimed(bytes, free..region.start));
            }
            free = free.max(region.end);
        }
        parts.sort_by_key(|part| part.address);
        parts
    }

    fn unclaimed(&self, bytes: &[u8], region: Range<usize>) -> Option<MergedPart> {
        let all = &bytes[region.clone()];
        let first = all.iter().position(|byte| *byte != 0xFF)?;
        // Where erasing can begin.
        let start = (region.start + first) / SECTOR as usize * SECTOR as usize;
        let start = start.max(region.start);
        let end = region.start + without_padding(all).len();
        let address = self.base + start as u32;
        Some(MergedPart { name: "data".to_owned(), usage: None, address, range: start..end })
    }
}

//! Looking at the files that were found: they are there, and their bytes say what they are, for which chip, and where they
//! belong.

use std::path::{Path, PathBuf};

use espalier_core::board::{
    BoardFault, Build, BuildImage, BuildKind, BuildPart, Chip, Contents, ImageHeader, MergedImage,
    PartitionTable,
};

use super::{Sketch, told};
use crate::board::file_fault::{empty, unreadable};
use crate::untrusted::{self, ReadError};

/// No file larger than the largest flash is read. An ELF with all its debugging information may be larger than any.
const LARGEST: u64 = 256 << 20;

/// A part that was not looked at yet.
pub fn part(address: Option<u32>, path: PathBuf) -> BuildPart {
    BuildPart { name: String::new(), path, address, size: 0, partition: None }
}

/// All of a file.
pub fn read(path: &Path) -> Result<Vec<u8>, BoardFault> {
    match untrusted::read(path, LARGEST) {
        Ok(bytes) if bytes.is_empty() => Err(empty(path)),
        Ok(bytes) => Ok(bytes),
        Err(ReadError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(told::missing(path, None))
        }
        Err(error) => Err(unreadable(path, &error)),
    }
}

/// Fills in what the bytes tell.
pub fn look(sketch: Sketch) -> Result<Build, BoardFault> {
    let Sketch { mut kind, path, name, images, elf } = sketch;
    let mut seen = Vec::new();
    for image in images {
        let (image, is_merged) = look_at(image, kind)?;
        if kind == BuildKind::File && is_merged {
            kind = BuildKind::Merged;
        }
        seen.push(image);
    }
    let elf = elf.filter(|elf| elf.is_file());
    Ok(Build { kind, path, name, images: seen, elf })
}

fn look_at(mut image: BuildImage, kind: BuildKind) -> Result<(BuildImage, bool), BoardFault> {
    let mut table = None;
    let mut is_merged = false;
    let mut applications = Vec::new();
    for (index, part) in image.parts.iter_mut().enumerate() {
        let bytes = match read(&part.path) {
            Err(_) if !part.path.exists() => return Err(told::missing(&part.path, Some(kind))),
            read => read?,
        };
        part.size = bytes.len() as u64;
        let contents = Contents::of(&bytes);
        let (known, chip) = match &contents {
            Contents::Image(image) => (
                Some(if contents.is_application() { "application" } else { "bootloader" }),
                image.header.chip.ok(),
            ),
            Contents::Table(found) => {
                table = found.clone().ok();
                (Some("partition table"), None)
            }
            Contents::Merged(merged) => {
                is_merged = true;
                table = merged.table.clone().ok();
                (None, chip_of(merged, &bytes))
            }
            _ => (None, None),
        };
        if contents.is_application() {
            applications.push(index);
        }
        let file = || part.path.file_name().unwrap_or(part.path.as_os_str()).to_string_lossy();
        part.name = known.map_or_else(|| file().into_owned(), str::to_owned);
        image.chip = image.chip.or(chip);
    }
    place(&mut image, &applications, table.as_ref());
    image.parts.sort_by_key(|part| part.address);
    Ok((image, is_merged))
}

fn chip_of(merged: &MergedImage, bytes: &[u8]) -> Option<Chip> {
    let at = merged.bootloader_at?.checked_sub(merged.base)?;
    ImageHeader::parse(bytes.get(at as usize..)?)?.chip.ok()
}

/// Where chip and table of the build put its parts, and what they are called there.
fn place(image: &mut BuildImage, applications: &[usize], table: Option<&PartitionTable>) {
    let several = applications.len() > 1;
    let chip = image.chip;
    for part in image.parts.iter_mut().filter(|part| part.address.is_none()) {
        if part.name == "bootloader" {
            part.address = chip.map(Chip::bootloader_at);
        }
    }
    let Some(table) = table else { return };
    for (index, part) in image.parts.iter_mut().enumerate() {
        if part.address.is_none() && applications.contains(&index) {
            part.address = table.home().map(|home| home.offset);
        }
        let partition = part.address.and_then(|address| table.at(address));
        part.partition = partition.map(|partition| partition.label.clone());
        if several
            && applications.contains(&index)
            && let Some(label) = &part.partition
        {
            // Two applications are told apart by their places.
            part.name.clone_from(label);
        }
    }
}

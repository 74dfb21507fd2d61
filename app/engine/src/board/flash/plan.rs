//! Which parts go where: bundled images, ELF files, plain and merged binaries, all checked against the chip first.

use std::path::{Path, PathBuf};

use espalier_core::board::{BoardFault, ChipInfo, FaultKind, FlashFile, FlashSource, ImageHeader};
use espalier_core::say;

use super::elf;
use super::file_fault::{another_file, bad_file, wrong_chip};
use super::layout::{APP_AT, SECTOR, TABLE_AT, TABLE_MAGIC};
use crate::board::flash_part::FlashPart;
use crate::board::images;
use crate::untrusted::{self, ReadError};

/// No file larger than the largest flash is read.
const LARGEST: u64 = 256 << 20;

/// The parts for this chip, in the order of their addresses.
///
/// # Errors
/// There is no image for the chip, a file cannot be used, is for another chip, or does not fit.
pub fn plan(source: &FlashSource, info: &ChipInfo) -> Result<Vec<FlashPart>, BoardFault> {
    let mut parts = match source {
        FlashSource::Bundled => images::parts(info)?,
        FlashSource::Files(files) => {
            let mut parts = Vec::new();
            for file in files {
                parts.extend(of_file(file, info)?);
            }
            parts
        }
    };
    for part in &mut parts {
        part.bytes.resize(part.bytes.len().next_multiple_of(4), 0xFF);
    }
    parts.sort_by_key(|part| part.address);
    check_places(&parts, info)?;
    Ok(parts)
}

/// The ELF among the files, if it is one.
pub fn elf_of(source: &FlashSource) -> Option<PathBuf> {
    let FlashSource::Files(files) = source else { return None };
    let mut magic = [0; 4];
    files
        .iter()
        .map(|file| &file.path)
        .find(|path| {
            let Ok(mut file) = untrusted::open(path) else { return false };
            std::io::Read::read_exact(&mut file, &mut magic).is_ok() && is_elf(&magic)
        })
        .cloned()
}

fn is_elf(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x7fELF")
}

fn of_file(file: &FlashFile, info: &ChipInfo) -> Result<Vec<FlashPart>, BoardFault> {
    let FlashFile { path, address } = file;
    let bytes = read(path)?;
    if is_elf(&bytes) {
        if address.is_some() {
            return Err(bad_file(
                say!(
                    "told-elf-address",
                    "{file} is an ELF file, which knows its own addresses",
                    file = path.display(),
                ),
                say!("hint-no-address", "Leave the address out."),
            ));
        }
        return elf::parts(path, &bytes, info);
    }
    let merged = bytes.get(TABLE_AT..TABLE_AT + 2) == Some(&TABLE_MAGIC);
    let address = match (address, merged) {
        (Some(address), _) => *address,
        (None, true) => 0,
        (None, false) if bytes.first() == Some(&ImageHeader::MAGIC) => APP_AT,
        (None, false) => {
            return Err(bad_file(
                say!(
                    "told-no-place",
                    "{file} is neither an ELF, an ESP image nor a merged image, so it does not tell where it belongs",
                    file = path.display(),
                ),
                say!(
                    "hint-give-address",
                    "Give its address: ADDRESS:FILE, for example 0x10000:file.bin."
                ),
            ));
        }
    };
    check_chip(path, address, &bytes, info)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Ok(vec![FlashPart { name, address, bytes }])
}

fn read(path: &Path) -> Result<Vec<u8>, BoardFault> {
    let failed = |error: ReadError| {
        let what = say!(
            "told-unreadable",
            "{file} cannot be read: {error}",
            file = path.display(),
            error = error,
        );
        bad_file(what, another_file())
    };
    let bytes = untrusted::read(path, LARGEST).map_err(failed)?;
    if bytes.is_empty() {
        let what =
            say!("told-file-size", "{file} has {size} bytes", file = path.display(), size = 0);
        return Err(bad_file(what, another_file()));
    }
    Ok(bytes)
}

/// Every image header that the file puts where the chip will look for one must be for this chip and revision.
fn check_chip(path: &Path, address: u32, bytes: &[u8], info: &ChipInfo) -> Result<(), BoardFault> {
    let end = address.saturating_add(bytes.len() as u32);
    let places = [address, info.chip.bootloader_at(), APP_AT];
    let inside = places.into_iter().filter(|place| (address..end).contains(place));
    let headers =
        inside.filter_map(|place| ImageHeader::parse(bytes.get((place - address) as usize..)?));
    for header in headers {
        let other = match header.chip {
            Ok(chip) if chip == info.chip => None,
            Ok(chip) => Some(chip.name().to_owned()),
            Err(number) => Some(format!("#{number}")),
        };
        if let Some(other) = other {
            return Err(wrong_chip(path, &other, info.chip));
        }
        if let Some((major, minor)) = info.revision
            && major * 100 + minor < u32::from(header.min_revision)
        {
            let needed = (header.min_revision / 100, header.min_revision % 100);
            let what = say!(
                "told-revision",
                "{file} needs revision v{needed} of the chip; this one is v{has}",
                file = path.display(),
                needed = format_args!("{}.{}", needed.0, needed.1),
                has = format_args!("{major}.{minor}"),
            );
            let hint = say!(
                "hint-revision",
                "Build it for this revision (CONFIG_ESP32…_REV_MIN), or use a newer chip."
            );
            return Err(BoardFault::new(FaultKind::WrongChip, what, hint));
        }
    }
    Ok(())
}

fn check_places(parts: &[FlashPart], info: &ChipInfo) -> Result<(), BoardFault> {
    if parts.is_empty() {
        return Err(bad_file(
            say!("told-nothing-to-write", "There is nothing to write"),
            say!("hint-choose-file", "Choose a file."),
        ));
    }
    let mut free_from = 0_u64;
    for part in parts {
        let FlashPart { name, address, bytes } = part;
        if address % SECTOR != 0 {
            let what = say!(
                "told-bad-place",
                "{part} cannot begin at {address}",
                part = name,
                address = format_args!("{address:#x}"),
            );
            return Err(bad_file(
                what,
                say!("hint-sectors", "Flash is erased in steps of 0x1000: use a multiple of it."),
            ));
        }
        if u64::from(*address) < free_from {
            let what = say!(
                "told-overlap",
                "{part} at {address} overlaps what comes before it",
                part = name,
                address = format_args!("{address:#x}"),
            );
            return Err(bad_file(what, say!("hint-check-addresses", "Check the addresses.")));
        }
        let end = u64::from(*address) + bytes.len() as u64;
        if end > info.flash_size {
            let what = say!(
                "told-beyond-flash",
                "{part} ends at {end}, beyond the {size} KiB of flash",
                part = name,
                end = format_args!("{end:#x}"),
                size = info.flash_size >> 10,
            );
            let hint = say!("hint-smaller", "Use a smaller program or a board with more flash.");
            return Err(BoardFault::new(FaultKind::TooLarge, what, hint));
        }
        free_from = end.next_multiple_of(SECTOR.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use espalier_core::board::Chip;

    use super::*;

    fn info(chip: Chip) -> ChipInfo {
        ChipInfo {
            chip,
            revision: Some((0, 3)),
            mac: None,
            flash_size: 4 << 20,
            features: Vec::new(),
            crystal: Some(40),
        }
    }

    fn plan_of(
        bytes: &[u8],
        address: Option<u32>,
        chip: Chip,
    ) -> Result<Vec<FlashPart>, BoardFault> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        plan(
            &FlashSource::Files(vec![FlashFile { path: file.path().into(), address }]),
            &info(chip),
        )
    }

    fn image(chip: Chip, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        bytes[0] = ImageHeader::MAGIC;
        bytes[12..14].copy_from_slice(&chip.image_id().to_le_bytes());
        bytes
    }

    #[test]
    fn an_application_goes_to_its_place_and_is_padded_to_words() {
        let parts = plan_of(&image(Chip::Esp32C3, 1021), None, Chip::Esp32C3).unwrap();
        assert_eq!((parts[0].address, parts[0].bytes.len()), (0x1_0000, 1024));
    }

    #[test]
    fn a_merged_image_begins_at_zero() {
        let mut merged = image(Chip::Esp32C3, 0x1_2000);
        merged[TABLE_AT..TABLE_AT + 2].copy_from_slice(&TABLE_MAGIC);
        assert_eq!(plan_of(&merged, None, Chip::Esp32C3).unwrap()[0].address, 0);
        assert_eq!(plan_of(&merged, None, Chip::Esp32C6).unwrap_err().kind, FaultKind::WrongChip);
    }

    #[test]
    fn images_for_other_chips_or_revisions_are_refused() {
        let fault = plan_of(&image(Chip::Esp32, 4096), None, Chip::Esp32C3).unwrap_err();
        assert_eq!(fault.kind, FaultKind::WrongChip);
        assert!(
            fault.what.contains("is for ESP32, but the board has an ESP32-C3"),
            "{}",
            fault.what
        );
        let mut newer = image(Chip::Esp32C3, 4096);
        newer[15] = 101;
        assert_eq!(plan_of(&newer, None, Chip::Esp32C3).unwrap_err().kind, FaultKind::WrongChip);
    }

    #[test]
    fn places_that_cannot_be_are_refused() {
        let kind = |bytes: &[u8], address| plan_of(bytes, address, Chip::Esp32C3).unwrap_err().kind;
        assert_eq!(kind(b"text", None), FaultKind::BadFile);
        assert_eq!(kind(b"text", Some(0x1234)), FaultKind::BadFile);
        assert_eq!(kind(&[0; 8192], Some(0x3f_f000)), FaultKind::TooLarge);
        assert_eq!(kind(b"", Some(0)), FaultKind::BadFile);
    }

    #[test]
    fn an_elf_for_another_family_is_refused_by_name() {
        let mut elf = b"\x7fELF".to_vec();
        elf.resize(64, 0);
        elf[18] = 94;
        let fault = plan_of(&elf, None, Chip::Esp32C3).unwrap_err();
        assert_eq!(fault.kind, FaultKind::WrongChip);
        assert_eq!(plan_of(&elf, Some(0), Chip::Esp32C3).unwrap_err().kind, FaultKind::BadFile);
    }
}

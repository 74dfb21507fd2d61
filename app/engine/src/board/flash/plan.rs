//! Which parts go where: bundled images, ELF files and binaries are read here, and judged by [`FlashPlan`] against the chip
//! and the partition table.

use std::path::{Path, PathBuf};

use espalier_core::board::{
    BoardFault, BuildImage, ChipInfo, Contents, FaultKind, FlashBlob, FlashFile, FlashPart,
    FlashPlan, FlashSource, FlashSpec, FlashTarget, FoundTable, PartitionTable,
};
use espalier_core::say;

use super::elf;
use crate::board::file_fault::{bad_file, empty, unreadable};
use crate::board::{build, images};
use crate::untrusted;

/// No file larger than the largest flash is read.
const LARGEST: u64 = 256 << 20;

/// What is to be written, not yet judged.
///
/// # Errors
/// There is no image for the chip, or a file cannot be used.
pub fn blobs(spec: &FlashSpec, info: &ChipInfo) -> Result<Vec<FlashBlob>, BoardFault> {
    let force = spec.force;
    match &spec.source {
        FlashSource::Bundled => Ok(images::parts(info)?.into_iter().map(placed).collect()),
        FlashSource::Files(files) => {
            let mut blobs = Vec::new();
            for file in files {
                blobs.extend(of_file(file, info, None, force)?);
            }
            Ok(blobs)
        }
        FlashSource::Build(path) => {
            let build = build::find_one(path)?;
            let image = build::image_for(&build, info.chip)?;
            let mut blobs = Vec::new();
            for part in &image.parts {
                let file = FlashFile { path: part.path.clone(), address: part.address };
                let found = of_file(&file, info, Some(image), force)?;
                let alone = found.len() == 1;
                blobs.extend(found.into_iter().map(|blob| match alone {
                    true => FlashBlob { name: part.name.clone(), ..blob },
                    false => blob,
                }));
            }
            Ok(blobs)
        }
    }
}

/// Whether none of these brings a partition table, so that the one on the board counts.
pub fn needs_table(blobs: &[FlashBlob]) -> bool {
    let has = |blob: &FlashBlob| {
        matches!(Contents::of(&blob.bytes), Contents::Table(Ok(_)) | Contents::Merged(_))
    };
    !blobs.iter().any(has)
}

/// What is written where, by the rules that hold for every source.
///
/// # Errors
/// Something would not start, or not be where it belongs.
pub fn plan(
    blobs: Vec<FlashBlob>,
    spec: &FlashSpec,
    info: &ChipInfo,
    found: Option<&FoundTable>,
) -> Result<FlashPlan, BoardFault> {
    let FlashSpec { action, force, whole, table_at, .. } = *spec;
    let table_at = table_at.or(found.map(|found| found.at)).unwrap_or(PartitionTable::AT);
    let table = found.map(|found| &found.table);
    let target = FlashTarget { info, table, table_at, action, force, whole };
    let planned = FlashPlan::new(blobs, &target);
    planned.map_err(|fault| match (&spec.source, fault.kind) {
        (FlashSource::Bundled, FaultKind::WrongChip) => BoardFault {
            hint: say!(
                "hint-bundled-revision",
                "The firmware of this program does not run on this revision of the chip: use another board. Files of your own can be flashed."
            ),
            ..fault
        },
        _ => fault,
    })
}

/// The ELF among the files, if it is one.
pub fn elf_of(source: &FlashSource) -> Option<PathBuf> {
    let files = match source {
        FlashSource::Bundled => return None,
        FlashSource::Files(files) => files,
        FlashSource::Build(path) => return build::find_one(path).ok()?.elf,
    };
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

/// What a file brings, with what its build says of it.
fn of_file(
    file: &FlashFile,
    info: &ChipInfo,
    image: Option<&BuildImage>,
    force: bool,
) -> Result<Vec<FlashBlob>, BoardFault> {
    let FlashFile { path, address } = file;
    let mut bytes = read(path)?;
    if is_elf(&bytes) {
        check_no_address(path, *address)?;
        let alone;
        let image = match image {
            Some(image) => image,
            None => {
                alone = build::elf_image(path);
                &alone
            }
        };
        if !force {
            elf::check_table_place(image)?;
        }
        let parts = elf::parts(path, &bytes, info, image)?;
        return Ok(parts.into_iter().map(placed).collect());
    }
    if let Some(image) = image {
        image.header.apply_to_bootloader(info.chip, info.flash_size, &mut bytes);
    }
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Ok(vec![FlashBlob { name, address: *address, bytes }])
}

fn placed(part: FlashPart) -> FlashBlob {
    FlashBlob { name: part.name, address: Some(part.address), bytes: part.bytes }
}

fn check_no_address(path: &Path, address: Option<u32>) -> Result<(), BoardFault> {
    match address {
        None => Ok(()),
        Some(_) => Err(bad_file(
            say!(
                "told-elf-address",
                "{file} is an ELF file, which knows its own addresses",
                file = path.display(),
            ),
            say!("hint-no-address", "Leave the address out."),
        )),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, BoardFault> {
    let bytes = untrusted::read(path, LARGEST).map_err(|error| unreadable(path, &error))?;
    if bytes.is_empty() {
        return Err(empty(path));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use espalier_core::board::{Chip, FlashAction};

    use super::*;

    fn info(chip: Chip, revision: (u32, u32)) -> ChipInfo {
        ChipInfo {
            chip,
            revision: Some(revision),
            mac: None,
            flash_size: 4 << 20,
            features: Vec::new(),
            crystal: Some(40),
        }
    }

    fn plan_of(bytes: &[u8], address: Option<u32>, chip: Chip) -> Result<FlashPlan, BoardFault> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let spec = FlashSpec::files(vec![FlashFile { path: file.path().into(), address }]);
        let info = info(chip, (0, 3));
        plan(blobs(&spec, &info)?, &spec, &info, None)
    }

    #[test]
    fn every_bundled_image_passes_what_foreign_files_must_pass() {
        for image in images::bundled() {
            // What boards have of each.
            let revision = match image.chip {
                Chip::Esp32 | Chip::Esp32C5 | Chip::Esp32C61 => (1, 0),
                Chip::Esp32C2 => (1, 2),
                _ => (0, 4),
            };
            let info = info(image.chip, revision);
            let spec = FlashSpec::bundled();
            let planned = plan(blobs(&spec, &info).unwrap(), &spec, &info, None).unwrap();
            assert_eq!(planned.parts.len(), 4, "{}", image.chip);
            assert_eq!(planned.remarks, [""; 0]);
            let erase = FlashSpec { action: FlashAction::EraseFirst, ..spec };
            assert!(plan(blobs(&erase, &info).unwrap(), &erase, &info, None).is_ok());
        }
    }

    #[test]
    fn the_bundled_image_is_refused_on_a_classic_esp32_that_cannot_run_it() {
        for revision in [(0, 0), (0, 9)] {
            let info = info(Chip::Esp32, revision);
            let spec = FlashSpec::bundled();
            let blobs = blobs(&spec, &info).unwrap();
            let fault = plan(blobs, &spec, &info, None).unwrap_err();
            assert_eq!(fault.kind, FaultKind::WrongChip);
            assert!(fault.what.contains("v1.0"), "{fault}");
            assert!(fault.hint.contains("another board"), "{}", fault.hint);
        }
    }

    #[test]
    fn files_that_are_nothing_are_refused() {
        let kind = |bytes: &[u8], address| plan_of(bytes, address, Chip::Esp32C3).unwrap_err().kind;
        assert_eq!(kind(b"text", None), FaultKind::BadFile);
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

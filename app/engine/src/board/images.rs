//! The firmware images that this program carries (`assets/firmware`, embedded), checked whenever they are taken out.

use std::sync::LazyLock;

use espalier_core::board::{
    BoardFault, Chip, ChipInfo, FaultKind, FlashHeader, FlashPart, ImageInfo,
};
use espalier_core::say;
use espalier_images::manifest::{Manifest, Packed, PartName};
use espalier_images::{ChipImages, SymbolTable};
use include_dir::{Dir, include_dir};

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../assets/firmware");

static MANIFEST: LazyLock<Result<Manifest, String>> = LazyLock::new(|| {
    let file = FILES.get_file("manifest.toml").ok_or("the manifest is missing")?;
    let text = file.contents_utf8().ok_or("the manifest is no text")?;
    Manifest::parse(text).map_err(|error| error.to_string())
});

/// What is bundled, one entry for each chip.
pub fn bundled() -> Vec<ImageInfo> {
    let Ok(manifest) = &*MANIFEST else { return Vec::new() };
    let info = |images: &ChipImages| {
        let sizes = images
            .parts_for(None, images.flash_size.into())
            .into_iter()
            .map(|part| u64::from(part.packed.size));
        let chip = images.chip.parse().ok()?;
        Some(ImageInfo { chip, version: images.version.clone(), size: sizes.sum() })
    };
    manifest.chips.iter().filter_map(info).collect()
}

/// The name that the bundled application gives itself.
pub fn application_name() -> Option<&'static str> {
    MANIFEST.as_ref().ok().map(|manifest| manifest.name.as_str())
}

/// The parts of the bundled image for this chip.
///
/// # Errors
/// There is none for it, it does not fit, or what is bundled is damaged.
pub fn parts(info: &ChipInfo) -> Result<Vec<FlashPart>, BoardFault> {
    let images = images(info.chip)?;
    if info.flash_size < images.flash_size.into() {
        let what = say!(
            "told-flash-too-small",
            "The firmware needs {needed} KiB of flash, this {chip} has {size} KiB",
            needed = images.flash_size >> 10,
            chip = info.chip,
            size = info.flash_size >> 10,
        );
        let hint = say!("hint-more-flash", "Use a board with more flash.");
        return Err(BoardFault::new(FaultKind::TooLarge, what, hint));
    }
    // A size that a loader's header cannot name is taken for the smallest.
    let is_known = (info.flash_size >> 20).is_power_of_two() && info.flash_size <= 128 << 20;
    let flash = if is_known { info.flash_size } else { images.flash_size.into() };
    // The loader refuses a partition table that goes beyond the flash of which its own header speaks.
    let size = (flash > images.flash_size.into()).then(|| "detect".to_owned());
    let header = FlashHeader { size, ..FlashHeader::default() };
    let part = |part: &espalier_images::Part| {
        let name = match part.name {
            PartName::Bootloader => "bootloader",
            PartName::PartitionTable => "partition table",
            PartName::Application => "application",
            PartName::OtaData => "ota data",
        };
        let mut bytes = unpack(&part.packed)?;
        if part.name == PartName::Bootloader {
            header.apply(info.chip, flash, &mut bytes);
        }
        Ok(FlashPart { name: name.to_owned(), address: part.offset, bytes })
    };
    images.parts_for(info.crystal, flash).into_iter().map(part).collect()
}

/// The bundled program for this chip, without what lies around it.
///
/// # Errors
/// There is none for it, or what is bundled is damaged.
pub fn application(chip: Chip) -> Result<FlashPart, BoardFault> {
    let part = images(chip)?.part(PartName::Application);
    let part = part.ok_or_else(|| damaged(&"the application is missing"))?;
    let (name, address) = ("application".to_owned(), part.offset);
    Ok(FlashPart { name, address, bytes: unpack(&part.packed)? })
}

/// The symbols of the bundled application for this chip.
///
/// # Errors
/// There is no image for it, or what is bundled is damaged.
pub fn symbols(chip: Chip) -> Result<SymbolTable, BoardFault> {
    SymbolTable::decode(&unpack(&images(chip)?.symbols)?).map_err(|error| damaged(&error))
}

fn images(chip: Chip) -> Result<&'static ChipImages, BoardFault> {
    let manifest = MANIFEST.as_ref().map_err(|error| damaged(error))?;
    manifest.chip(chip.slug()).ok_or_else(|| {
        let there: Vec<_> = bundled().iter().map(|image| image.chip.name()).collect();
        let hint = match (chip.has_wifi(), there.is_empty()) {
            (false, _) => say!(
                "hint-no-wifi",
                "This chip has no Wi-Fi, so the firmware cannot run on it. Files of your own can be flashed."
            ),
            (true, true) => say!("hint-own-files", "Files of your own can be flashed."),
            (true, false) => say!(
                "hint-images-for",
                "There are images for {chips}. Files of your own can be flashed.",
                chips = there.join(", "),
            ),
        };
        let what =
            say!("told-no-image", "This program carries no firmware for the {chip}", chip = chip);
        BoardFault::new(FaultKind::NoImage, what, hint)
    })
}

fn unpack(packed: &Packed) -> Result<Vec<u8>, BoardFault> {
    let file = FILES
        .get_file(&packed.file)
        .ok_or_else(|| damaged(&format!("{} is missing", packed.file)))?;
    packed.unpack(file.contents()).map_err(|error| damaged(&format!("{}: {error}", packed.file)))
}

fn damaged(detail: &dyn std::fmt::Display) -> BoardFault {
    let what = say!("told-damaged", "The firmware in this program is damaged");
    let hint = say!("hint-reinstall", "Install the program again.");
    BoardFault::new(FaultKind::BadFile, what, hint).with_detail(detail.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(chip: Chip) -> ChipInfo {
        ChipInfo {
            chip,
            revision: None,
            mac: None,
            flash_size: 4 << 20,
            features: Vec::new(),
            crystal: Some(40),
        }
    }

    #[test]
    fn every_bundled_image_can_be_taken_out_whole() {
        let images = bundled();
        assert!(!images.is_empty());
        for image in images {
            let parts = parts(&ChipInfo { flash_size: 2 << 20, ..info(image.chip) }).unwrap();
            let size: usize = parts.iter().map(|part| part.bytes.len()).sum();
            assert_eq!(size as u64, image.size, "{}", image.chip);
            assert_eq!(parts.first().map(|part| part.address), Some(image.chip.bootloader_at()));
            symbols(image.chip).unwrap();
        }
    }

    #[test]
    fn a_chip_without_an_image_is_refused_by_name() {
        let fault = parts(&info(Chip::Esp32H2)).unwrap_err();
        assert_eq!(fault.kind, FaultKind::NoImage);
        assert!(fault.what.contains("ESP32-H2"));
        assert!(fault.hint.contains("no Wi-Fi"));
    }

    #[test]
    fn a_flash_of_4_mb_gets_two_slots_and_a_loader_that_knows_its_size() {
        for image in bundled() {
            for (flash_size, size, slots) in [(2 << 20, 1, 1), (4 << 20, 2, 2), (8 << 20, 3, 2)] {
                let parts = parts(&ChipInfo { flash_size, ..info(image.chip) }).unwrap();
                let part = |name: &str| parts.iter().find(|part| part.name == name);
                assert_eq!(part("bootloader").unwrap().bytes[3] >> 4, size, "{}", image.chip);
                let table = &part("partition table").unwrap().bytes;
                let applications = table.chunks(32).filter(|entry| entry[..3] == [0xaa, 0x50, 0]);
                assert_eq!(applications.count(), slots);
                let erased = part("ota data").is_some_and(|part| part.bytes == [0xff; 0x2000]);
                assert_eq!(
                    erased,
                    slots == 2,
                    "the first program is started after an update by cable"
                );
            }
        }
    }

    #[test]
    fn a_flash_that_is_too_small_is_refused() {
        let chip = bundled()[0].chip;
        let small = ChipInfo { flash_size: 1 << 20, ..info(chip) };
        assert_eq!(parts(&small).unwrap_err().kind, FaultKind::TooLarge);
    }
}

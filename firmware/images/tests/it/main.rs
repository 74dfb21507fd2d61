//! What is in `assets/firmware/` is whole, legal for its chip, and decodes.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use espalier_images::image::{Image, ImageError, rules};
use espalier_images::{ChipImages, Manifest, PartName, SymbolTable};

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/firmware")
}

fn manifest() -> Manifest {
    Manifest::parse(&std::fs::read_to_string(assets().join("manifest.toml")).unwrap()).unwrap()
}

fn part(chip: &ChipImages, name: PartName) -> Vec<u8> {
    let part = chip.part(name).unwrap();
    part.packed.unpack(&std::fs::read(assets().join(&part.packed.file)).unwrap()).unwrap()
}

#[test]
fn every_file_is_what_the_manifest_says() {
    let manifest = manifest();
    assert!(!manifest.chips.is_empty());
    for chip in &manifest.chips {
        for packed in chip.parts.iter().map(|part| &part.packed).chain([&chip.symbols]) {
            packed.unpack(&std::fs::read(assets().join(&packed.file)).unwrap()).unwrap();
        }
    }
}

#[test]
fn every_image_keeps_the_rules_of_its_chip() {
    for chip in &manifest().chips {
        let rules = rules(&chip.chip).unwrap();
        let application = Image::parse(&part(chip, PartName::Application)).unwrap();
        assert_eq!(application.check(rules), Ok(()), "{}", chip.chip);
        let descriptor = application.descriptor.unwrap();
        assert_eq!((&*descriptor.name, &descriptor.version), ("espalier", &chip.version));
        let bootloader = Image::parse(&part(chip, PartName::Bootloader)).unwrap();
        assert_eq!(bootloader.check_boot_loader(rules), Ok(()), "{}", chip.chip);
        assert_eq!(chip.part(PartName::Bootloader).unwrap().offset, rules.boot_offset);
        assert!(bootloader.flash_size <= chip.flash_size && bootloader.flash_size > 0);
    }
}

#[test]
fn an_image_is_refused_by_another_chip_and_when_a_byte_changed() {
    let manifest = manifest();
    let bytes = part(manifest.chip("esp32c3").unwrap(), PartName::Application);
    let image = Image::parse(&bytes).unwrap();
    assert!(matches!(image.check(rules("esp32").unwrap()), Err(ImageError::Chip { found: 5, .. })));
    // Every so often: a whole image is hashed each time.
    let step = bytes.len() / 24;
    for at in (0..bytes.len()).step_by(step) {
        let mut bad = bytes.clone();
        bad[at] ^= 1;
        assert_ne!(Image::parse(&bad).as_ref(), Ok(&image), "byte {at}");
    }
    for cut in (0..bytes.len()).step_by(step) {
        assert!(Image::parse(&bytes[..cut]).is_err());
    }
}

#[test]
fn parts_leave_the_settings_alone_and_do_not_overlap() {
    for chip in &manifest().chips {
        for flash in [chip.flash_size, 4 << 20, 16 << 20] {
            let mut end = 0;
            for part in chip.parts_for(None, flash.into()) {
                assert!(part.offset >= end, "{} {:?}", chip.chip, part.name);
                end = part.offset + part.packed.size;
                assert!(
                    end <= 0x9000 || part.offset >= 0xf000,
                    "{} {:?} covers settings",
                    chip.chip,
                    part.name
                );
            }
            assert!(end <= flash);
        }
    }
}

#[test]
fn the_partition_table_names_the_settings_and_the_application_where_they_are() {
    for chip in &manifest().chips {
        let application = chip.part(PartName::Application).unwrap();
        for (flash, kind) in [(2 << 20, 0), (4 << 20, 0x10)] {
            let table = chip
                .parts_for(None, flash)
                .into_iter()
                .find(|part| part.name == PartName::PartitionTable)
                .unwrap();
            let packed = std::fs::read(assets().join(&table.packed.file)).unwrap();
            let table = table.packed.unpack(&packed).unwrap();
            let entries: Vec<_> = table
                .chunks_exact(32)
                .take_while(|entry| entry[..2] == [0xaa, 0x50])
                .map(|entry| {
                    let word =
                        |at: usize| u32::from_le_bytes(entry[at..at + 4].try_into().unwrap());
                    (entry[2], entry[3], word(4), word(8))
                })
                .collect();
            assert!(entries.contains(&(1, 2, 0x9000, 0x6000)), "{}: settings", chip.chip);
            let slot = |kind, offset| {
                entries.iter().any(|&(what, sort, at, len)| {
                    (what, sort, at) == (0, kind, offset) && len >= application.packed.size
                })
            };
            assert!(slot(kind, application.offset), "{}: the program", chip.chip);
            let two = flash >= 4 << 20;
            assert_eq!(slot(0x11, 0x20_0000), two, "{}: the other", chip.chip);
            let data = chip.parts_for(None, flash).into_iter();
            let data = data.filter(|part| part.name == PartName::OtaData).map(|part| part.offset);
            let said =
                entries.iter().filter(|entry| (entry.0, entry.1) == (1, 0)).map(|entry| entry.2);
            assert!(data.eq(said), "{}: which is started", chip.chip);
        }
    }
}

#[test]
fn the_entry_of_every_image_reads_as_a_name() {
    for chip in &manifest().chips {
        let packed = std::fs::read(assets().join(&chip.symbols.file)).unwrap();
        let symbols = SymbolTable::decode(&chip.symbols.unpack(&packed).unwrap()).unwrap();
        let files = symbols.ranges.iter().flat_map(|range| symbols.frames(range.start));
        let ours = files.filter(|frame| {
            frame
                .file
                .as_deref()
                .is_some_and(|file| file.starts_with("src/") || file.starts_with("firmware/"))
        });
        assert!(ours.take(100).any(|frame| frame.line.is_some()), "{}", chip.chip);
    }
}

//! The bundled firmware as plain files, for tools that are not ours: `flash_args` for esptool, `manifest.json` for ESP Web Tools
//! (github.com/esphome/esp-web-tools, `src/const.ts`).
//!
//! `flash_args` is what `espalier flash` writes where there are 4 MB of flash or more, with two slots for programs; esptool
//! looks at the flash and refuses what goes beyond it. ESP Web Tools does not look, so its manifest names the parts that start
//! on flash of any size, with one slot, and so does `flash_args-2mb`.

use std::path::{Path, PathBuf};

use espalier_core::board::{BoardFault, Chip, ChipInfo, FlashPart};
use serde::Serialize;

use super::file_fault::unwritten;
use super::images;

/// `Manifest` of ESP Web Tools.
#[derive(Serialize)]
struct Manifest {
    name: String,
    version: String,
    /// Whoever installs it anew is asked whether all of the flash is to be erased: other programs' settings mean nothing to it.
    new_install_prompt_erase: bool,
    /// Seconds until Improv answers after it was installed.
    new_install_improv_wait_time: u32,
    builds: Vec<Build>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Build {
    chip_family: &'static str,
    parts: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    path: String,
    offset: u32,
}

/// Chips that ESP Web Tools knows.
const FAMILIES: [Chip; 10] = [
    Chip::Esp32,
    Chip::Esp32C2,
    Chip::Esp32C3,
    Chip::Esp32C5,
    Chip::Esp32C6,
    Chip::Esp32C61,
    Chip::Esp32H2,
    Chip::Esp32P4,
    Chip::Esp32S2,
    Chip::Esp32S3,
];

/// Crystal that the parts are for, in MHz: the one that nearly all boards have. Which one a board has is only ours to find out.
const CRYSTAL: u32 = 40;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Where it lies.
    pub folder: PathBuf,
    /// The chips whose images were written, each in a folder of its name.
    pub chips: Vec<Chip>,
}

/// Writes the images for this chip, or for all of them, into a folder, which is made when it is not there. Files of these
/// names are replaced; the manifest is the last, so that a folder that has one is whole.
///
/// # Errors
/// There is no image for the chip, or a file cannot be written.
pub fn export(folder: &Path, only: Option<Chip>) -> Result<Exported, BoardFault> {
    let chips: Vec<Chip> = match only {
        Some(chip) => vec![chip],
        None => images::bundled().into_iter().map(|image| image.chip).collect(),
    };
    let name = images::application_name().unwrap_or_default();
    let mut builds = Vec::new();
    for chip in &chips {
        let parts = write_parts(folder, *chip, name)?;
        if FAMILIES.contains(chip) {
            builds.push(Build { chip_family: chip.name(), parts });
        }
    }
    let of_chips = images::bundled().into_iter().filter(|image| chips.contains(&image.chip));
    let version = of_chips.map(|image| image.version).max().unwrap_or_default();
    let manifest = Manifest {
        name: name.to_owned(),
        version,
        new_install_prompt_erase: true,
        new_install_improv_wait_time: 10,
        builds,
    };
    let text = serde_json::to_string_pretty(&manifest).unwrap_or_default();
    write(&folder.join("manifest.json"), format!("{text}\n").as_bytes())?;
    Ok(Exported { folder: folder.to_owned(), chips })
}

/// The parts for one chip, and the arguments of esptool beside them; those for flash of any size are given back.
fn write_parts(folder: &Path, chip: Chip, name: &str) -> Result<Vec<Part>, BoardFault> {
    let inner = folder.join(chip.slug());
    std::fs::create_dir_all(&inner).map_err(|error| unwritten(&inner, &error))?;
    let small = images::parts(&board(chip, 2 << 20))?;
    let parts = write_layout(&inner, &small, name, (SMALL, ""))?;
    let large = images::parts(&board(chip, 4 << 20))?;
    // The loader reads in its own header how much flash there is, which the board knows best.
    let detect = "--flash_size detect\n";
    // The same loader but for its header, which is changed where it is written.
    let large = large.into_iter().map(|part| match small.first() {
        Some(loader) if loader.address == part.address => loader.clone(),
        _ => part,
    });
    write_layout(&inner, &large.collect::<Vec<_>>(), name, ("", detect))?;
    let slug = chip.slug();
    Ok(parts
        .into_iter()
        .map(|(path, offset)| Part { path: format!("{slug}/{path}"), offset })
        .collect())
}

/// What a file's name has in addition that is for small flash.
const SMALL: &str = "-2mb";

/// The files of one layout, and `flash_args` with `options` at its beginning; which file goes where.
fn write_layout(
    folder: &Path,
    parts: &[FlashPart],
    name: &str,
    (suffix, options): (&str, &str),
) -> Result<Vec<(String, u32)>, BoardFault> {
    let mut args = options.to_owned();
    let mut written = Vec::new();
    for FlashPart { name: part, address, bytes } in parts {
        let file = match part.as_str() {
            "application" => format!("{name}.bin"),
            "partition table" => format!("partition-table{suffix}.bin"),
            other => format!("{}.bin", other.replace(' ', "-")),
        };
        write(&folder.join(&file), bytes)?;
        args.push_str(&format!("{address:#x} {file}\n"));
        written.push((file, *address));
    }
    write(&folder.join(format!("flash_args{suffix}")), args.as_bytes())?;
    Ok(written)
}

/// A board with so much flash, in bytes.
const fn board(chip: Chip, flash_size: u64) -> ChipInfo {
    ChipInfo {
        chip,
        revision: None,
        mac: None,
        flash_size,
        features: Vec::new(),
        crystal: Some(CRYSTAL),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), BoardFault> {
    std::fs::write(path, bytes).map_err(|error| unwritten(path, &error))
}

#[cfg(test)]
mod tests {
    use espalier_core::board::{BuildKind, FaultKind};
    use serde_json::Value;

    use super::*;
    use crate::board::build;

    #[test]
    fn what_is_exported_is_what_is_bundled_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let exported = export(folder.path(), None).unwrap();
        assert_eq!(exported.chips.len(), images::bundled().len());
        let build = build::find_one(folder.path()).unwrap();
        assert_eq!(build.kind, BuildKind::WebTools);
        for image in &build.images {
            let chip = image.chip.unwrap();
            let alone = build::find_one(&folder.path().join(chip.slug())).unwrap();
            assert_eq!((alone.kind, alone.chips()), (BuildKind::FlashArgs, vec![chip]));
            assert_eq!(alone.images[0].parts.len(), 4);
            let size: u64 = image.parts.iter().map(|part| part.size).sum();
            let bundled = images::bundled().into_iter().find(|image| image.chip == chip).unwrap();
            assert_eq!(size, bundled.size);
        }
    }

    /// The fields and their kinds, as `Manifest` and `Build` in its `src/const.ts` have them.
    #[test]
    fn the_manifest_is_one_of_esp_web_tools() {
        let folder = tempfile::tempdir().unwrap();
        export(folder.path(), None).unwrap();
        let text = std::fs::read_to_string(folder.path().join("manifest.json")).unwrap();
        let manifest: Value = serde_json::from_str(&text).unwrap();
        let known = [
            "name",
            "version",
            "home_assistant_domain",
            "funding_url",
            "new_install_prompt_erase",
            "new_install_improv_wait_time",
            "builds",
        ];
        assert!(manifest.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())));
        assert!(manifest["name"].is_string() && manifest["version"].is_string());
        assert!(manifest["new_install_prompt_erase"].is_boolean());
        assert!(manifest["new_install_improv_wait_time"].is_u64());
        let families = [
            "ESP32",
            "ESP32-C2",
            "ESP32-C3",
            "ESP32-C5",
            "ESP32-C6",
            "ESP32-C61",
            "ESP32-H2",
            "ESP32-P4",
            "ESP32-S2",
            "ESP32-S3",
            "ESP8266",
        ];
        let builds = manifest["builds"].as_array().unwrap();
        let known = images::bundled().into_iter().filter(|it| FAMILIES.contains(&it.chip));
        assert_eq!(builds.len(), known.count());
        for build in builds {
            assert!(families.contains(&build["chipFamily"].as_str().unwrap()));
            for part in build["parts"].as_array().unwrap() {
                let path = part["path"].as_str().unwrap();
                assert!(!path.contains('\\') && folder.path().join(path).is_file(), "{path}");
                assert!(part["offset"].is_u64());
            }
        }
    }

    #[test]
    fn a_chip_without_an_image_and_a_folder_that_is_a_file_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            export(folder.path(), Some(Chip::Esp32H2)).unwrap_err().kind,
            FaultKind::NoImage
        );
        let only = export(&folder.path().join("one"), Some(Chip::Esp32C3)).unwrap();
        assert_eq!(only.chips, [Chip::Esp32C3]);
        let file = folder.path().join("one/manifest.json");
        assert!(export(&file, None).unwrap_err().what.contains("Cannot write"));
    }
}

//! From an ELF file to parts: espflash's boot loader, our partition table, the application, and the symbols.

use std::path::Path;

use anyhow::{Context as _, bail};
use espalier_images::manifest::{MemoryUse, Packed};
use espalier_images::{ChipImages, Part, PartName, image, pack};
use espflash::flasher::{FlashData, FlashMode, FlashSettings, FlashSize};
use espflash::image_format::{Segment, idf::IdfBootloaderFormat};
use espflash::target::XtalFrequency;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _};

use crate::compile::{Toolchain, target};
use crate::{sources, table};

/// The images are made for the smallest flash that boards with these chips have.
const FLASH: (FlashSize, u32) = (FlashSize::_2Mb, 2 << 20);
/// From here on there is room for two programs.
const LARGER: (FlashSize, u32) = (FlashSize::_4Mb, 4 << 20);
/// Where it is written which of the two is started, and its bytes: as `firmware/esp/partitions.csv` has it.
const OTA_DATA: (u32, usize) = (0x3f_0000, 0x2000);
/// Where the partition table lies, as all boot loaders of espflash expect.
const TABLE: u32 = 0x8000;

/// A file for `assets/firmware/`.
#[derive(Debug)]
pub struct File {
    /// Path below that folder.
    pub path: String,
    /// Size before packing.
    pub size: usize,
    /// Content.
    pub packed: Vec<u8>,
}

/// Makes the parts, checks the application against the chip's rules, and describes them.
pub fn assemble(
    root: &Path,
    name: &str,
    toolchain: &Toolchain,
    elf: &[u8],
) -> anyhow::Result<(ChipImages, Vec<File>)> {
    let rules = image::rules(name).context("no rules for this chip")?;
    let target = target(name).context("no target for this chip")?;
    let mut files = Vec::new();
    let mut parts = Vec::new();
    let mut min_revision = 0;

    // Chips that are sold with two crystals have a boot loader for each.
    let crystals: &[(XtalFrequency, Option<u32>)] = match name {
        "esp32" | "esp32c2" => {
            &[(XtalFrequency::_40Mhz, Some(40)), (XtalFrequency::_26Mhz, Some(26))]
        }
        "esp32c5" => &[(XtalFrequency::_48Mhz, None)],
        _ => &[(XtalFrequency::_40Mhz, None)],
    };
    for &(crystal, only) in crystals {
        let segments = segments(root, name, elf, crystal, FLASH.0, "partitions-2mb.csv")?;
        let [bootloader, table, application] = segments.as_slice() else {
            bail!("espflash made no three parts")
        };
        if bootloader.addr != rules.boot_offset || table.addr != TABLE {
            bail!("espflash placed a part at {:#x} or {:#x}", bootloader.addr, table.addr);
        }
        let suffix =
            only.filter(|&mhz| mhz != 40).map_or(String::new(), |mhz| format!("-{mhz}mhz"));
        let mut push =
            |name_: PartName, file: &str, segment: &Segment<'_>, crystal: Option<u32>| {
                let packed = keep(&mut files, format!("{name}/{file}"), segment.data());
                let flash = None;
                parts.push(Part { name: name_, offset: segment.addr, crystal, flash, packed });
            };
        push(PartName::Bootloader, &format!("bootloader{suffix}.bin.zz"), bootloader, only);
        if suffix.is_empty() {
            push(PartName::PartitionTable, "partition-table.bin.zz", table, None);
            push(PartName::Application, "application.bin.zz", application, None);
            min_revision = checked(rules, application.data())
                .context("the application breaks a rule of its chip")?;
            image::Image::parse(bootloader.data())?
                .check_boot_loader(rules)
                .context("the boot loader breaks a rule")?;
        }
    }
    let larger = self::segments(root, name, elf, crystals[0].0, LARGER.0, "partitions.csv")?;
    let [_, table, application] = larger.as_slice() else { bail!("espflash made no three parts") };
    if parts.iter().all(|part: &Part| part.offset != application.addr) {
        bail!("the first of two programs lies elsewhere than the only one");
    }
    let erased = vec![0xff; OTA_DATA.1];
    for (part, file, offset, bytes) in [
        (PartName::PartitionTable, "partition-table-4mb.bin.zz", table.addr, table.data()),
        (PartName::OtaData, "ota-data.bin.zz", OTA_DATA.0, &*erased),
    ] {
        let packed = keep(&mut files, format!("{name}/{file}"), bytes);
        parts.push(Part { name: part, offset, crystal: None, flash: Some(LARGER.1), packed });
    }
    parts.sort_by_key(|part: &Part| (part.offset, part.crystal != Some(40), part.flash));

    let symbols = table::symbols(elf)?.encode();
    let symbols = keep(&mut files, format!("{name}/symbols.zz"), &symbols);
    let chip = ChipImages {
        chip: name.to_owned(),
        version: version(root)?,
        sources: sources::hash(root)?,
        toolchain: toolchain.version.clone(),
        target: target.to_owned(),
        flash_size: FLASH.1,
        min_revision,
        tested: "linked; not yet run on a board or emulator".to_owned(),
        memory: memory(elf)?,
        parts,
        symbols,
    };
    Ok((chip, files))
}

fn keep(files: &mut Vec<File>, path: String, bytes: &[u8]) -> Packed {
    let packed = Packed { file: path.clone(), size: bytes.len() as u32, sha256: pack::hash(bytes) };
    files.push(File { path, size: bytes.len(), packed: pack::pack(bytes) });
    packed
}

fn segments(
    root: &Path,
    name: &str,
    elf: &[u8],
    crystal: XtalFrequency,
    size: FlashSize,
    table: &str,
) -> anyhow::Result<Vec<Segment<'static>>> {
    let chip = name.parse().with_context(|| format!("espflash does not know {name}"))?;
    let settings = FlashSettings::new(Some(FlashMode::Dio), Some(size), None);
    let flash = FlashData::new(settings, 0, None, chip, crystal);
    let table = root.join("firmware").join("esp").join(table);
    let format = IdfBootloaderFormat::new(elf, &flash, Some(&table), None, Some(TABLE), None)
        .with_context(|| format!("espflash refuses the ELF file for {name}"))?;
    Ok(format.flash_segments().map(|segment| owned(&segment)).collect())
}

fn owned(segment: &Segment<'_>) -> Segment<'static> {
    let data: &'static [u8] = Vec::leak(segment.data().to_vec());
    Segment::new(segment.addr, data)
}

/// Holds the application against the rules; the oldest revision of the chip that it runs on.
fn checked(rules: &image::Rules, application: &[u8]) -> anyhow::Result<u16> {
    let image = image::Image::parse(application)?;
    image.check(rules)?;
    let descriptor = image.descriptor.context("no application descriptor")?;
    if descriptor.name != "espalier" {
        bail!("the application descriptor names {}", descriptor.name);
    }
    Ok(image.min_revision)
}

/// The firmware's version, from its Cargo.toml.
fn version(root: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(root.join("firmware").join("esp").join("Cargo.toml"))?;
    let manifest: toml::Table = text.parse()?;
    let version = manifest
        .get("package")
        .and_then(|package| package.get("version"))
        .and_then(toml::Value::as_str);
    version.map(str::to_owned).context("firmware/esp/Cargo.toml has no version")
}

/// RAM as the linker laid it out.
fn memory(elf: &[u8]) -> anyhow::Result<MemoryUse> {
    let file = object::File::parse(elf)?;
    let sum = |names: &[&str]| -> u32 {
        file.sections()
            .filter(|section| section.name().is_ok_and(|name| names.contains(&name)))
            .map(|section| section.size() as u32)
            .sum()
    };
    let symbol = |name: &str| {
        file.symbols()
            .find(|symbol| symbol.name() == Ok(name))
            .map(|symbol| symbol.address() as u32)
    };
    let stack = match (
        symbol("_stack_start_cpu0").or_else(|| symbol("_stack_start")),
        symbol("_stack_end_cpu0").or_else(|| symbol("_stack_end")),
    ) {
        (Some(start), Some(end)) => start.saturating_sub(end),
        _ => 0,
    };
    Ok(MemoryUse {
        code: sum(&[".trap", ".rwtext", ".vectors", ".rwtext.wifi", ".iram"]),
        data: sum(&[".data", ".data.wifi", ".bss", ".noinit", ".dram2_uninit"]),
        stack,
    })
}

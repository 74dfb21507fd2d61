//! A program's ELF file as what goes to flash: by espflash, which trusts it, so it is looked at first.

use std::path::Path;

use espalier_core::board::{
    BoardFault, BuildImage, Chip, ChipInfo, FaultKind, FlashHeader, FlashPart, PartitionTable,
};
use espalier_core::say;
use espflash::flasher::{FlashData, FlashFrequency, FlashMode, FlashSettings, FlashSize};
use espflash::image_format::idf::{IdfBootloaderFormat, check_idf_bootloader};
use espflash::image_format::{ImageFormat, Metadata};
use espflash::target::XtalFrequency;
use object::LittleEndian as LE;
use object::elf::{PT_LOAD, SHT_INIT_ARRAY, SHT_PROGBITS};
use object::read::elf::{ElfFile32, ProgramHeader as _, SectionHeader as _};

use crate::board::file_fault::{another_file, bad_file, for_other_chip, unreadable, wrong_chip};
use crate::untrusted;

/// Programs have some thirty sections that are loaded; each may cost a page of padding in the image.
const MOST_SECTIONS: usize = 512;
/// A partition table has a few kilobytes, a bootloader less than a hundred.
const LARGEST_EXTRA: u64 = 1 << 20;

/// The parts of this ELF, for this chip.
///
/// # Errors
/// The file is for another chip, or no program that can be made into an image.
pub fn parts(
    path: &Path,
    bytes: &[u8],
    info: &ChipInfo,
    with: &BuildImage,
) -> Result<Vec<FlashPart>, BoardFault> {
    for extra in [&with.table, &with.bootloader].into_iter().flatten() {
        // espflash reads it whole, whatever it is.
        untrusted::read(extra, LARGEST_EXTRA).map_err(|error| unreadable(extra, &error))?;
    }
    let refused = |detail: String| {
        bad_file(
            say!("told-no-app", "{file} cannot be made into an image", file = path.display()),
            say!(
                "hint-app",
                "It must be the program's ELF, with esp_app_desc!() (esp-bootloader-esp-idf) or from ESP-IDF."
            ),
        )
        .with_detail(detail)
    };
    untrusted::call(|| check_machine(path, bytes, info.chip)).map_err(refused)??;
    untrusted::call(|| check_sections(bytes, info)).map_err(refused)?.map_err(refused)?;
    untrusted::call(|| image(bytes, info, with)).map_err(refused)?.map_err(refused)
}

/// Whether the bootloader that is written with it would find its table: the one that comes with espflash looks at the usual place.
///
/// # Errors
/// `espflash.toml` names another place, and no bootloader.
pub fn check_table_place(with: &BuildImage) -> Result<(), BoardFault> {
    let other = with.table_at.filter(|at| *at != PartitionTable::AT && with.bootloader.is_none());
    let Some(at) = other else { return Ok(()) };
    Err(BoardFault::new(
        FaultKind::WrongPlace,
        say!(
            "told-table-unseen",
            "espflash.toml puts the partition table at {address}, but the bootloader that comes with espflash looks for it at {usual}",
            address = format_args!("{at:#x}"),
            usual = format_args!("{:#x}", PartitionTable::AT),
        ),
        say!(
            "hint-table-unseen",
            "Name a bootloader that was built for that place in espflash.toml (bootloader), or leave partition_table_offset out. \
             Who means it writes it with --force (“Write it anyway” in the window)."
        ),
    ))
}

/// Whether what is loaded lies side by side, and there is not more of it than any chip takes: espflash counts on the
/// first, and makes room for whatever a file says.
fn check_sections(bytes: &[u8], info: &ChipInfo) -> Result<(), String> {
    let elf = ElfFile32::<LE>::parse(bytes).map_err(|error| error.to_string())?;
    let endian = LE;
    let loaded = |address: u32| {
        let segments = elf.elf_program_headers().iter();
        let mut segments = segments.filter(|segment| segment.p_type(endian) == PT_LOAD);
        let within =
            |start: u32, length: u32| (start..start.saturating_add(length)).contains(&address);
        let segment = segments.find(|it| within(it.p_vaddr(endian), it.p_memsz(endian)))?;
        segment.p_paddr(endian).checked_add(address - segment.p_vaddr(endian))
    };
    let mut places = Vec::new();
    for section in elf.elf_section_table().iter() {
        let kind = section.sh_type(endian);
        let (address, size) = (section.sh_addr(endian), section.sh_size(endian));
        let is_loaded = (kind == SHT_PROGBITS || kind == SHT_INIT_ARRAY)
            && section.sh_flags(endian).0 != 0
            && section.sh_offset(endian) > 0
            && address > 0
            && size > 0;
        if is_loaded {
            // Where it runs and where it is loaded may differ; espflash takes the one or the other.
            places.push((address, size));
            places.extend(loaded(address).filter(|load| *load != address).map(|load| (load, size)));
        }
    }
    if places.len() > MOST_SECTIONS {
        return Err(format!("it has {} sections to load", places.len()));
    }
    let whole: u64 = places.iter().map(|(_, size)| u64::from(*size)).sum();
    if whole > 2 * info.flash_size {
        return Err(format!("its sections hold {whole} bytes"));
    }
    places.sort_unstable();
    for (index, (address, size)) in places.iter().enumerate() {
        let Some(end) = address.checked_add(*size) else {
            return Err(format!("its section at {address:#x} ends beyond all addresses"));
        };
        if let Some((next, _)) = places.get(index + 1).filter(|(next, _)| *next < end) {
            return Err(format!("its sections at {address:#x} and {next:#x} overlap"));
        }
    }
    Ok(())
}

/// The image, as parts.
fn image(bytes: &[u8], info: &ChipInfo, with: &BuildImage) -> Result<Vec<FlashPart>, String> {
    check_idf_bootloader(&bytes.to_vec()).map_err(|error| error.to_string())?;
    let chip = espflash::target::Chip::try_from(info.chip.image_id())
        .map_err(|error| error.to_string())?;
    let size = FlashSize::from_detected(info.flash_size.trailing_zeros() as u8).ok();
    let crystal = match info.crystal {
        Some(26) => XtalFrequency::_26Mhz,
        Some(32) => XtalFrequency::_32Mhz,
        Some(48) => XtalFrequency::_48Mhz,
        _ => chip.default_xtal_frequency(),
    };
    let settings = settings(&with.header, size);
    let data = FlashData::new(settings, 0, None, chip, crystal);
    // espflash's own bootloaders look at the usual place; where another one looks, only its project can say, and espflash
    // then takes the place in front of the first partition.
    let usual = with.bootloader.is_none().then_some(PartitionTable::AT);
    let table_at = with.table_at.or(usual);
    if let (Some(at), Some(usual)) = (with.table_at.filter(|at| *at != PartitionTable::AT), usual) {
        tracing::warn!(
            "espflash.toml puts the partition table at {at:#x}: espflash's own bootloader looks for it at {usual:#x}"
        );
    }
    let image = IdfBootloaderFormat::new(
        bytes,
        &data,
        with.table.as_deref(),
        with.bootloader.as_deref(),
        table_at,
        with.partition.as_deref(),
    );
    let image: ImageFormat<'_> = image.map_err(|error| super::failure::chain(&error))?.into();
    let name = |address: u32, bytes: &[u8]| match bytes {
        _ if address == info.chip.bootloader_at() => "bootloader",
        bytes if PartitionTable::begins(bytes) => "partition table",
        _ => "application",
    };
    let part = |segment: espflash::image_format::Segment<'_>| FlashPart {
        name: name(segment.addr, &segment.data).to_owned(),
        address: segment.addr,
        bytes: segment.data.into_owned(),
    };
    Ok(image.flash_segments().into_iter().map(part).collect())
}

/// What `espflash.toml` wants the headers to say; the size is the board's unless it says another.
fn settings(header: &FlashHeader, detected: Option<FlashSize>) -> FlashSettings {
    fn of<T: serde::de::DeserializeOwned>(word: Option<String>) -> Option<T> {
        toml::Value::String(word?).try_into().ok()
    }
    let mode: Option<FlashMode> = of(header.mode.clone());
    let frequency = header.frequency.as_ref().map(|text| text.replace('m', "MHz"));
    let frequency: Option<FlashFrequency> = of(frequency);
    FlashSettings::new(mode, of(header.size.clone()).or(detected), frequency)
}

/// The ELF's own word on its chip where it has one, else its machine (94: Xtensa, 243: RISC-V).
fn check_machine(path: &Path, bytes: &[u8], chip: Chip) -> Result<(), BoardFault> {
    if let Some(name) = Metadata::from_bytes(Some(bytes)).chip_name() {
        return match name.parse::<Chip>() {
            Ok(built_for) if built_for == chip => Ok(()),
            Ok(built_for) => Err(wrong_chip(path, built_for.name(), chip)),
            Err(_) => Err(wrong_chip(path, name, chip)),
        };
    }
    let machine = bytes.get(18..20).map_or(0, |two| u16::from_le_bytes([two[0], two[1]]));
    let xtensa = matches!(chip, Chip::Esp32 | Chip::Esp32S2 | Chip::Esp32S3);
    match (machine, xtensa) {
        (94, true) | (243, false) => Ok(()),
        (94, false) => {
            let what = say!(
                "told-for-xtensa",
                "{file} is for an Xtensa chip (ESP32, S2, S3), but the board has an {chip}",
                file = path.display(),
                chip = chip,
            );
            Err(for_other_chip(what, chip))
        }
        (243, true) => {
            let what = say!(
                "told-for-risc-v",
                "{file} is for a RISC-V chip (C, H and P series), but the board has an {chip}",
                file = path.display(),
                chip = chip,
            );
            Err(for_other_chip(what, chip))
        }
        _ => {
            let what = say!(
                "told-machine",
                "{file} is an ELF for machine {machine}, no ESP program",
                file = path.display(),
                machine = machine,
            );
            Err(bad_file(what, another_file()))
        }
    }
}

#[cfg(test)]
#[path = "../../../tests/it/board/elf.rs"]
mod made;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::made::{Elf, RISC_V, XTENSA};
    use super::*;

    fn info() -> ChipInfo {
        ChipInfo {
            chip: Chip::Esp32C3,
            revision: Some((0, 4)),
            mac: None,
            flash_size: 4 << 20,
            features: Vec::new(),
            crystal: Some(40),
        }
    }

    fn program() -> Elf {
        let mut about = 0xabcd_5432_u32.to_le_bytes().to_vec();
        about.resize(256, 0);
        Elf::new(RISC_V)
            .section(".flash.appdesc", 0x3c00_0020, about)
            .section(".flash.text", 0x4201_0020, vec![7; 4000])
            .section(".iram0.text", 0x4038_0000, vec![8; 500])
            .function("main", 0x4201_0020, 64)
    }

    fn planned(bytes: &[u8]) -> Result<Vec<FlashPart>, BoardFault> {
        parts(Path::new("program.elf"), bytes, &info(), &BuildImage::default())
    }

    #[test]
    fn a_program_becomes_bootloader_table_and_application() {
        let addresses: Vec<_> =
            planned(&program().build()).unwrap().iter().map(|part| part.address).collect();
        assert_eq!(addresses, [0, 0x8000, 0x1_0000]);
    }

    /// Address and first byte of each part, with this table.
    fn placed(csv: &str, with: BuildImage) -> Result<Vec<(u32, u8)>, BoardFault> {
        let file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        std::fs::write(file.path(), csv).unwrap();
        let with = BuildImage { table: Some(file.path().into()), ..with };
        let parts = parts(Path::new("program.elf"), &program().build(), &info(), &with)?;
        Ok(parts.iter().map(|part| (part.address, part.bytes[0])).collect())
    }

    #[test]
    fn table_and_application_go_where_the_configuration_of_espflash_says() {
        let csv = "nvs,data,nvs,0x11000,0x5000\nota,data,ota,0x16000,0x2000\n\
                   a,app,ota_0,0x20000,0x100000\nb,app,ota_1,0x120000,0x100000\n";
        let with = || BuildImage::default();
        // The bootloader that comes with espflash looks at the usual place, whatever the table begins with.
        assert_eq!(placed(csv, with()).unwrap(), [(0, 0xE9), (0x8000, 0xAA), (0x2_0000, 0xE9)]);
        let partition = Some("b".to_owned());
        let chosen = BuildImage { table_at: Some(0x1_0000), partition, ..with() };
        assert_eq!(placed(csv, chosen).unwrap(), [(0, 0xE9), (0x1_0000, 0xAA), (0x12_0000, 0xE9)]);
        let unknown = BuildImage { partition: Some("c".to_owned()), ..with() };
        let fault = placed(csv, unknown).unwrap_err();
        assert!(fault.what.contains("cannot be made into an image"), "{fault:?}");
        assert!(!fault.detail.is_empty(), "{fault:?}");
    }

    #[test]
    fn a_table_that_no_bootloader_would_find_is_refused() {
        let at = |table_at, bootloader: Option<&str>| {
            let bootloader = bootloader.map(Into::into);
            check_table_place(&BuildImage { table_at, bootloader, ..BuildImage::default() })
        };
        assert_eq!(at(None, None), Ok(()));
        assert_eq!(at(Some(PartitionTable::AT), None), Ok(()));
        assert_eq!(at(Some(0x1_0000), Some("bootloader.bin")), Ok(()));
        let fault = at(Some(0x1_0000), None).unwrap_err();
        assert_eq!(fault.kind, FaultKind::WrongPlace);
        assert!(fault.what.contains("0x10000") && fault.hint.contains("bootloader"), "{fault}");
    }

    #[test]
    fn a_program_for_another_machine_is_refused_as_such() {
        let fault = planned(&Elf::new(XTENSA).section(".text", 0x4201_0020, vec![7]).build());
        assert_eq!(fault.unwrap_err().kind, FaultKind::WrongChip);
    }

    #[test]
    fn sections_that_overlap_or_cannot_be_are_refused_with_the_reason() {
        for (section, reason) in [
            ((".flash.more", 0x4201_0030, vec![9; 100]), "overlap"),
            ((".flash.same", 0x4201_0020, vec![9; 4]), "overlap"),
            ((".iram0.more", 0x4038_0100, vec![9; 100]), "overlap"),
            ((".end", 0xffff_fff0, vec![9; 100]), "beyond all addresses"),
            ((".big", 0x4300_0000, vec![9; 9 << 20]), "hold 9"),
        ] {
            let (name, address, bytes) = section;
            let fault = planned(&program().section(name, address, bytes).build()).unwrap_err();
            assert!(fault.detail.contains(reason), "{name}: {fault:?}");
        }
        let many = (0..600).fold(program(), |elf, number| {
            elf.section(".one", 0x4300_0000 + number * 0x1_0000, vec![1])
        });
        assert!(planned(&many.build()).unwrap_err().detail.contains("sections to load"));
    }

    #[test]
    fn a_descriptor_that_is_cut_or_nowhere_is_refused() {
        let text = |elf: Elf| elf.section(".flash.text", 0x4201_0020, vec![7; 4000]);
        let cut = text(Elf::new(RISC_V).section(".flash.appdesc", 0x3c00_0020, vec![0x32, 0x54]));
        let nowhere = text(Elf::new(RISC_V).section(".flash.appdesc", 0x10, vec![0; 256]));
        for elf in [cut, nowhere] {
            let fault = planned(&elf.build()).unwrap_err();
            assert!(!fault.detail.is_empty(), "{fault:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        /// A changed file may be refused or not: nothing panics, whatever was changed.
        #[test]
        fn no_elf_brings_the_link_down(
            changes in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..400, any::<u32>(), 0_usize..3), 1..8),
            length in any::<prop::sample::Index>(),
            cut in 0..4,
        ) {
            let mut bytes = program().build();
            let end = bytes.len();
            for (anywhere, near_end, value, place) in changes {
                // Headers stand at both ends.
                let at = match place {
                    0 => anywhere.index(end),
                    1 => near_end % 52,
                    _ => end - 1 - near_end,
                };
                let interesting = [0, 1, 4, u32::MAX, 0x8000_0000, 0x3c00_0020, 0x4201_0020, value];
                let word = interesting[value as usize % 8].to_le_bytes();
                let room = (end - at).min(4);
                bytes[at..at + room].copy_from_slice(&word[..room]);
            }
            if cut == 0 {
                bytes.truncate(length.index(end));
            }
            planned(&bytes).ok();
        }
    }
}

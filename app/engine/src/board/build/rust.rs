//! A program's ELF, and the project of Rust that it comes from: which partition table and bootloader go with it, as espflash
//! finds them.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use espalier_core::board::{BoardFault, BuildImage, BuildKind, Chip, FlashHeader};

use super::{Guess, Sketch, Sketched, folders, look, text, told};

/// The configuration of espflash.
const CONFIG: &str = "espflash.toml";
/// How far above an ELF its project is looked for: `target/TRIPLE/PROFILE/examples`, and the packages of a workspace.
const MOST_ABOVE: usize = 6;

/// A project of Cargo: its newest ELF for a chip of Espressif.
pub fn folder(folder: &Path) -> Guess {
    let manifest = folder.join("Cargo.toml");
    if !manifest.is_file() {
        return None;
    }
    Some(newest(folder, &manifest).map(|elf| Sketched::One(self::elf(&elf))))
}

fn newest(folder: &Path, manifest: &Path) -> Result<PathBuf, BoardFault> {
    let manifest = text::toml(manifest)?;
    let package = manifest.get("package").and_then(|package| package.get("name")?.as_str());
    let bins = manifest.get("bin").and_then(|bins| bins.as_array());
    let bins = bins.into_iter().flatten().filter_map(|bin| bin.get("name")?.as_str());
    let names: Vec<_> = package.into_iter().chain(bins).collect();
    let mut found: Vec<(SystemTime, PathBuf)> = Vec::new();
    for triple in folders(&folder.join("target")).iter().filter(|triple| is_ours(triple)) {
        for profile in folders(triple) {
            for name in &names {
                let path = profile.join(name);
                let written = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file);
                if let Some(at) = written.and_then(|written| written.modified().ok()) {
                    found.push((at, path));
                }
            }
        }
    }
    let newest = found.into_iter().max();
    newest.map(|(_, path)| path).ok_or_else(|| told::not_built(folder, BuildKind::Elf))
}

/// `xtensa-esp32s3-none-elf`, `riscv32imc-unknown-none-elf`, `riscv32imc-esp-espidf`.
fn is_ours(triple: &Path) -> bool {
    let name = triple.file_name().unwrap_or_default().to_string_lossy();
    (name.starts_with("xtensa-") || name.starts_with("riscv32"))
        && (name.ends_with("-elf") || name.ends_with("-espidf"))
}

/// The ELF itself.
pub fn elf(path: &Path) -> Sketch {
    let folder = path.parent().unwrap_or(Path::new("."));
    let above: Vec<&Path> = folder.ancestors().take(MOST_ABOVE).collect();
    let config = above.iter().find_map(|folder| Config::read(folder)).unwrap_or_default();
    // ESP-IDF's own, which a build with its standard library leaves beside the program.
    let beside = |name: &str| {
        let file = folder.join(name);
        let is_idf =
            path.components().any(|part| part.as_os_str().to_string_lossy().ends_with("-espidf"));
        (is_idf && file.is_file()).then_some(file)
    };
    let table = || {
        // Beside the program, or in the project that it was built from.
        let project = above.iter().find(|folder| folder.join("Cargo.toml").is_file());
        let places = [Some(&folder), project];
        places.into_iter().flatten().map(|it| it.join("partitions.csv")).find(|it| it.is_file())
    };
    let image = BuildImage {
        chip: chip_of(path),
        parts: vec![look::part(None, path.to_owned())],
        header: config.header,
        table: config.table.or_else(|| beside("partition-table.bin")).or_else(table),
        bootloader: config.bootloader.or_else(|| beside("bootloader.bin")),
        table_at: config.table_at,
        partition: config.partition,
    };
    Sketch {
        kind: BuildKind::Elf,
        path: path.to_owned(),
        name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        images: vec![image],
        elf: Some(path.to_owned()),
    }
}

/// The chip, where the target's name has it: those with RISC-V share theirs.
fn chip_of(path: &Path) -> Option<Chip> {
    path.components().find_map(|part| {
        let part = part.as_os_str().to_string_lossy();
        part.strip_prefix("xtensa-")?.split('-').next()?.parse().ok()
    })
}

/// What espflash's configuration says of the image.
#[derive(Default)]
struct Config {
    table: Option<PathBuf>,
    bootloader: Option<PathBuf>,
    table_at: Option<u32>,
    partition: Option<String>,
    header: FlashHeader,
}

impl Config {
    /// The one of this folder; one that cannot be read is as none, as it is to espflash.
    fn read(folder: &Path) -> Option<Self> {
        let file = folder.join(CONFIG);
        if !file.is_file() {
            return None;
        }
        let config = text::toml(&file).map_err(|fault| tracing::warn!("{fault}")).ok()?;
        let idf = config.get("idf_format_args").or_else(|| config.get("idf"));
        let path = |name: &str| Some(text::path(folder, idf?.get(name)?.as_str()?));
        let flash = |name: &str| Some(config.get("flash")?.get(name)?.as_str()?.to_owned());
        let frequency = flash("frequency").or_else(|| flash("freq"));
        let header = FlashHeader {
            mode: flash("mode").map(|mode| mode.to_lowercase()),
            frequency: frequency.map(|frequency| frequency.replace("MHz", "m")),
            size: flash("size"),
        };
        let table_at = idf.and_then(|idf| idf.get("partition_table_offset")?.as_integer());
        let partition = idf.and_then(|idf| idf.get("target_app_partition")?.as_str());
        Some(Self {
            table: path("partition_table"),
            bootloader: path("bootloader"),
            table_at: table_at.and_then(|at| at.try_into().ok()),
            partition: partition.map(str::to_owned),
            header,
        })
    }
}

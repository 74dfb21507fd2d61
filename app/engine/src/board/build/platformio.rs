//! PlatformIO: `.pio/build/ENV` of a project with `platformio.ini`.

use std::path::{Path, PathBuf};

use espalier_core::board::{BoardFault, BuildKind, FlashHeader, PartitionTable};

use super::{Guess, Sketch, Sketched, folders, text, told};

const PROGRAM: &str = "firmware.bin";

/// The folder of an environment, or the project above it.
pub fn folder(folder: &Path) -> Guess {
    if is_built(folder) {
        return Some(environment(folder).map(Sketched::One));
    }
    let project = folder.join("platformio.ini");
    let inner = match folder.file_name().and_then(|name| name.to_str()) {
        Some(".pio") => folder.join("build"),
        Some("build")
            if folder.parent().and_then(Path::file_name).is_some_and(|name| name == ".pio") =>
        {
            folder.to_owned()
        }
        _ if project.is_file() => folder.join(build_dir(&project)),
        _ => return None,
    };
    let mut built: Vec<_> = folders(&inner).into_iter().filter(|env| is_built(env)).collect();
    Some(match (built.len(), built.pop()) {
        (1, Some(only)) => environment(&only).map(Sketched::One),
        (_, Some(last)) => {
            built.push(last);
            Ok(Sketched::Several(built))
        }
        (_, None) => Err(told::not_built(folder, BuildKind::PlatformIo)),
    })
}

/// An environment that was built, wherever it lies. A project of ESP-IDF may be called `firmware`, too.
fn is_built(folder: &Path) -> bool {
    let is_idf = || folder.join("flasher_args.json").is_file();
    folder.join(PROGRAM).is_file() && (folder.join("bootloader.bin").is_file() || !is_idf())
}

/// `build_dir` of `[platformio]`, unless it depends on something; else where it always is.
fn build_dir(project: &Path) -> PathBuf {
    let text = text::read(project).unwrap_or_default();
    let mut section = "";
    for line in text.lines().map(str::trim) {
        match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(name) => section = name,
            None => {
                let Some((key, value)) = line.split_once('=') else { continue };
                let value = value.trim();
                if section == "platformio" && key.trim() == "build_dir" && !value.contains('$') {
                    return PathBuf::from(value.replace('\\', "/"));
                }
            }
        }
    }
    PathBuf::from(".pio/build")
}

fn environment(folder: &Path) -> Result<Sketch, BoardFault> {
    let optional = [
        ("bootloader.bin", None),
        ("partitions.bin", Some(PartitionTable::AT)),
        // ESP-IDF's, where the table has slots.
        ("ota_data_initial.bin", None),
    ];
    let optional = optional.map(|(name, address)| (address, folder.join(name)));
    let there = optional.into_iter().filter(|(_, path)| path.exists());
    let files = there.chain([(None, folder.join(PROGRAM))]);
    let mut sketch = Sketch::of(BuildKind::PlatformIo, folder, FlashHeader::default(), files);
    sketch.name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    sketch.elf = Some(folder.join("firmware.elf"));
    Ok(sketch)
}

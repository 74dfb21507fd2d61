//! Arduino: what "Export Compiled Binary" and `arduino-cli compile --export-binaries` leave in `SKETCH/build/BOARD`, and what
//! a build folder holds.

use std::path::{Path, PathBuf};

use espalier_core::board::{BoardFault, BuildKind, FlashHeader, PartitionTable};

use super::{Guess, Sketch, Sketched, folders, loose, names, text, told};

/// The folder with the files, or the sketch above it.
pub fn folder(folder: &Path) -> Guess {
    if let Some(sketch) = sketch_name(folder) {
        return Some(export(folder, &sketch).map(Sketched::One));
    }
    let names = names(folder);
    let own = folder.file_name().map(|name| format!("{}.ino", name.to_string_lossy()));
    if !own.is_some_and(|own| names.contains(&own)) {
        return None;
    }
    let boards = folders(&folder.join("build"));
    let mut built: Vec<_> =
        boards.into_iter().filter(|board| sketch_name(board).is_some()).collect();
    Some(match (built.len(), built.pop()) {
        (1, Some(only)) => match sketch_name(&only) {
            Some(sketch) => export(&only, &sketch).map(Sketched::One),
            None => Err(told::not_built(folder, BuildKind::Arduino)),
        },
        (_, Some(last)) => {
            built.push(last);
            Ok(Sketched::Several(built))
        }
        (_, None) => Err(told::not_built(folder, BuildKind::Arduino)),
    })
}

/// `SKETCH.ino` of the folder's `SKETCH.ino.bin`. Another tool of Arduino names the file after a sketch in C++.
fn sketch_name(folder: &Path) -> Option<String> {
    let names = names(folder);
    let ends = |end: &str| names.iter().find_map(|name| name.strip_suffix(end).map(str::to_owned));
    // Only boards of Espressif have this file beside it.
    let sketch = ends(".ino.partitions.bin").or_else(|| ends(".cpp.partitions.bin"));
    let kind = if ends(".ino.partitions.bin").is_some() { "ino" } else { "cpp" };
    let named = sketch.map(|sketch| format!("{sketch}.{kind}"));
    named.or_else(|| ends(".ino.bin").map(|sketch| format!("{sketch}.ino")))
}

fn export(folder: &Path, sketch: &str) -> Result<Sketch, BoardFault> {
    let file = |end: &str| folder.join(format!("{sketch}.{end}"));
    let mut found = match loose::flash_args_in(folder) {
        // Since 3.3 it says itself what goes where.
        Some(args) => loose::flash_args(&args)?,
        None => parts(folder, &file),
    };
    found.kind = BuildKind::Arduino;
    found.path = folder.to_owned();
    found.name = sketch.rsplit_once('.').map_or(sketch, |(name, _)| name).to_owned();
    found.elf = Some(file("elf"));
    for image in &mut found.images {
        // It lies in the core's folder: "the first slot is started" is what no record means, too.
        image.parts.retain(|part| part.path.exists() || !part.path.ends_with("boot_app0.bin"));
    }
    Ok(found)
}

/// The bootloader's place depends on the chip, which it says itself; the table's is always the same; the application goes
/// where the table says.
fn parts(folder: &Path, file: &dyn Fn(&str) -> PathBuf) -> Sketch {
    let optional = [("bootloader.bin", None), ("partitions.bin", Some(PartitionTable::AT))];
    let optional = optional.map(|(end, address)| (address, file(end)));
    let there = optional.into_iter().filter(|(_, path)| path.exists());
    let files = there.chain([(None, file("bin"))]);
    Sketch::of(BuildKind::Arduino, &text::tidy(folder.to_owned()), FlashHeader::default(), files)
}

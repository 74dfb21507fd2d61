//! What other tools have built: a folder or a file is looked at, and what goes where comes out of it.
//!
//! Each tool has its module, which finds its files: `idf`, `arduino`, `platformio`, `rust`, `web_tools`. `loose` takes files
//! that stand for themselves; `look` reads what was found, `watch` tells when it was built again; `text` and `told` are what
//! they stand on.

mod arduino;
mod idf;
mod look;
mod loose;
mod platformio;
mod rust;
mod text;
mod told;
mod watch;
mod web_tools;

use std::path::{Path, PathBuf};

use crate::board::file_fault::unreadable;
use espalier_core::board::{
    BoardFault, Build, BuildImage, BuildKind, Chip, FlashHeader, FoundBuild,
};

pub use watch::BuildWatch;

/// What was found before its files were read.
struct Sketch {
    kind: BuildKind,
    /// The folder or file that tells.
    path: PathBuf,
    name: String,
    images: Vec<BuildImage>,
    elf: Option<PathBuf>,
}

/// What one of the tools makes of a folder: `None`: it is not its own.
type Guess = Option<Result<Sketched, BoardFault>>;

enum Sketched {
    One(Sketch),
    Several(Vec<PathBuf>),
}

/// Finds out what a folder or a file holds, and looks at every file of it.
///
/// # Errors
/// Nothing is there, nothing of it is known, or a file is missing.
pub fn find(path: &Path) -> Result<FoundBuild, BoardFault> {
    match sketch(path)? {
        Sketched::One(sketch) => look::look(sketch).map(FoundBuild::One),
        Sketched::Several(folders) => Ok(FoundBuild::Several(folders)),
    }
}

/// The same where only one will do.
///
/// # Errors
/// As [`find`]; of several, none is chosen.
pub fn find_one(path: &Path) -> Result<Build, BoardFault> {
    match find(path)? {
        FoundBuild::One(build) => Ok(build),
        FoundBuild::Several(folders) => Err(told::several(path, &folders)),
    }
}

fn sketch(path: &Path) -> Result<Sketched, BoardFault> {
    let is_folder = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?.is_dir();
    if !is_folder {
        return loose::file(path).map(Sketched::One);
    }
    // PlatformIO lets ESP-IDF write its files, too, whose paths then lead nowhere.
    let tools: [fn(&Path) -> Guess; 6] = [
        platformio::folder,
        idf::folder,
        arduino::folder,
        web_tools::folder,
        loose::flash_args_folder,
        rust::folder,
    ];
    match tools.into_iter().find_map(|tool| tool(path)) {
        Some(found) => found,
        None => Err(told::nothing_known(path)),
    }
}

/// What goes onto a board with this chip.
///
/// # Errors
/// The build is for other chips only.
pub fn image_for(build: &Build, chip: Chip) -> Result<&BuildImage, BoardFault> {
    build.image_for(chip).map_err(|chips| told::other_chip(build, &chips, chip))
}

/// What goes onto a board with a program's ELF.
pub fn elf_image(path: &Path) -> BuildImage {
    rust::elf(path).images.pop().unwrap_or_default()
}

impl Sketch {
    /// A single image from these files.
    fn of(
        kind: BuildKind,
        path: &Path,
        header: FlashHeader,
        files: impl IntoIterator<Item = (Option<u32>, PathBuf)>,
    ) -> Self {
        let parts = files.into_iter().map(|(address, path)| look::part(address, path)).collect();
        let image = BuildImage { parts, header, ..BuildImage::default() };
        Self { kind, path: path.to_owned(), name: String::new(), images: vec![image], elf: None }
    }
}

/// The files of a folder in the order of their names; at most so many are looked at.
fn names(folder: &Path) -> Vec<String> {
    const MOST: usize = 4096;
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<_> =
        entries.take(MOST).filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// The folders in a folder, likewise.
fn folders(folder: &Path) -> Vec<PathBuf> {
    names(folder).into_iter().map(|name| folder.join(name)).filter(|path| path.is_dir()).collect()
}

#[cfg(test)]
mod tests;

//! What is said when a build cannot be used: what is missing, and how it comes to be.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use espalier_core::board::{BoardFault, Build, BuildKind, Chip, FaultKind};
use espalier_core::{Sentence, say};

use crate::board::file_fault::{another_file, bad_file, for_other_chip};

/// A file that a build consists of is not there.
pub fn missing(path: &Path, kind: Option<BuildKind>) -> BoardFault {
    let what = say!("told-missing", "{file} is missing", file = path.display());
    bad_file(what, kind.map_or_else(another_file, build_first))
}

/// A project whose tool has not built it yet.
pub fn not_built(folder: &Path, kind: BuildKind) -> BoardFault {
    let what = say!(
        "told-not-built",
        "{folder} is a project of {tool} that was not built yet",
        folder = folder.display(),
        tool = kind.name(),
    );
    bad_file(what, build_first(kind))
}

/// How it is built.
fn build_first(kind: BuildKind) -> Sentence {
    let command = match kind {
        BuildKind::EspIdf => "idf.py build",
        BuildKind::Arduino => "arduino-cli compile --export-binaries",
        BuildKind::PlatformIo => "pio run",
        BuildKind::Elf => "cargo build --release",
        _ => return say!("hint-fetch-files", "Fetch the files that it names, to where it says."),
    };
    say!("hint-build-first", "Build it first: {command}", command = command)
}

/// Nobody knows what this folder is.
pub fn nothing_known(folder: &Path) -> BoardFault {
    let what = say!(
        "told-no-build",
        "{folder} holds nothing that could be flashed",
        folder = folder.display(),
    );
    let hint = say!(
        "hint-no-build",
        "Choose the folder that the build tool wrote to: ESP-IDF's build (flasher_args.json), Arduino's export (.ino.bin), PlatformIO's .pio/build/ENV, or a file: an ELF, a .bin, flash_args, or manifest.json of ESP Web Tools."
    );
    bad_file(what, hint)
}

/// A text that is neither arguments of esptool nor a manifest.
pub fn not_flashable(path: &Path, why: &dyn Display) -> BoardFault {
    let what = say!(
        "told-no-build-file",
        "{file} does not tell what goes where: {why}",
        file = path.display(),
        why = why,
    );
    bad_file(what, another_file())
}

/// One of several must be chosen.
pub fn several(path: &Path, folders: &[PathBuf]) -> BoardFault {
    let names: Vec<_> =
        folders.iter().take(12).map(|folder| folder.display().to_string()).collect();
    let what = say!(
        "told-several-builds",
        "{folder} holds {count} builds",
        folder = path.display(),
        count = folders.len(),
    );
    let hint = say!("hint-several-builds", "Choose one: {folders}", folders = names.join(", "));
    bad_file(what, hint)
}

/// A part that is still on the network.
pub fn remote(path: &Path, part: &str) -> BoardFault {
    let what = say!(
        "told-remote-part",
        "{file} names {part}, which is not on this computer",
        file = path.display(),
        part = part,
    );
    bad_file(what, say!("hint-download-part", "Download it, and put it beside the manifest."))
}

/// The build is for chips, of which the board's is none.
pub fn other_chip(build: &Build, chips: &[Chip], has: Chip) -> BoardFault {
    let names: Vec<_> = chips.iter().map(|chip| chip.name()).collect();
    let what = say!(
        "told-for-other-chip",
        "{file} is for {other}, but the board has an {chip}",
        file = build.path.display(),
        other = names.join(", "),
        chip = has,
    );
    for_other_chip(what, has)
}

/// A chip that no build can be flashed to from here.
pub fn unknown_chip(path: &Path, name: &str) -> BoardFault {
    let what = say!(
        "told-unknown-family",
        "{file} is for {chip}, which cannot be flashed from here",
        file = path.display(),
        chip = name,
    );
    BoardFault::new(FaultKind::WrongChip, what, another_file())
}

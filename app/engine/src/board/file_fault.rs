//! What is wrong with a file that was to be flashed, or written.

use std::fmt::Display;
use std::path::Path;

use espalier_core::board::{BoardFault, Chip, FaultKind};
use espalier_core::{Sentence, say};

/// The file cannot be used.
pub fn bad_file(what: Sentence, hint: Sentence) -> BoardFault {
    BoardFault::new(FaultKind::BadFile, what, hint)
}

/// The hint where nothing helps but another file.
pub fn another_file() -> Sentence {
    say!("hint-another-file", "Choose another file.")
}

/// The file cannot be read.
pub fn unreadable(path: &Path, error: &dyn Display) -> BoardFault {
    let what = say!(
        "told-unreadable",
        "{file} cannot be read: {error}",
        file = path.display(),
        error = error,
    );
    bad_file(what, another_file())
}

/// The file, or its folder, cannot be written.
pub fn unwritten(path: &Path, error: &dyn Display) -> BoardFault {
    let what = say!(
        "told-file-unwritten",
        "Cannot write {path}: {error}",
        path = path.display(),
        error = error,
    );
    bad_file(what, say!("hint-other-folder", "Choose another folder."))
}

/// The file has no bytes.
pub fn empty(path: &Path) -> BoardFault {
    let what = say!("told-file-size", "{file} has {size} bytes", file = path.display(), size = 0);
    bad_file(what, another_file())
}

/// The file says that it was `built_for` another chip.
pub fn wrong_chip(path: &Path, built_for: &str, chip: Chip) -> BoardFault {
    let what = say!(
        "told-for-other-chip",
        "{file} is for {other}, but the board has an {chip}",
        file = path.display(),
        other = built_for,
        chip = chip,
    );
    for_other_chip(what, chip)
}

/// The same in other words.
pub fn for_other_chip(what: Sentence, chip: Chip) -> BoardFault {
    let hint =
        say!("hint-build-for", "Build it for {chip}, or use another board.", chip = chip.slug(),);
    BoardFault::new(FaultKind::WrongChip, what, hint)
}

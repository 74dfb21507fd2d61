//! Core dumps that a board printed, as files in a folder.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use espalier_core::board::{CoreDump, Panic};
use espalier_core::say;
use espalier_engine::board::core_dump;

use crate::print::{self, sentence};

/// Saves the core dumps of reports, each under a name of its own, and says how each of them is.
pub struct CoreDumpSaver {
    folder: PathBuf,
    found: bool,
    failed: bool,
}

impl CoreDumpSaver {
    /// One that saves in this folder, which is made where it is missing.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(folder: &Path) -> anyhow::Result<Self> {
        let cannot = || format!("{} cannot be written", folder.display());
        std::fs::create_dir_all(folder).with_context(cannot)?;
        Ok(Self { folder: folder.to_owned(), found: false, failed: false })
    }

    /// Saves the dump of a report, if it has one.
    pub fn save(&mut self, panic: &Panic) {
        let Some(dump) = &panic.dump else { return };
        self.found = true;
        let told = core_dump::save_in(dump, &self.folder, panic.from);
        // A damaged one beside whole ones is no success.
        self.failed |= told.is_err() || !dump.state.is_good();
        let (Ok(told) | Err(told)) = told;
        print::say(format_args!("-- {}", sentence(&told)));
    }

    /// Whether there was one.
    pub const fn found(&self) -> bool {
        self.found
    }

    /// Whether every one was saved, and was whole.
    pub const fn saved_all(&self) -> bool {
        !self.failed
    }

    /// Says that there is one, and how it could be saved.
    pub fn offer(dump: &CoreDump) {
        let told = say!(
            "note-dump",
            "Core dump of {bytes} bytes, {state}; --core-dumps DIR saves such",
            bytes = dump.bytes.len(),
            state = dump.state.sentence(),
        );
        print::say(format_args!("-- {}", sentence(&told)));
    }
}

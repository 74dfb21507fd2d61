//! What stands in the log when the flash is written, compared, read or erased.

use espalier_core::board::{FlashSpec, FlashTask};
use espalier_core::{Sentence, say};

/// It begins.
pub fn begins(spec: &FlashSpec) -> Sentence {
    match &spec.task {
        None if spec.writes() => {
            say!("note-flashing", "Flashing begins: the line belongs to the loader until it ends")
        }
        None => say!(
            "note-comparing-flash",
            "The flash is compared: the line belongs to the loader until that ends"
        ),
        Some(FlashTask::Read { .. } | FlashTask::Table) => say!(
            "note-reading-flash",
            "The flash is read: the line belongs to the loader until that ends"
        ),
        Some(FlashTask::Erase { region }) => say!(
            "note-erasing-flash",
            "{region} is erased: the line belongs to the loader until that ends",
            region = region,
        ),
    }
}

/// It failed; why, follows.
pub fn failed(spec: &FlashSpec) -> Sentence {
    match &spec.task {
        None if spec.writes() => say!("note-flash-failed", "Flashing did not end well:"),
        None => say!("note-uncompared", "Comparing did not end well:"),
        Some(FlashTask::Read { .. } | FlashTask::Table) => {
            say!("note-flash-unread", "The flash was not read:")
        }
        Some(FlashTask::Erase { .. }) => say!("note-unerased", "Erasing did not end well:"),
    }
}

/// It is done.
pub fn done(spec: &FlashSpec) -> Sentence {
    match &spec.task {
        None if spec.writes() => say!("note-flashed", "Flashing ended well"),
        None => say!("note-compared", "Comparing ended well"),
        Some(FlashTask::Read { .. } | FlashTask::Table) => {
            say!("note-flash-read", "The flash was read")
        }
        Some(FlashTask::Erase { .. }) => say!("note-erased", "Erasing ended well"),
    }
}

//! What stands in the log when the flash is written, read or erased.

use espalier_core::board::FlashTask;
use espalier_core::{Sentence, say};

/// It begins.
pub fn begins(task: Option<&FlashTask>) -> Sentence {
    match task {
        None => {
            say!("note-flashing", "Flashing begins: the line belongs to the loader until it ends")
        }
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
pub fn failed(task: Option<&FlashTask>) -> Sentence {
    match task {
        None => say!("note-flash-failed", "Flashing did not end well:"),
        Some(FlashTask::Read { .. } | FlashTask::Table) => {
            say!("note-flash-unread", "The flash was not read:")
        }
        Some(FlashTask::Erase { .. }) => say!("note-unerased", "Erasing did not end well:"),
    }
}

/// It is done.
pub fn done(task: Option<&FlashTask>) -> Sentence {
    match task {
        None => say!("note-flashed", "Flashing ended well"),
        Some(FlashTask::Read { .. } | FlashTask::Table) => {
            say!("note-flash-read", "The flash was read")
        }
        Some(FlashTask::Erase { .. }) => say!("note-erased", "Erasing ended well"),
    }
}

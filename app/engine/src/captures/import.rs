//! A capture that somebody names: one of ours, or one of another program.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use espalier_core::backend::FoundCaptures;
use espalier_core::{Sentence, say};

use super::{About, Captures};
use crate::capture::foreign::{self, Imported};
use crate::capture::{CaptureError, SavedCapture};

impl Captures {
    /// Looks into it. Streams of a foreign one are written into folders of the list, each called by its ends.
    ///
    /// # Errors
    /// A sentence for the user: it cannot be read, or there is nothing in it.
    pub fn look_into(&self, path: &Path) -> Result<FoundCaptures, Sentence> {
        let unread = |error: &dyn std::fmt::Display| {
            say!("told-capture-unread", "The capture cannot be read: {error}", error = error)
        };
        match SavedCapture::open(path) {
            Ok(_) => {
                let captures = vec![(path.to_owned(), String::new())];
                return Ok(FoundCaptures { captures, told: None });
            }
            Err(CaptureError::NotACapture { .. }) if path.is_file() => {}
            Err(error) => return Err(unread(&error)),
        }
        self.prepare().map_err(|error| unread(&error))?;
        let id = self.claim(None);
        let into = self.folder(&id);
        let imported = foreign::import(path, &into, &|_, _| {}, &AtomicBool::new(false));
        self.release(&id, false);
        let imported = imported.map_err(|error| unread(&error))?;
        let told = told(path, &imported);
        let captures = imported.streams.iter().enumerate().map(|(number, stream)| {
            // Beside each other in the list, not within each other.
            let own = self.folder(&id).with_file_name(format!("{id}-{}", number + 1));
            let folder = match std::fs::rename(&stream.folder, &own) {
                Ok(()) => own,
                Err(_) => stream.folder.clone(),
            };
            let name = stream.name();
            let called = About::update(&folder, |about| name.clone_into(&mut about.name));
            if let Err(error) = called {
                tracing::warn!("{error}");
            }
            (folder, name)
        });
        let captures: Vec<(PathBuf, String)> = captures.collect();
        // Nothing is left in it, unless a stream could not be moved.
        std::fs::remove_dir(&into).ok();
        Ok(FoundCaptures { captures, told: Some(told) })
    }
}

fn told(path: &Path, imported: &Imported) -> Sentence {
    let Imported { streams, packets, left_out, fragments, unknown_links, torn } = imported;
    let others = left_out + fragments + unknown_links;
    let missing: u64 = streams.iter().map(|stream| stream.missing).sum();
    let path = path.display();
    let streams = streams.len();
    if others == 0 && missing == 0 && torn.is_none() {
        return say!(
            "told-imported",
            "Read {packets} packets of {path}: {streams} streams",
            packets = packets,
            path = path,
            streams = streams,
        );
    }
    say!(
        "told-imported-partly",
        "Read {packets} packets of {path}: {streams} streams; {others} packets are not shown (fragments, unknown links, too many streams), {missing} bytes are missing in the streams",
        packets = packets,
        path = path,
        streams = streams,
        others = others,
        missing = missing,
    )
}

//! The file that becomes the next segment.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::private;
use super::writer::{MakeSegmentFile, SegmentWriter};

/// The next segment's file, opened while there are descriptors: when they run out, as with many clients, nobody is cut off
/// because a segment is full.
#[derive(Debug)]
pub struct SpareSegment {
    file: File,
    path: PathBuf,
}

impl SpareSegment {
    const NAME: &'static str = "next";

    /// Makes the file; it is a segment's only when it has one's name.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join(Self::NAME);
        let file =
            private::options().read(true).write(true).create(true).truncate(true).open(&path)?;
        Ok(Self { file, path })
    }

    /// Makes it the segment of this path; gives it up when that cannot be.
    pub fn become_segment(self, path: &Path, make: MakeSegmentFile) -> Option<SegmentWriter> {
        let Self { file, path: name } = self;
        if path.symlink_metadata().is_ok() || std::fs::rename(&name, path).is_err() {
            std::fs::remove_file(name).ok();
            return None;
        }
        let begun = SegmentWriter::begin(make(file), path);
        begun.inspect_err(|_| drop(std::fs::remove_file(path))).ok()
    }

    /// The segment is not needed: it goes.
    pub fn discard(self) {
        drop(self.file);
        std::fs::remove_file(self.path).ok();
    }
}

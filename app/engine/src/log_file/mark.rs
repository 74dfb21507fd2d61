//! How far a capture was written to log files: a small file beside it.
//!
//! It names a place at which no row was under way. After a kill the log file is cut to its length then, and what follows in the
//! capture is written (again): so rows are neither twice nor missing.

use std::fs::File;
use std::io::{Error, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use espalier_core::Position;

use super::files::LogPlace;
use crate::capture::LOG_MARK;

/// The longest mark, in bytes: a place, and some 250 files with the longest paths that were begun since.
const MOST: usize = 1 << 20;
/// The last line, which says that it is whole.
const END: &str = "whole";

/// A place in a capture up to which all rows are in this file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogMark {
    /// The next record.
    pub next: Position,
    /// Where what was written before it ends.
    pub place: LogPlace,
    /// Files that were begun since: what is in them will be written again.
    pub begun: Vec<PathBuf>,
}

/// Where the mark of a capture in this folder is.
pub fn mark_in(folder: &Path) -> PathBuf {
    folder.join(LOG_MARK)
}

/// Where the mark of a capture in this file is.
pub fn mark_beside(capture: &Path) -> PathBuf {
    let mut path = capture.as_os_str().to_owned();
    path.push(".");
    path.push(LOG_MARK);
    path.into()
}

/// Forgets how far a capture was written.
pub fn forget(path: &Path) {
    // Where there is none, there is nothing to forget.
    std::fs::remove_file(path).ok();
}

impl LogMark {
    /// Reads it; `None` where there is none, or none that makes sense.
    pub fn read(path: &Path) -> Option<Self> {
        let bytes = crate::untrusted::read(path, MOST as u64).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let mut lines = text.lines();
        let mut number = || lines.next()?.parse::<i64>().ok();
        let (next, length, start, end) = (number()?, number()?, number()?, number()?);
        let path = PathBuf::from(lines.next().filter(|line| !line.is_empty())?);
        let rest: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
        let (last, begun) = rest.split_last()?;
        let place = LogPlace { path, length: u64::try_from(length).ok()?, period: start..end };
        let begun = begun.iter().map(PathBuf::from).collect();
        let next = Position(u64::try_from(next).ok()?);
        (*last == END).then_some(Self { next, place, begun })
    }

    /// As a file; `None` where no text can name the paths, or they are too many: then the mark before stays.
    fn text(&self) -> Option<String> {
        let LogPlace { path, length, period } = &self.place;
        let (next, start, end) = (self.next.0, period.start, period.end);
        let mut text = format!("{next}\n{length}\n{start}\n{end}\n");
        for path in std::iter::once(path).chain(&self.begun) {
            text.push_str(path.to_str().filter(|path| !path.contains(['\n', '\r']))?);
            text.push('\n');
        }
        text.push_str(END);
        text.push('\n');
        (text.len() <= MOST).then_some(text)
    }
}

/// The file of a mark, written over and over.
#[derive(Debug)]
pub struct MarkFile {
    path: PathBuf,
    file: Option<File>,
    longest: usize,
}

impl MarkFile {
    /// At this place; nothing is made yet.
    pub const fn at(path: PathBuf) -> Self {
        Self { path, file: None, longest: 0 }
    }

    /// Writes it.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&mut self, mark: &LogMark) -> Result<(), Error> {
        let Some(text) = mark.text() else { return Ok(()) };
        let written = self.write_over(text);
        if written.is_err() {
            self.file = None;
        }
        written
    }

    /// In one write over the old one, so that a kill leaves either; what is left of a longer one goes after that.
    fn write_over(&mut self, mut text: String) -> Result<(), Error> {
        let length = text.len();
        self.file()?;
        while text.len() < self.longest {
            text.push('\n');
        }
        self.longest = text.len();
        let file = self.file()?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(text.as_bytes())?;
        if length < text.len() {
            file.set_len(length as u64)?;
            self.longest = length;
        }
        Ok(())
    }

    fn file(&mut self) -> Result<&mut File, Error> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                let mut options = crate::private::options();
                let file = options.write(true).create(true).truncate(false).open(&self.path)?;
                let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
                self.longest = self.longest.max(length.min(MOST));
                file
            }
        };
        Ok(self.file.insert(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_that_names_many_files_is_read_again_and_one_with_too_many_leaves_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mark");
        let long = |number: usize| PathBuf::from(format!("/{}/{number}", "x".repeat(4000)));
        let place = LogPlace { path: long(0), length: 7, period: 1..2 };
        let mark = |count| LogMark {
            next: Position(9),
            place: place.clone(),
            begun: (1..count).map(long).collect(),
        };
        let mut file = MarkFile::at(path.clone());
        for (count, expected) in [(1, 1), (200, 200), (300, 200), (2, 2)] {
            file.write(&mark(count)).unwrap();
            assert_eq!(LogMark::read(&path), Some(mark(expected)), "{count}");
        }
    }
}

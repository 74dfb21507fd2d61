//! The file that flash is read into.

use std::io::{Error, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::Path;

use espalier_core::board::{Backup, BoardFault};
use espalier_core::{hex, say};
use sha2::{Digest as _, Sha256};

use crate::board::file_fault::{bad_file, unwritten};
use crate::part_file::{PartFile, PartFileError};

/// A file that is being made. It is for its user alone: flash holds passwords.
#[derive(Debug)]
pub struct BackupFile {
    file: PartFile,
    digest: Sha256,
    done: u64,
    /// The addresses that it will hold, once they are known.
    range: Option<Range<u64>>,
}

impl BackupFile {
    /// Begins a file for this path.
    ///
    /// # Errors
    /// There is a file already and it is not to be replaced, or none can be made there.
    pub fn begin(path: &Path, replace: bool) -> Result<Self, BoardFault> {
        let file = PartFile::begin(path, replace).map_err(fault)?;
        Ok(Self { file, digest: Sha256::new(), done: 0, range: None })
    }

    /// Takes room on the disk for all of these addresses, so that a full one is found before they are read. What is in the file
    /// of the same addresses stays.
    ///
    /// # Errors
    /// There is not so much room.
    pub fn reserve(&mut self, range: &Range<u64>) -> Result<(), BoardFault> {
        if self.range.as_ref() == Some(range) {
            return Ok(());
        }
        self.range = Some(range.clone());
        (self.digest, self.done) = (Sha256::new(), 0);
        self.fill(range.end - range.start).map_err(|error| unwritten(self.file.path(), &error))
    }

    fn fill(&mut self, bytes: u64) -> Result<(), Error> {
        static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
        let file = self.file.as_file_mut();
        file.seek(SeekFrom::Start(0))?;
        let mut left = bytes;
        while left > 0 {
            let now = left.min(ZEROS.len() as u64);
            file.write_all(&ZEROS[..now as usize])?;
            left -= now;
        }
        file.set_len(bytes)?;
        file.seek(SeekFrom::Start(0)).map(drop)
    }

    /// How many bytes it has.
    pub const fn done(&self) -> u64 {
        self.done
    }

    /// Takes the bytes that follow those that it has.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), BoardFault> {
        let written = self.file.as_file_mut().write_all(bytes);
        written.map_err(|error| unwritten(self.file.path(), &error))?;
        self.digest.update(bytes);
        self.done += bytes.len() as u64;
        Ok(())
    }

    /// It is whole: puts it in its place.
    ///
    /// # Errors
    /// The disk does not take it, or another program has made a file there meanwhile.
    pub fn finish(self) -> Result<Backup, BoardFault> {
        let Self { file, digest, range, .. } = self;
        let path = file.finish().map_err(fault)?;
        let sha256 = hex::lower(&digest.finalize());
        Ok(Backup { file: path, range: range.unwrap_or_default(), sha256 })
    }
}

/// Whether a backup could be written there; nothing is left behind.
///
/// # Errors
/// There is a file already and it is not to be replaced, or none can be made there.
pub fn check_place(path: &Path, replace: bool) -> Result<(), BoardFault> {
    BackupFile::begin(path, replace).map(drop)
}

fn fault(error: PartFileError) -> BoardFault {
    let what = error.sentence();
    match error {
        PartFileError::Exists(_) => bad_file(
            what,
            say!("hint-file-exists", "Choose another name, or have it replaced (--force)."),
        ),
        PartFileError::NotAFile(_) => {
            bad_file(what, say!("hint-other-name", "Choose another name."))
        }
        PartFileError::Unwritten { path, error } => unwritten(&path, &error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(folder: &Path) -> usize {
        std::fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn a_file_is_there_when_it_is_whole_and_has_the_digest_that_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        let mut file = BackupFile::begin(&path, false).unwrap();
        file.reserve(&(0x1000..0x1006)).unwrap();
        file.push(b"hel").unwrap();
        file.reserve(&(0x1000..0x1006)).unwrap();
        assert_eq!(file.done(), 3, "what was read before the link broke stays");
        assert!(!path.exists());
        file.push(b"lo\n").unwrap();
        let backup = file.finish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"hello\n");
        let known = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
        assert_eq!((backup.sha256.as_str(), backup.size()), (known, 6));
        assert_eq!(entries(folder.path()), 1);
    }

    #[test]
    fn what_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = BackupFile::begin(&folder.path().join("a.bin"), false).unwrap();
        file.reserve(&(0..100_000)).unwrap();
        file.push(b"hel").unwrap();
        let name = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().file_name();
        let name = name.to_string_lossy();
        assert!(name.starts_with(".a.bin.") && name.ends_with(".part"), "{name}");
        assert_eq!(entries(folder.path()), 1);
        drop(file);
        assert_eq!(entries(folder.path()), 0);
        let longest = folder.path().join("a".repeat(255));
        assert!(BackupFile::begin(&longest, false).is_ok());
    }

    #[test]
    fn nothing_is_replaced_that_nobody_wants_replaced() {
        let folder = tempfile::Builder::new().prefix("backup").tempdir().unwrap();
        let path = folder.path().join("a.bin");
        // Made by somebody else while the flash is read.
        let file = BackupFile::begin(&path, false).unwrap();
        std::fs::write(&path, b"mine").unwrap();
        assert!(file.finish().unwrap_err().what.contains("is there already"));
        assert!(BackupFile::begin(&path, false).unwrap_err().what.contains("is there already"));
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
        assert_eq!(entries(folder.path()), 1);
        BackupFile::begin(&path, true).unwrap().finish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"");
        let refused = BackupFile::begin(folder.path(), true).unwrap_err();
        assert!(refused.what.contains("no plain file"), "{refused}");
        let nowhere = folder.path().join("nowhere/a.bin");
        let fault = check_place(&nowhere, false).unwrap_err();
        assert!(fault.what.contains("Cannot write") && !fault.what.contains(".tmp"), "{fault}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_found_before_anything_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = BackupFile::begin(&folder.path().join("a.bin"), false).unwrap();
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        *file.file.as_file_mut() = full;
        let fault = file.fill(1 << 20).unwrap_err();
        assert_eq!(fault.kind(), std::io::ErrorKind::StorageFull);
    }
}

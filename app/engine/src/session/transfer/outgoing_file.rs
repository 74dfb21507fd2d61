//! A file that is sent.

use std::fs::File;
use std::io::{Error, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use espalier_core::transfer::FileOffer;
use espalier_core::{Sentence, say};
use sha2::{Digest as _, Sha256};

use crate::untrusted;

/// A file that is sent: read where it is asked for, digested from its beginning to where it has come.
#[derive(Debug)]
pub struct OutgoingFile {
    pub path: PathBuf,
    file: File,
    size: u64,
    modified: Option<u64>,
    /// Where the file stands.
    at: u64,
    digest: Sha256,
    /// How much of it is digested.
    digested: u64,
}

impl OutgoingFile {
    /// Opens it.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn open(path: &Path) -> Result<Self, Sentence> {
        let file = untrusted::open(path).map_err(|error| unreadable(path, &error))?;
        let found = file.metadata().map_err(|error| unreadable(path, &error))?;
        let modified = found.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Ok(Self {
            path: path.to_owned(),
            file,
            size: found.len(),
            modified: modified.map(|since| since.as_secs()),
            at: 0,
            digest: Sha256::new(),
            digested: 0,
        })
    }

    /// How many bytes it has.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// What it is called, as a user reads it.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned()
    }

    /// What is said of it on the wire.
    pub fn offer(&self) -> FileOffer {
        FileOffer { name: self.name().into_bytes(), size: Some(self.size), modified: self.modified }
    }

    /// At most so many bytes from there; fewer where it ends.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn read(&mut self, offset: u64, length: usize) -> Result<Vec<u8>, Sentence> {
        self.read_at(offset, length).map_err(|error| unreadable(&self.path, &error))
    }

    fn read_at(&mut self, offset: u64, length: usize) -> Result<Vec<u8>, Error> {
        if self.at != offset {
            self.at = self.file.seek(SeekFrom::Start(offset))?;
        }
        let mut bytes = vec![0; length];
        let mut filled = 0;
        while filled < length {
            match self.file.read(&mut bytes[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        bytes.truncate(filled);
        self.at += filled as u64;
        Ok(bytes)
    }

    /// These bytes of it go, again perhaps.
    pub fn goes(&mut self, offset: u64, bytes: &[u8]) {
        let known = self.digested.checked_sub(offset).and_then(|it| usize::try_from(it).ok());
        if let Some(news) = known.and_then(|known| bytes.get(known..)) {
            self.digest.update(news);
            self.digested += news.len() as u64;
        }
    }

    /// SHA-256 of its first bytes, so many as these.
    ///
    /// # Errors
    /// What is not digested yet cannot be read.
    pub fn digest_to(mut self, end: u64) -> Result<[u8; 32], Sentence> {
        const AT_ONCE: u64 = 64 << 10;
        while self.digested < end {
            let length = (end - self.digested).min(AT_ONCE) as usize;
            let bytes = self.read(self.digested, length)?;
            if bytes.is_empty() {
                break;
            }
            self.goes(self.digested, &bytes);
        }
        Ok(self.digest.finalize().into())
    }
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Sentence {
    say!("told-unreadable", "{file} cannot be read: {error}", file = path.display(), error = error)
}

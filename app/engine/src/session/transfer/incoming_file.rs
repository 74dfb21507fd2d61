//! A file that is received.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use espalier_core::transfer::{FileOffer, TransferredFile, numbered_name, received_name};
use espalier_core::{Sentence, hex};
use sha2::{Digest as _, Sha256};

use crate::part_file::{PartFile, PartFileError};

/// A file that is received: in its place when it is whole.
#[derive(Debug)]
pub struct IncomingFile {
    part: PartFile,
    digest: Sha256,
    bytes: u64,
    resumed_at: u64,
    /// What is kept of it when it does not become whole can be gone on with.
    resumes: bool,
}

impl IncomingFile {
    /// Begins a file at this place.
    ///
    /// # Errors
    /// There is one, or none can be made.
    pub fn at(path: &Path, replace: bool) -> Result<Self, Sentence> {
        let part = PartFile::begin(path, replace).map_err(|error| error.sentence())?;
        Ok(Self { part, digest: Sha256::new(), bytes: 0, resumed_at: 0, resumes: false })
    }

    /// Begins the file that is offered, in this folder, by a name that is free there. When it `resumes`, it goes on with what was
    /// kept of a file of this name, size and time.
    ///
    /// # Errors
    /// None can be made.
    pub fn offered(
        folder: &Path,
        offer: &FileOffer,
        replace: bool,
        resumes: bool,
    ) -> Result<Self, Sentence> {
        /// Files of one name; who has more of them is told that there is one.
        const MOST: u32 = 10_000;
        let name = received_name(&offer.name);
        let mark = match (resumes, offer.size, offer.modified) {
            (true, Some(size), Some(modified)) => Some(format!("{size:x}-{modified:x}")),
            _ => None,
        };
        let mut number = 1;
        loop {
            let name = if number == 1 { name.clone() } else { numbered_name(&name, number) };
            let path = folder.join(name);
            let begun = match &mark {
                Some(mark) => PartFile::go_on(&path, replace, mark),
                None => PartFile::begin(&path, replace).map(|part| (part, 0)),
            };
            match begun {
                Ok((part, length)) => {
                    let size = offer.size.unwrap_or(u64::MAX);
                    return Self::going_on(part, length, size, mark.is_some());
                }
                Err(PartFileError::Exists(_) | PartFileError::NotAFile(_)) if number < MOST => {
                    number += 1;
                }
                Err(error) => return Err(error.sentence()),
            }
        }
    }

    fn going_on(
        mut part: PartFile,
        length: u64,
        size: u64,
        resumes: bool,
    ) -> Result<Self, Sentence> {
        let mut digest = Sha256::new();
        let path = part.path().to_owned();
        let mut digested = || {
            let file = part.as_file_mut();
            // More than there can be is not of it.
            let end = if length > size { 0 } else { length };
            file.set_len(end)?;
            file.seek(SeekFrom::Start(0))?;
            let mut buffer = vec![0; 64 << 10];
            loop {
                match file.read(&mut buffer)? {
                    0 => return Ok(end),
                    count => digest.update(&buffer[..count]),
                }
            }
        };
        let end =
            digested().map_err(|error| PartFileError::Unwritten { path, error }.sentence())?;
        Ok(Self { part, digest, bytes: end, resumed_at: end, resumes })
    }

    /// Where it will be.
    pub fn path(&self) -> &Path {
        self.part.path()
    }

    /// How many bytes it has.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes the bytes that follow.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Sentence> {
        let written = self.part.as_file_mut().write_all(bytes);
        written.map_err(|error| {
            PartFileError::Unwritten { path: self.part.path().to_owned(), error }.sentence()
        })?;
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Puts it in its place.
    ///
    /// # Errors
    /// It cannot be put there.
    pub fn finish(self, whole: bool) -> Result<TransferredFile, Sentence> {
        let Self { part, digest, bytes, resumed_at, .. } = self;
        let path: PathBuf = part.finish().map_err(|error| error.sentence())?;
        let sha256 = hex::lower(&digest.finalize());
        Ok(TransferredFile { path, bytes, sha256, whole, resumed_at })
    }

    /// It does not become whole: keeps what can be gone on with, so many bytes, and nothing else.
    pub fn give_up(self) -> u64 {
        if !self.resumes || self.bytes == 0 {
            return 0;
        }
        self.part.keep();
        self.bytes
    }
}

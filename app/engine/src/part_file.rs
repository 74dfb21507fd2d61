//! A file that is being made: beside its place (`.NAME.XXXXXX.part`) until it is whole, and gone when it never is. What
//! kills the program leaves it there.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Error, ErrorKind, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use espalier_core::{Sentence, say};
use tempfile::{NamedTempFile, TempPath};

use crate::in_place;

/// A file that is being made. It is for its user alone: what comes may hold passwords.
#[derive(Debug)]
pub struct PartFile {
    path: PathBuf,
    replace: bool,
    file: NamedTempFile,
}

/// Why a file was not made, or not put in its place.
#[derive(Debug, thiserror::Error)]
pub enum PartFileError {
    /// There is one already, and it is not to be replaced.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// There is a folder, a device or a link.
    #[error("{} is there already and no plain file", .0.display())]
    NotAFile(PathBuf),
    /// The system refuses.
    #[error("Cannot write {}: {error}", path.display())]
    Unwritten {
        /// Where.
        path: PathBuf,
        /// What it says.
        error: Error,
    },
}

impl PartFileError {
    /// What a user reads.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::Exists(path) => {
                say!("told-file-exists", "{file} is there already", file = path.display())
            }
            Self::NotAFile(path) => say!(
                "told-no-plain-file",
                "{file} is there already and no plain file",
                file = path.display()
            ),
            Self::Unwritten { path, error } => say!(
                "told-file-unwritten",
                "Cannot write {path}: {error}",
                path = path.display(),
                error = error,
            ),
        }
    }
}

impl PartFile {
    /// Begins a file for this path.
    ///
    /// # Errors
    /// There is a file already and it is not to be replaced, or none can be made there.
    pub fn begin(path: &Path, replace: bool) -> Result<Self, PartFileError> {
        check(path, replace)?;
        let prefix = prefix(path);
        let mut builder = tempfile::Builder::new();
        let file = builder.prefix(&prefix).suffix(".part").make_in(folder(path), for_its_user);
        let file =
            file.map_err(|error| PartFileError::Unwritten { path: path.to_owned(), error })?;
        Ok(Self { path: path.to_owned(), replace, file })
    }

    /// The same, going on with what an earlier one kept under this `mark`; how many bytes are in it, and where it is written on. One that
    /// somebody else writes is left to them, and begun anew.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub fn go_on(path: &Path, replace: bool, mark: &str) -> Result<(Self, u64), PartFileError> {
        check(path, replace)?;
        let mut name = prefix(path);
        name.push(mark);
        name.push(".part");
        let part = folder(path).join(name);
        let taken = taken_up(&part).and_then(|taken| Ok((taken, TempPath::try_from_path(part)?)));
        match taken {
            Ok(((file, length), part)) => {
                let file = NamedTempFile::from_parts(file, part);
                Ok((Self { path: path.to_owned(), replace, file }, length))
            }
            Err(_) => Self::begin(path, replace).map(|begun| (begun, 0)),
        }
    }

    /// Where it will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file, to be written.
    pub fn as_file_mut(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// It is whole: puts it in its place.
    ///
    /// # Errors
    /// The disk does not take it, or another program has made a file there meanwhile.
    pub fn finish(self) -> Result<PathBuf, PartFileError> {
        let Self { path, replace, mut file } = self;
        let failed = |error: Error| match error.kind() {
            ErrorKind::AlreadyExists => PartFileError::Exists(path.clone()),
            _ => PartFileError::Unwritten { path: path.clone(), error },
        };
        file.as_file_mut().sync_all().map_err(failed)?;
        if replace {
            in_place::put(file, &path).map_err(failed)?;
        } else {
            // Some file systems have no such rename.
            let lacks = |kind| kind != ErrorKind::AlreadyExists && !path.exists();
            match file.persist_noclobber(&path) {
                Err(error) if lacks(error.error.kind()) => {
                    in_place::put(error.file, &path).map_err(failed)?
                }
                Err(error) => return Err(failed(error.error)),
                Ok(file) => file,
            };
        }
        Ok(path)
    }

    /// It is not whole, and stays where it is, to be gone on with.
    pub fn keep(self) {
        let (file, part) = self.file.into_parts();
        file.sync_all().ok();
        // It stays either way: there is nothing left to be done about an error.
        part.keep().ok();
    }
}

/// Opens a part that may be there already, at its end; how long it is.
fn taken_up(part: &Path) -> Result<(File, u64), Error> {
    if std::fs::symlink_metadata(part).is_ok_and(|there| !there.is_file()) {
        return Err(ErrorKind::AlreadyExists.into());
    }
    let mut options = crate::private::options();
    let mut file = options.read(true).write(true).create(true).truncate(false).open(part)?;
    if let Err(std::fs::TryLockError::WouldBlock) = file.try_lock() {
        return Err(ErrorKind::WouldBlock.into());
    }
    let length = file.seek(SeekFrom::End(0))?;
    Ok((file, length))
}

fn check(path: &Path, replace: bool) -> Result<(), PartFileError> {
    match std::fs::symlink_metadata(path) {
        Ok(there) if !there.is_file() => Err(PartFileError::NotAFile(path.to_owned())),
        Ok(_) if !replace => Err(PartFileError::Exists(path.to_owned())),
        _ => Ok(()),
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What its name begins with until it is whole, so that what a kill leaves there can be told.
fn prefix(path: &Path) -> OsString {
    /// A name that is as long as names may be leaves no room.
    const LONGEST: usize = 200;
    let mut prefix = OsString::from(".");
    if let Some(name) = path.file_name().filter(|name| name.len() <= LONGEST) {
        prefix.push(name);
        prefix.push(".");
    }
    prefix
}

/// Makes a file that nobody else can read. The library's own way tells its name where it fails, which means nothing to anybody.
fn for_its_user(path: &Path) -> Result<File, Error> {
    crate::private::options().read(true).write(true).create_new(true).open(path)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn entries(folder: &Path) -> usize {
        std::fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn what_was_kept_is_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        let (mut first, length) = PartFile::go_on(&path, false, "5-0").unwrap();
        assert_eq!(length, 0);
        first.as_file_mut().write_all(b"hel").unwrap();
        // Somebody else who receives the same begins anew.
        let (other, length) = PartFile::go_on(&path, false, "5-0").unwrap();
        assert_eq!((length, entries(folder.path())), (0, 2));
        drop(other);
        first.keep();
        assert!(!path.exists());
        let (mut again, length) = PartFile::go_on(&path, false, "5-0").unwrap();
        assert_eq!(length, 3);
        again.as_file_mut().write_all(b"lo").unwrap();
        again.finish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"hello");
        assert_eq!(entries(folder.path()), 1);
        let refused = PartFile::go_on(&path, false, "5-0").unwrap_err();
        assert!(matches!(refused, PartFileError::Exists(_)));
    }
}

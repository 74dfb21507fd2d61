//! Files that take another one's place whole: who looks there sees the old one or the new one, never half of one.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::private;

/// Begins a file for its user alone, which [`put`] gives its name when it is whole; until then it goes when it is dropped.
///
/// # Errors
/// What the system says of the folder.
pub fn begin(folder: &Path) -> io::Result<NamedTempFile> {
    // The library would mark it as temporary on Windows, and backups leave out what is.
    tempfile::Builder::new().make_in(folder, |path| {
        private::options().read(true).write(true).create_new(true).open(path)
    })
}

/// Gives a file its name, in place of one that may be there, also of one that somebody reads.
///
/// # Errors
/// What the system says; the file is gone then.
pub fn put(file: NamedTempFile, path: &Path) -> io::Result<File> {
    if cfg!(not(windows)) {
        return file.persist(path).map_err(|refused| refused.error);
    }
    // The library refuses there what is read or protected; the standard library renames as Unix does.
    rename(file.path(), path)?;
    Ok(file.into_parts().0)
}

/// Renames a file, in place of one that may be there. On Windows whatever looks through files that are new (scanners, indexers) has
/// them open for a moment, so that it is asked for again.
///
/// # Errors
/// What the system says.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    const PAUSES: [u64; 4] = [10, 20, 40, 80];
    for pause in PAUSES.map(Duration::from_millis) {
        match std::fs::rename(from, to) {
            Err(error) if is_held(&error) && !to.is_dir() => std::thread::sleep(pause),
            done => return done,
        }
    }
    std::fs::rename(from, to)
}

/// Whether Windows refuses because somebody has a file open.
fn is_held(error: &io::Error) -> bool {
    /// `ERROR_ACCESS_DENIED`, `ERROR_SHARING_VIOLATION`.
    const HELD: [i32; 2] = [5, 32];
    cfg!(windows) && error.raw_os_error().is_some_and(|number| HELD.contains(&number))
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    fn replaced(path: &Path) {
        let mut file = begin(path.parent().unwrap()).unwrap();
        file.write_all(b"new").unwrap();
        put(file, path).unwrap();
        assert_eq!(std::fs::read(path).unwrap(), b"new");
        let entries = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(entries, 1, "nothing else is left there");
    }

    #[test]
    fn what_somebody_reads_is_replaced_and_they_read_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        std::fs::write(&path, "old").unwrap();
        let mut reader = File::open(&path).unwrap();
        replaced(&path);
        let mut read = String::new();
        reader.read_to_string(&mut read).unwrap();
        assert_eq!(read, "old");
    }

    #[test]
    fn what_is_protected_against_writing_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        std::fs::write(&path, "old").unwrap();
        let mut protected = std::fs::metadata(&path).unwrap().permissions();
        protected.set_readonly(true);
        std::fs::set_permissions(&path, protected).unwrap();
        replaced(&path);
    }

    #[test]
    fn a_folder_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::create_dir(&path).unwrap();
        let file = begin(folder.path()).unwrap();
        put(file, &path).unwrap_err();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

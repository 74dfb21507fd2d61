//! The file of `--log`: for its user alone, written behind what is there, at most twice [`LogFile::LARGEST`] with the one
//! before it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use espalier_core::program_log::LogEntry;

/// How files are opened that only their user may read. On Windows they are so by the folder they are in.
#[cfg_attr(not(unix), allow(unused_mut))]
pub fn private() -> OpenOptions {
    let mut options = File::options();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

/// A file that grows by lines.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    /// `None` after it could not be written.
    file: Option<File>,
    /// `None`: it is no regular file (a pipe, a terminal) and is not set aside when it is large.
    length: Option<u64>,
}

impl LogFile {
    /// A file that would become larger is renamed to `NAME.1`, in place of the one before it.
    pub const LARGEST: u64 = 8 << 20;

    /// Opens it to write behind what is there.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = private().append(true).create(true).open(path)?;
        let metadata = file.metadata()?;
        let length = metadata.is_file().then_some(metadata.len());
        Ok(Self { path: path.to_owned(), file: Some(file), length })
    }

    /// Writes a line.
    ///
    /// # Errors
    /// What the file system says, once: later lines are let go.
    pub fn write(&mut self, line: &LogEntry) -> io::Result<()> {
        let done = self.append(&(line.written() + "\n"));
        if done.is_err() {
            self.file = None;
        }
        done
    }

    fn append(&mut self, text: &str) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        if let Some(length) = &mut self.length {
            if *length > 0 && *length + text.len() as u64 > Self::LARGEST {
                let mut before = self.path.clone().into_os_string();
                before.push(".1");
                // Windows renames no file that is open.
                self.file = None;
                std::fs::rename(&self.path, &before)?;
                *self = Self::open(&self.path)?;
                return self.append(text);
            }
            *length += text.len() as u64;
        }
        file.write_all(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use espalier_core::Timestamp;
    use espalier_core::program_log::Severity;

    use super::*;

    #[test]
    fn it_grows_behind_what_is_there_and_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("espalier.log");
        std::fs::write(&path, "before\n").unwrap();
        let mut file = LogFile::open(&path).unwrap();
        let line = LogEntry::new(Timestamp(0), Severity::Info, "espalier", &"x".repeat(4000));
        file.write(&line).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("before\n1970-01-01T00:00"));
        for _ in 0..3 * LogFile::LARGEST / 4000 {
            file.write(&line).unwrap();
        }
        let names = std::fs::read_dir(folder.path()).unwrap();
        let sizes: Vec<u64> = names.map(|entry| entry.unwrap().metadata().unwrap().len()).collect();
        assert_eq!(sizes.len(), 2);
        assert!(sizes.iter().all(|size| *size <= LogFile::LARGEST), "{sizes:?}");
    }

    #[cfg(unix)]
    #[test]
    fn it_is_for_its_user_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("espalier.log");
        LogFile::open(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

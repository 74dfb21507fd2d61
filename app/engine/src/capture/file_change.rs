//! What other programs do to a file while it is written: delete it, cut it, put another one in its place.

use std::fs::{self, File};
use std::path::Path;

use super::positioned::read_at;

/// What became of a file that was being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileChange {
    /// The file's name is gone.
    Deleted,
    /// The file is shorter, or holds other bytes, than what was written.
    Truncated,
    /// The file's name leads to another file.
    Replaced,
}

impl std::fmt::Display for FileChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Deleted => "was deleted by another program while it was written",
            Self::Truncated => "was cut or overwritten by another program while it was written",
            Self::Replaced => "was replaced by another program while it was written",
        })
    }
}

/// Bytes that were written, to see whether they are still there: a file that was cut and then written further has its old
/// length, and a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TailMark {
    at: u64,
    bytes: [u8; Self::LENGTH],
}

impl TailMark {
    const LENGTH: usize = 16;

    /// The last bytes of a file of this length.
    pub fn at_end(file: &File, length: u64) -> Option<Self> {
        let at = length.checked_sub(Self::LENGTH as u64)?;
        let mut bytes = [0; Self::LENGTH];
        (read_at(file, at, &mut bytes).ok()? == Self::LENGTH).then_some(Self { at, bytes })
    }

    fn stands(&self, file: &File) -> bool {
        let mut bytes = [0; Self::LENGTH];
        // An error is the disk's trouble, and not another program's doing.
        read_at(file, self.at, &mut bytes)
            .map_or(true, |count| count == bytes.len() && bytes == self.bytes)
    }
}

/// What became of an open file to which `length` bytes were written; `None`: it is as we left it, as far as one can see.
pub(super) fn change(
    file: &File,
    path: &Path,
    length: u64,
    mark: Option<&TailMark>,
) -> Option<FileChange> {
    let open = file.metadata().ok()?;
    let named = match fs::symlink_metadata(path) {
        Ok(named) => named,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Some(FileChange::Deleted);
        }
        // An unreachable disk is told by the next write.
        Err(_) => return None,
    };
    // A link that the user put there is followed when the file is opened, so it is followed here.
    let named = if named.is_symlink() { fs::metadata(path).ok()? } else { named };
    if !is_same(&open, &named) {
        return Some(FileChange::Replaced);
    }
    let stands = open.len() >= length && mark.is_none_or(|mark| mark.stands(file));
    (!stands).then_some(FileChange::Truncated)
}

#[cfg(unix)]
fn is_same(open: &fs::Metadata, named: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (open.dev(), open.ino()) == (named.dev(), named.ino())
}

/// The number of a file on Windows is not in the standard library yet; when it was made tells most of them apart.
#[cfg(not(unix))]
fn is_same(open: &fs::Metadata, named: &fs::Metadata) -> bool {
    open.created().ok() == named.created().ok() && named.is_file()
}

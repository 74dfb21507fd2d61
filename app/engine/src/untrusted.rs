//! What comes from outside on its way in: files that may be anything, and the code of others that reads them.
//!
//! A panic in such code is an error like any other: it must not take the window, or the thread that owns a port, with it.
//! Release builds unwind for that reason.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Once;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The system refuses.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A folder, a device, a pipe: what has no end of its own is not read.
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
    /// More than anything that could be meant.
    #[error("it is larger than {} MiB", .limit >> 20)]
    TooLarge {
        /// The most that is read, in bytes.
        limit: u64,
    },
}

/// Opens a file to read it; a link is followed.
///
/// # Errors
/// When it is no regular file, before anything waits for it: opening a pipe waits for its writer.
pub fn open(path: &Path) -> Result<File, ReadError> {
    let regular = |found: std::fs::Metadata| match kind(&found) {
        None => Ok(()),
        Some(kind) => Err(ReadError::NotAFile(kind)),
    };
    regular(std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    // It may have been replaced meanwhile.
    regular(file.metadata()?)?;
    Ok(file)
}

/// What it is, when it is no regular file.
fn kind(found: &std::fs::Metadata) -> Option<&'static str> {
    let kind = found.file_type();
    if kind.is_file() {
        return None;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if kind.is_fifo() {
            return Some("a pipe");
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Some("a device");
        }
        if kind.is_socket() {
            return Some("a socket");
        }
    }
    Some(if kind.is_dir() { "a folder" } else { "something else" })
}

/// A whole file of at most `limit` bytes: counted while they are read, because a file's length is only what the system says.
///
/// # Errors
/// When it cannot be read, is no regular file, or holds more.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let file = open(path)?;
    // A sparse file of a terabyte need not be read to know.
    if file.metadata()?.len() > limit {
        return Err(ReadError::TooLarge { limit });
    }
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(ReadError::TooLarge { limit }) } else { Ok(bytes) }
}

thread_local! {
    static CALLING: Cell<bool> = const { Cell::new(false) };
}

/// Calls code of others with data from outside; a panic there comes back as its message and is told nowhere else.
///
/// # Errors
/// It panicked: the first line of what it said.
pub fn call<T>(code: impl FnOnce() -> T) -> Result<T, String> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !CALLING.get() {
                before(panic);
            }
        }));
    });
    let outer = CALLING.replace(true);
    // What it worked on is dropped with it.
    let done = catch_unwind(AssertUnwindSafe(code));
    CALLING.set(outer);
    done.map_err(|payload| said(&*payload))
}

/// What a panic said, on one line.
pub(crate) fn said(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.and_then(|text| text.lines().next()).unwrap_or("an unknown failure").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_comes_back_as_what_it_said() {
        assert_eq!(call(|| 3), Ok(3));
        let number = 7;
        assert_eq!(call(|| panic!("number {number}\nmore")), Err::<(), _>("number 7".to_owned()));
        assert_eq!(call(|| call(|| panic!("within")).unwrap_err()), Ok("within".to_owned()));
        assert!(!CALLING.get());
    }

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, [7; 100]).unwrap();
        assert_eq!(read(&path, 100).unwrap(), [7; 100]);
        assert!(matches!(read(&path, 99), Err(ReadError::TooLarge { .. })));
        assert!(matches!(read(folder.path(), 99), Err(ReadError::NotAFile("a folder"))));
        assert!(matches!(read(&folder.path().join("none"), 99), Err(ReadError::Io(_))));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_has_no_end_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let linked = folder.path().join("linked");
        std::os::unix::fs::symlink("/dev/zero", &linked).unwrap();
        assert!(matches!(read(&linked, 99), Err(ReadError::NotAFile("a device"))));
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        assert!(matches!(read(&pipe, 99), Err(ReadError::NotAFile("a pipe"))));
        // Its length is said to be zero.
        assert!(matches!(read(Path::new("/proc/kallsyms"), 99), Err(ReadError::TooLarge { .. })));
        let sparse = folder.path().join("sparse");
        File::create(&sparse).unwrap().set_len(100 << 30).unwrap();
        assert!(matches!(read(&sparse, 1 << 20), Err(ReadError::TooLarge { .. })));
    }
}

//! Reading an open file by position, whatever its own position is.

use std::fs::File;
use std::io;

/// Reads at an offset without moving a shared position; fewer bytes only at the end of the file.
pub fn read_at(file: &File, offset: u64, into: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = into.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match read_some(file, offset + done as u64, rest) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // What came before it is there.
            Err(_) if done > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

#[cfg(unix)]
fn read_some(file: &File, offset: u64, into: &mut [u8]) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, into, offset)
}

/// `seek_read` moves the file's own position; a writer puts it back before it writes.
#[cfg(windows)]
fn read_some(file: &File, offset: u64, into: &mut [u8]) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, into, offset)
}

/// The first place from `offset` on that was ever written, as far as the file system tells: the rest of a sparse file need not
/// be read. `None`: nothing further was. The handle's own position moves; whoever writes sets it first.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "macos", target_os = "freebsd"))]
pub fn next_data(file: &File, offset: u64) -> Option<u64> {
    match rustix::fs::seek(file, rustix::fs::SeekFrom::Data(offset)) {
        Ok(at) => Some(at),
        Err(rustix::io::Errno::NXIO) => None,
        // Not every file system tells.
        Err(_) => Some(offset),
    }
}

/// Elsewhere nothing tells without unsafe code (`FSCTL_QUERY_ALLOCATED_RANGES`): holes are read, at the speed of memory.
#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_os = "macos",
    target_os = "freebsd"
)))]
pub fn next_data(_file: &File, offset: u64) -> Option<u64> {
    Some(offset)
}

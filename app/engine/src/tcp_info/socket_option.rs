//! Options of sockets that no crate of ours reads: their structures have grown from version to version.

use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};

use super::answer::Answer;

/// An option of a socket, as the bytes of the system's structure.
///
/// # Errors
/// Those of `getsockopt`.
#[expect(unsafe_code, reason = "getsockopt writes into memory that it is given")]
pub fn read(socket: BorrowedFd<'_>, level: libc::c_int, name: libc::c_int) -> io::Result<Answer> {
    let mut bytes = [0_u8; Answer::ROOM];
    let mut length = Answer::ROOM as libc::socklen_t;
    // SAFETY: the descriptor is open as long as it is borrowed; both pointers are to live memory of our own, and the system
    // writes at most `length` bytes, which any values are right for.
    let done = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            level,
            name,
            bytes.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    match done {
        0 => Ok(Answer::new(bytes, length as usize)),
        _ => Err(io::Error::last_os_error()),
    }
}

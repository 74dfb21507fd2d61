//! Whether this program may open as many connections as are asked for.

/// Descriptors for all else that the program has open.
#[cfg(unix)]
const ELSE: u64 = 100;

/// Whether an attempt to connect failed, by the system's words, because this program has too many files open.
pub fn is_lack_of_files(detail: &str) -> bool {
    /// `EMFILE` of Linux and macOS, `WSAEMFILE`.
    const TOO_MANY: i32 = if cfg!(windows) { 10024 } else { 24 };
    detail.contains(&std::io::Error::from_raw_os_error(TOO_MANY).to_string())
}

/// How many connections it may have; `None`: no limit is known. Linux and macOS count sockets as open files; Windows does not.
pub fn most_connections() -> Option<u64> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit};
        getrlimit(Resource::Nofile).current.map(|limit| limit.saturating_sub(ELSE))
    }
    #[cfg(not(unix))]
    None
}

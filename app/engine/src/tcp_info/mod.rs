//! What the system knows of a TCP connection, and of a socket that listens: `TCP_INFO` on Linux, `TCP_CONNECTION_INFO` on macOS,
//! `SIO_TCP_INFO` on Windows. Elsewhere nothing is told.

#[cfg(any(target_os = "linux", target_os = "macos", windows))]
mod answer;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod socket_option;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "macos")]
use macos as system;
#[cfg(windows)]
use windows as system;

use espalier_core::figures::{ListenerFigures, TcpFigures};
use tokio::net::{TcpListener, TcpStream};

/// Whether this system tells anything of connections.
pub const IS_TOLD: bool = cfg!(any(target_os = "linux", target_os = "macos", windows));

/// What the system tells of a connection now; `made_by_us`: our SYN began it. `None` when it tells nothing.
#[cfg_attr(not(target_os = "linux"), allow(unused_variables, reason = "Linux counts the SYN"))]
pub fn of_connection(stream: &TcpStream, made_by_us: bool) -> Option<TcpFigures> {
    #[cfg(target_os = "linux")]
    return system::connection(stream, made_by_us);
    #[cfg(any(target_os = "macos", windows))]
    return system::connection(stream);
    #[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
    {
        let _ = stream;
        None
    }
}

/// What the system tells of a socket that listens: on Linux alone.
pub fn of_listener(listener: &TcpListener) -> Option<ListenerFigures> {
    #[cfg(target_os = "linux")]
    return system::listener(listener);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = listener;
        None
    }
}

//! Why the system did not take a datagram, with what to do where that is known.

use std::io;
use std::net::{IpAddr, SocketAddr};

use espalier_core::session::UdpSpec;
use espalier_core::{Sentence, say};

/// Why the system did not take a datagram, with what to do where that is known.
pub fn why_not_sent(to: SocketAddr, error: &io::Error) -> String {
    match (error.kind(), to.ip()) {
        (io::ErrorKind::PermissionDenied, IpAddr::V4(address)) => {
            broadcast_off(address).to_string()
        }
        _ if is_too_long(error) => {
            let most = UdpSpec::most(to.ip());
            say!("told-datagram-long", "a datagram holds {most} bytes at most", most = most)
                .to_string()
        }
        _ => error.to_string(),
    }
}

/// `EMSGSIZE`: Linux, macOS and its kin, Windows.
fn is_too_long(error: &io::Error) -> bool {
    let number = if cfg!(windows) {
        10040
    } else if cfg!(any(target_os = "linux", target_os = "android")) {
        90
    } else {
        40
    };
    error.raw_os_error() == Some(number)
}

/// A broadcast address was sent to without the switch.
pub fn broadcast_off(address: impl std::fmt::Display) -> Sentence {
    say!(
        "told-broadcast-off",
        "{address} is a broadcast address: allow broadcast (--broadcast) to send there",
        address = address,
    )
}

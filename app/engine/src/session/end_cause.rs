//! What the operating system says when a connection fails, as one of the ends TCP has.

use std::io::{Error, ErrorKind};

use espalier_core::session::EndReason;

use crate::tls::TlsFault;

/// How a connection, an attempt or a session ended: the reason, and the system's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndCause {
    /// Why.
    pub reason: EndReason,
    /// The operating system's text; empty when it said nothing.
    pub detail: String,
}

impl EndCause {
    /// An end about which the system says nothing.
    pub const fn plain(reason: EndReason) -> Self {
        Self { reason, detail: String::new() }
    }

    /// A standing connection failed.
    pub fn of_connection(error: &Error) -> Self {
        Self { reason: standing(error), detail: error.to_string() }
    }

    /// An attempt to connect failed.
    pub fn of_attempt(error: &Error) -> Self {
        Self { reason: attempt(error), detail: error.to_string() }
    }

    /// The capture could not be written.
    pub fn of_capture(detail: impl ToString) -> Self {
        Self { reason: EndReason::CaptureFailed, detail: detail.to_string() }
    }
}

fn standing(error: &Error) -> EndReason {
    if TlsFault::within(error).is_some() {
        return EndReason::TlsFailed;
    }
    match error.kind() {
        // Linux says EPIPE when the RST came after the peer's FIN, and to every write after the first failed one.
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => EndReason::ResetByPeer,
        ErrorKind::TimedOut => EndReason::KeepaliveLost,
        // Windows says WSAECONNABORTED when its retransmissions were not answered.
        ErrorKind::ConnectionAborted if cfg!(windows) => EndReason::KeepaliveLost,
        ErrorKind::ConnectionAborted => EndReason::ResetByPeer,
        _ if is_lost_keepalive(error) => EndReason::KeepaliveLost,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
            EndReason::Unreachable
        }
        _ if is_host_down(error) => EndReason::Unreachable,
        _ => EndReason::Other,
    }
}

fn attempt(error: &Error) -> EndReason {
    match error.kind() {
        // Some systems answer a closed port of a firewall with a reset of the half-made connection.
        ErrorKind::ConnectionRefused => EndReason::Refused,
        // It stood, and was reset before we could look.
        ErrorKind::ConnectionReset => EndReason::ResetByPeer,
        ErrorKind::TimedOut => EndReason::ConnectTimedOut,
        ErrorKind::AddrInUse | ErrorKind::AddrNotAvailable => EndReason::BindFailed,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
            EndReason::Unreachable
        }
        _ if is_host_down(error) => EndReason::Unreachable,
        _ => EndReason::Other,
    }
}

/// `EHOSTDOWN`, which has no kind of its own: Linux, macOS, Windows.
fn is_host_down(error: &Error) -> bool {
    let number = if cfg!(windows) {
        10064
    } else if cfg!(target_vendor = "apple") {
        64
    } else {
        112
    };
    error.raw_os_error() == Some(number)
}

/// `WSAENETRESET`: "the connection has been broken due to keep-alive activity" (Microsoft's list of socket errors).
fn is_lost_keepalive(error: &Error) -> bool {
    cfg!(windows) && error.raw_os_error() == Some(10052)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_of_a_standing_connection_has_its_reason() {
        let table = [
            (ErrorKind::ConnectionReset, EndReason::ResetByPeer),
            (ErrorKind::BrokenPipe, EndReason::ResetByPeer),
            (ErrorKind::TimedOut, EndReason::KeepaliveLost),
            (ErrorKind::HostUnreachable, EndReason::Unreachable),
            (ErrorKind::OutOfMemory, EndReason::Other),
        ];
        for (kind, reason) in table {
            assert_eq!(EndCause::of_connection(&kind.into()).reason, reason, "{kind:?}");
        }
    }

    #[test]
    fn each_error_of_an_attempt_has_its_reason_and_keeps_the_systems_words() {
        let table = [
            (ErrorKind::ConnectionRefused, EndReason::Refused),
            (ErrorKind::TimedOut, EndReason::ConnectTimedOut),
            (ErrorKind::NetworkUnreachable, EndReason::Unreachable),
            (ErrorKind::HostUnreachable, EndReason::Unreachable),
            (ErrorKind::AddrNotAvailable, EndReason::BindFailed),
            (ErrorKind::PermissionDenied, EndReason::Other),
        ];
        for (kind, reason) in table {
            let end = EndCause::of_attempt(&Error::new(kind, "its own words"));
            assert_eq!((end.reason, end.detail.as_str()), (reason, "its own words"), "{kind:?}");
        }
    }
}

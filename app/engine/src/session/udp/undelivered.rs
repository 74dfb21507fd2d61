//! What the network says of datagrams that did not arrive: ICMP destination unreachable (RFC 792, RFC 4443).
//!
//! Linux keeps that in a queue of the socket, with the address that the datagram was for (`IP_RECVERR`, ip(7)); Windows has the
//! next receive fail (`WSAECONNRESET`) and does not say whose it was; macOS tells nothing of a socket without a connection.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Instant;

use espalier_core::session::SessionEvent;
use tokio::io::Interest;

use super::link::DatagramLink;
use crate::session::connection::canonical;
use crate::session::shared::SessionShared;

/// Whether the system reports so that an earlier datagram did not arrive: what was asked for was not done, and can be again.
pub(super) fn is_of_earlier_datagram(error: &io::Error) -> bool {
    match error.kind() {
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => true,
        // Windows: the time to live of one expired on its way.
        _ => cfg!(windows) && error.raw_os_error() == Some(10052),
    }
}

impl DatagramLink {
    /// Tells of what the system says by this error.
    pub(super) fn hear_undelivered(&self, shared: &SessionShared, error: &io::Error) {
        queue::drain(&self.socket, &mut |to, error| self.tell(shared, to, error));
        // Where there is a queue, whoever took this one out of it tells it.
        if !queue::IS_KEPT {
            self.tell(shared, None, error);
        }
    }

    /// Tells of what waits in the socket's queue of errors.
    pub(super) fn hear_errors(&self, shared: &SessionShared) {
        let heard: io::Result<()> = self.socket.try_io(Interest::ERROR, || {
            queue::drain(&self.socket, &mut |to, error| self.tell(shared, to, error));
            // It is not ready any more.
            Err(ErrorKind::WouldBlock.into())
        });
        heard.ok();
    }

    fn tell(&self, shared: &SessionShared, to: Option<SocketAddr>, error: &io::Error) {
        let remote = to.map(canonical).or(self.remote);
        let peer = remote.and_then(|remote| self.table.lock().get(remote).cloned());
        let path = peer.as_ref().and_then(|peer| peer.datagrams.as_ref()).map(|(path, _)| path);
        let repeats = path.map_or(&self.undelivered, |path| &path.undelivered);
        let count = repeats.lock().happens(Instant::now());
        if let Some(count) = count {
            let event = SessionEvent::Undelivered { remote, count, detail: error.to_string() };
            shared.event(peer.as_deref(), event);
        }
    }
}

#[cfg(target_os = "linux")]
pub(super) mod queue {
    use std::io::{self, IoSliceMut};
    use std::net::SocketAddr;
    use std::os::fd::{AsFd, AsRawFd as _};

    use nix_socket::libc::{
        SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6, sock_extended_err, sockaddr_in6,
    };
    use nix_socket::sys::socket::{
        ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt,
    };
    use tokio::net::UdpSocket;

    use crate::arrival::address;

    /// There is a queue.
    pub const IS_KEPT: bool = true;

    /// How many errors are taken at once.
    const MOST: usize = 64;

    /// Has the system keep what it hears of datagrams. Where it does not, nothing is told.
    pub fn keep(socket: &impl AsFd) {
        setsockopt(socket, sockopt::Ipv4RecvErr, &true).ok();
        setsockopt(socket, sockopt::Ipv6RecvErr, &true).ok();
    }

    /// Takes what the system has heard: whom a datagram was for, and what became of it.
    pub fn drain(socket: &UdpSocket, tell: &mut dyn FnMut(Option<SocketAddr>, &io::Error)) {
        let mut control = nix_socket::cmsg_space!(sock_extended_err, sockaddr_in6);
        for _ in 0..MOST {
            // The beginning of the datagram itself, which nobody wants.
            let mut bytes = [0; 1];
            let mut parts = [IoSliceMut::new(&mut bytes)];
            let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
            let fd = socket.as_raw_fd();
            let Ok(message) = recvmsg::<SockaddrStorage>(fd, &mut parts, Some(&mut control), flags)
            else {
                return;
            };
            let error = message.cmsgs().ok().and_then(|mut all| {
                all.find_map(|it| match it {
                    ControlMessageOwned::Ipv4RecvErr(error, _)
                    | ControlMessageOwned::Ipv6RecvErr(error, _) => Some(error),
                    _ => None,
                })
            });
            let Some(error) = error else { continue };
            if [SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6].contains(&error.ee_origin) {
                let to = message.address.as_ref().and_then(address);
                let error = i32::try_from(error.ee_errno).unwrap_or_default();
                tell(to, &io::Error::from_raw_os_error(error));
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) mod queue {
    use std::io;
    use std::net::SocketAddr;

    use tokio::net::UdpSocket;

    /// There is no queue.
    pub const IS_KEPT: bool = false;

    /// There is no such queue.
    pub const fn keep<T>(_: &T) {}

    /// There is no such queue: nothing.
    pub fn drain(_: &UdpSocket, _: &mut dyn FnMut(Option<SocketAddr>, &io::Error)) {}
}

//! Where clients come in.
//!
//! A kernel accepts clients by itself as long as a socket listens, so refusing one means not to
//! listen. The port is kept meanwhile by a socket that is bound and never listens.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::{Duration, Instant};

use espalier_board::PORT;
use socket2::{Domain, Socket, Type};

/// After a port could not be had.
const AGAIN: Duration = Duration::from_secs(1);

/// The port on this computer, and whether it is open.
#[derive(Debug)]
pub struct ListeningSocket {
    bind: Ipv4Addr,
    outer: u16,
    _reserved: Option<Socket>,
    open: Option<(u16, TcpListener)>,
    again: Option<Instant>,
}

impl ListeningSocket {
    /// Takes the port, or any free one.
    ///
    /// # Errors
    /// When the port is another program's.
    pub fn new(at: SocketAddrV4) -> io::Result<Self> {
        let socket = bound(at)?;
        let outer = socket.local_addr()?.as_socket_ipv4().map_or(at.port(), |at| at.port());
        // Where two sockets cannot share a port even so, this one makes room again.
        let shared = bound(SocketAddrV4::new(*at.ip(), outer)).is_ok();
        let reserved = shared.then_some(socket);
        Ok(Self { bind: *at.ip(), outer, _reserved: reserved, open: None, again: None })
    }

    /// The port on this computer that stands for the board's usual one.
    pub fn outer(&self) -> u16 {
        self.outer
    }

    /// The address that clients on this computer use.
    pub fn ip(&self) -> Ipv4Addr {
        if self.bind.is_unspecified() { Ipv4Addr::LOCALHOST } else { self.bind }
    }

    /// Moves to another address of this computer.
    pub fn set_ip(&mut self, ip: Ipv4Addr) {
        if self.ip() != ip {
            self.close();
            self.bind = ip;
        }
    }

    /// The port on this computer for this port of the board.
    pub fn outer_of(&self, port: u16) -> u16 {
        if port == PORT { self.outer } else { port }
    }

    /// Takes the next client of this port of the board, opening it first.
    ///
    /// # Errors
    /// When the port cannot be had; it is tried again later, and this said once.
    pub fn accept(
        &mut self,
        port: u16,
        now: Instant,
    ) -> io::Result<Option<(TcpStream, SocketAddr)>> {
        let wanted = self.outer_of(port);
        if self.open.as_ref().is_some_and(|(port, _)| *port != wanted) {
            self.open = None;
        }
        if self.open.is_none() {
            if self.again.is_some_and(|at| now < at) {
                return Ok(None);
            }
            let told = self.again.replace(now + AGAIN).is_some();
            match listen(SocketAddrV4::new(self.bind, wanted)) {
                Ok(listener) => self.open = Some((wanted, listener)),
                Err(_) if told => return Ok(None),
                Err(error) => return Err(error),
            }
            self.again = None;
        }
        Ok(self.next())
    }

    /// Takes the next client that is already connected.
    pub fn next(&mut self) -> Option<(TcpStream, SocketAddr)> {
        // What cannot be accepted now is still there the next time.
        self.open.as_ref().and_then(|(_, listener)| listener.accept().ok())
    }

    /// From now on clients are refused.
    pub fn close(&mut self) {
        self.open = None;
        self.again = None;
    }

    /// To wait on.
    pub fn wait_on(&self) -> Option<BorrowedFd<'_>> {
        self.open.as_ref().map(|(_, listener)| listener.as_fd())
    }

    /// When the port is tried again.
    pub fn deadline(&self) -> Option<Instant> {
        self.again.filter(|_| self.open.is_none())
    }
}

fn bound(at: SocketAddrV4) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&at.into())?;
    Ok(socket)
}

fn listen(at: SocketAddrV4) -> io::Result<TcpListener> {
    let socket = bound(at)?;
    socket.set_nonblocking(true)?;
    socket.listen(16)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    const ANY: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);

    #[test]
    fn a_closed_socket_refuses_and_keeps_its_port() {
        let mut listener = ListeningSocket::new(ANY).unwrap();
        let at = SocketAddrV4::new(Ipv4Addr::LOCALHOST, listener.outer());
        for _ in 0..3 {
            let refused = TcpStream::connect(at).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
            assert!(listener.accept(PORT, Instant::now()).unwrap().is_none());
            let _client = TcpStream::connect(at).unwrap();
            while listener.next().is_none() {}
            listener.close();
        }
    }

    #[test]
    fn another_programs_port_is_told_once_and_tried_again() {
        let other = TcpListener::bind(ANY).unwrap();
        let port = other.local_addr().unwrap().port();
        assert!(ListeningSocket::new(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)).is_err());
        let mut listener = ListeningSocket::new(ANY).unwrap();
        let now = Instant::now();
        assert!(listener.accept(port, now).is_err());
        assert!(listener.accept(port, now + AGAIN).unwrap().is_none());
        drop(other);
        assert!(listener.accept(port, now + 3 * AGAIN).unwrap().is_none());
        assert!(listener.wait_on().is_some());
    }
}

//! The simulated board's antenna: UDP datagrams to it are what a sender of ESP-TOUCH sends to everybody in the network of
//! the protected access point; only their lengths are looked at.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::Instant;

use crate::air::{Air, AirFrame, AirSpec};

/// Datagrams that are taken at once; a sender sends 125 a second.
const AT_ONCE: usize = 256;
/// Longer ones are cut: no sender sends them.
const LONGEST: usize = 2048;

/// An open antenna.
#[derive(Debug)]
pub struct Antenna {
    socket: UdpSocket,
    air: Air,
    since: Instant,
}

impl Antenna {
    /// Opens it at this address of this computer.
    ///
    /// # Errors
    /// When the port is another program's.
    pub fn open(at: SocketAddrV4, channel: u8) -> io::Result<Self> {
        let socket = UdpSocket::bind(at)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, air: Air::new(AirSpec::new(channel)), since: Instant::now() })
    }

    /// Where it is.
    pub fn address(&self) -> Option<SocketAddr> {
        self.socket.local_addr().ok()
    }

    /// What has been heard since the last time.
    pub fn hear(&mut self, now: Instant) -> Vec<AirFrame> {
        let elapsed = now.saturating_duration_since(self.since).as_micros();
        let now = u64::try_from(elapsed).unwrap_or(u64::MAX);
        let mut buffer = [0; LONGEST];
        for _ in 0..AT_ONCE {
            match self.socket.recv(&mut buffer) {
                Ok(length) => self.air.send(u16::try_from(length).unwrap_or(u16::MAX), now),
                // The closed port of a sender that is gone is told here too.
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
                Err(_) => break,
            }
        }
        std::iter::from_fn(|| self.air.hear(now)).collect()
    }

    /// Sends a datagram; whether it left.
    pub fn answer(&self, to: SocketAddrV4, bytes: &[u8]) -> bool {
        self.socket.send_to(bytes, to).is_ok_and(|sent| sent == bytes.len())
    }

    /// What to wait on.
    pub fn wait_on(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

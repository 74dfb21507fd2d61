//! The socket of multicast DNS, on the loopback interface alone: a board that is not there is nobody else's business.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::{AsFd as _, BorrowedFd};

use espalier_board::{Advert, AnswerTo, MDNS_GROUP, MDNS_PORT, Mdns, MdnsPacket, Time};
use socket2::{Domain, Protocol, Socket, Type};

/// As much as is looked at in one turn; more waits in the socket's buffer, or is lost there.
const TURN: usize = 32;
/// The longest datagram that is looked at (RFC 6762, section 17).
const LONGEST: usize = 9000;

/// What the board says of itself, and the socket for it.
#[derive(Debug)]
pub struct MdnsSocket {
    socket: UdpSocket,
    buffer: Box<[u8]>,
}

impl MdnsSocket {
    /// Joins the group on the loopback interface. Other programs of this computer share the port.
    ///
    /// # Errors
    /// Another program has the port for itself, or the system multicasts nothing there.
    pub fn new() -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_reuse_address(true)?;
        socket.set_reuse_port(true)?;
        // The group, not any address: what is sent to this computer alone is for others who share the port.
        socket.bind(&SocketAddrV4::new(MDNS_GROUP, MDNS_PORT).into())?;
        socket.join_multicast_v4(&MDNS_GROUP, &Ipv4Addr::LOCALHOST)?;
        socket.set_multicast_if_v4(&Ipv4Addr::LOCALHOST)?;
        socket.set_multicast_loop_v4(true)?;
        socket.set_multicast_ttl_v4(255)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket: socket.into(), buffer: vec![0; LONGEST].into() })
    }

    /// Says what is to be said, and answers who has asked.
    pub fn turn(&mut self, mdns: &mut Mdns, advert: Option<Advert>, now: Time) {
        let mut packet = MdnsPacket::new();
        let group = SocketAddr::from((MDNS_GROUP, MDNS_PORT));
        while mdns.tell(advert.clone(), now, &mut packet) {
            self.send(&packet, group);
        }
        for _ in 0..TURN {
            let Ok((length, from)) = self.socket.recv_from(&mut self.buffer) else { return };
            // From another interface: Linux gives a socket whatever another one has joined.
            let is_here = matches!(from.ip(), IpAddr::V4(ip) if ip.is_loopback());
            let query = self.buffer.get(..length).filter(|_| is_here).unwrap_or_default();
            match mdns.answer(query, from, now, &mut packet) {
                Some(AnswerTo::Group) => self.send(&packet, group),
                Some(AnswerTo::Asker) => self.send(&packet, from),
                None => {}
            }
        }
    }

    fn send(&self, packet: &[u8], to: SocketAddr) {
        // What is lost is said again to whoever asks.
        self.socket.send_to(packet, to).ok();
    }

    /// To wait on.
    pub fn wait_on(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

//! Multicast DNS (RFC 6762, RFC 6763): the board's name on the network, and that it serves there.
//!
//! `HOSTNAME.local` has its address, and `HOSTNAME._espalier._tcp.local` says where its server listens and what it is. It is
//! announced twice whenever that changes, a second apart, and told to whoever asks. Pure: datagrams in, datagrams out; the
//! glue owns the socket.
//!
//! Not done, because a name that is made from the MAC address has no rival: probing before a name is used. Where two boards
//! are given one hostname, both answer to it.

mod message;

pub use message::MDNS_MAX;

use crate::{api::Address, time::Time};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use espalier_protocol::command::{Hostname, Name};
use heapless::Vec;
use message::{Asked, Records, Style};

/// UDP port of multicast DNS.
pub const MDNS_PORT: u16 = 5353;
/// Its multicast group.
pub const MDNS_GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);

/// How often what is new is announced.
const ANNOUNCEMENTS: u8 = 2;
/// Between two of them, and at least between two times that a record is multicast, milliseconds.
const PAUSE_MS: u64 = 1_000;

/// A datagram to send, at most [`MDNS_MAX`] bytes.
pub type MdnsPacket = Vec<u8, MDNS_MAX>;

/// What a board says of itself on its network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advert {
    /// Its name there, without `.local`.
    pub hostname: Hostname,
    /// Where it is.
    pub address: Address,
    /// Where its server listens; 0: it has none now (mode `client`; RFC 6763, section 8), and takes updates; `None`: nor does it
    /// take any.
    pub port: Option<u16>,
    /// Its name for people; may be empty.
    pub name: Name,
    /// Its program.
    pub app: &'static str,
    /// The program's version.
    pub version: &'static str,
    /// The chip.
    pub chip: &'static str,
    /// Where it takes updates; `None`: it takes none.
    pub update: Option<u16>,
}

/// Where an answer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerTo {
    /// To [`MDNS_GROUP`], port [`MDNS_PORT`].
    Group,
    /// To whoever has asked.
    Asker,
}

/// When what is told.
#[derive(Debug, Clone, Default)]
pub struct Mdns {
    /// What was announced last, or is about to be.
    told: Option<Advert>,
    /// Announcements that are still to come.
    left: u8,
    due: Time,
    /// What was multicast last, and when.
    last: Option<(Time, Records)>,
}

impl Mdns {
    /// Says nothing yet.
    pub const fn new() -> Self {
        Self { told: None, left: 0, due: Time::ZERO, last: None }
    }

    /// Writes what is to be multicast now into `packet`: an announcement, or the goodbye of a name that the board has no more;
    /// `false`: nothing. Call it again after [`true`], when the advert may have changed, and when [`Self::poll_at`] is reached.
    pub fn tell(&mut self, advert: Option<Advert>, now: Time, packet: &mut MdnsPacket) -> bool {
        if self.told != advert {
            let before = core::mem::replace(&mut self.told, advert);
            (self.left, self.due) = (ANNOUNCEMENTS, now);
            self.last = None;
            // Off the network nobody hears a goodbye.
            if let (Some(before), Some(there)) = (before, &self.told)
                && (before.hostname != there.hostname
                    || before.port.is_some() && there.port.is_none())
            {
                return message::write(packet, &before, Records::ALL, Style::Goodbye);
            }
        }
        match &self.told {
            Some(advert) if self.left > 0 && now >= self.due => {
                self.left -= 1;
                self.due = now + PAUSE_MS;
                self.last = Some((now, Records::ALL));
                message::write(packet, advert, Records::ALL, Style::Multicast)
            }
            _ => false,
        }
    }

    /// When [`Self::tell`] is due, if nothing changes.
    pub const fn poll_at(&self) -> Option<Time> {
        if self.left > 0 && self.told.is_some() { Some(self.due) } else { None }
    }

    /// Takes a datagram that came to the port, and writes what is to be answered into `packet`; `None`: nothing is. Whoever asks
    /// from another network gets no answer; who asks for what was multicast within the last second gets one of his own, if he
    /// said that it would do.
    pub fn answer(
        &mut self,
        query: &[u8],
        from: SocketAddr,
        now: Time,
        packet: &mut MdnsPacket,
    ) -> Option<AnswerTo> {
        let advert = self.told.as_ref()?;
        let IpAddr::V4(ip) = from.ip() else { return None };
        if !advert.address.is_near(ip) {
            return None;
        }
        let Asked { records, unicast, id, question } = message::asked(query, advert)?;
        if from.port() != MDNS_PORT {
            // Somebody who knows DNS and no multicast: the answer is one that DNS would give.
            let style = Style::Legacy { id, question };
            return message::write(packet, advert, records, style).then_some(AnswerTo::Asker);
        }
        let told = self.last.filter(|(at, _)| now.since(*at) < PAUSE_MS);
        if told.is_some_and(|(_, told)| told.has_all(records)) {
            let written = unicast && message::write(packet, advert, records, Style::Multicast);
            return written.then_some(AnswerTo::Asker);
        }
        // Also who would do with an answer alone gets it so: several programs of a computer share the port, and the system
        // gives what is sent to it to one of them.
        self.last = Some((now, records));
        message::write(packet, advert, records, Style::Multicast).then_some(AnswerTo::Group)
    }
}

impl Address {
    /// Whether somebody is in the same network.
    fn is_near(&self, other: Ipv4Addr) -> bool {
        let host_bits = 32 - u32::from(self.prefix.min(32));
        let mask = u32::MAX.checked_shl(host_bits).unwrap_or(0);
        (self.ip.to_bits() ^ other.to_bits()) & mask == 0
    }
}

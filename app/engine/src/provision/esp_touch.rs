//! ESP-TOUCH v1: credentials for a board without a cable, told by the lengths of UDP packets that anybody in the air can see.
//!
//! This is the phone app's part. The packets go out as the system sends them; whether the access point passes them on
//! unaggregated and in order is between it and the radio, and no test here can tell.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

pub use espalier_core::board::{EspTouchBoard, EspTouchFault};
use espalier_protocol::esptouch::{
    ACK_PORT, Datum, PACKET_INTERVAL_MS, PORT, destination, parse_ack,
};

use socket2::SockRef;

use super::console::Deadline;

/// The longest packet.
const LONGEST: usize = 1024;
/// Datagrams that are looked at between two packets of ours: whoever floods us stops neither sending nor cancelling.
const LOOKED_AT: usize = 32;

/// What is to be told, and how.
#[derive(Clone, Copy)]
pub struct EspTouchSpec<'a> {
    /// The 2.4 GHz network: 1 to 32 bytes.
    pub ssid: &'a str,
    /// The network's password, at most 64 bytes; empty for an open network.
    pub password: &'a str,
    /// The access point's address, so that the board joins the same one.
    pub bssid: [u8; 6],
    /// Our address in that network; `None`: the one from which the system would send.
    pub from: Option<Ipv4Addr>,
    /// Where packets go; `None`: to the multicast groups of the phone app, port 7001.
    pub to: Option<SocketAddr>,
    /// Where the board's answer is awaited; [`ACK_PORT`] except in tests.
    pub ack_port: u16,
}

impl<'a> EspTouchSpec<'a> {
    /// As the phone app does it.
    pub const fn new(ssid: &'a str, password: &'a str, bssid: [u8; 6]) -> Self {
        Self { ssid, password, bssid, from: None, to: None, ack_port: ACK_PORT }
    }
}

impl std::fmt::Debug for EspTouchSpec<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EspTouchSpec").field("ssid", &self.ssid).finish_non_exhaustive()
    }
}

/// A sending that is ready to begin: its sockets are open.
#[derive(Debug)]
pub struct EspTouchSender {
    datum: Datum,
    from: Ipv4Addr,
    sender: UdpSocket,
    listener: UdpSocket,
    to: Option<SocketAddr>,
}

impl EspTouchSender {
    /// Opens the sockets.
    ///
    /// # Errors
    /// Credentials that cannot be told, no address in a network, or another program that waits for the same answer.
    pub fn open(spec: &EspTouchSpec<'_>) -> Result<Self, EspTouchFault> {
        let EspTouchSpec { ssid, password, bssid, from, to, ack_port } = *spec;
        let from = match from {
            Some(from) => from,
            None => own_address(to).map_err(|error| EspTouchFault::NoAddress(error.to_string()))?,
        };
        let datum = Datum::new(ssid.as_bytes(), password.as_bytes(), bssid, from)
            .map_err(EspTouchFault::Datum)?;
        let sender = UdpSocket::bind((from, 0)).map_err(send)?;
        sender.set_broadcast(true).map_err(send)?;
        if to.is_none_or(|to| to.ip().is_multicast()) {
            // The address alone does not choose the way of a multicast everywhere (Windows, macOS).
            SockRef::from(&sender).set_multicast_if_v4(&from).map_err(send)?;
        }
        // The answer comes to this address, but systems differ in what else they let in.
        let listener = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, ack_port)).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        Ok(Self { datum, from, sender, listener, to })
    }

    /// Where the board's answer is awaited.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn awaits_at(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Sends, one packet each 8 ms, until a board answers: at most 45 s, as the phone app does.
    ///
    /// # Errors
    /// Nobody answered, the user gave up, or the network failed.
    pub fn send(&self, deadline: Deadline<'_>) -> Result<EspTouchBoard, EspTouchFault> {
        let mut first = None;
        self.send_to(1, deadline, |touched| first = Some(touched))?;
        first.ok_or(EspTouchFault::NoAnswer)
    }

    /// The same, until so many boards have answered; each is `found` once. Some are better than none: it ends well with fewer.
    ///
    /// # Errors
    /// As for [`Self::send`].
    pub fn send_to(
        &self,
        boards: u8,
        deadline: Deadline<'_>,
        mut found: impl FnMut(EspTouchBoard),
    ) -> Result<(), EspTouchFault> {
        let mut answered = BTreeSet::new();
        let mut all_answered = || {
            while let Some(touched) = self.answer()? {
                if answered.insert(touched.mac) {
                    found(touched);
                }
                if answered.len() >= usize::from(boards) {
                    return Ok(true);
                }
            }
            if deadline.cancel.load(Ordering::Relaxed) {
                return Err(EspTouchFault::Cancelled);
            }
            Ok(false)
        };
        let filler = [b'1'; LONGEST];
        let interval = Duration::from_millis(PACKET_INTERVAL_MS);
        let mut due = Instant::now();
        for (number, length) in (0..).zip(self.datum.schedule()) {
            if all_answered()? {
                return Ok(());
            }
            let now = Instant::now();
            if now >= deadline.until {
                break;
            }
            std::thread::sleep(due.saturating_duration_since(now));
            let to = self.to.unwrap_or_else(|| (destination(number), PORT).into());
            let packet = filler.get(..usize::from(length)).unwrap_or(&filler);
            match self.sender.send_to(packet, to) {
                Ok(_) => {}
                // A full queue, or the closed port of a test's other end: the next one may pass.
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(send(error)),
            }
            // After a pause of the system's we go on at the same pace: a burst would be one heap of lengths.
            due = (due + interval).max(Instant::now());
        }
        // A board may still be joining when the last packet is gone.
        while !all_answered()? {
            if Instant::now() >= deadline.until {
                return if answered.is_empty() { Err(EspTouchFault::NoAnswer) } else { Ok(()) };
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// An answer to these credentials, if one is there; all others are ignored.
    fn answer(&self) -> Result<Option<EspTouchBoard>, EspTouchFault> {
        let mut buffer = [0; 64];
        for _ in 0..LOOKED_AT {
            match self.listener.recv_from(&mut buffer) {
                Ok((count, _)) => {
                    let packet = buffer.get(..count).unwrap_or_default();
                    let answer = parse_ack(self.datum.total(), packet);
                    if let Some((mac, ip)) = answer.filter(|(_, ip)| self.is_place(*ip)) {
                        return Ok(Some(EspTouchBoard { mac, ip }));
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(listen(error)),
            }
        }
        Ok(None)
    }

    /// Whether a board can be there: an address of one host, and of this computer only for who sends to it.
    const fn is_place(&self, ip: Ipv4Addr) -> bool {
        !(ip.is_unspecified() || ip.is_multicast() || ip.is_broadcast())
            && (!ip.is_loopback() || self.from.is_loopback())
    }
}

/// The address from which the system would send there. Nothing is sent for that.
fn own_address(to: Option<SocketAddr>) -> io::Result<Ipv4Addr> {
    let probe = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    probe.connect(to.unwrap_or_else(|| (destination(0), PORT).into()))?;
    match probe.local_addr()?.ip() {
        IpAddr::V4(ip) => Ok(ip),
        IpAddr::V6(_) => Err(ErrorKind::AddrNotAvailable.into()),
    }
}

fn is_passing(error: &io::Error) -> bool {
    // Windows tells the sender's socket of an ICMP "port unreachable" as a reset.
    matches!(
        error.kind(),
        ErrorKind::WouldBlock
            | ErrorKind::Interrupted
            | ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::OutOfMemory
    )
}

fn send(error: io::Error) -> EspTouchFault {
    EspTouchFault::Send(error.to_string())
}

fn listen(error: io::Error) -> EspTouchFault {
    EspTouchFault::Listen(error.to_string())
}

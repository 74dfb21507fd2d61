//! The network interface, with an eye on resets: smoltcp forgets whether a peer reset a connection or was given up
//! after its silence, and the console has to say which.

use core::cell::RefCell;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::task::Context;

use embassy_net::driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken};
use embassy_sync::blocking_mutex::Mutex;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use esp_radio::wifi::Interface;

/// The last peers that reset a connection; there are never more connections than this.
const KEPT: usize = espalier_board::SOCKETS_MAX;

struct Resets {
    peers: [Option<SocketAddr>; KEPT],
    next: usize,
}

static RESETS: Mutex<CriticalSectionRawMutex, RefCell<Resets>> =
    Mutex::new(RefCell::new(Resets { peers: [None; KEPT], next: 0 }));

/// Whether this peer reset its connection. Asked once.
pub fn was_reset(peer: SocketAddr) -> bool {
    RESETS.lock(|resets| {
        let mut resets = resets.borrow_mut();
        let seen = resets.peers.iter_mut().find(|seen| **seen == Some(peer));
        seen.map(|seen| *seen = None).is_some()
    })
}

/// Notes the sender of a TCP reset in an Ethernet frame.
fn note(frame: &[u8]) {
    let Some(peer) = reset(frame) else { return };
    RESETS.lock(|resets| {
        let Resets { peers, next } = &mut *resets.borrow_mut();
        peers[*next % KEPT] = Some(peer);
        *next += 1;
    });
}

/// The sender, if the frame is a TCP reset over IPv4.
fn reset(frame: &[u8]) -> Option<SocketAddr> {
    let packet = frame.get(14..).filter(|_| frame[12..14] == [0x08, 0x00])?;
    let header = usize::from(packet.first()? & 0x0f) * 4;
    let segment = packet.get(header..).filter(|_| packet.get(9) == Some(&6))?;
    let ip: [u8; 4] = packet.get(12..16)?.try_into().ok()?;
    let port: [u8; 2] = segment.get(..2)?.try_into().ok()?;
    let is_reset = segment.get(13)? & 0x04 != 0;
    is_reset.then(|| SocketAddr::new(IpAddr::V4(Ipv4Addr::from(ip)), u16::from_be_bytes(port)))
}

/// The radio's interface, watched.
pub struct RstSniffer(pub Interface);

/// A frame that came, watched.
pub struct SniffedToken<T>(T);

impl<T: RxToken> RxToken for SniffedToken<T> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, take: F) -> R {
        self.0.consume(|frame| {
            note(frame);
            take(frame)
        })
    }
}

impl Driver for RstSniffer {
    type RxToken<'a> = SniffedToken<<Interface as Driver>::RxToken<'a>>;
    type TxToken<'a> = <Interface as Driver>::TxToken<'a>;

    fn receive(&mut self, cx: &mut Context<'_>) -> Option<(Self::RxToken<'_>, Self::TxToken<'_>)> {
        let (rx, tx) = Driver::receive(&mut self.0, cx)?;
        Some((SniffedToken(rx), tx))
    }

    fn transmit(&mut self, cx: &mut Context<'_>) -> Option<Self::TxToken<'_>> {
        Driver::transmit(&mut self.0, cx)
    }

    fn link_state(&mut self, cx: &mut Context<'_>) -> LinkState {
        self.0.link_state(cx)
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    fn hardware_address(&self) -> HardwareAddress {
        self.0.hardware_address()
    }
}

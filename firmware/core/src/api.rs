//! What glue and board say to each other: events in, actions and duties out.

use crate::{ota::OtaEvent, wifi::JoinId};
use core::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use espalier_protocol::{
    Auth, CloseCause, DialFault, JoinFault, Panel, Reset,
    command::{Addressing, Credentials},
};

/// Clients that may be served at once: members of its chat room, too.
pub const MEMBERS: usize = if cfg!(feature = "four-clients") { 4 } else { 8 };

/// Connections that a board may have at once: those served, and one that waits.
pub const SOCKETS_MAX: usize = MEMBERS + 1;

/// What the board is; constant while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Name of the program.
    pub app: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The chip: `esp32c3`.
    pub chip: &'static str,
    /// Its station MAC address.
    pub mac: [u8; 6],
    /// Why it started.
    pub reset: Reset,
    /// Sockets that the glue has, 2 to [`SOCKETS_MAX`]: one more than the highest limit of clients.
    pub sockets: u8,
}

/// The number of a socket, which has one connection at a time; below [`Identity::sockets`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketIndex(pub u8);

/// An address of the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    /// The address.
    pub ip: Ipv4Addr,
    /// Length of the network prefix.
    pub prefix: u8,
    /// The way out.
    pub gateway: Option<Ipv4Addr>,
}

/// One network that a scan found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network<'a> {
    /// Its name; empty when hidden.
    pub ssid: &'a str,
    /// Signal, dBm.
    pub rssi: i8,
    /// Radio channel.
    pub channel: Option<u8>,
    /// Its protection.
    pub auth: Auth,
}

/// What happened outside.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Time passed: send it when [`crate::Board::poll_at`] is reached, or more often.
    Tick,

    /// [`Action::Join`] succeeded, but for the address.
    Joined {
        /// Which attempt.
        id: JoinId,
        /// Signal, dBm.
        rssi: Option<i8>,
        /// Radio channel.
        channel: Option<u8>,
    },
    /// [`Action::Join`] failed.
    JoinFailed {
        /// Which attempt.
        id: JoinId,
        /// Why.
        fault: JoinFault,
    },
    /// The network that is being joined asks for no password, though one was given: told before
    /// [`Event::Joined`].
    OpenNetwork {
        /// Which attempt.
        id: JoinId,
    },
    /// The joined network went away by itself.
    WifiLost,
    /// The board's address, or that it has none any more. Sent after each [`Event::Joined`], fixed
    /// addresses included.
    Address(Option<Address>),
    /// A network, in answer to [`Action::Scan`].
    Network(Network<'a>),
    /// The scan is over; `false` if the radio could not.
    ScanDone(bool),
    /// Credentials from outside: tried, and stored if they lead to an address.
    Credentials {
        /// How they came, for the log.
        from: &'static str,
        /// What to try.
        credentials: Credentials,
    },

    /// A client connected to a socket whose duty was [`Duty::Listen`].
    Accepted {
        /// Where.
        socket: SocketIndex,
        /// Who.
        peer: SocketAddr,
    },
    /// A client connected and had to be turned away by the glue itself.
    TurnedAway {
        /// Who.
        peer: SocketAddr,
    },
    /// [`Duty::Dial`] succeeded.
    Connected {
        /// Where.
        socket: SocketIndex,
        /// The address behind the name.
        peer: SocketAddr,
    },
    /// [`Duty::Dial`] failed.
    DialFailed {
        /// Where.
        socket: SocketIndex,
        /// Why.
        fault: DialFault,
    },
    /// The connection of this socket is over and the socket free, whoever ended it.
    Closed {
        /// Where.
        socket: SocketIndex,
        /// Why, as far as the glue knows; the board knows better when it asked for it.
        cause: CloseCause,
    },

    /// [`Action::Save`] is done; `false` if the store could not.
    Saved(bool),
    /// [`Action::Answer`] is done; `false` if the datagram could not be sent.
    Answered(bool),
    /// Figures for `status`; about once a second is enough.
    Gauges(Gauges),
    /// There is a display.
    Panel(Panel),
    /// Something happened in the conversation with whoever updates the program.
    Ota(OtaEvent),
    /// [`Action::Confirm`] is done; `false` if the flash could not.
    Confirmed(bool),
}

/// Figures that only the glue knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gauges {
    /// Free heap, bytes.
    pub heap: Option<u32>,
    /// Least free heap so far, bytes.
    pub heap_min: Option<u32>,
    /// Least free stack of the main thread so far, bytes.
    pub stack_min: Option<u32>,
    /// Share of the last second in which the program's tasks were at work, percent.
    pub busy: Option<u8>,
    /// Signal, dBm.
    pub rssi: Option<i8>,
}

/// What the glue should do once, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Leave whatever network, join this one; answer with [`Event::Joined`] or
    /// [`Event::JoinFailed`], then [`Event::Address`].
    Join {
        /// To be repeated in the answer.
        id: JoinId,
        /// What to join.
        credentials: Credentials,
        /// How to come to an address.
        addressing: Addressing,
    },
    /// Leave the network, stop joining. No answer.
    Leave,
    /// Look for networks; answer with [`Event::Network`]s and [`Event::ScanDone`].
    Scan,
    /// Store [`crate::Board::record`]; answer with [`Event::Saved`]. There is no other before the
    /// answer.
    Save,
    /// Send this by UDP, from any port; answer with [`Event::Answered`].
    Answer {
        /// The sender of ESP-TOUCH.
        to: SocketAddrV4,
        /// The whole datagram.
        bytes: [u8; 11],
    },
    /// Have the boot loader keep the running program ([`crate::BootSlots::confirm`]); answer with [`Event::Confirmed`].
    Confirm,
    /// Print what is in [`crate::Board::output`], then restart the chip. It waits for
    /// [`Event::Saved`] by itself, and for the end of every connection, a second at most.
    Restart,
}

/// What one socket should do now. It is a state, not a command: the glue compares it with what the
/// socket does, whenever the board was told something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty<'a> {
    /// Have no socket open.
    Idle,
    /// Wait for one client on this port.
    Listen {
        /// TCP port.
        port: u16,
    },
    /// Connect to this host.
    Dial {
        /// Name or address.
        host: &'a str,
        /// TCP port.
        port: u16,
    },
    /// Move bytes.
    Serve(Flow),
    /// Close in order: nothing more is read, what was written still arrives. Report [`Event::Closed`]
    /// when the peer has closed, too, or after two seconds.
    Close,
    /// Close at once, with a reset, and report [`Event::Closed`].
    Abort,
}

/// How bytes move on a connection now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    /// Bytes that may be read now, at most; 0 is: do not read.
    pub read: usize,
    /// What to write.
    pub write: Write,
}

impl Flow {
    /// Neither read nor write: the connection waits, its bytes stay in the network stack.
    pub const HOLD: Self = Self { read: 0, write: Write::Nothing };
}

/// What to write on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// Nothing.
    Nothing,
    /// What was read. As long as some of it is not written, do not read.
    Echo,
    /// What [`crate::Board::produce`] gives, at most so many bytes now.
    Produce(usize),
}

//! The board as a client: a name becomes an address, the address a connection.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use espalier_board::protocol::DialFault;
use socket2::{Domain, Socket, Type};

/// How long the other end has for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often the answer of a name server is looked for.
const LOOK: Duration = Duration::from_millis(20);

/// A connection that is being made.
#[derive(Debug)]
pub struct Dial {
    host: String,
    port: u16,
    state: DialState,
    until: Instant,
}

#[derive(Debug)]
enum DialState {
    Asking(Receiver<Option<SocketAddr>>),
    Connecting(Socket, SocketAddr),
}

impl Dial {
    /// Begins.
    ///
    /// # Errors
    /// What is wrong at once.
    pub fn new(host: &str, port: u16, now: Instant) -> Result<Self, DialFault> {
        let state = match host.parse() {
            Ok(ip) => connect(SocketAddr::new(ip, port))?,
            Err(_) => DialState::Asking(ask(host.to_owned(), port)?),
        };
        Ok(Self { host: host.to_owned(), port, state, until: now + PATIENCE })
    }

    /// Whether this is whom it dials.
    pub fn is_to(&self, host: &str, port: u16) -> bool {
        self.host == host && self.port == port
    }

    /// Goes on; the connection, once there is one.
    ///
    /// # Errors
    /// Why there will be none.
    pub fn turn(&mut self, now: Instant) -> Result<Option<(TcpStream, SocketAddr)>, DialFault> {
        if let DialState::Asking(answer) = &self.state {
            match answer.try_recv() {
                Ok(Some(peer)) => self.state = connect(peer)?,
                Ok(None) | Err(TryRecvError::Disconnected) => return Err(DialFault::Name),
                Err(TryRecvError::Empty) => {}
            }
        }
        if let DialState::Connecting(socket, peer) = &self.state {
            if let Some(error) = socket.take_error().map_err(|error| fault(&error))? {
                return Err(fault(&error));
            }
            if socket.peer_addr().is_ok() {
                let peer = *peer;
                return match socket.try_clone() {
                    Ok(socket) => Ok(Some((socket.into(), peer))),
                    Err(error) => Err(fault(&error)),
                };
            }
        }
        if now >= self.until { Err(DialFault::Timeout) } else { Ok(None) }
    }

    /// To wait on.
    pub fn wait_on(&self) -> Option<BorrowedFd<'_>> {
        match &self.state {
            DialState::Asking(_) => None,
            DialState::Connecting(socket, _) => Some(socket.as_fd()),
        }
    }

    /// When to look here without being woken.
    pub fn deadline(&self, now: Instant) -> Instant {
        match &self.state {
            DialState::Asking(_) => now + LOOK,
            DialState::Connecting(..) => self.until,
        }
    }
}

fn ask(host: String, port: u16) -> Result<Receiver<Option<SocketAddr>>, DialFault> {
    let (answer, answered) = sync_channel(1);
    let ask = move || {
        let found = (host.as_str(), port).to_socket_addrs().ok();
        // The board speaks IPv4 only.
        let found = found.and_then(|mut found| found.find(SocketAddr::is_ipv4));
        answer.send(found).ok();
    };
    let thread = thread::Builder::new().name("sim-dns".to_owned()).spawn(ask);
    thread.map(|_| answered).map_err(|_| DialFault::Other)
}

fn connect(peer: SocketAddr) -> Result<DialState, DialFault> {
    let connect = || {
        let socket = Socket::new(Domain::for_address(peer), Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        match socket.connect(&peer.into()) {
            Err(error) if !under_way(&error) => Err(error),
            _ => Ok(socket),
        }
    };
    connect().map(|socket| DialState::Connecting(socket, peer)).map_err(|error| fault(&error))
}

fn under_way(error: &io::Error) -> bool {
    let errno = rustix::io::Errno::from_io_error(error);
    error.kind() == io::ErrorKind::WouldBlock || errno == Some(rustix::io::Errno::INPROGRESS)
}

fn fault(error: &io::Error) -> DialFault {
    match error.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => DialFault::Refused,
        io::ErrorKind::TimedOut => DialFault::Timeout,
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            DialFault::Unreachable
        }
        _ => DialFault::Other,
    }
}

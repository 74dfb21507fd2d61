//! The sockets: one task for each does that socket's duty.
//!
//! There is no backlog: each client needs a socket that listens, so the one for whom none does is refused at once.

use core::net::{IpAddr, SocketAddr};
use core::pin::pin;

use embassy_futures::select::{Either, Either3, select, select3};
use embassy_futures::yield_now;
use embassy_net::dns::DnsQueryType;
use embassy_net::tcp::{ConnectError, State, TcpSocket};
use embassy_net::{IpAddress, IpEndpoint, Stack};
use embassy_time::{Duration, Timer, with_timeout};
use espalier_board::protocol::command::Host;
use espalier_board::protocol::line::Keepalive;
use espalier_board::protocol::{CloseCause, DialFault};
use espalier_board::{Duty, Event, Flow, SocketIndex, Write};

use crate::chip::{BUFFER, SOCKETS};
use crate::glue::Glue;
use crate::rst_sniffer;

/// Bytes of an echo on their way back.
const ECHO: usize = 512;
/// A peer that does not acknowledge the end of a connection is forgotten after this.
const FAREWELL: Duration = Duration::from_secs(2);
/// Dialling, and asking for a name's address, are given up after this.
const DIAL: Duration = Duration::from_secs(10);
/// How often a connection on which nothing may move is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// The memory of one socket.
pub struct SocketBuffers {
    rx: [u8; BUFFER],
    tx: [u8; BUFFER],
    echo: [u8; ECHO],
}

impl SocketBuffers {
    /// Nothing in it yet.
    pub const fn new() -> Self {
        Self { rx: [0; BUFFER], tx: [0; BUFFER], echo: [0; ECHO] }
    }
}

/// Does the duty of one socket.
#[embassy_executor::task(pool_size = SOCKETS)]
pub async fn run(
    glue: &'static Glue,
    stack: Stack<'static>,
    index: SocketIndex,
    buffers: &'static mut SocketBuffers,
) -> ! {
    let SocketBuffers { rx, tx, echo } = buffers;
    loop {
        let task = glue.duty(index, |duty| match duty {
            Duty::Listen { port } => Task::Listen(port),
            Duty::Dial { host, port } => Task::Dial(Host::try_from(host).unwrap_or_default(), port),
            Duty::Idle | Duty::Serve(_) | Duty::Close | Duty::Abort => Task::Nothing,
        });
        match task {
            Task::Nothing => glue.changed(index).await,
            Task::Listen(port) => {
                let mut connection = Connection::new(glue, index, stack, rx, tx);
                if let Some(peer) = connection.accept(port).await {
                    glue.tell(Event::Accepted { socket: index, peer });
                    connection.serve(echo).await;
                }
            }
            Task::Dial(host, port) => {
                let mut connection = Connection::new(glue, index, stack, rx, tx);
                match connection.dial(stack, &host, port).await {
                    Some(Ok(peer)) => {
                        glue.tell(Event::Connected { socket: index, peer });
                        connection.serve(echo).await;
                    }
                    Some(Err(fault)) => glue.tell(Event::DialFailed { socket: index, fault }),
                    None => {}
                }
            }
        }
    }
}

/// What a socket without a connection does.
enum Task {
    Nothing,
    Listen(u16),
    Dial(Host, u16),
}

/// A socket with its connection, once there is one.
struct Connection<'a> {
    glue: &'static Glue,
    index: SocketIndex,
    socket: TcpSocket<'a>,
    /// The time-outs that are set; setting them wakes the network stack.
    keepalive: Option<Keepalive>,
    /// The other end, once there is one.
    peer: Option<SocketAddr>,
}

impl<'a> Connection<'a> {
    fn new(
        glue: &'static Glue,
        index: SocketIndex,
        stack: Stack<'a>,
        rx: &'a mut [u8],
        tx: &'a mut [u8],
    ) -> Self {
        let mut it = Self {
            glue,
            index,
            socket: TcpSocket::new(stack, rx, tx),
            keepalive: None,
            peer: None,
        };
        it.keepalive();
        // An echo is an answer: it does not wait for more.
        it.socket.set_nagle_enabled(false);
        it
    }

    /// Sets the time-outs. smoltcp probes at one interval and gives up after one span, so it probes at the settings'
    /// interval from the start and gives up after idle + interval * count, as the settings promise.
    fn keepalive(&mut self) {
        let keepalive = keepalive(self.glue);
        if self.keepalive.replace(keepalive) == Some(keepalive) {
            return;
        }
        let patience = Duration::from_secs(keepalive.dead_after_s().into());
        self.socket.set_keep_alive(Some(Duration::from_secs(keepalive.interval_s.into())));
        self.socket.set_timeout(Some(patience));
    }

    /// Waits for a client; `None` when the socket is to do something else.
    async fn accept(&mut self, port: u16) -> Option<SocketAddr> {
        let (glue, index) = (self.glue, self.index);
        {
            let mut accepted = pin!(self.socket.accept(port));
            loop {
                match select(accepted.as_mut(), glue.changed(index)).await {
                    Either::First(Ok(())) => break,
                    Either::First(Err(_)) => {
                        // Port 0, or a socket that is still in use: neither can happen, and neither may spin.
                        Timer::after(LOOK).await;
                        return None;
                    }
                    // A socket keeps its old timer when the time-outs change: another one listens from then on.
                    Either::Second(())
                        if glue.duty(index, |duty| duty == Duty::Listen { port })
                            && self.keepalive == Some(keepalive(glue)) => {}
                    Either::Second(()) => return None,
                }
            }
        }
        // A client that is gone again before anybody looked has no address.
        self.peer = self.socket.remote_endpoint().map(address);
        // An older connection from the same port is none of this one's business.
        self.peer.inspect(|&peer| {
            rst_sniffer::was_reset(peer);
        })
    }

    /// Connects; `None` when the socket is to do something else.
    async fn dial(
        &mut self,
        stack: Stack<'_>,
        host: &str,
        port: u16,
    ) -> Option<Result<SocketAddr, DialFault>> {
        let (glue, index) = (self.glue, self.index);
        let dialled = async {
            let ip = match host.parse() {
                Ok(IpAddr::V4(ip)) => IpAddress::Ipv4(ip),
                Ok(IpAddr::V6(_)) => return Err(DialFault::Unreachable),
                Err(_) => {
                    let found = with_timeout(DIAL, stack.dns_query(host, DnsQueryType::A)).await;
                    let found = found.map_err(|_| DialFault::Name)?.map_err(|_| DialFault::Name)?;
                    *found.first().ok_or(DialFault::Name)?
                }
            };
            let peer = IpEndpoint::new(ip, port);
            match with_timeout(DIAL, self.socket.connect(peer)).await {
                Ok(Ok(())) => Ok(address(peer)),
                Ok(Err(ConnectError::ConnectionReset)) => Err(DialFault::Refused),
                Ok(Err(ConnectError::TimedOut)) | Err(_) => Err(DialFault::Timeout),
                Ok(Err(ConnectError::NoRoute)) => Err(DialFault::Unreachable),
                Ok(Err(ConnectError::InvalidState)) => Err(DialFault::Other),
            }
        };
        let otherwise = async {
            while glue.duty(
                index,
                |duty| matches!(duty, Duty::Dial { host: h, port: p } if h == host && p == port),
            ) {
                glue.changed(index).await;
            }
        };
        match select(dialled, otherwise).await {
            Either::First(result) => {
                self.peer = result.ok();
                Some(result)
            }
            Either::Second(()) => None,
        }
    }

    /// Moves bytes as the board says, until the connection is over; tells the board.
    async fn serve(&mut self, echo: &mut [u8; ECHO]) {
        let cause = self.moving(echo).await;
        if matches!(cause, CloseCause::Peer | CloseCause::Chat) {
            self.socket.close();
        } else {
            self.socket.abort();
        }
        // Whether the peer acknowledges is of no consequence; the socket is free afterwards.
        let _ = with_timeout(FAREWELL, self.socket.flush()).await;
        self.socket.abort();
        let _ = with_timeout(LOOK, self.socket.flush()).await;
        self.glue.tell(Event::Closed { socket: self.index, cause });
    }

    async fn moving(&mut self, echo: &mut [u8; ECHO]) -> CloseCause {
        let (glue, index) = (self.glue, self.index);
        // Bytes of `echo` that are still to be written.
        let mut held = 0..0;
        loop {
            let flow = glue.duty(index, |duty| match duty {
                Duty::Serve(flow) => Ok(flow),
                Duty::Close => Err(CloseCause::Chat),
                _ => Err(CloseCause::Other),
            });
            let Flow { read, write } = match flow {
                Ok(flow) => flow,
                Err(cause) => return cause,
            };
            self.keepalive();
            if let Some(cause) = self.over(held.is_empty()) {
                return cause;
            }
            let (mut reader, mut writer) = self.socket.split();
            let nothing = select(glue.changed(index), Timer::after(LOOK));
            if !held.is_empty() {
                match select(writer.write(&echo[held.clone()]), nothing).await {
                    Either::First(Ok(n)) => {
                        held.start += n;
                        glue.with(|board, _| board.sent(index, n));
                    }
                    Either::First(Err(_)) => return self.gone(),
                    Either::Second(_) => {}
                }
                continue;
            }
            let most = match write {
                Write::Produce(most) => most,
                Write::Nothing | Write::Echo => 0,
            };
            let back = write == Write::Echo;
            let reads = async {
                if read == 0 {
                    return core::future::pending().await;
                }
                let take = |bytes: &mut [u8]| {
                    let n = bytes.len().min(read).min(if back { ECHO } else { usize::MAX });
                    if back {
                        echo[..n].copy_from_slice(&bytes[..n]);
                    }
                    glue.with(|board, now| board.received(index, &bytes[..n], now));
                    (n, n)
                };
                reader.read_with(take).await
            };
            let writes = async {
                if most == 0 {
                    return core::future::pending().await;
                }
                let make = |room: &mut [u8]| {
                    let n = room.len().min(most);
                    let made = glue.with(|board, now| {
                        let made = board.produce(index, &mut room[..n], now);
                        board.sent(index, made);
                        made
                    });
                    (made, made)
                };
                writer.write_with(make).await
            };
            match select3(reads, writes, nothing).await {
                Either3::First(Ok(n)) if back => held = 0..n,
                Either3::First(Ok(_)) | Either3::Second(Ok(_)) | Either3::Third(_) => {}
                // The other side is done or gone: the state says which.
                Either3::First(Err(_)) | Either3::Second(Err(_)) => {
                    return self.over(true).unwrap_or_else(|| self.gone());
                }
            }
            // A fast peer and a fast board would otherwise leave no turn to the others.
            yield_now().await;
        }
    }

    /// Whether the connection is over, and why. What was received and not read yet keeps it.
    fn over(&self, written: bool) -> Option<CloseCause> {
        match self.socket.state() {
            State::Closed | State::TimeWait => Some(self.gone()),
            State::CloseWait if written && self.socket.recv_queue() == 0 => Some(CloseCause::Peer),
            _ => None,
        }
    }

    /// Why a connection was cut: by the peer, or given up after its silence.
    fn gone(&self) -> CloseCause {
        let reset = self.peer.is_none_or(rst_sniffer::was_reset);
        if reset { CloseCause::Reset } else { CloseCause::Timeout }
    }
}

/// The time-outs that are set.
fn keepalive(glue: &Glue) -> Keepalive {
    glue.read(|board, _| board.settings().keepalive)
}

fn address(endpoint: IpEndpoint) -> SocketAddr {
    let IpAddress::Ipv4(ip) = endpoint.addr;
    SocketAddr::new(IpAddr::V4(ip), endpoint.port)
}

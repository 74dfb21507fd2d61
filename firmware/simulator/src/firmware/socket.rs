//! One socket of the board, and its connection.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::{Duration, Instant};

use espalier_board::protocol::CloseCause;
use espalier_board::protocol::line::Keepalive;
use espalier_board::{Board, Duty, Flow, SocketIndex, Time, Write};
use rustix::event::PollFlags;
use socket2::{SockRef, TcpKeepalive};

use super::dial::Dial;

/// As much as a chip has for each socket and direction.
const BUFFER: usize = 4096;
/// As much as one socket does before the others have their turn.
const TURN: usize = 64 * 1024;
/// How long a peer has to close, too, once the board has.
const FAREWELL: Duration = Duration::from_secs(2);
/// How often a client that waits is looked at: its bytes stay unread, so they would wake us forever.
const LOOK: Duration = Duration::from_millis(100);

/// What one of the board's sockets does.
#[derive(Debug, Default)]
pub enum SocketState {
    /// No socket.
    #[default]
    Free,
    /// The board dials.
    Dialling(Dial),
    /// A connection.
    Open(Conn),
}

/// A connection.
#[derive(Debug)]
pub struct Conn {
    stream: TcpStream,
    /// What is still to be written, from `at` on, before anything else is done.
    pending: Vec<u8>,
    at: usize,
    ended: bool,
    /// Until when the peer has time to close, too, once the board closes.
    farewell: Option<Instant>,
}

impl Conn {
    /// Takes a connected socket.
    pub fn new(stream: TcpStream, keepalive: Keepalive) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        let probes = TcpKeepalive::new()
            .with_time(Duration::from_secs(keepalive.idle_s.into()))
            .with_interval(Duration::from_secs(keepalive.interval_s.into()))
            .with_retries(keepalive.count.into());
        // As close as the system allows.
        SockRef::from(&stream).set_tcp_keepalive(&probes).ok();
        Ok(Self { stream, pending: Vec::new(), at: 0, ended: false, farewell: None })
    }

    /// Moves bytes as the board wants; gives why the connection is over, once it is.
    pub fn serve(
        &mut self,
        board: &mut Board,
        socket: SocketIndex,
        now: Time,
    ) -> Option<CloseCause> {
        let mut moved = 0;
        while moved < TURN {
            match self.step(board, socket, now) {
                Ok(Some(n)) => moved += n,
                Ok(None) => return self.ended.then_some(CloseCause::Peer),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Some(cause(&error)),
            }
        }
        None
    }

    /// Moves some bytes; `None`: there is nothing to move.
    fn step(
        &mut self,
        board: &mut Board,
        socket: SocketIndex,
        now: Time,
    ) -> io::Result<Option<usize>> {
        if self.at < self.pending.len() {
            return self.write(board, socket).map(Some);
        }
        let Duty::Serve(flow) = board.duty(socket, now) else {
            return Ok(None);
        };
        if self.ended {
            return Ok(None);
        }
        let produced = match flow.write {
            Write::Produce(most) => {
                self.pending.resize(most.min(BUFFER), 0);
                self.at = 0;
                let n = board.produce(socket, &mut self.pending, now);
                self.pending.truncate(n);
                n
            }
            Write::Echo | Write::Nothing => 0,
        };
        if flow.read == 0 {
            if flow == Flow::HOLD {
                self.look()?;
            }
            return Ok((produced > 0).then_some(0));
        }
        let mut buffer = [0; BUFFER];
        match self.stream.read(&mut buffer[..flow.read.min(BUFFER)]) {
            Ok(0) => {
                self.ended = true;
                Ok(Some(0))
            }
            Ok(n) => {
                let bytes = &buffer[..n];
                board.received(socket, bytes, now);
                if flow.write == Write::Echo {
                    self.pending.clear();
                    self.pending.extend_from_slice(bytes);
                    self.at = 0;
                }
                Ok(Some(n))
            }
            // What was produced is written first; the reading goes on after it.
            Err(error) if produced > 0 && error.kind() == io::ErrorKind::WouldBlock => Ok(Some(0)),
            Err(error) => Err(error),
        }
    }

    /// Writes some of what is pending.
    fn write(&mut self, board: &mut Board, socket: SocketIndex) -> io::Result<usize> {
        let n = self.stream.write(&self.pending[self.at..])?;
        if n == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.at += n;
        board.sent(socket, n);
        Ok(n)
    }

    /// Closes in order: what is pending is still written, what comes is thrown away. Whether that is over.
    pub fn close(&mut self, board: &mut Board, socket: SocketIndex, now: Instant) -> bool {
        let is_late = now >= *self.farewell.get_or_insert(now + FAREWELL);
        let mut buffer = [0; BUFFER];
        for _ in 0..TURN / BUFFER {
            let done = if self.at < self.pending.len() {
                self.write(board, socket).map(|_| false)
            } else {
                // Doing it again changes nothing.
                self.stream.shutdown(Shutdown::Write).ok();
                self.stream.read(&mut buffer).map(|n| n == 0)
            };
            match done {
                Ok(true) => return true,
                Ok(false) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return is_late,
                Err(_) => return true,
            }
        }
        is_late
    }

    /// Looks at a client that waits, without taking its bytes.
    fn look(&mut self) -> io::Result<()> {
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        self.ended = self.stream.peek(&mut [0])? == 0;
        Ok(())
    }

    /// Closes with a reset.
    pub fn abort(self) {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).ok();
    }

    fn wants(&self, duty: Duty<'_>) -> PollFlags {
        if self.at < self.pending.len() {
            return PollFlags::OUT;
        }
        let flow = match duty {
            Duty::Serve(flow) => flow,
            Duty::Close => return PollFlags::IN,
            _ => return PollFlags::empty(),
        };
        let mut wants = PollFlags::empty();
        if flow.read > 0 {
            wants |= PollFlags::IN;
        }
        if let Write::Produce(_) = flow.write {
            wants |= PollFlags::OUT;
        }
        wants
    }
}

impl SocketState {
    /// The connection's socket.
    pub fn into_stream(self) -> Option<TcpStream> {
        match self {
            Self::Open(conn) => Some(conn.stream),
            Self::Free | Self::Dialling(_) => None,
        }
    }

    /// What to wait on.
    pub fn wait_on(&self, duty: Duty<'_>) -> Option<(BorrowedFd<'_>, PollFlags)> {
        let (fd, flags) = match self {
            Self::Free => return None,
            Self::Dialling(dial) => (dial.wait_on()?, PollFlags::OUT),
            Self::Open(conn) => (conn.stream.as_fd(), conn.wants(duty)),
        };
        (!flags.is_empty()).then_some((fd, flags))
    }

    /// When to look here without being woken.
    pub fn deadline(&self, duty: Duty<'_>, now: Instant) -> Option<Instant> {
        match (self, duty) {
            (Self::Open(_), Duty::Serve(Flow::HOLD)) => Some(now + LOOK),
            (Self::Open(conn), Duty::Close) => Some(conn.farewell.unwrap_or(now)),
            (Self::Dialling(dial), _) => Some(dial.deadline(now)),
            _ => None,
        }
    }
}

fn cause(error: &io::Error) -> CloseCause {
    match error.kind() {
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::ConnectionAborted => CloseCause::Reset,
        io::ErrorKind::TimedOut => CloseCause::Timeout,
        _ => CloseCause::Other,
    }
}

/// Turns a client away.
pub fn turn_away(stream: &TcpStream) {
    SockRef::from(stream).set_linger(Some(Duration::ZERO)).ok();
}

//! One standing TCP connection from its first byte to its end.

use std::cell::RefCell;
use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use espalier_core::Direction;
use espalier_core::session::{ConnectionState, EndReason, SessionEvent, SocketOptions};
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until};

use super::ending::End;
use super::ledger::Ledger;
use super::outbox::Next;
use super::peer::{Peer, Wish};
use super::relay;
use crate::clock::now;
use crate::receipt::Piece;

/// The most bytes of one read or write, and so of one record.
const PIECE: usize = 64 << 10;

/// How long a connection that we close may go on without anything moving.
const GRACE: Duration = Duration::from_secs(1);

/// How often a connection that only the peer has closed is asked whether it still lives: a socket at its end of file says
/// nothing by itself when an RST follows the FIN.
const PULSE: Duration = Duration::from_millis(250);

thread_local! {
    /// Reads go through one buffer per thread, so a thousand idle connections cost nothing.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; PIECE].into());
}

/// Lives through a connection and tells its end to the ledger.
pub async fn run(ledger: Arc<Ledger>, peer: Arc<Peer>, stream: Arc<TcpStream>) -> End {
    let connection = Connection { ledger: &ledger, peer: &peer, stream: &stream };
    let end = connection.live().await;
    ledger.leave(&peer, &end);
    end
}

struct Connection<'a> {
    ledger: &'a Ledger,
    peer: &'a Arc<Peer>,
    stream: &'a TcpStream,
}

/// How one direction of a connection came to its end.
enum Over {
    /// In order: FIN received, or all is written.
    InOrder,
    /// The system refused to go on.
    Failed(io::Error),
    /// The capture could not be written.
    Unstored(End),
}

/// What is known about a connection on its way to the end.
#[derive(Default)]
struct Course {
    fin_in: bool,
    fin_out: bool,
    /// We were asked to close it.
    closing: bool,
    /// Why nothing more can be sent.
    write_error: Option<io::Error>,
    /// When to give up waiting for what should still happen.
    deadline: Option<Instant>,
    /// What waited to be sent when the deadline was set.
    queued: usize,
}

impl Connection<'_> {
    async fn live(&self) -> End {
        let mut reading = pin!(self.read());
        let mut writing = pin!(self.write());
        let mut wishes = self.peer.wish.subscribe();
        wishes.mark_changed();
        let mut course = Course::default();
        let mut written = false;
        loop {
            let deadline = course.deadline;
            let step = tokio::select! {
                over = &mut reading, if !course.fin_in => self.has_read(over, &mut course),
                over = &mut writing, if !written => {
                    written = true;
                    self.has_written(over, &mut course)
                }
                Ok(()) = wishes.changed() => {
                    let wish = *wishes.borrow_and_update();
                    self.is_asked(wish, &mut course)
                }
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    self.has_waited(&mut course)
                }
                () = sleep(PULSE), if course.fin_in => self.pulse(),
                end = self.ledger.broken() => Some(end),
            };
            if let Some(end) = step {
                return end;
            }
        }
    }

    fn has_read(&self, over: Over, course: &mut Course) -> Option<End> {
        match over {
            Over::Unstored(end) => return Some(end),
            Over::Failed(error) => return Some(End::of_connection(&error)),
            Over::InOrder => {}
        }
        course.fin_in = true;
        if let Some(error) = &course.write_error {
            // The writer was told of the reset; after that the system shows a reader nothing but an end.
            return Some(End::of_connection(error));
        }
        if course.fin_out {
            return Some(End::plain(EndReason::ClosedByUs));
        }
        self.peer.set_state(ConnectionState::PeerHalfClosed);
        self.ledger.event(Some(self.peer), SessionEvent::PeerHalfClosed);
        if !self.options().stay_half_open {
            self.peer.outbox.finish();
        }
        None
    }

    fn has_written(&self, over: Over, course: &mut Course) -> Option<End> {
        match over {
            Over::Unstored(end) => return Some(end),
            Over::Failed(error) if course.fin_in => return Some(End::of_connection(&error)),
            Over::Failed(error) => {
                // What the peer sent before is still to be read.
                self.peer.outbox.finish();
                course.write_error = Some(error);
                course.deadline = Some(Instant::now() + GRACE);
                return None;
            }
            Over::InOrder => {}
        }
        if (course.closing || course.fin_in) && self.options().close_by_reset {
            return Some(self.reset());
        }
        if let Err(error) = SockRef::from(self.stream).shutdown(Shutdown::Write)
            && error.kind() != ErrorKind::NotConnected
        {
            return Some(End::of_connection(&error));
        }
        course.fin_out = true;
        if course.fin_in {
            let by_us = course.closing;
            let reason = if by_us { EndReason::ClosedByUs } else { EndReason::ClosedByPeer };
            return Some(End::plain(reason));
        }
        self.peer.set_state(ConnectionState::HalfClosed);
        self.ledger.event(Some(self.peer), SessionEvent::HalfClosed);
        if course.closing {
            course.deadline = Some(Instant::now() + GRACE);
        }
        None
    }

    fn is_asked(&self, wish: Wish, course: &mut Course) -> Option<End> {
        match wish {
            Wish::Stay => None,
            Wish::Reset => Some(self.reset()),
            Wish::Forsake => {
                self.reset();
                Some(End::plain(EndReason::BoardRestarted))
            }
            Wish::Close => {
                course.closing = true;
                course.queued = self.peer.outbox.queued();
                course.deadline = Some(Instant::now() + GRACE);
                self.peer.outbox.finish();
                None
            }
        }
    }

    fn has_waited(&self, course: &mut Course) -> Option<End> {
        if let Some(error) = &course.write_error {
            return Some(End::of_connection(error));
        }
        let queued = self.peer.outbox.queued();
        if course.fin_out || queued == course.queued {
            return Some(End::plain(EndReason::ClosedByUs));
        }
        course.queued = queued;
        course.deadline = Some(Instant::now() + GRACE);
        None
    }

    fn pulse(&self) -> Option<End> {
        match self.stream.take_error() {
            Ok(None) => None,
            Ok(Some(error)) | Err(error) => Some(End::of_connection(&error)),
        }
    }

    /// The connection ends by RST when its socket is dropped.
    fn reset(&self) -> End {
        match SockRef::from(self.stream).set_linger(Some(Duration::ZERO)) {
            Ok(()) => End::plain(EndReason::ResetByUs),
            Err(error) => End { reason: EndReason::ClosedByUs, detail: error.to_string() },
        }
    }

    fn options(&self) -> SocketOptions {
        super::options_of(&self.ledger.spec.read().transport)
    }

    async fn read(&self) -> Over {
        loop {
            if let Err(error) = self.stream.readable().await {
                return Over::Failed(error);
            }
            match BUFFER.with_borrow_mut(|buffer| self.read_once(buffer)) {
                Ok(None) => {}
                Ok(Some(bytes)) => relay::onward(self.ledger, self.peer, &bytes).await,
                Err(over) => return over,
            }
        }
    }

    /// Reads what there is and writes it down; gives it back when somebody besides the capture wants it.
    fn read_once(&self, buffer: &mut [u8]) -> Result<Option<Arc<[u8]>>, Over> {
        if let Some(end) = self.ledger.broken_now() {
            // What is not read stays with the system. The socket is ready all the time, so this must be the end.
            return Err(Over::Unstored(end));
        }
        let bytes = match self.stream.try_read(buffer) {
            Ok(0) => return Err(Over::InOrder),
            Ok(count) => &buffer[..count],
            Err(error) if is_nothing_yet(&error) => return Ok(None),
            Err(error) => return Err(Over::Failed(error)),
        };
        let at = now();
        let mut meter = self.peer.meter.lock();
        meter.add(at, Direction::In, bytes.len() as u64);
        self.ledger.data(at, Direction::In, self.peer, bytes).map_err(Over::Unstored)?;
        drop(meter);
        Ok(relay::wants(self.ledger).then(|| bytes.into()))
    }

    async fn write(&self) -> Over {
        loop {
            let mut piece = match self.peer.outbox.next().await {
                Next::Piece(piece) => piece,
                Next::Finish => return Over::InOrder,
            };
            while !piece.rest().is_empty() {
                if let Err(error) = self.stream.writable().await {
                    return Over::Failed(error);
                }
                if let Err(over) = self.write_once(&mut piece) {
                    return over;
                }
            }
        }
    }

    /// Gives the system what it takes now and writes that down.
    fn write_once(&self, piece: &mut Piece) -> Result<(), Over> {
        if let Some(end) = self.ledger.broken_now() {
            return Err(Over::Unstored(end));
        }
        let rest = piece.rest();
        let whole = rest.len();
        let bytes = &rest[..whole.min(PIECE)];
        // The meter is held from before the write until it is in the capture: the answer, which another thread may read at
        // once, comes after it.
        let mut meter = self.peer.meter.lock();
        let at = now();
        let count = match self.stream.try_write(bytes) {
            Ok(count) => count,
            Err(error) if is_nothing_yet(&error) => return Ok(()),
            Err(error) => return Err(Over::Failed(error)),
        };
        meter.add(at, Direction::Out, count as u64);
        self.peer.outbox.taken(count, count == whole);
        let stored = self.ledger.data(at, Direction::Out, self.peer, &bytes[..count]);
        // Sent it is, whether or not that could be written down.
        piece.take(count);
        stored.map_err(Over::Unstored)
    }
}

fn is_nothing_yet(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

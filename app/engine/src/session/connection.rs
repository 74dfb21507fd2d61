//! One standing TCP connection from its first byte to its end.

use std::cell::RefCell;
use std::io::{self, ErrorKind};
use std::net::{Shutdown, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use espalier_core::Direction;
use espalier_core::capture::Endpoints;
use espalier_core::session::{ConnectionState, EndReason, SessionEvent, SocketOptions};
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until};

use super::end_cause::EndCause;
use super::outbox::{NextWrite, PushError};
use super::peer::{CloseRequest, Peer};
use super::relay;
use super::shared::SessionShared;
use super::socket;
use crate::clock::now;
use crate::receipt::{Piece, Receipt};

/// The most bytes of one read or write, and so of one record.
const PIECE: usize = 64 << 10;

/// How long a connection that we close may go on without anything moving.
const GRACE: Duration = Duration::from_secs(1);

/// How often a connection that only the peer has closed is asked whether it still lives: a socket at its end of file says
/// nothing by itself when an RST follows the FIN.
const PROBE_EVERY: Duration = Duration::from_millis(250);

thread_local! {
    /// Reads go through one buffer per thread, so a thousand idle connections cost nothing.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; PIECE].into());
}

/// The two ends of a connection.
pub fn ends(stream: &TcpStream, remote: SocketAddr) -> std::io::Result<Endpoints> {
    Ok(Endpoints { local: stream.local_addr()?, remote: canonical(remote) })
}

/// A client that reached an IPv6 listener by IPv4 is shown by its IPv4 address.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// A connection stands: it gets its number, its line in the log and its place in the list.
pub fn join(
    shared: &SessionShared,
    stream: &Arc<TcpStream>,
    ends: Endpoints,
    event: impl FnOnce(SocketAddr, SocketAddr) -> SessionEvent,
) -> Arc<Peer> {
    let id = shared.peers.write().number();
    let peer = Arc::new(Peer::new(id, ends, now(), Arc::downgrade(stream)));
    shared.event(Some(&peer), event(ends.local, ends.remote));
    shared.peers.write().add(peer.clone());
    shared.rules_connected(peer.id);
    shared.changed.notify_waiters();
    peer
}

/// Lives through a connection and reports its end to the session.
pub async fn run(shared: Arc<SessionShared>, peer: Arc<Peer>, stream: Arc<TcpStream>) -> EndCause {
    let connection = Connection { shared: &shared, peer: &peer, stream: &stream };
    let end = connection.live().await;
    shared.end_connection(&peer, &end);
    end
}

struct Connection<'a> {
    shared: &'a SessionShared,
    peer: &'a Arc<Peer>,
    stream: &'a TcpStream,
}

/// How one direction of a connection came to its end.
enum DirectionEnd {
    /// In order: FIN received, or all is written.
    InOrder,
    /// The system refused to go on.
    Failed(io::Error),
    /// The capture could not be written.
    Unstored(EndCause),
}

/// What is known about a connection on its way to the end.
#[derive(Default)]
struct Progress {
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
    async fn live(&self) -> EndCause {
        let mut reading = pin!(self.read());
        let mut writing = pin!(self.write());
        let mut requests = self.peer.close_request.subscribe();
        requests.mark_changed();
        let mut progress = Progress::default();
        let mut written = false;
        loop {
            let deadline = progress.deadline;
            let step = tokio::select! {
                end = &mut reading, if !progress.fin_in => self.on_read_end(end, &mut progress),
                end = &mut writing, if !written => {
                    written = true;
                    self.on_write_end(end, &mut progress)
                }
                Ok(()) = requests.changed() => {
                    let close_request = *requests.borrow_and_update();
                    self.on_close_request(close_request, &mut progress)
                }
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    self.on_deadline(&mut progress)
                }
                () = sleep(PROBE_EVERY), if progress.fin_in => self.probe(),
                end = self.shared.broken() => Some(end),
            };
            if let Some(end) = step {
                return end;
            }
        }
    }

    fn on_read_end(&self, end: DirectionEnd, progress: &mut Progress) -> Option<EndCause> {
        match end {
            DirectionEnd::Unstored(end) => return Some(end),
            DirectionEnd::Failed(error) => return Some(EndCause::of_connection(&error)),
            DirectionEnd::InOrder => {}
        }
        progress.fin_in = true;
        if let Some(error) = &progress.write_error {
            // The writer was told of the reset; after that the system shows a reader nothing but an end.
            return Some(EndCause::of_connection(error));
        }
        if progress.fin_out {
            return Some(EndCause::plain(EndReason::ClosedByUs));
        }
        self.peer.set_state(ConnectionState::PeerHalfClosed);
        self.shared.event(Some(self.peer), SessionEvent::PeerHalfClosed);
        if !self.options().stay_half_open {
            self.peer.outbox.finish();
        }
        None
    }

    fn on_write_end(&self, end: DirectionEnd, progress: &mut Progress) -> Option<EndCause> {
        match end {
            DirectionEnd::Unstored(end) => return Some(end),
            DirectionEnd::Failed(error) if progress.fin_in => {
                return Some(EndCause::of_connection(&error));
            }
            DirectionEnd::Failed(error) => {
                // What the peer sent before is still to be read.
                self.peer.outbox.finish();
                progress.write_error = Some(error);
                progress.deadline = Some(Instant::now() + GRACE);
                return None;
            }
            DirectionEnd::InOrder => {}
        }
        if (progress.closing || progress.fin_in) && self.options().close_by_reset {
            return Some(self.reset());
        }
        if let Err(error) = SockRef::from(self.stream).shutdown(Shutdown::Write)
            && error.kind() != ErrorKind::NotConnected
        {
            return Some(EndCause::of_connection(&error));
        }
        progress.fin_out = true;
        if progress.fin_in {
            let by_us = progress.closing;
            let reason = if by_us { EndReason::ClosedByUs } else { EndReason::ClosedByPeer };
            return Some(EndCause::plain(reason));
        }
        self.peer.set_state(ConnectionState::HalfClosed);
        self.shared.event(Some(self.peer), SessionEvent::HalfClosed);
        if progress.closing {
            progress.deadline = Some(Instant::now() + GRACE);
        }
        None
    }

    fn on_close_request(
        &self,
        close_request: CloseRequest,
        progress: &mut Progress,
    ) -> Option<EndCause> {
        match close_request {
            CloseRequest::None => None,
            CloseRequest::Reset => Some(self.reset()),
            CloseRequest::PeerRestarted => {
                self.reset();
                Some(EndCause::plain(EndReason::BoardRestarted))
            }
            CloseRequest::Close => {
                progress.closing = true;
                progress.queued = self.peer.outbox.queued();
                progress.deadline = Some(Instant::now() + GRACE);
                self.peer.outbox.finish();
                None
            }
        }
    }

    fn on_deadline(&self, progress: &mut Progress) -> Option<EndCause> {
        if let Some(error) = &progress.write_error {
            return Some(EndCause::of_connection(error));
        }
        let queued = self.peer.outbox.queued();
        if progress.fin_out || queued == progress.queued {
            return Some(EndCause::plain(EndReason::ClosedByUs));
        }
        progress.queued = queued;
        progress.deadline = Some(Instant::now() + GRACE);
        None
    }

    fn probe(&self) -> Option<EndCause> {
        match self.stream.take_error() {
            Ok(None) => None,
            Ok(Some(error)) | Err(error) => Some(EndCause::of_connection(&error)),
        }
    }

    /// The connection ends by RST when its socket is dropped.
    fn reset(&self) -> EndCause {
        match SockRef::from(self.stream).set_linger(Some(Duration::ZERO)) {
            Ok(()) => EndCause::plain(EndReason::ResetByUs),
            Err(error) => EndCause { reason: EndReason::ClosedByUs, detail: error.to_string() },
        }
    }

    fn options(&self) -> SocketOptions {
        socket::options_of(&self.shared.spec.read().transport)
    }

    async fn read(&self) -> DirectionEnd {
        loop {
            if let Err(error) = self.stream.readable().await {
                return DirectionEnd::Failed(error);
            }
            match BUFFER.with_borrow_mut(|buffer| self.read_once(buffer)) {
                Ok(None) => {}
                Ok(Some(bytes)) => relay::forward(self.shared, self.peer, &bytes).await,
                Err(end) => return end,
            }
        }
    }

    /// Reads what there is and writes it down; gives it back when somebody besides the capture wants it.
    fn read_once(&self, buffer: &mut [u8]) -> Result<Option<Arc<[u8]>>, DirectionEnd> {
        if let Some(end) = self.shared.broken_now() {
            // What is not read stays with the system. The socket is ready all the time, so this must be the end.
            return Err(DirectionEnd::Unstored(end));
        }
        let bytes = match self.stream.try_read(buffer) {
            Ok(0) => return Err(DirectionEnd::InOrder),
            Ok(count) => &buffer[..count],
            Err(error) if is_nothing_yet(&error) => return Ok(None),
            Err(error) => return Err(DirectionEnd::Failed(error)),
        };
        let at = now();
        let mut meter = self.peer.meter.lock();
        meter.add(at, Direction::In, bytes.len() as u64);
        self.shared.data(at, Direction::In, self.peer, bytes).map_err(DirectionEnd::Unstored)?;
        drop(meter);
        Ok(relay::is_wanted(self.shared).then(|| bytes.into()))
    }

    async fn write(&self) -> DirectionEnd {
        loop {
            let mut piece = match self.peer.outbox.next().await {
                NextWrite::Piece(piece) => piece,
                NextWrite::Finish => return DirectionEnd::InOrder,
                NextWrite::Failed(error) => return DirectionEnd::Failed(error),
            };
            while !piece.rest().is_empty() {
                if let Err(error) = self.stream.writable().await {
                    return DirectionEnd::Failed(error);
                }
                if let Err(end) = write_once(self.shared, self.peer, self.stream, &mut piece) {
                    return end;
                }
            }
        }
    }
}

/// Gives a piece to a connection; where nothing waits before it, it is written in the caller's thread, as far as the system
/// takes it without waiting. For threads that send on time: waking the connection's task takes longer than the write.
pub fn push_now(
    shared: &SessionShared,
    peer: &Peer,
    bytes: &Arc<[u8]>,
    receipt: Option<&Receipt>,
) -> Result<(), PushError> {
    let Some(mut lent) = peer.outbox.push_or_lend(bytes, receipt)? else { return Ok(()) };
    let Some(stream) = peer.stream.upgrade() else { return Ok(()) };
    while let Some(piece) = lent.rest() {
        match write_once(shared, peer, &stream, piece) {
            Ok(0) => break,
            Ok(_) => {}
            Err(DirectionEnd::Failed(error)) => {
                lent.fail(error);
                break;
            }
            // The connection's task hears of that by itself.
            Err(_) => break,
        }
    }
    Ok(())
}

/// Gives the system what it takes now and writes that down; how much that was.
fn write_once(
    shared: &SessionShared,
    peer: &Peer,
    stream: &TcpStream,
    piece: &mut Piece,
) -> Result<usize, DirectionEnd> {
    if let Some(end) = shared.broken_now() {
        return Err(DirectionEnd::Unstored(end));
    }
    let rest = piece.rest();
    let whole = rest.len();
    let bytes = &rest[..whole.min(PIECE)];
    // The meter is held from before the write until it is in the capture: the answer, which another thread may read at
    // once, comes after it.
    let mut meter = peer.meter.lock();
    let at = now();
    let count = match stream.try_write(bytes) {
        Ok(count) => count,
        Err(error) if is_nothing_yet(&error) => return Ok(0),
        Err(error) => return Err(DirectionEnd::Failed(error)),
    };
    meter.add(at, Direction::Out, count as u64);
    peer.outbox.taken(count, count == whole);
    let stored = shared.data(at, Direction::Out, peer, &bytes[..count]);
    // Sent it is, whether or not that could be written down.
    piece.take(count);
    stored.map_err(DirectionEnd::Unstored)?;
    Ok(count)
}

fn is_nothing_yet(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

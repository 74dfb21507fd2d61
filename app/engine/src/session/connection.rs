//! One standing TCP connection from its first byte to its end.

use std::cell::RefCell;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Shutdown, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use espalier_core::capture::Endpoints;
use espalier_core::session::{ConnectionState, EndReason, SessionEvent, SocketOptions};
use espalier_core::tls::{Spoken, recognize};
use espalier_core::{Direction, PeerId, say};
use tokio::time::{Instant, sleep, sleep_until};

use super::behaviour;
use super::bridge;
use super::end_cause::EndCause;
use super::outbox::{NextWrite, PushError};
use super::peer::{CloseRequest, Peer};
use super::read_pace::ReadPace;
use super::shared::SessionShared;
use super::socket;
use super::stream::{InputEnd, Stream};
use crate::arrival;
use crate::clock::now;
use crate::part::Part;
use crate::receipt::{Piece, Receipt};

/// The most bytes of one read or write, and so of one record.
const PIECE: usize = 128 << 10;

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
pub fn ends(stream: &Stream, remote: SocketAddr) -> std::io::Result<Endpoints> {
    Ok(Endpoints::tcp(stream.tcp().local_addr()?, canonical(remote)))
}

/// A client that reached an IPv6 listener by IPv4 is shown by its IPv4 address.
pub fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => (ip, address.port()).into(),
        // With its zone, where it has one.
        IpAddr::V6(_) => address,
    }
}

/// A connection of TCP stands: it gets its number and its line in the log. Where it is to be secured, that is yet to come.
pub fn begin(
    shared: &SessionShared,
    stream: &Arc<Stream>,
    ends: Endpoints,
    event: impl FnOnce(SocketAddr, SocketAddr) -> SessionEvent,
) -> Arc<Peer> {
    let id = shared.peers.write().number();
    begin_as(shared, id, stream, ends, event)
}

/// The same with a number that it has already.
pub fn begin_as(
    shared: &SessionShared,
    id: PeerId,
    stream: &Arc<Stream>,
    ends: Endpoints,
    event: impl FnOnce(SocketAddr, SocketAddr) -> SessionEvent,
) -> Arc<Peer> {
    let peer = Arc::new(Peer::new(id, ends, now(), Arc::downgrade(stream)));
    let record = shared.event(Some(&peer), event(ends.local, ends.remote));
    peer.told.set(record).ok();
    peer
}

/// It can be talked to: it gets its place in the list.
pub fn join(shared: &Arc<SessionShared>, peer: &Arc<Peer>) {
    shared.peers.write().add(peer.clone());
    bridge::met(shared, peer);
    shared.chat_joined(peer);
    shared.rules_connected(Some(peer), peer.told.get().copied().unwrap_or_default());
    shared.changed.notify_waiters();
}

/// Lives through a connection and reports its end to the session.
pub async fn run(shared: Arc<SessionShared>, peer: Arc<Peer>, stream: Arc<Stream>) -> EndCause {
    let connection = Connection { shared: &shared, peer: &peer, stream: &stream };
    let end = connection.live().await;
    shared.look_at_end(&peer, &stream, end.reason);
    shared.end_connection(&peer, &end);
    bridge::pass_over(&shared, &peer);
    end
}

struct Connection<'a> {
    shared: &'a SessionShared,
    peer: &'a Arc<Peer>,
    stream: &'a Stream,
}

/// How much was read, and what, when somebody besides the capture wants it.
type ReadBytes = (usize, Option<Arc<[u8]>>);

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
        self.tell_input_end();
        if let Some(onward) = self.peer.onward.get() {
            onward.finish(self.stream.input_end() == InputEnd::Truncated);
        }
        if let Some(error) = &progress.write_error {
            // The writer was told of the reset; after that the system shows a reader nothing but an end.
            return Some(EndCause::of_connection(error));
        }
        if progress.fin_out {
            return Some(self.end_of_both(progress.closing, EndReason::ClosedByUs));
        }
        self.peer.set_state(ConnectionState::PeerHalfClosed);
        self.shared.event(Some(self.peer), SessionEvent::PeerHalfClosed);
        // In a relay the other side says when ours is over, and over a bridge, if there is an end to be had; and so does a capture that
        // is played and goes on behind this.
        let is_truncated = self.stream.input_end() == InputEnd::Truncated;
        if self.peer.onward.get().is_none()
            && !bridge::pass_fin(self.shared, self.peer, is_truncated)
            && !self.options().stay_half_open
            && !self.shared.replay().is_some_and(|replay| replay.puts_off(self.peer.id))
        {
            self.peer.outbox.finish();
        }
        self.peer.has_finished.store(true, Ordering::Release);
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
        if let Err(error) = self.stream.socket().shutdown(Shutdown::Write)
            && error.kind() != ErrorKind::NotConnected
        {
            return Some(EndCause::of_connection(&error));
        }
        progress.fin_out = true;
        if progress.fin_in {
            return Some(self.end_of_both(progress.closing, EndReason::ClosedByPeer));
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
            // The last two are for peers without connections.
            CloseRequest::None | CloseRequest::Idle | CloseRequest::Displaced => None,
            CloseRequest::Reset => Some(self.reset()),
            CloseRequest::Unanswered => {
                self.reset();
                Some(EndCause::plain(EndReason::KeepaliveLost))
            }
            CloseRequest::PeerRestarted => {
                self.reset();
                Some(EndCause::plain(EndReason::BoardRestarted))
            }
            CloseRequest::Close => {
                if let Some(chat) = self.shared.chat() {
                    chat.part(self.shared);
                }
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
        match self.stream.tcp().take_error() {
            Ok(None) => None,
            Ok(Some(error)) | Err(error) => Some(EndCause::of_connection(&error)),
        }
    }

    /// Both halves are closed: by us, where we were asked to, or else for this reason.
    fn end_of_both(&self, closing: bool, otherwise: EndReason) -> EndCause {
        EndCause::plain(match self.stream.input_end() {
            _ if closing => EndReason::ClosedByUs,
            InputEnd::Truncated => EndReason::Truncated,
            InputEnd::Fin | InputEnd::CloseNotify => otherwise,
        })
    }

    fn tell_input_end(&self) {
        let sentence = match self.stream.input_end() {
            InputEnd::Fin => return,
            InputEnd::CloseNotify => {
                say!(
                    "tls-close-notify",
                    "the other end closed its side of TLS in order (close_notify)"
                )
            }
            InputEnd::Truncated => say!(
                "tls-truncated",
                "truncated: the other end sent FIN without the close_notify of TLS, so what it had to say may not be all here"
            ),
        };
        self.shared.note(Some(self.peer), sentence);
    }

    /// Whether our half ends by RST, which says nothing before.
    fn ends_by_reset(&self) -> bool {
        let closing = *self.peer.close_request.borrow() != CloseRequest::None;
        let answers = self.peer.meter.lock().state == ConnectionState::PeerHalfClosed;
        (closing || answers) && self.options().close_by_reset
    }

    /// The connection ends by RST when its socket is dropped.
    fn reset(&self) -> EndCause {
        match self.stream.socket().set_linger(Some(Duration::ZERO)) {
            Ok(()) => EndCause::plain(EndReason::ResetByUs),
            Err(error) => EndCause { reason: EndReason::ClosedByUs, detail: error.to_string() },
        }
    }

    fn options(&self) -> SocketOptions {
        socket::options_of(&self.shared.spec.read().transport)
    }

    async fn read(&self) -> DirectionEnd {
        let mut pace = ReadPace::new(self.shared);
        loop {
            if let Err(error) = self.stream.readable().await {
                return DirectionEnd::Failed(error);
            }
            if let Some(onward) = self.peer.onward.get() {
                onward.may_read().await;
            }
            let most = pace.wait(self.shared, self.peer, PIECE).await;
            let read = BUFFER.with_borrow_mut(|buffer| {
                self.read_once(buffer.get_mut(..most).unwrap_or_default())
            });
            match read {
                Ok((count, wanted)) => {
                    pace.took(count);
                    if let Some(bytes) = wanted {
                        behaviour::forward(self.shared, self.peer, &bytes).await;
                    } else if count > 0 && self.peer.load.get().is_some() {
                        // Many of them share few threads, and what they hear is compared byte by byte: whoever sends faster than that
                        // does not keep a thread from the others.
                        tokio::task::yield_now().await;
                    }
                }
                Err(end) => return end,
            }
        }
    }

    /// Reads what there is and writes it down: how much that is, and the bytes when somebody besides the capture wants them.
    fn read_once(&self, buffer: &mut [u8]) -> Result<ReadBytes, DirectionEnd> {
        if let Some(end) = self.shared.broken_now() {
            // What is not read stays with the system. The socket is ready all the time, so this must be the end.
            return Err(DirectionEnd::Unstored(end));
        }
        let (bytes, stamped) = match self.stream.try_read(buffer) {
            Ok((0, _)) => return Err(DirectionEnd::InOrder),
            Ok((count, stamped)) => (&buffer[..count], stamped),
            Err(error) if is_nothing_yet(&error) => return Ok((0, None)),
            Err(error) => return Err(DirectionEnd::Failed(error)),
        };
        let at = arrival::time(stamped, now());
        let is_wanted = || behaviour::is_wanted(self.shared, self.peer);
        let copied: Option<Arc<[u8]>> = is_wanted().then(|| bytes.into());
        let part = copied.as_ref().map_or_else(|| Part::from(bytes), Part::from);
        let mut meter = self.peer.meter.lock();
        let is_first = meter.is_unheard();
        meter.add(at, Direction::In, bytes.len() as u64);
        self.shared.data(at, Direction::In, self.peer, part).map_err(DirectionEnd::Unstored)?;
        let told = self.peer.load.get().and_then(|load| load.heard(bytes, self.peer.id));
        drop(meter);
        if let Some(sentence) = told {
            self.shared.note(Some(self.peer), sentence);
        }
        if is_first && !self.stream.is_secured() {
            self.tell_of_tls(bytes);
        }
        // These bytes may be the ones that are too many for who takes them.
        let wanted = copied.or_else(|| is_wanted().then(|| bytes.into()));
        Ok((bytes.len(), wanted))
    }

    /// Says once in a session that TLS is spoken to it, which does not speak it.
    fn tell_of_tls(&self, first: &[u8]) {
        let sentence = match recognize(first) {
            Spoken::ClientHello => say!(
                "tls-spoken-here",
                "the other end begins a TLS handshake (ClientHello), and this session speaks plain text: switch TLS on here, or off there"
            ),
            Spoken::Alert(name) => say!(
                "tls-expected-there",
                "the other end answers with a TLS alert ({name}), and this session speaks plain text: switch TLS on here, or off there",
                name = name,
            ),
            Spoken::Record | Spoken::Plain => return,
        };
        if !self.shared.told_of_tls.swap(true, Ordering::AcqRel) {
            self.shared.note(Some(self.peer), sentence);
        }
    }

    async fn write(&self) -> DirectionEnd {
        loop {
            let mut piece = match self.peer.outbox.next().await {
                NextWrite::Piece(piece) => piece,
                NextWrite::Finish if self.ends_by_reset() || self.peer.outbox.is_cut() => {
                    return DirectionEnd::InOrder;
                }
                NextWrite::Finish => {
                    return match self.stream.close_notify().await {
                        Ok(()) => DirectionEnd::InOrder,
                        Err(error) => DirectionEnd::Failed(error),
                    };
                }
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
/// takes it without waiting. For what is due now, on time or because somebody pressed a key: waking the connection's task takes longer
/// than the write.
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
    stream: &Stream,
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
    if let Some(load) = peer.load.get() {
        load.sent(count);
    }
    let stored = shared.data(at, Direction::Out, peer, piece.part(count));
    // Sent it is, whether or not that could be written down.
    piece.take(count);
    stored.map_err(DirectionEnd::Unstored)?;
    Ok(count)
}

fn is_nothing_yet(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

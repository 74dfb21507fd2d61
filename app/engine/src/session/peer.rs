//! One connection of a session, as the rest of the session sees it.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use espalier_core::capture::Endpoints;
use espalier_core::rfc2217::escape;
use espalier_core::session::{ConnectionState, Counter, PeerStatus, RateMeter, Traffic};
use espalier_core::{Direction, PeerId, Position, Timestamp};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::datagram_path::DatagramPath;
use super::load::ClientMeter;
use super::onward::Onward;
use super::outbox::{Outbox, PushError};
use super::stream::Stream;
use crate::receipt::Receipt;

/// How a connection is asked to end; a stronger request replaces a weaker one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum CloseRequest {
    /// Go on.
    #[default]
    None,
    /// Send what is queued, then FIN, and end.
    Close,
    /// RST, now.
    Reset,
    /// RST, now: what was said is not answered any more.
    Unanswered,
    /// RST, now: the board at the other end restarted and knows nothing of it.
    PeerRestarted,
    /// Of datagrams: nothing moved for long.
    Idle,
    /// Of datagrams: somebody new needs its place.
    Displaced,
}

/// Who sends datagrams: the socket that the peers of a session share.
pub trait DatagramSender: std::fmt::Debug + Send + Sync {
    /// Gives a datagram to a peer; where nothing waits before it, it is sent in the caller's thread. For threads that send on
    /// time.
    ///
    /// # Errors
    /// Why it was not accepted.
    fn push_now(
        &self,
        peer: &Peer,
        bytes: &Arc<[u8]>,
        receipt: Option<&Receipt>,
    ) -> Result<(), PushError>;
}

/// One connection of a session.
#[derive(Debug)]
pub struct Peer {
    /// The connection's number in its session.
    pub id: PeerId,
    /// The connection's local and remote address.
    pub ends: Endpoints,
    /// When the connection was established.
    pub since: Timestamp,
    /// The record that tells of it, once that is written.
    pub told: OnceLock<Position>,
    /// How long it took to make, where we made it.
    pub connect_time: OnceLock<Duration>,
    /// When something was sent to it last that was not answered yet.
    pub asked: AskedAt,
    /// What waits to be sent to it.
    pub outbox: Arc<Outbox>,
    /// Where what it sends goes on to, when it is relayed.
    pub onward: OnceLock<Arc<Onward>>,
    /// RFC 2217 is spoken with it: what it is sent as bytes of a port is escaped.
    pub speaks_rfc2217: AtomicBool,
    /// What is known of it as a client of a load test.
    pub load: OnceLock<Arc<ClientMeter>>,
    /// The peer's socket, for options; gone when the connection is over.
    pub stream: Weak<Stream>,
    /// How datagrams go to it, where it has no connection, and who sends them.
    pub datagrams: Option<(DatagramPath, Weak<dyn DatagramSender>)>,
    /// How the connection is asked to end.
    pub close_request: watch::Sender<CloseRequest>,
    /// Held while bytes move, so that a request is in the capture before its answer.
    pub meter: Mutex<TrafficMeter>,
    /// It has sent its FIN, and ours is on its way where that follows by itself.
    pub has_finished: AtomicBool,
    /// The peer takes nothing, so broadcasts of others skip it.
    pub stalled: AtomicBool,
    /// Bytes of others' broadcasts it did not get.
    pub passed_over: AtomicU64,
}

impl Peer {
    /// A connection that has just been made.
    pub fn new(id: PeerId, ends: Endpoints, since: Timestamp, stream: Weak<Stream>) -> Self {
        Self {
            id,
            ends,
            since,
            told: OnceLock::new(),
            connect_time: OnceLock::new(),
            asked: AskedAt::default(),
            outbox: Arc::default(),
            onward: OnceLock::new(),
            speaks_rfc2217: AtomicBool::new(false),
            load: OnceLock::new(),
            stream,
            datagrams: None,
            close_request: watch::Sender::new(CloseRequest::None),
            meter: Mutex::default(),
            has_finished: AtomicBool::new(false),
            stalled: AtomicBool::new(false),
            passed_over: AtomicU64::new(0),
        }
    }

    /// Somebody that datagrams come from, or go to.
    pub fn of_datagrams(
        id: PeerId,
        ends: Endpoints,
        since: Timestamp,
        path: DatagramPath,
        sender: Weak<dyn DatagramSender>,
    ) -> Self {
        let outbox = Arc::new(Outbox::of_datagrams());
        let datagrams = Some((path, sender));
        Self { outbox, datagrams, ..Self::new(id, ends, since, Weak::new()) }
    }

    /// Bytes as they go over the wire.
    pub fn on_the_wire(&self, bytes: &Arc<[u8]>) -> Arc<[u8]> {
        match self.speaks_rfc2217.load(Ordering::Relaxed) {
            true => escape(bytes).into(),
            false => bytes.clone(),
        }
    }

    /// When something moved last, in milliseconds since its socket was opened; 0 for a connection.
    pub fn active_at(&self) -> u64 {
        self.datagrams.as_ref().map_or(0, |(path, _)| path.active())
    }

    /// Something moves now, so many milliseconds after its socket was opened.
    pub fn touch(&self, now: u64) {
        if let Some((path, _)) = &self.datagrams {
            path.touch(now);
        }
    }

    /// Asks the connection to end.
    pub fn request_close(&self, close_request: CloseRequest) {
        self.close_request.send_if_modified(|current| {
            let stronger = close_request > *current;
            *current = close_request.max(*current);
            stronger
        });
    }

    /// Sets the state that its status shows.
    pub fn set_state(&self, state: ConnectionState) {
        self.meter.lock().state = state;
    }

    /// The status at `now`, rates included.
    pub fn status(&self, now: Timestamp) -> PeerStatus {
        let (state, traffic) = {
            let meter = self.meter.lock();
            (meter.state, meter.traffic(now))
        };
        PeerStatus {
            id: self.id,
            remote: self.ends.remote,
            local: self.ends.local,
            since: self.since,
            state,
            traffic,
            queued: self.outbox.queued() as u64,
        }
    }

    /// How many bytes of others' broadcasts it did not get since this was asked last.
    pub fn take_passed_over(&self) -> u64 {
        self.passed_over.swap(0, Ordering::Relaxed)
    }
}

/// When something was sent that was not answered yet.
#[derive(Debug, Default)]
pub struct AskedAt(AtomicI64);

impl AskedAt {
    /// Something moved at this time; how long the answer took, when it is the first of one. The capture's own stamps are
    /// compared: what came before is no answer, nor is anything while a clock that was set back has not come there.
    pub fn moved(&self, at: Timestamp, direction: Direction) -> Option<Duration> {
        if direction == Direction::Out {
            self.0.store(at.0, Ordering::Relaxed);
            return None;
        }
        let asked = self.0.load(Ordering::Relaxed);
        // What arrived before it was asked is no answer, though it was read after.
        if asked == 0 || at.0 < asked {
            return None;
        }
        self.0.store(0, Ordering::Relaxed);
        u64::try_from(at.0.saturating_sub(asked)).ok().map(Duration::from_nanos)
    }
}

/// What moved, both ways.
#[derive(Debug, Default)]
pub struct TrafficMeter {
    /// The connection's state.
    pub state: ConnectionState,
    directions: [DirectionMeter; 2],
}

#[derive(Debug, Default)]
struct DirectionMeter {
    counter: Counter,
    rate: RateMeter,
}

impl TrafficMeter {
    /// Counts one read or write.
    pub fn add(&mut self, at: Timestamp, direction: Direction, bytes: u64) {
        let meter = &mut self.directions[direction as usize];
        meter.counter.add(bytes);
        meter.rate.add(at, bytes);
    }

    /// Whether nothing was received yet.
    pub const fn is_unheard(&self) -> bool {
        self.directions[Direction::In as usize].counter.bytes == 0
    }

    /// The status at `now`, rates included.
    pub fn traffic(&self, now: Timestamp) -> Traffic {
        let [received, sent] = &self.directions;
        Traffic {
            received: received.counter,
            sent: sent.counter,
            receive_rate: received.rate.rate(now),
            receive_peak: received.rate.peak(),
            send_rate: sent.rate.rate(now),
            send_peak: sent.rate.peak(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_timed_from_the_last_send_to_the_first_byte() {
        let asked = AskedAt::default();
        let moved =
            |ms: i64, direction| asked.moved(Timestamp(1_000_000_000 + ms * 1_000_000), direction);
        assert_eq!(moved(0, Direction::In), None);
        assert_eq!(moved(1, Direction::Out), None);
        assert_eq!(moved(5, Direction::Out), None);
        assert_eq!(moved(12, Direction::In), Some(Duration::from_millis(7)));
        assert_eq!(moved(13, Direction::In), None);
        moved(20, Direction::Out);
        assert_eq!(moved(19, Direction::In), None);
    }
}

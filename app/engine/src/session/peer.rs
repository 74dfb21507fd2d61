//! One connection of a session, as the rest of the session sees it.

use std::sync::Weak;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use espalier_core::capture::Endpoints;
use espalier_core::session::{ConnectionState, Counter, PeerStatus, RateMeter, Traffic};
use espalier_core::{Direction, PeerId, Timestamp};
use parking_lot::Mutex;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::outbox::Outbox;

/// How a connection is asked to end; a stronger wish replaces a weaker one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    /// Go on.
    #[default]
    Stay,
    /// Send what is queued, then FIN, and end.
    Close,
    /// RST, now.
    Reset,
    /// RST, now: the board at the other end restarted and knows nothing of it.
    Forsake,
}

/// One connection of a session.
#[derive(Debug)]
pub struct Peer {
    /// Its number.
    pub id: PeerId,
    /// Its two ends.
    pub ends: Endpoints,
    /// Since when it stands.
    pub since: Timestamp,
    /// What waits to be sent to it.
    pub outbox: Outbox,
    /// Its socket, for options; gone when the connection is over.
    pub stream: Weak<TcpStream>,
    /// How it is asked to end.
    pub wish: watch::Sender<Wish>,
    /// Held while bytes move, so that a request is in the capture before its answer.
    pub meter: Mutex<Meter>,
    /// It takes nothing, so what others broadcast is passed over.
    pub stalled: AtomicBool,
    /// Bytes of others' broadcasts it did not get.
    pub passed_over: AtomicU64,
}

impl Peer {
    /// A connection that has just been made.
    pub fn new(id: PeerId, ends: Endpoints, since: Timestamp, stream: Weak<TcpStream>) -> Self {
        Self {
            id,
            ends,
            since,
            outbox: Outbox::default(),
            stream,
            wish: watch::Sender::new(Wish::Stay),
            meter: Mutex::default(),
            stalled: AtomicBool::new(false),
            passed_over: AtomicU64::new(0),
        }
    }

    /// Asks the connection to end.
    pub fn ask(&self, wish: Wish) {
        self.wish.send_if_modified(|current| {
            let stronger = wish > *current;
            *current = wish.max(*current);
            stronger
        });
    }

    /// Where it stands.
    pub fn set_state(&self, state: ConnectionState) {
        self.meter.lock().state = state;
    }

    /// As it is at `now`.
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

/// What moved, both ways.
#[derive(Debug, Default)]
pub struct Meter {
    /// Where the connection stands.
    pub state: ConnectionState,
    ways: [Way; 2],
}

#[derive(Debug, Default)]
struct Way {
    counter: Counter,
    rate: RateMeter,
}

impl Meter {
    /// Counts one read or write.
    pub fn add(&mut self, at: Timestamp, direction: Direction, bytes: u64) {
        let way = &mut self.ways[direction as usize];
        way.counter.add(bytes);
        way.rate.add(at, bytes);
    }

    /// As it is at `now`.
    pub fn traffic(&self, now: Timestamp) -> Traffic {
        let [received, sent] = &self.ways;
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

//! What was seen of a session's connections, and when the next look is due.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use espalier_core::backend::PeerSelector;
use espalier_core::figures::{
    ConnectionFigures, FigureSample, FigureSeries, ListenerFigures, SessionFigures, TcpFigures,
    changes,
};
use espalier_core::{PeerId, Sentence};
use parking_lot::{Mutex, RwLock};
use tokio::net::TcpListener;

use super::peer::Peer;
use crate::clock::now;
use crate::tcp_info;

/// How often the system is asked: once a second, and a little more often than who asks us by a timer.
const EVERY: Duration = Duration::from_millis(950);

/// What was seen of a session's connections.
#[derive(Debug, Default)]
pub struct FigureWatch {
    /// Where it listens.
    listener: Mutex<Option<Arc<TcpListener>>>,
    pub(super) seen: Mutex<Seen>,
    due: Mutex<Due>,
    last: RwLock<Arc<SessionFigures>>,
}

/// When the next look is due.
#[derive(Debug, Default)]
struct Due {
    last: Option<(Instant, PeerSelector)>,
    under_way: bool,
}

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// How often.
    pub looks: u64,
    /// Of which connections.
    connections: BTreeMap<PeerId, Watched>,
    /// Of the listener.
    pub listener: Option<ListenerFigures>,
}

/// A connection that is looked at, and in which look it was seen last.
#[derive(Debug)]
struct Watched {
    figures: Arc<ConnectionFigures>,
    look: u64,
}

impl FigureWatch {
    /// It listens here.
    pub fn listens(&self, listener: &Arc<TcpListener>) {
        *self.listener.lock() = Some(listener.clone());
        self.seen.lock().listener = None;
    }

    /// What was seen last.
    pub fn last(&self) -> Arc<SessionFigures> {
        self.last.read().clone()
    }

    /// The next one who asks has it read again.
    pub fn look_again(&self) {
        self.due.lock().last = None;
    }

    /// Whether it is time to look at these; whoever is told so does.
    pub fn begins(&self, of: &PeerSelector) -> bool {
        let mut due = self.due.lock();
        let seen = due.last.as_ref().is_some_and(|(at, whom)| at.elapsed() < EVERY && whom == of);
        if seen || due.under_way {
            return false;
        }
        due.under_way = true;
        true
    }

    /// These were looked at, and are what is told from now on.
    pub(super) fn looked(&self, of: &PeerSelector) {
        let mut due = self.due.lock();
        due.last = Some((Instant::now(), of.clone()));
        due.under_way = false;
    }

    /// What is told from now on.
    pub(super) fn publish(&self, figures: Arc<SessionFigures>) {
        *self.last.write() = figures;
    }

    /// It listens no more; what the listener told last.
    pub(super) fn listens_no_more(&self) -> Option<ListenerFigures> {
        let last = self.ask_listener();
        *self.listener.lock() = None;
        last
    }

    /// What the listener tells now. It is not closed meanwhile.
    pub(super) fn ask_listener(&self) -> Option<ListenerFigures> {
        self.listener.lock().as_deref().and_then(tcp_info::of_listener)
    }
}

impl Seen {
    /// Keeps what was seen of a connection; what happened to it since the last look.
    pub fn see(&mut self, peer: &Peer, figures: TcpFigures) -> Vec<Sentence> {
        let at = now();
        let traffic = peer.meter.lock().traffic(at);
        let sample = FigureSample {
            at,
            figures,
            received_bytes: traffic.received.bytes,
            sent_bytes: traffic.sent.bytes,
        };
        let look = self.looks;
        let watched = self.connections.entry(peer.id).or_insert_with(|| Watched {
            figures: Arc::new(ConnectionFigures {
                peer: peer.id,
                series: FigureSeries::default(),
                connect_us: peer.connect_time.get().map(|time| time.as_micros() as u64),
                is_over: false,
            }),
            look,
        });
        watched.look = look;
        let connection = Arc::make_mut(&mut watched.figures);
        let before = connection.series.last().map(|sample| sample.figures);
        connection.series.push(sample);
        before.map_or_else(Vec::new, |before| changes(&before, &figures))
    }

    /// A connection is over; whether it was looked at.
    pub fn see_end(&mut self, peer: &Peer, figures: TcpFigures) -> bool {
        if !self.connections.contains_key(&peer.id) {
            return false;
        }
        // What happened since the last look stands in the sum.
        self.see(peer, figures);
        if let Some(watched) = self.connections.get_mut(&peer.id) {
            Arc::make_mut(&mut watched.figures).is_over = true;
        }
        true
    }

    /// Those that were seen, by their numbers.
    pub fn connections(&self) -> Vec<Arc<ConnectionFigures>> {
        self.connections.values().map(|watched| watched.figures.clone()).collect()
    }

    /// Forgets those that were looked at longest ago, where there are too many.
    pub fn forget_oldest(&mut self) {
        while self.connections.len() > SessionFigures::MOST {
            let oldest = self.connections.iter().min_by_key(|(id, watched)| (watched.look, **id));
            let Some(id) = oldest.map(|(id, _)| *id) else { return };
            self.connections.remove(&id);
        }
    }
}

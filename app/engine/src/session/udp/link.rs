//! The socket of a datagram session, and who is there.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::net::UdpSocket;
use tokio::sync::Notify;

use super::peer_table::PeerTable;
use crate::session::connection::canonical;
use crate::session::peer::{CloseRequest, Peer};
use crate::session::repeats::Repeats;
use crate::session::shared::SessionShared;

/// How long a peer is remembered while nothing moves.
const IDLE: Duration = Duration::from_secs(300);

/// The socket of a session, and whom it talks with.
#[derive(Debug)]
pub struct DatagramLink {
    /// The session.
    pub shared: Weak<SessionShared>,
    /// The socket.
    pub socket: UdpSocket,
    /// Where it receives.
    pub local: SocketAddr,
    /// Whom the session was given, as peers are told apart.
    pub remote: Option<SocketAddr>,
    begun: Instant,
    /// Who is there.
    pub table: Mutex<PeerTable>,
    left: Notify,
    /// The session ends: who goes now does not come back.
    closing: AtomicBool,
    /// A datagram that Ethernet does not carry whole was told.
    pub fragments_told: AtomicBool,
    /// What was not delivered, where the system does not say whose it was.
    pub undelivered: Mutex<Repeats>,
}

impl DatagramLink {
    /// A session's socket that was opened just now.
    pub fn new(
        shared: &Arc<SessionShared>,
        socket: UdpSocket,
        local: SocketAddr,
        remote: Option<SocketAddr>,
    ) -> Self {
        Self {
            shared: Arc::downgrade(shared),
            socket,
            local,
            remote: remote.map(canonical),
            begun: Instant::now(),
            table: Mutex::default(),
            left: Notify::new(),
            closing: AtomicBool::new(false),
            fragments_told: AtomicBool::new(false),
            undelivered: Mutex::default(),
        }
    }

    /// Milliseconds since the socket was opened.
    pub fn elapsed(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// How long until somebody was idle for [`IDLE`]; `None` when nobody can be.
    pub fn until_idle(&self) -> Option<Duration> {
        let (active, _) = self.table.lock().longest_idle()?;
        let idle = Duration::from_millis(self.elapsed().saturating_sub(active));
        Some(IDLE.saturating_sub(idle))
    }

    /// Forgets who was idle that long.
    pub fn forget_idle(&self) {
        let now = self.elapsed();
        loop {
            let peer = {
                let mut table = self.table.lock();
                let Some((active, peer)) = table.longest_idle() else { return };
                if Duration::from_millis(now.saturating_sub(active)) < IDLE {
                    return;
                }
                table.remove(&peer);
                peer
            };
            peer.request_close(CloseRequest::Idle);
        }
    }

    /// From here on nobody is to come back.
    pub fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// Whether the session ends.
    pub fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Completes when nobody is left.
    pub async fn emptied(&self) {
        loop {
            let left = self.left.notified();
            if self.table.lock().len() == 0 {
                return;
            }
            left.await;
        }
    }
}

/// A peer's place among those of its socket: free when its task is over, however that ends.
#[derive(Debug)]
pub struct PeerPlace {
    /// The socket.
    pub link: Arc<DatagramLink>,
    /// The peer.
    pub peer: Arc<Peer>,
}

impl Drop for PeerPlace {
    fn drop(&mut self) {
        self.link.table.lock().remove(&self.peer);
        self.link.left.notify_waiters();
    }
}

//! How datagrams go to a peer that has no connection.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::repeats::Repeats;

/// Where a peer's datagrams go, and what is told of them now and then.
#[derive(Debug)]
pub struct DatagramPath {
    /// Where to, in the family of the socket.
    pub to: SocketAddr,
    /// When something moved last, in milliseconds since the socket was opened.
    active: AtomicU64,
    /// Datagrams that the network did not deliver.
    pub undelivered: Mutex<Repeats>,
    /// Datagrams that the system did not take.
    pub unsent: Mutex<Repeats>,
}

impl DatagramPath {
    /// To this address; something moved then.
    pub fn new(to: SocketAddr, active: u64) -> Self {
        let active = AtomicU64::new(active);
        Self { to, active, undelivered: Mutex::default(), unsent: Mutex::default() }
    }

    /// When something moved last.
    pub fn active(&self) -> u64 {
        self.active.load(Ordering::Relaxed)
    }

    /// Something moves now.
    pub fn touch(&self, now: u64) {
        self.active.fetch_max(now, Ordering::Relaxed);
    }
}

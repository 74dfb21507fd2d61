//! The near end of a bridge: what a session receives goes in there, and waits for the other one within a limit.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use espalier_core::session::SessionId;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::peer::Peer;

/// Bytes that may wait, 64 more for each piece.
const LIMIT: usize = 1 << 20;
const PIECE: usize = 64;
/// Ends of connections that may wait beside them.
const ENDS: usize = 64;

/// Where what a session receives goes in.
#[derive(Debug)]
pub struct BridgeEnd {
    /// The session at the far end.
    pub other: SessionId,
    queue: Sender<Carried>,
    room: Arc<Semaphore>,
    missed: Arc<AtomicU64>,
    over: watch::Sender<bool>,
}

/// What is on its way.
#[derive(Debug)]
pub enum Carried {
    /// Bytes.
    Bytes(CarriedBytes),
    /// The connection that they came from has no more of them.
    End(CarriedEnd),
}

/// Bytes on their way.
#[derive(Debug)]
pub struct CarriedBytes {
    /// One read, or one datagram.
    pub bytes: Arc<[u8]>,
    /// It is a datagram.
    pub is_datagram: bool,
    _room: OwnedSemaphorePermit,
}

/// An end on its way, behind all that came before it.
#[derive(Clone, Debug)]
pub struct CarriedEnd {
    /// Whose it is.
    pub of: Weak<Peer>,
    /// How it came to its end.
    pub how: HowEnded,
}

/// How a connection came to have no more bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HowEnded {
    /// By FIN, with close_notify where there is TLS; our half is open still.
    Fin,
    /// By FIN without close_notify.
    Truncated,
    /// It is over, in whatever way.
    Over,
}

/// Where it comes out.
#[derive(Debug)]
pub struct BridgeQueue {
    queue: Receiver<Carried>,
    missed: Arc<AtomicU64>,
    over: watch::Receiver<bool>,
}

impl BridgeEnd {
    /// The way to this session.
    pub fn to(other: SessionId) -> (Self, BridgeQueue) {
        // The room is the limit: no more pieces than these fit into it.
        let (queue, comes_out) = channel(LIMIT / PIECE + ENDS);
        let (room, missed) = (Arc::new(Semaphore::new(LIMIT)), Arc::<AtomicU64>::default());
        let (over, heard) = watch::channel(false);
        let far = BridgeQueue { queue: comes_out, missed: missed.clone(), over: heard };
        (Self { other, queue, room, missed, over }, far)
    }

    /// Takes what was received as soon as there is room; while this waits, nothing more is read.
    pub async fn pass(&self, bytes: &Arc<[u8]>) {
        // An error says that the bridge is over.
        if let Ok(room) = self.room.clone().acquire_many_owned(cost(bytes)).await {
            self.take(bytes, false, room);
        }
    }

    fn take(&self, bytes: &Arc<[u8]>, is_datagram: bool, room: OwnedSemaphorePermit) {
        let carried = CarriedBytes { bytes: bytes.clone(), is_datagram, _room: room };
        // An error says that nobody carries any more.
        self.queue.try_send(Carried::Bytes(carried)).ok();
    }

    /// Takes the end of a connection, behind what it has said; whether there is room for that.
    pub fn pass_end(&self, end: CarriedEnd) -> bool {
        self.queue.try_send(Carried::End(end)).is_ok()
    }

    /// The same of what cannot be made to wait: without room it is counted, and lost for the other session.
    pub fn pass_now(&self, bytes: &Arc<[u8]>, is_datagram: bool) {
        match self.room.clone().try_acquire_many_owned(cost(bytes)) {
            Ok(room) => self.take(bytes, is_datagram, room),
            Err(_) if self.room.is_closed() => {}
            Err(_) => drop(self.missed.fetch_add(bytes.len() as u64, Ordering::Relaxed)),
        }
    }

    /// The bridge is over.
    pub fn close(&self) {
        self.room.close();
        self.over.send_replace(true);
    }
}

fn cost(bytes: &[u8]) -> u32 {
    // A read and a datagram have less than the limit.
    u32::try_from((bytes.len() + PIECE).min(LIMIT)).unwrap_or(u32::MAX)
}

impl BridgeQueue {
    /// What came next; `None`: the bridge is over.
    pub async fn next(&mut self) -> Option<Carried> {
        tokio::select! {
            carried = self.queue.recv() => carried,
            () = over(self.over.clone()) => None,
        }
    }

    /// Completes when the bridge is over.
    pub async fn over(&self) {
        over(self.over.clone()).await;
    }

    /// Bytes that had no room since this was asked last.
    pub fn take_missed(&self) -> u64 {
        self.missed.swap(0, Ordering::Relaxed)
    }

    /// Bytes that still wait when it is over.
    pub fn rest(mut self) -> u64 {
        let mut bytes = 0;
        while let Ok(carried) = self.queue.try_recv() {
            if let Carried::Bytes(carried) = carried {
                bytes += carried.bytes.len() as u64;
            }
        }
        bytes
    }
}

/// An error says that nobody has the bridge any more.
async fn over(mut over: watch::Receiver<bool>) {
    over.wait_for(|over| *over).await.ok();
}

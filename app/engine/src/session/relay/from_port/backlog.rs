//! What a port has said that nobody has taken yet.

use std::collections::VecDeque;
use std::sync::Arc;

use espalier_core::say;
use tokio::sync::mpsc::Receiver;

use crate::session::onward::Onward;
use crate::session::shared::SessionShared;

/// Bytes that wait while the other side is away; then the oldest are dropped.
pub const LIMIT: usize = 1 << 20;

/// What a piece costs beside its bytes.
const PIECE: usize = 64;

/// What waits, in order.
#[derive(Debug, Default)]
pub struct Backlog {
    /// What is being given on.
    first: Option<Arc<[u8]>>,
    rest: VecDeque<Arc<[u8]>>,
    cost: usize,
    lost: u64,
}

impl Backlog {
    /// Keeps what came, and drops what is older than that and has no room; the first time, that is told.
    pub fn push(&mut self, shared: &SessionShared, bytes: Arc<[u8]>) {
        self.cost += bytes.len() + PIECE;
        self.rest.push_back(bytes);
        while self.cost > LIMIT {
            // What is being given on may still get there.
            let Some(oldest) = self.rest.pop_front() else { break };
            self.cost -= oldest.len() + PIECE;
            if self.lost == 0 {
                let limit = LIMIT >> 10;
                let sentence = say!(
                    "relay-backlog-full",
                    "the other side is away, and {limit} KiB that the port has said wait for it: the oldest are dropped from here on",
                    limit = limit,
                );
                shared.note(None, sentence);
            }
            self.lost += oldest.len() as u64;
        }
    }

    /// Says how much was dropped, when the other side is there again.
    pub fn tell_lost(&mut self, shared: &SessionShared) {
        let bytes = std::mem::take(&mut self.lost);
        if bytes > 0 {
            let sentence = say!(
                "relay-backlog-lost",
                "{bytes} bytes that the port had said were dropped while the other side was away",
                bytes = bytes,
            );
            shared.note(None, sentence);
        }
    }

    /// Says how much did not get there at all.
    pub fn tell_rest(&mut self, shared: &SessionShared) {
        self.tell_lost(shared);
        let bytes: usize = self.first.iter().chain(&self.rest).map(|piece| piece.len()).sum();
        if bytes > 0 {
            let sentence = say!(
                "relay-backlog-rest",
                "{bytes} bytes that the port had said did not reach the other side",
                bytes = bytes,
            );
            shared.note(None, sentence);
        }
    }

    fn next(&mut self) -> Option<Arc<[u8]>> {
        if self.first.is_none() {
            self.first = self.rest.pop_front();
        }
        self.first.clone()
    }

    fn taken(&mut self) {
        if let Some(piece) = self.first.take() {
            self.cost -= piece.len() + PIECE;
        }
    }
}

/// A port that is read, and what of that waits.
#[derive(Debug)]
pub struct PortReads {
    /// What the link reads; closed when the port is over.
    pub reads: Receiver<Arc<[u8]>>,
    /// What waits.
    pub backlog: Backlog,
}

impl PortReads {
    /// Nothing was read yet.
    pub fn new(reads: Receiver<Arc<[u8]>>) -> Self {
        Self { reads, backlog: Backlog::default() }
    }

    /// Does something while nobody takes what is read.
    pub async fn meanwhile<T>(
        &mut self,
        shared: &SessionShared,
        doing: impl Future<Output = T>,
    ) -> T {
        let mut doing = std::pin::pin!(doing);
        loop {
            tokio::select! {
                done = &mut doing => return done,
                Some(bytes) = self.reads.recv() => self.backlog.push(shared, bytes),
            }
        }
    }

    /// Gives on what is read, to the end of the port; and while this waits nothing more is read, unless the other side is away.
    /// What it has not `taken` stays for the next one.
    pub async fn give(
        &mut self,
        shared: &SessionShared,
        onward: &Onward,
        is_taken: impl Fn() -> bool,
        is_away: impl Fn() -> bool,
    ) {
        loop {
            let Some(bytes) = self.backlog.next() else {
                match self.reads.recv().await {
                    Some(bytes) => self.backlog.push(shared, bytes),
                    None => return,
                }
                continue;
            };
            let mut giving = std::pin::pin!(onward.give(&bytes));
            loop {
                let away = is_away();
                tokio::select! {
                    () = &mut giving => break,
                    Some(bytes) = self.reads.recv(), if away => self.backlog.push(shared, bytes),
                    // Nobody tells of a port that goes.
                    () = tokio::time::sleep(LOOK), if !away => {}
                }
            }
            if !is_taken() {
                return std::future::pending().await;
            }
            self.backlog.taken();
        }
    }
}

/// How often a side is looked at that takes nothing.
const LOOK: std::time::Duration = std::time::Duration::from_millis(100);

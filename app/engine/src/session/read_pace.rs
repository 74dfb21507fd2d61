//! How fast a connection is read, where that is slower than it could be, on purpose.

use std::time::Duration;

use espalier_core::faults::{RateLimit, ReceiveFaults};
use espalier_core::say;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::peer::Peer;
use super::shared::SessionShared;

/// The pace of one connection.
#[derive(Debug)]
pub struct ReadPace {
    faults: watch::Receiver<ReceiveFaults>,
    told: ReceiveFaults,
    limit: RateLimit,
    began: Instant,
}

impl ReadPace {
    /// As fast as its session has it, now and later.
    pub fn new(shared: &SessionShared) -> Self {
        Self {
            faults: shared.receiving.subscribe(),
            told: ReceiveFaults::default(),
            limit: RateLimit::default(),
            began: Instant::now(),
        }
    }

    /// How many of at most `wanted` bytes may be read now, as soon as any may. What is different from before is told.
    pub async fn wait(&mut self, shared: &SessionShared, peer: &Peer, wanted: usize) -> usize {
        loop {
            let faults = *self.faults.borrow_and_update();
            self.tell(shared, peer, faults);
            if faults.stop_reading {
                // The sender is there as long as the session is.
                self.faults.changed().await.ok();
                continue;
            }
            let now = self.began.elapsed();
            self.limit.set(faults.read_rate, now);
            let due: Duration = match self.limit.allows(wanted, now) {
                Ok(bytes) => return bytes,
                Err(due) => due,
            };
            tokio::select! {
                () = sleep_until(self.began + due) => {}
                Ok(()) = self.faults.changed() => {}
            }
        }
    }

    /// So many were read.
    pub fn took(&mut self, bytes: usize) {
        self.limit.take(bytes);
    }

    fn tell(&mut self, shared: &SessionShared, peer: &Peer, faults: ReceiveFaults) {
        let before = std::mem::replace(&mut self.told, faults);
        if faults.stop_reading != before.stop_reading {
            shared.note(
                Some(peer),
                match faults.stop_reading {
                    true => say!(
                        "fault-reads-nothing",
                        "fault: nothing is read from here on, so the window of the other end closes (stop reading)"
                    ),
                    false => say!("fault-reads-again", "is read again"),
                },
            );
        }
        if faults.read_rate == before.read_rate {
            return;
        }
        shared.note(
            Some(peer),
            match faults.read_rate {
                Some(rate) => say!(
                    "fault-reads-slowly",
                    "fault: at most {rate} bytes a second are read (slow reader)",
                    rate = rate,
                ),
                None => say!("fault-reads-fast", "is read as fast as it sends again"),
            },
        );
    }
}

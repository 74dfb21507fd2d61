//! What waits for a port, given to it as far as it takes it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::session::outbox::{NextWrite, Outbox};
use crate::session::serial_port::SerialState;

/// Bytes that may wait in the port's own queue: what goes in there cannot be stopped any more.
const QUEUED: u64 = 4 << 10;

/// How long a port may take nothing of what waits for it, once nobody is there to wait.
pub const PATIENCE: Duration = Duration::from_secs(1);

/// How often a port that has no room is looked at: its queue tells nobody of room.
const LOOK: Duration = Duration::from_millis(5);

/// Gives to a port what waits for it, to the end of what comes, or of the port.
pub async fn write(port: &SerialState, to_port: &Outbox) {
    while let NextWrite::Piece(mut piece) = to_port.next().await {
        let bytes: Arc<[u8]> = piece.rest().into();
        while !has_room(port) || port.send(&bytes, None) == Some(false) {
            if !port.is_open() {
                return;
            }
            sleep(LOOK).await;
        }
        piece.take(bytes.len());
        to_port.taken(bytes.len(), true);
    }
}

fn has_room(port: &SerialState) -> bool {
    port.queued() < QUEUED && port.takes()
}

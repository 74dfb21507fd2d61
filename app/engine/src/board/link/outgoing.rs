//! What waits to be sent to the port.

use std::collections::VecDeque;
use std::io::{ErrorKind, Write as _};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use espalier_core::board::Masker;

use super::shared::LinkShared;
use crate::board::port::Port;
use crate::receipt::Piece;

/// Bytes that may wait to be sent; what goes beyond is refused and told.
const MOST_WAITING: usize = 16 << 20;
/// One write: short enough that reading goes on meanwhile.
const WRITE: usize = 4096;

/// What waits to be sent. What the system takes goes through the masker on its way into the capture.
pub struct Outgoing {
    shared: Arc<LinkShared>,
    pieces: VecDeque<Piece>,
    bytes: usize,
    masker: Masker,
}

impl Outgoing {
    /// Nothing waits.
    pub fn new(shared: Arc<LinkShared>) -> Self {
        Self { shared, pieces: VecDeque::new(), bytes: 0, masker: Masker::default() }
    }

    /// Lets a piece wait for its turn.
    ///
    /// # Errors
    /// Too much waits already: so many bytes are not sent.
    pub fn push(&mut self, piece: Piece) -> Result<(), usize> {
        let bytes = piece.rest().len();
        if self.bytes + bytes > MOST_WAITING {
            return Err(bytes);
        }
        if bytes > 0 {
            self.set_bytes(self.bytes + bytes);
            self.pieces.push_back(piece);
        }
        Ok(())
    }

    /// Writes as much as the port takes at once, and has that recorded.
    ///
    /// # Errors
    /// [`WriteFailure`].
    pub fn write(
        &mut self,
        port: &mut Port,
        record: impl FnOnce(&[u8]) -> Result<(), String>,
    ) -> Result<(), WriteFailure> {
        let Some(piece) = self.pieces.front_mut() else { return Ok(()) };
        let rest = piece.rest();
        let count = match port.write(&rest[..rest.len().min(WRITE)]) {
            Ok(count) => count,
            // Flow control, or a full buffer: it goes on later.
            Err(error) if is_silence(&error) => return Ok(()),
            Err(error) => return Err(WriteFailure::Port(error)),
        };
        let whole = count >= rest.len();
        let mut kept = Vec::new();
        self.masker.push(&rest[..count], &mut kept);
        piece.take(count);
        // Before they are told: whoever hears that they are sent finds none of them waiting.
        self.set_bytes(self.bytes.saturating_sub(count));
        let recorded = if kept.is_empty() { Ok(()) } else { record(&kept) };
        if whole {
            self.pieces.pop_front();
        }
        recorded.map_err(WriteFailure::Capture)
    }

    /// What was held back because it began like a command with a password, to be recorded now.
    pub fn take_held(&mut self) -> Vec<u8> {
        let mut kept = Vec::new();
        self.masker.finish(&mut kept);
        kept
    }

    /// Lets go of what waits; how many bytes that were.
    pub fn clear(&mut self) -> usize {
        self.pieces.clear();
        let unsent = self.bytes;
        self.set_bytes(0);
        unsent
    }

    fn set_bytes(&mut self, bytes: usize) {
        self.bytes = bytes;
        self.shared.queued.store(bytes as u64, Ordering::Release);
    }
}

/// Why writing cannot go on.
pub enum WriteFailure {
    /// The port is gone.
    Port(std::io::Error),
    /// What was written cannot be recorded: why.
    Capture(String),
}

/// Nothing to read, or no room to write, yet.
pub fn is_silence(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

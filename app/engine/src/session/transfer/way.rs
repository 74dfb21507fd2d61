//! What a transfer's thread has of its session: how it sends, waits, and tells.

use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use espalier_core::transfer::{TransferEnd, TransferredFile};
use espalier_core::{Direction, Sentence, say};

use super::guest::{TransferState, Wish};
use super::host::TransferHost;
use crate::receipt::UnsentCounter;

/// How often it is looked at whether the other end is still there.
pub const LOOK: Duration = Duration::from_millis(200);

/// The shortest and the longest rest of a transfer that waits for room.
const RESTS: std::ops::Range<Duration> = Duration::from_micros(500)..Duration::from_millis(20);

/// Why a transfer does not go on.
#[derive(Debug)]
pub enum Stop {
    /// The session itself is gone: nobody is left to be told.
    Gone,
    /// An end, for the user.
    End(TransferEnd),
}

impl Stop {
    pub const fn failed(why: Sentence) -> Self {
        Self::End(TransferEnd::Failed(why))
    }
}

/// What a transfer has of its session.
pub struct Way<'a> {
    session: &'a Weak<dyn TransferHost>,
    pub state: &'a Arc<TransferState>,
}

impl<'a> Way<'a> {
    /// Of this session, for this transfer.
    pub const fn new(session: &'a Weak<dyn TransferHost>, state: &'a Arc<TransferState>) -> Self {
        Self { session, state }
    }

    /// The session, as long as there is one.
    ///
    /// # Errors
    /// [`Stop::Gone`].
    pub fn session(&self) -> Result<Arc<dyn TransferHost>, Stop> {
        self.session.upgrade().ok_or(Stop::Gone)
    }

    /// What is wished.
    pub fn wish(&self) -> Wish {
        self.state.inner().wish
    }

    /// Bytes that wait to be sent.
    ///
    /// # Errors
    /// The other end has gone.
    pub fn waiting(&self) -> Result<usize, Stop> {
        self.state.target.waiting(&*self.session()?).map_err(target_gone)
    }

    /// Waits until no more than so many bytes wait to be sent, and returns how many do. A wish ends it sooner, when `heeds` is set.
    ///
    /// # Errors
    /// The other end has gone.
    pub fn until_at_most(&self, most: usize, heeds: bool) -> Result<usize, Stop> {
        let (mut rest, mut before) = (RESTS.start, usize::MAX);
        loop {
            let waiting = self.waiting()?;
            if waiting <= most || (heeds && self.wish() != Wish::GoOn) {
                return Ok(waiting);
            }
            rest = if waiting < before { RESTS.start } else { (rest * 2).min(RESTS.end) };
            before = waiting;
            thread::sleep(rest);
        }
    }

    /// Hands these bytes over; waits while there is no room.
    ///
    /// # Errors
    /// The other end has gone, or the wish came that it ends.
    pub fn hand_over(&self, bytes: &Arc<[u8]>, receipt: &UnsentCounter) -> Result<(), Stop> {
        loop {
            let receipt = receipt.receipt();
            let done = self.state.target.hand_over(&*self.session()?, bytes, &receipt);
            if done.map_err(target_gone)? {
                return Ok(());
            }
            if self.wish() == Wish::Cancel {
                return Err(Stop::End(TransferEnd::Cancelled));
            }
            thread::sleep(RESTS.end);
        }
    }

    /// A sentence in the session's log.
    pub fn note(&self, sentence: Sentence) {
        if let Some(session) = self.session.upgrade() {
            session.note(sentence);
        }
    }

    /// The status has changed.
    pub fn publish(&self) {
        if let Some(session) = self.session.upgrade() {
            session.mark_dirty();
        }
    }

    /// A file is over: tells it.
    pub fn finished(&self, file: TransferredFile) {
        let name = file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let TransferredFile { bytes, sha256, whole, resumed_at, .. } = &file;
        let sent = self.state.direction == Direction::Out;
        self.note(match (sent, whole) {
            (true, true) => say!(
                "note-file-sent",
                "file sent: {file}, {bytes} bytes, SHA-256 {sha256}",
                file = name,
                bytes = bytes,
                sha256 = sha256,
            ),
            (true, false) if sha256.is_empty() => say!(
                "note-file-unwanted",
                "the other end did not want {file}",
                file = name,
            ),
            (true, false) => say!(
                "note-file-sent-part",
                "the first {bytes} bytes of {file} were sent, SHA-256 {sha256}",
                file = name,
                bytes = bytes,
                sha256 = sha256,
            ),
            (false, true) if *resumed_at > 0 => say!(
                "note-file-resumed",
                "file received: {file}, {bytes} bytes, from byte {start} on this time, SHA-256 {sha256}",
                file = name,
                bytes = bytes,
                start = resumed_at,
                sha256 = sha256,
            ),
            (false, true) => say!(
                "note-file-received",
                "file received: {file}, {bytes} bytes, SHA-256 {sha256}",
                file = name,
                bytes = bytes,
                sha256 = sha256,
            ),
            (false, false) => say!(
                "note-file-received-part",
                "{file} has {bytes} bytes, which may not be all, SHA-256 {sha256}",
                file = name,
                bytes = bytes,
                sha256 = sha256,
            ),
        });
        self.state.finished(file);
        self.publish();
    }
}

/// The other end has gone.
pub const fn target_gone(why: Sentence) -> Stop {
    Stop::End(TransferEnd::TargetGone(why))
}

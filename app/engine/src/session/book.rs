//! What a session writes down: capture, counts and digests, always in the same order.

use std::path::PathBuf;

use espalier_core::capture::Endpoints;
use espalier_core::session::{Integrity, SessionEvent, Traffic};
use espalier_core::{Direction, PeerId, Timestamp};
use sha2::{Digest as _, Sha256};

use super::peer::Meter;
use crate::capture::{Capture, CaptureError, CaptureLimits};

/// Where a session's capture goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    /// Nowhere: bytes are counted and digested only.
    Nowhere,
    /// A folder of segments with a retention.
    Folder(PathBuf),
    /// One file without a limit; what it held is replaced.
    File(PathBuf),
}

/// Everything under one lock, so that capture, counts and digests agree on the order.
#[derive(Debug)]
pub struct Book {
    store: Store,
    capture: Option<Capture>,
    meter: Meter,
    digests: [Sha256; 2],
    unstored: Vec<Unstored>,
}

/// Bytes that had moved when the capture failed. They are written first when it can be written again.
#[derive(Debug)]
struct Unstored {
    at: Timestamp,
    direction: Direction,
    peer: PeerId,
    ends: Option<Endpoints>,
    bytes: Vec<u8>,
}

impl Book {
    /// An empty book; nothing is made on disk yet.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            capture: None,
            meter: Meter::default(),
            digests: [Sha256::new(), Sha256::new()],
            unstored: Vec::new(),
        }
    }

    /// Makes the capture when there is none yet, and writes what could not be written before.
    pub fn open(&mut self, limits: CaptureLimits) -> Result<(), CaptureError> {
        if self.capture.is_none() {
            self.capture = match &self.store {
                Store::Nowhere => None,
                Store::Folder(folder) => Some(Capture::open(folder, limits)?),
                Store::File(path) => Some(Capture::open_file(path)?),
            };
        }
        while let Some(first) = self.unstored.first() {
            if let Some(capture) = &self.capture {
                let Unstored { at, direction, peer, ends, bytes } = first;
                capture.append_data(*at, *direction, *peer, ends.as_ref(), bytes)?;
            }
            let Unstored { at, direction, bytes, .. } = self.unstored.remove(0);
            self.count(at, direction, &bytes);
        }
        Ok(())
    }

    /// Writes down one read or write. Bytes that cannot be stored are kept until [`Self::open`].
    pub fn data(
        &mut self,
        at: Timestamp,
        direction: Direction,
        peer: PeerId,
        ends: Option<&Endpoints>,
        bytes: &[u8],
    ) -> Result<(), CaptureError> {
        if let Some(capture) = &self.capture
            && let Err(error) = capture.append_data(at, direction, peer, ends, bytes)
        {
            let bytes = bytes.to_vec();
            self.unstored.push(Unstored { at, direction, peer, ends: ends.copied(), bytes });
            return Err(error);
        }
        self.count(at, direction, bytes);
        Ok(())
    }

    /// Writes down an event.
    pub fn event(
        &self,
        at: Timestamp,
        peer: PeerId,
        ends: Option<&Endpoints>,
        event: &SessionEvent,
    ) -> Result<(), CaptureError> {
        match &self.capture {
            Some(capture) => capture.append_event(at, peer, ends, event),
            None => Ok(()),
        }
    }

    fn count(&mut self, at: Timestamp, direction: Direction, bytes: &[u8]) {
        self.meter.add(at, direction, bytes.len() as u64);
        self.digests[direction as usize].update(bytes);
    }

    /// The capture, once it was opened.
    pub const fn capture(&self) -> Option<&Capture> {
        self.capture.as_ref()
    }

    /// Deletes the capture if it is a folder of the engine's own; a file that the user named stays.
    pub fn discard(&self) {
        if let (Store::Folder(_), Some(capture)) = (&self.store, &self.capture) {
            capture.delete();
        }
    }

    /// What moved, and the proof of it.
    pub fn totals(&self, now: Timestamp) -> (Traffic, Integrity) {
        let traffic = self.meter.traffic(now);
        let [received, sent] = self.digests.clone().map(|digest| digest.finalize().into());
        let integrity = Integrity {
            received,
            received_bytes: traffic.received.bytes,
            sent,
            sent_bytes: traffic.sent.bytes,
        };
        (traffic, integrity)
    }
}

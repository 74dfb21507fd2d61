//! Writes streams as captures of ours. It is no [`Capture`](super::super::Capture): that keeps a file open, and a foreign file may
//! have more streams than a process may open files. What is written waits in memory, and a file is open for one write only.

use std::fs::{DirBuilder, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use espalier_core::capture::{Encoder, Endpoints, file_header, payloads};
use espalier_core::session::SessionEvent;
use espalier_core::{Direction, PeerId, Timestamp};

use super::super::segment::Segment;
use super::super::{CaptureError, CaptureLimits};

/// Whose records they are: a stream has one peer.
const PEER: PeerId = PeerId(1);

/// The capture of one stream.
#[derive(Debug)]
pub(super) struct StreamWriter {
    folder: PathBuf,
    /// What waits to be written.
    waiting: Vec<u8>,
    /// Where the segment begins that is written now, and how long it is.
    base: u64,
    length: u64,
    /// No stamp is before this one, though packets may stand in disorder.
    pub last: Timestamp,
    pub received: u64,
    pub sent: u64,
}

impl StreamWriter {
    /// Bytes that wait at most.
    const WAITING: usize = 256 << 10;

    /// A capture in this folder, which is made.
    pub fn new(folder: &Path) -> Result<Self, CaptureError> {
        #[cfg_attr(not(unix), allow(unused_mut))]
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(CaptureError::io("create", folder))?;
        Ok(Self {
            folder: folder.to_owned(),
            waiting: file_header(),
            base: 0,
            length: 0,
            last: Timestamp(0),
            received: 0,
            sent: 0,
        })
    }

    /// Bytes that wait.
    pub const fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub fn data(
        &mut self,
        encoder: &mut Encoder,
        at: Timestamp,
        direction: Direction,
        ends: Option<&Endpoints>,
        bytes: &[u8],
    ) -> Result<(), CaptureError> {
        self.last = self.last.max(at);
        match direction {
            Direction::In => self.received += bytes.len() as u64,
            Direction::Out => self.sent += bytes.len() as u64,
        }
        for payload in payloads(bytes) {
            encoder.data(self.last, direction, PEER, ends, payload.len());
            self.put(encoder, payload)?;
        }
        Ok(())
    }

    pub fn event(
        &mut self,
        encoder: &mut Encoder,
        at: Timestamp,
        ends: Option<&Endpoints>,
        event: &SessionEvent,
    ) -> Result<(), CaptureError> {
        self.last = self.last.max(at);
        encoder.event(self.last, PEER, ends, event);
        self.put(encoder, &[])
    }

    fn put(&mut self, encoder: &Encoder, payload: &[u8]) -> Result<(), CaptureError> {
        let parts = [encoder.head(), payload, encoder.tail()];
        let block: u64 = parts.iter().map(|part| part.len() as u64).sum();
        let there = self.length + self.waiting.len() as u64;
        if there + block > CaptureLimits::default().segment {
            self.flush()?;
            (self.base, self.length) = (self.base + self.length, 0);
            self.waiting = file_header();
        }
        parts.iter().for_each(|part| self.waiting.extend_from_slice(part));
        if self.waiting.len() >= Self::WAITING { self.flush() } else { Ok(()) }
    }

    /// Writes what waits.
    pub fn flush(&mut self) -> Result<(), CaptureError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let path = Segment::in_folder(&self.folder, self.base).path;
        let mut options = File::options();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&path).and_then(|mut file| file.write_all(&self.waiting));
        written.map_err(CaptureError::io("write", &path))?;
        self.length += self.waiting.len() as u64;
        self.waiting.clear();
        self.waiting.shrink_to(0);
        Ok(())
    }
}

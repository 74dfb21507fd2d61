//! A capture that is being written.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use espalier_core::capture::{Endpoints, LARGEST_PAYLOAD, Source, intact_end, is_capture};
use espalier_core::record::{Record, RecordBody};
use espalier_core::session::SessionEvent;
use espalier_core::{Direction, PeerId, Timestamp};
use parking_lot::Mutex;

use super::files::Files;
use super::notify::Listeners;
use super::segment::{Segment, Still};
use super::writer::{MakeSink, Writer};
use super::{CaptureError, CaptureLimits, Subscription};

/// A session's capture: a folder of segments, or one file. Clones are handles of the same capture.
///
/// Positions count over all segments from the first byte ever written; see [`Source`]. Appending blocks for one write to
/// the operating system (microseconds, unless the disk is slow); reading never waits for a writer.
#[derive(Clone, Debug)]
pub struct Capture(Arc<Shared>);

struct Shared {
    /// Where segments are made; `None` for a single file.
    folder: Option<PathBuf>,
    files: Files,
    start: AtomicU64,
    end: AtomicU64,
    writing: Mutex<Writing>,
    listeners: Listeners,
    make: MakeSink,
}

struct Writing {
    writer: Option<Writer>,
    /// Where the writer's segment begins.
    base: u64,
    limits: CaptureLimits,
    /// Retired segments that could not be deleted yet (held open by another program).
    undeleted: Vec<PathBuf>,
}

impl Capture {
    /// Opens a session's folder, made when it does not exist. A capture that is already there is continued: a torn last block
    /// is cut, nothing else is touched.
    ///
    /// # Errors
    /// When the folder or a segment cannot be made or read, or a file in it only looks like a segment.
    pub fn open(folder: &Path, limits: CaptureLimits) -> Result<Self, CaptureError> {
        Self::open_with(folder, limits, |file| Box::new(file))
    }

    pub(super) fn open_with(
        folder: &Path,
        limits: CaptureLimits,
        make: MakeSink,
    ) -> Result<Self, CaptureError> {
        std::fs::create_dir_all(folder).map_err(CaptureError::io("create", folder))?;
        let mut segments = Files::in_folder(folder)?;
        let (writer, base) = match segments.last() {
            None => {
                let first = Segment::in_folder(folder, 0);
                let writer = Writer::create(&first.path, false, make)?;
                segments.push(first);
                (writer, 0)
            }
            Some(last) => (resume(&last.path, make)?, last.base),
        };
        let start = segments.first().map_or(0, |oldest| oldest.base);
        let files = Files::new(segments);
        Ok(Self::over(Some(folder.to_owned()), files, start, writer, base, limits, make))
    }

    /// Begins a capture in one file that grows without limit; what the file held is replaced.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create_file(path: &Path) -> Result<Self, CaptureError> {
        let make: MakeSink = |file: File| Box::new(file);
        let writer = Writer::create(path, true, make)?;
        let files = Files::new([Segment { base: 0, path: path.to_owned() }]);
        Ok(Self::over(None, files, 0, writer, 0, CaptureLimits::UNLIMITED, make))
    }

    fn over(
        folder: Option<PathBuf>,
        files: Files,
        start: u64,
        writer: Writer,
        base: u64,
        limits: CaptureLimits,
        make: MakeSink,
    ) -> Self {
        let end = AtomicU64::new(base + writer.length);
        let writing = Writing { writer: Some(writer), base, limits, undeleted: Vec::new() };
        Self(Arc::new(Shared {
            folder,
            files,
            start: AtomicU64::new(start),
            end,
            writing: Mutex::new(writing),
            listeners: Listeners::default(),
            make,
        }))
    }

    /// Appends the bytes of one read or write. More than [`LARGEST_PAYLOAD`] become several records with the same time.
    ///
    /// # Errors
    /// [`CaptureError::Full`] and others when the bytes could not be written: then they are not in the capture (of several
    /// records, those before the failing one are), and the capture is whole up to there. It may be tried again.
    pub fn append_data(
        &self,
        at: Timestamp,
        direction: Direction,
        peer: PeerId,
        ends: Option<&Endpoints>,
        bytes: &[u8],
    ) -> Result<(), CaptureError> {
        let mut writing = self.0.writing.lock();
        for payload in bytes.chunks(LARGEST_PAYLOAD) {
            let writer = Shared::opened(&mut writing)?;
            writer.encoder.data(at, direction, peer, ends, payload.len());
            self.0.append(&mut writing, payload)?;
        }
        drop(writing);
        self.0.listeners.notify();
        Ok(())
    }

    /// Appends an event.
    ///
    /// # Errors
    /// As for [`Self::append_data`].
    pub fn append_event(
        &self,
        at: Timestamp,
        peer: PeerId,
        ends: Option<&Endpoints>,
        event: &SessionEvent,
    ) -> Result<(), CaptureError> {
        let mut writing = self.0.writing.lock();
        Shared::opened(&mut writing)?.encoder.event(at, peer, ends, event);
        self.0.append(&mut writing, &[])?;
        drop(writing);
        self.0.listeners.notify();
        Ok(())
    }

    /// Appends a record with everything it says, such as what it is a copy of; its own place does not matter. At most
    /// [`LARGEST_PAYLOAD`] bytes.
    ///
    /// # Errors
    /// As for [`Self::append_data`].
    pub fn append_record(
        &self,
        record: &Record<'_>,
        ends: Option<&Endpoints>,
    ) -> Result<(), CaptureError> {
        let payload = if let RecordBody::Data(bytes) = record.body { bytes } else { &[] };
        let mut writing = self.0.writing.lock();
        Shared::opened(&mut writing)?.encoder.record(record, ends);
        self.0.append(&mut writing, payload)?;
        drop(writing);
        self.0.listeners.notify();
        Ok(())
    }

    /// Calls `listener` after every append, on the appending thread, until the subscription is dropped. It must return at
    /// once: set a flag, wake a thread.
    pub fn on_append(&self, listener: impl Fn() + Send + Sync + 'static) -> Subscription {
        self.0.listeners.add(listener)
    }

    /// Uses other limits from now on; what is above them goes when the next segment begins. A single file has none.
    pub fn set_limits(&self, limits: CaptureLimits) {
        if self.0.folder.is_some() {
            self.0.writing.lock().limits = limits;
        }
    }

    /// Bytes of history on disk.
    pub fn kept_bytes(&self) -> u64 {
        let extent = self.extent();
        extent.end - extent.start
    }

    /// Bytes of history that retention has let go.
    pub fn retired_bytes(&self) -> u64 {
        self.extent().start
    }

    /// Deletes the capture from disk. All handles see an empty capture then, and appending fails.
    pub fn delete(&self) {
        let mut writing = self.0.writing.lock();
        writing.writer = None;
        self.0.start.store(self.0.end.load(Ordering::Acquire), Ordering::Release);
        let segments = self.0.files.take_all();
        let retired = std::mem::take(&mut writing.undeleted);
        for path in segments.into_iter().map(|segment| segment.path).chain(retired) {
            if let Err(error) = std::fs::remove_file(&path) {
                tracing::warn!(%error, path = %path.display(), "a segment stays behind");
            }
        }
        // Only when it is empty: what somebody else put there is not ours to delete.
        if let Some(folder) = &self.0.folder {
            let _ = std::fs::remove_dir(folder);
        }
        drop(writing);
        self.0.listeners.notify();
    }
}

/// Goes on with a segment that a writer, perhaps killed, has left.
fn resume(path: &Path, make: MakeSink) -> Result<Writer, CaptureError> {
    // Longer than any header of ours: a file below that and without a whole header was torn at its very beginning.
    const SHORT: u64 = 256;
    let still = Still::open(path)?;
    if is_capture(&still) {
        return Writer::resume(path, intact_end(&still, 0), make);
    }
    if still.length > SHORT {
        return Err(CaptureError::NotACapture { path: path.to_owned() });
    }
    drop(still);
    Writer::create(path, true, make)
}

impl Shared {
    fn opened(writing: &mut Writing) -> Result<&mut Writer, CaptureError> {
        writing.writer.as_mut().ok_or(CaptureError::Deleted)
    }

    /// Appends what the encoder has built around `payload`, in a new segment when this one is full, and publishes it.
    fn append(&self, writing: &mut Writing, payload: &[u8]) -> Result<(), CaptureError> {
        let segment = writing.limits.segment;
        let writer = Self::opened(writing)?;
        if writer.length.saturating_add(writer.encoded_length(payload)) > segment {
            self.begin_segment(writing)?;
        }
        let writer = Self::opened(writing)?;
        writer.append_encoded(payload)?;
        let end = writing.base + writing.writer.as_ref().map_or(0, |writer| writer.length);
        self.end.store(end, Ordering::Release);
        Ok(())
    }

    fn begin_segment(&self, writing: &mut Writing) -> Result<(), CaptureError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        self.retire(writing);
        let base = self.end.load(Ordering::Relaxed);
        let segment = Segment::in_folder(folder, base);
        let mut writer = Writer::create(&segment.path, false, self.make)?;
        if let Some(full) = &mut writing.writer {
            std::mem::swap(&mut writer.encoder, &mut full.encoder);
        }
        self.files.push(segment);
        self.end.store(base + writer.length, Ordering::Release);
        (writing.writer, writing.base) = (Some(writer), base);
        Ok(())
    }

    /// Lets the oldest segments go, so that another one fits below the limit.
    fn retire(&self, writing: &mut Writing) {
        let CaptureLimits { segment, retention } = writing.limits;
        let retention = retention.max(segment.saturating_mul(2));
        let end = self.end.load(Ordering::Relaxed);
        let kept = |shared: &Self| end - shared.start.load(Ordering::Relaxed);
        while kept(self).saturating_add(segment) > retention {
            let Some((oldest, next)) = self.files.oldest_two() else { break };
            // Readers must not look for a file that is about to go.
            self.start.store(next.base, Ordering::Release);
            self.files.pop_oldest();
            writing.undeleted.push(oldest.path);
        }
        writing.undeleted.retain(|path| {
            let result = std::fs::remove_file(path);
            result.is_err_and(|error| error.kind() != std::io::ErrorKind::NotFound)
        });
    }
}

impl Source for Capture {
    fn extent(&self) -> Range<u64> {
        // The end first: retention may move the start behind an end read before it.
        let end = self.0.end.load(Ordering::Acquire);
        let start = self.0.start.load(Ordering::Acquire);
        start..end.max(start)
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> usize {
        let extent = self.extent();
        if !extent.contains(&at) {
            return 0;
        }
        self.0.files.read_at(at, into, extent.end)
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (start, end) = (&self.start, &self.end);
        f.debug_struct("Capture").field("start", start).field("end", end).finish_non_exhaustive()
    }
}

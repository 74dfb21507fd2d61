//! A capture that is being written.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use espalier_core::capture::{Endpoints, Record, RecordBody, Source, payloads};
use espalier_core::session::SessionEvent;
use espalier_core::settings::SyncPolicy;
use espalier_core::{Direction, PeerId, Position, Timestamp};

use super::files::SegmentFiles;
use super::lock::{FOLDER_LOCK, ReaderLock, WriterLock};
use super::segment::Segment;
use super::shared::{CaptureShared, WriteState, take_all};
use super::writer::{MakeSegmentFile, SegmentFile};
use super::{
    CaptureError, CaptureLimits, CaptureTrouble, SavedCapture, Subscription, maintenance,
    open_segment, private, single, sync_policy,
};

/// A session's capture: a folder of segments, or one file. Clones are handles of the same capture.
///
/// Positions count over all segments from the first byte ever written; see [`Source`]. Appending blocks for one write to
/// the operating system (microseconds, unless the disk is slow); reading never waits for a writer.
#[derive(Clone, Debug)]
pub struct Capture(Arc<CaptureShared>);

impl Capture {
    /// Opens a session's folder, made when it does not exist, and locks it for as long as it is written. A capture that is
    /// already there is continued: a torn last block is cut, nothing else is touched.
    ///
    /// # Errors
    /// When the folder or a segment cannot be made or read, or somebody else writes it ([`CaptureError::BeingWritten`]).
    pub fn open(folder: &Path, limits: CaptureLimits) -> Result<Self, CaptureError> {
        Self::open_with(folder, limits, plain)
    }

    pub(super) fn open_with(
        folder: &Path,
        limits: CaptureLimits,
        make: MakeSegmentFile,
    ) -> Result<Self, CaptureError> {
        private::own_folder(folder).map_err(CaptureError::io("create", folder))?;
        let lock = WriterLock::of_folder(folder)?;
        let mut segments = SegmentFiles::in_folder(folder)?;
        segments.iter().for_each(|segment| private::narrow(&segment.path));
        let begun = open_segment::begin(folder, &mut segments, make)?;
        let start = segments.first().map_or(0, |oldest| oldest.base);
        let writing = WriteState::new(begun.writer, begun.base, limits, lock);
        let files = SegmentFiles::new(segments);
        let capture = Self::over(Some(folder.to_owned()), files, start, writing, make);
        begun.trouble.into_iter().for_each(|trouble| capture.0.report(trouble));
        Ok(capture)
    }

    /// Opens a capture in one file that grows without limit, and locks it. A new file is made, an empty one begun, and a
    /// capture of ours continued.
    ///
    /// # Errors
    /// When there is anything else, which is left as it is; when the file cannot be made; when somebody else writes it.
    pub fn open_file(path: &Path) -> Result<Self, CaptureError> {
        let single::SingleFile { writer, lock, cut } = single::open(path, plain)?;
        let files = SegmentFiles::new([Segment::growing(0, path.to_owned())]);
        let writing = WriteState::new(writer, 0, CaptureLimits::UNLIMITED, lock);
        let capture = Self::over(None, files, 0, writing, plain);
        if cut > 0 {
            capture.0.report(CaptureTrouble::Torn { path: path.to_owned(), bytes: cut });
        }
        Ok(capture)
    }

    /// A capture that is only looked at, as it was when it was opened: nothing can be appended, its files are
    /// not touched, and nobody deletes it meanwhile.
    ///
    /// # Errors
    /// As for [`SavedCapture::open`].
    pub fn look_at(path: &Path) -> Result<Self, CaptureError> {
        let (files, extent, torn) = SavedCapture::open(path)?.into_parts();
        let readers = path.is_dir().then(|| ReaderLock::share(path)).flatten();
        let writing = WriteState { readers, ..WriteState::nothing() };
        let capture = Self::over(None, files, extent.start, writing, plain);
        capture.0.end.store(extent.end, Ordering::Release);
        capture.0.torn.store(torn, Ordering::Release);
        Ok(capture)
    }

    fn over(
        folder: Option<PathBuf>,
        files: SegmentFiles,
        start: u64,
        writing: WriteState,
        make: MakeSegmentFile,
    ) -> Self {
        Self(Arc::new(CaptureShared::new(folder, files, start, writing, make)))
    }

    /// Appends the bytes of one read or write. More than [`LARGEST_PAYLOAD`](espalier_core::capture::LARGEST_PAYLOAD) become several records with the same time.
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
        for payload in payloads(bytes) {
            let writer = writing.opened()?;
            writer.encoder.data(at, direction, peer, ends, payload.len());
            self.0.append(&mut writing, payload)?;
        }
        drop(writing);
        self.published();
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
        writing.opened()?.encoder.event(at, peer, ends, event);
        self.0.append(&mut writing, &[])?;
        drop(writing);
        self.published();
        Ok(())
    }

    /// Appends a record with everything it says, such as what it is a copy of; its own place does not matter. At most
    /// [`LARGEST_PAYLOAD`](espalier_core::capture::LARGEST_PAYLOAD) bytes.
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
        writing.opened()?.encoder.record(record, ends);
        self.0.append(&mut writing, payload)?;
        drop(writing);
        self.published();
        Ok(())
    }

    /// Calls `listener` after every append, on the appending thread, until the subscription is dropped. It must return at
    /// once: set a flag, wake a thread.
    pub fn on_append(&self, listener: impl Fn() + Send + Sync + 'static) -> Subscription {
        self.0.listeners.add(listener)
    }

    /// Whether both are handles of the same capture.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Uses other limits from now on; what is above them goes when the next segment begins. A single file has none.
    pub fn set_limits(&self, limits: CaptureLimits) {
        if self.0.folder.is_some() {
            self.0.writing.lock().limits = limits;
        }
    }

    /// Calls `listener` with what happens to the capture from now on, and with what did when it was opened; on the thread
    /// that looks after captures.
    pub fn on_trouble(&self, listener: impl Fn(CaptureTrouble) + Send + Sync + 'static) {
        if self.0.listen(Arc::new(listener)) {
            self.schedule(true);
        }
    }

    /// The record that was appended last: for who alone appends.
    pub fn last_record(&self) -> Position {
        Position(self.0.last.load(Ordering::Acquire))
    }

    /// Bytes of history on disk.
    pub fn kept_bytes(&self) -> u64 {
        self.0.files.bytes(self.extent().end)
    }

    /// Bytes behind the last whole record of a capture that is only looked at: one that was cut off, or anything else.
    pub fn torn_bytes(&self) -> u64 {
        self.0.torn.load(Ordering::Acquire)
    }

    /// Bytes of history that retention has let go.
    pub fn retired_bytes(&self) -> u64 {
        self.extent().start
    }

    /// Ends the writing: the disk takes what there is, and somebody else may write it. It can still be read; appending
    /// fails.
    pub fn finish(&self) {
        let mut writing = self.0.writing.lock();
        self.0.flush(&mut writing);
        writing.close();
    }

    /// Whether nothing can be appended any more: it was finished or deleted, or its single file was taken away.
    pub fn is_over(&self) -> bool {
        let writing = self.0.writing.lock();
        writing.writer.as_ref().is_none_or(|it| self.0.folder.is_none() && it.change.is_some())
    }

    /// Deletes the capture from disk. All handles see an empty capture then, and appending fails.
    pub fn delete(&self) {
        let mut writing = self.0.writing.lock();
        let lost = writing.writer.as_ref().and_then(|writer| writer.change);
        writing.close();
        self.0.start.store(self.0.end.load(Ordering::Acquire), Ordering::Release);
        let segments = self.0.files.take_all();
        let retired = std::mem::take(&mut writing.undeleted);
        let ours = segments.into_iter().filter(|segment| !segment.gone);
        for path in ours.map(|segment| segment.path).chain(retired) {
            match std::fs::remove_file(&path) {
                Err(error) if lost.is_none() => {
                    tracing::warn!(%error, path = %path.display(), "a segment stays behind");
                }
                _ => {}
            }
        }
        // Only when it is empty: what somebody else put there is not ours to delete.
        if let Some(folder) = &self.0.folder {
            let _ = std::fs::remove_file(folder.join(FOLDER_LOCK));
            let _ = std::fs::remove_file(folder.join(super::LOG_MARK));
            let _ = std::fs::remove_dir(folder);
        }
        drop(writing);
        self.0.listeners.notify();
    }

    /// Tells those who follow, and the thread that looks after captures.
    fn published(&self) {
        if !self.0.dirty.load(Ordering::Relaxed) && !self.0.dirty.swap(true, Ordering::AcqRel) {
            self.schedule(false);
        }
        self.0.listeners.notify();
    }

    fn schedule(&self, urgent: bool) {
        let capture = Arc::downgrade(&self.0);
        maintenance::schedule(move || CaptureShared::maintain(&capture), urgent);
    }

    /// A round of the thread that looks after captures, now.
    #[cfg(test)]
    pub(super) fn maintain(&self) {
        CaptureShared::maintain(&Arc::downgrade(&self.0));
    }
}

/// The file itself.
fn plain(file: File) -> Arc<dyn SegmentFile> {
    Arc::new(file)
}

impl CaptureShared {
    /// Appends what the encoder has built around `payload`, in a new segment when this one is full, and publishes it.
    fn append(&self, writing: &mut WriteState, payload: &[u8]) -> Result<(), CaptureError> {
        let length = writing.opened()?.encoded_length(payload);
        self.make_room(writing, length)?;
        let writer = writing.opened()?;
        writer.append_encoded(payload)?;
        let end = writing.base + writing.writer.as_ref().map_or(0, |writer| writer.length);
        self.last.store(end - length, Ordering::Release);
        self.end.store(end, Ordering::Release);
        if sync_policy() == SyncPolicy::EachRecord {
            self.flush(writing);
        }
        Ok(())
    }

    /// A round of the thread that looks after captures.
    fn maintain(this: &Weak<Self>) {
        let Some(shared) = this.upgrade() else { return };
        shared.dirty.store(false, Ordering::Release);
        let (unsynced, folder) = {
            let mut writing = shared.writing.lock();
            shared.detect_change(&mut writing);
            match sync_policy() {
                SyncPolicy::Never => {
                    writing.unsynced.clear();
                    (Vec::new(), None)
                }
                _ => (writing.take_unsynced(), shared.new_file(&mut writing)),
            }
        };
        // While the disk works, the capture may be closed, and its lock must go with it.
        drop(shared);
        let failed = take_all(&unsynced, folder.as_deref());
        drop(unsynced);
        let Some(shared) = this.upgrade() else { return };
        shared.synced(failed);
        let Some((unreported, listener)) = shared.take_troubles() else { return };
        drop(shared);
        unreported.into_iter().for_each(|trouble| listener(trouble));
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

    fn after_hole(&self, at: u64) -> Option<u64> {
        let extent = self.extent();
        self.0.files.after_hole(at, extent.end).filter(|_| extent.contains(&at))
    }

    fn next_data(&self, at: u64) -> u64 {
        self.0.files.next_data(at)
    }

    fn torn(&self) -> u64 {
        self.torn_bytes()
    }
}

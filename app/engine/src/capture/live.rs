//! A capture that is being written.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use espalier_core::capture::{Endpoints, LARGEST_PAYLOAD, Record, RecordBody, Source};
use espalier_core::session::SessionEvent;
use espalier_core::{Direction, PeerId, Timestamp};
use parking_lot::Mutex;

use super::files::SegmentFiles;
use super::lock::{FOLDER_LOCK, ReaderLock, WriterLock};
use super::notify::Listeners;
use super::segment::Segment;
use super::segments::{self, SpareSegment};
use super::writer::{MakeSegmentFile, SegmentFile, SegmentWriter};
use super::{
    CaptureError, CaptureLimits, CaptureTrouble, SavedCapture, Subscription, SyncPolicy, private,
    single, sync,
};

/// A session's capture: a folder of segments, or one file. Clones are handles of the same capture.
///
/// Positions count over all segments from the first byte ever written; see [`Source`]. Appending blocks for one write to
/// the operating system (microseconds, unless the disk is slow); reading never waits for a writer.
#[derive(Clone, Debug)]
pub struct Capture(Arc<CaptureShared>);

pub(super) struct CaptureShared {
    /// Where segments are made; `None` for a single file.
    pub folder: Option<PathBuf>,
    pub files: SegmentFiles,
    pub start: AtomicU64,
    pub end: AtomicU64,
    /// Bytes behind the last whole record of a capture that is only looked at.
    torn: AtomicU64,
    writing: Mutex<WriteState>,
    listeners: Listeners,
    pub make: MakeSegmentFile,
    /// Something was written, or befell it, since the attendant's last round.
    dirty: AtomicBool,
    /// The disk did not confirm what was written; told once.
    not_synced: AtomicBool,
    troubles: Mutex<PendingTroubles>,
}

/// What is to be told, and to whom.
#[derive(Default)]
struct PendingTroubles {
    unreported: Vec<CaptureTrouble>,
    listener: Option<Arc<TroubleListener>>,
}

type TroubleListener = dyn Fn(CaptureTrouble) + Send + Sync;

pub(super) struct WriteState {
    pub writer: Option<SegmentWriter>,
    /// Where the writer's segment begins.
    pub base: u64,
    pub limits: CaptureLimits,
    /// Retired segments that could not be deleted yet (held open by another program).
    pub undeleted: Vec<PathBuf>,
    pub spare: Option<SpareSegment>,
    /// Length of the segment from which on opening a file is tried again.
    pub retry_at: u64,
    /// No new segment could be made; told once.
    pub crowded: bool,
    /// Full segments that the disk has not been told to take.
    pub unsynced: Vec<(Arc<dyn SegmentFile>, PathBuf)>,
    /// A file was made whose name the disk has not been told to take.
    pub new_file: bool,
    pub lock: Option<WriterLock>,
    /// Held while a folder is only looked at.
    pub readers: Option<ReaderLock>,
}

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
        let begun = segments::begin(folder, &mut segments, make)?;
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
        let end = writing.base + writing.writer.as_ref().map_or(0, |writer| writer.length);
        Self(Arc::new(CaptureShared {
            folder,
            files,
            start: AtomicU64::new(start),
            end: AtomicU64::new(end),
            torn: AtomicU64::new(0),
            writing: Mutex::new(writing),
            listeners: Listeners::default(),
            make,
            dirty: AtomicBool::new(false),
            not_synced: AtomicBool::new(false),
            troubles: Mutex::default(),
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
            let writer = CaptureShared::opened(&mut writing)?;
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
        CaptureShared::opened(&mut writing)?.encoder.event(at, peer, ends, event);
        self.0.append(&mut writing, &[])?;
        drop(writing);
        self.published();
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
        CaptureShared::opened(&mut writing)?.encoder.record(record, ends);
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

    /// Uses other limits from now on; what is above them goes when the next segment begins. A single file has none.
    pub fn set_limits(&self, limits: CaptureLimits) {
        if self.0.folder.is_some() {
            self.0.writing.lock().limits = limits;
        }
    }

    /// Calls `listener` with what happens to the capture from now on, and with what did when it was opened; on the thread
    /// that looks after captures.
    pub fn on_trouble(&self, listener: impl Fn(CaptureTrouble) + Send + Sync + 'static) {
        let mut troubles = self.0.troubles.lock();
        troubles.listener = Some(Arc::new(listener));
        let unreported = !troubles.unreported.is_empty();
        drop(troubles);
        if unreported {
            self.schedule(true);
        }
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
        sync::schedule(Arc::downgrade(&self.0), urgent);
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

impl WriteState {
    fn nothing() -> Self {
        Self {
            writer: None,
            base: 0,
            limits: CaptureLimits::UNLIMITED,
            undeleted: Vec::new(),
            spare: None,
            retry_at: 0,
            crowded: false,
            unsynced: Vec::new(),
            new_file: false,
            lock: None,
            readers: None,
        }
    }

    fn new(writer: SegmentWriter, base: u64, limits: CaptureLimits, lock: WriterLock) -> Self {
        Self {
            writer: Some(writer),
            base,
            limits,
            undeleted: Vec::new(),
            spare: None,
            retry_at: 0,
            crowded: false,
            unsynced: Vec::new(),
            new_file: true,
            lock: Some(lock),
            readers: None,
        }
    }

    /// What the disk has not been told to take.
    fn take_unsynced(&mut self) -> Vec<(Arc<dyn SegmentFile>, PathBuf)> {
        let mut unsynced = std::mem::take(&mut self.unsynced);
        let current = self.writer.as_ref().filter(|writer| writer.change.is_none());
        unsynced.extend(current.map(|writer| (writer.sink(), writer.path.clone())));
        unsynced
    }

    fn close(&mut self) {
        self.writer = None;
        self.unsynced.clear();
        self.spare.take().into_iter().for_each(SpareSegment::discard);
        self.lock = None;
        self.readers = None;
    }
}

impl CaptureShared {
    fn opened(writing: &mut WriteState) -> Result<&mut SegmentWriter, CaptureError> {
        writing.writer.as_mut().ok_or(CaptureError::Deleted)
    }

    /// Appends what the encoder has built around `payload`, in a new segment when this one is full, and publishes it.
    fn append(&self, writing: &mut WriteState, payload: &[u8]) -> Result<(), CaptureError> {
        let length = Self::opened(writing)?.encoded_length(payload);
        self.make_room(writing, length)?;
        let writer = Self::opened(writing)?;
        writer.append_encoded(payload)?;
        let end = writing.base + writing.writer.as_ref().map_or(0, |writer| writer.length);
        self.end.store(end, Ordering::Release);
        if SyncPolicy::current() == SyncPolicy::EachRecord {
            self.flush(writing);
        }
        Ok(())
    }

    /// Has the disk take everything, now.
    fn flush(&self, writing: &mut WriteState) {
        if SyncPolicy::current() != SyncPolicy::Never {
            let failed = take_all(&writing.take_unsynced(), self.new_file(writing).as_deref());
            self.synced(failed);
        }
    }

    /// The folder, when a file was made in it that the disk does not know of.
    fn new_file(&self, writing: &mut WriteState) -> Option<PathBuf> {
        std::mem::take(&mut writing.new_file).then(|| self.folder.clone())?
    }

    fn synced(&self, failed: Option<CaptureTrouble>) {
        let before = self.not_synced.swap(failed.is_some(), Ordering::AcqRel);
        failed.filter(|_| !before).into_iter().for_each(|trouble| self.report(trouble));
    }

    /// Remembers what is to be told; the attendant tells it. Called with any lock held.
    pub fn report(&self, trouble: CaptureTrouble) {
        /// Nobody listens, and there will be more of the same.
        const MOST: usize = 16;
        tracing::warn!("{}", trouble.sentence());
        let mut troubles = self.troubles.lock();
        if troubles.unreported.len() < MOST {
            troubles.unreported.push(trouble);
        }
    }

    /// A round of the thread that looks after captures.
    pub fn maintain(this: &Weak<Self>) {
        let Some(shared) = this.upgrade() else { return };
        shared.dirty.store(false, Ordering::Release);
        let (unsynced, folder) = {
            let mut writing = shared.writing.lock();
            shared.detect_change(&mut writing);
            match SyncPolicy::current() {
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
        let (unreported, listener) = {
            let mut troubles = shared.troubles.lock();
            let Some(listener) = troubles.listener.clone() else { return };
            (std::mem::take(&mut troubles.unreported), listener)
        };
        drop(shared);
        unreported.into_iter().for_each(|trouble| listener(trouble));
    }
}

/// Has the disk take these files and the names in this folder; the first failure.
fn take_all(
    files: &[(Arc<dyn SegmentFile>, PathBuf)],
    folder: Option<&Path>,
) -> Option<CaptureTrouble> {
    let not_synced = |path: &Path, error: std::io::Error| CaptureTrouble::NotSynced {
        path: path.to_owned(),
        error: error.to_string(),
    };
    let failed = files.iter().find_map(|(sink, path)| Some(not_synced(path, sink.sync().err()?)));
    // Windows writes names through by itself, and opens no folders.
    let named = folder.filter(|_| cfg!(unix)).and_then(|folder| {
        let synced = File::open(folder).and_then(|opened| opened.sync_all());
        match synced {
            // Gone, which is told otherwise; or a file system that does not know this.
            Err(error) if matches!(error.raw_os_error(), Some(5 | 28)) => {
                Some(not_synced(folder, error))
            }
            _ => None,
        }
    });
    failed.or(named)
}

impl Drop for CaptureShared {
    fn drop(&mut self) {
        let dirty = *self.dirty.get_mut();
        let writing = self.writing.get_mut();
        if dirty && SyncPolicy::current() != SyncPolicy::Never {
            let folder = std::mem::take(&mut writing.new_file).then_some(self.folder.as_deref());
            if let Some(trouble) = take_all(&writing.take_unsynced(), folder.flatten()) {
                tracing::warn!("{}", trouble.sentence());
            }
        }
        writing.close();
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
}

impl std::fmt::Debug for CaptureShared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (start, end) = (&self.start, &self.end);
        f.debug_struct("Capture").field("start", start).field("end", end).finish_non_exhaustive()
    }
}

//! The state of one capture: its files, how far they go, and what is known while they are written.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use espalier_core::settings::SyncPolicy;
use parking_lot::Mutex;

use super::files::SegmentFiles;
use super::lock::{ReaderLock, WriterLock};
use super::notify::Listeners;
use super::spare_segment::SpareSegment;
use super::writer::{MakeSegmentFile, SegmentFile, SegmentWriter};
use super::{CaptureError, CaptureLimits, CaptureTrouble, sync_policy};

/// The state of one capture, shared by its handles and by the thread that looks after it.
pub struct CaptureShared {
    /// Where segments are made; `None` for a single file.
    pub folder: Option<PathBuf>,
    pub files: SegmentFiles,
    pub start: AtomicU64,
    pub end: AtomicU64,
    /// Where the record begins that was appended last.
    pub last: AtomicU64,
    /// Bytes behind the last whole record of a capture that is only looked at.
    pub torn: AtomicU64,
    pub writing: Mutex<WriteState>,
    pub listeners: Listeners,
    pub make: MakeSegmentFile,
    /// Something was written, or befell it, since the attendant's last round.
    pub dirty: AtomicBool,
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

/// Who is told of troubles.
pub type TroubleListener = dyn Fn(CaptureTrouble) + Send + Sync;

/// What is known while the capture is written; nothing of it when it is only looked at.
pub struct WriteState {
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

impl WriteState {
    /// Nothing is written.
    pub fn nothing() -> Self {
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

    /// Writing begins with this segment, which begins at `base`.
    pub fn new(writer: SegmentWriter, base: u64, limits: CaptureLimits, lock: WriterLock) -> Self {
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
    pub fn take_unsynced(&mut self) -> Vec<(Arc<dyn SegmentFile>, PathBuf)> {
        let mut unsynced = std::mem::take(&mut self.unsynced);
        let current = self.writer.as_ref().filter(|writer| writer.change.is_none());
        unsynced.extend(current.map(|writer| (writer.sink(), writer.path.clone())));
        unsynced
    }

    /// Nothing is written any more.
    pub fn close(&mut self) {
        self.writer = None;
        self.unsynced.clear();
        self.spare.take().into_iter().for_each(SpareSegment::discard);
        self.lock = None;
        self.readers = None;
    }

    /// The segment that is written, while there is one.
    pub fn opened(&mut self) -> Result<&mut SegmentWriter, CaptureError> {
        self.writer.as_mut().ok_or(CaptureError::Deleted)
    }
}

impl CaptureShared {
    /// The state of a capture that nobody follows yet.
    pub fn new(
        folder: Option<PathBuf>,
        files: SegmentFiles,
        start: u64,
        writing: WriteState,
        make: MakeSegmentFile,
    ) -> Self {
        let end = writing.base + writing.writer.as_ref().map_or(0, |writer| writer.length);
        Self {
            folder,
            files,
            start: AtomicU64::new(start),
            end: AtomicU64::new(end),
            last: AtomicU64::new(end),
            torn: AtomicU64::new(0),
            writing: Mutex::new(writing),
            listeners: Listeners::default(),
            make,
            dirty: AtomicBool::new(false),
            not_synced: AtomicBool::new(false),
            troubles: Mutex::default(),
        }
    }

    /// Has the disk take everything, now.
    pub fn flush(&self, writing: &mut WriteState) {
        if sync_policy() != SyncPolicy::Never {
            let failed = take_all(&writing.take_unsynced(), self.new_file(writing).as_deref());
            self.synced(failed);
        }
    }

    /// The folder, when a file was made in it that the disk does not know of.
    pub fn new_file(&self, writing: &mut WriteState) -> Option<PathBuf> {
        std::mem::take(&mut writing.new_file).then(|| self.folder.clone())?
    }

    /// The disk has taken everything, or not: told once.
    pub fn synced(&self, failed: Option<CaptureTrouble>) {
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

    /// Who is told of troubles from now on; whether there are some to tell.
    pub fn listen(&self, listener: Arc<TroubleListener>) -> bool {
        let mut troubles = self.troubles.lock();
        troubles.listener = Some(listener);
        !troubles.unreported.is_empty()
    }

    /// What is to be told, and to whom; `None` while nobody listens.
    pub fn take_troubles(&self) -> Option<(Vec<CaptureTrouble>, Arc<TroubleListener>)> {
        let mut troubles = self.troubles.lock();
        let listener = troubles.listener.clone()?;
        Some((std::mem::take(&mut troubles.unreported), listener))
    }
}

/// Has the disk take these files and the names in this folder; the first failure.
pub fn take_all(
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
        if dirty && sync_policy() != SyncPolicy::Never {
            let folder = std::mem::take(&mut writing.new_file).then_some(self.folder.as_deref());
            if let Some(trouble) = take_all(&writing.take_unsynced(), folder.flatten()) {
                tracing::warn!("{}", trouble.sentence());
            }
        }
        writing.close();
    }
}

impl std::fmt::Debug for CaptureShared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (start, end) = (&self.start, &self.end);
        f.debug_struct("Capture").field("start", start).field("end", end).finish_non_exhaustive()
    }
}

//! The segments of a folder while it is written: the next one begins, the oldest ones go.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use espalier_core::capture::{Source as _, file_header, intact_end, is_capture};

use super::live::{CaptureShared, WriteState};
use super::lock::WriterLock;
use super::segment::{ClosedFile, Segment};
use super::writer::{MakeSegmentFile, SegmentWriter};
use super::{CaptureError, CaptureLimits, CaptureTrouble, FileChange, private};

/// The next segment's file, opened while there are descriptors: when they run out, as with many clients, nobody is cut off
/// because a segment is full.
#[derive(Debug)]
pub(super) struct SpareSegment {
    file: File,
    path: PathBuf,
}

impl SpareSegment {
    const NAME: &'static str = "next";

    fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join(Self::NAME);
        let file =
            private::options().read(true).write(true).create(true).truncate(true).open(&path)?;
        Ok(Self { file, path })
    }

    /// Makes it the segment of this path; gives it up when that cannot be.
    fn become_segment(self, path: &Path, make: MakeSegmentFile) -> Option<SegmentWriter> {
        let Self { file, path: name } = self;
        if path.symlink_metadata().is_ok() || std::fs::rename(&name, path).is_err() {
            std::fs::remove_file(name).ok();
            return None;
        }
        let begun = SegmentWriter::begin(make(file), path);
        begun.inspect_err(|_| drop(std::fs::remove_file(path))).ok()
    }

    pub fn discard(self) {
        drop(self.file);
        std::fs::remove_file(self.path).ok();
    }
}

/// Where the writing of a folder begins.
pub(super) struct OpenSegment {
    pub writer: SegmentWriter,
    pub base: u64,
    pub trouble: Option<CaptureTrouble>,
}

/// Goes on behind what there is: in the newest segment, if it is ours and may be written, or in a new one, which is added.
pub(super) fn begin(
    folder: &Path,
    segments: &mut Vec<Segment>,
    make: MakeSegmentFile,
) -> Result<OpenSegment, CaptureError> {
    if let Some(last) = segments.last_mut() {
        match resume(&last.path, make) {
            Ok(Some((writer, trouble))) => {
                last.length = u64::MAX;
                return Ok(OpenSegment { writer, base: last.base, trouble });
            }
            Ok(None) => {}
            Err(CaptureError::Io { source, .. })
                if source.kind() == io::ErrorKind::PermissionDenied => {}
            Err(error) => return Err(error),
        }
    }
    let base = segments.last().map_or(0, Segment::end);
    let next = Segment::in_folder(folder, base);
    let writer = SegmentWriter::create(&next.path, make)?;
    segments.push(next);
    Ok(OpenSegment { writer, base, trouble: None })
}

/// Goes on with a segment that a writer, perhaps killed, has left; `None`: it is not one of ours.
fn resume(
    path: &Path,
    make: MakeSegmentFile,
) -> Result<Option<(SegmentWriter, Option<CaptureTrouble>)>, CaptureError> {
    let file = File::options().read(true).write(true).open(path);
    let file = file.map_err(CaptureError::io("open", path))?;
    let length = file.metadata().map_err(CaptureError::io("read", path))?.len();
    let still = ClosedFile { file, length };
    if is_capture(&still) {
        let end = intact_end(&still, 0);
        let cut = length - end;
        let trouble = (cut > 0).then(|| CaptureTrouble::Torn { path: path.to_owned(), bytes: cut });
        let writer = SegmentWriter::resume(still.file, path, end, make)?;
        return Ok(Some((writer, trouble)));
    }
    // Torn at its very beginning: a part of the header, or zeros where a power cut left nothing else.
    let header = file_header();
    let mut found = vec![0; header.len()];
    let count = still.read_at(0, &mut found);
    let torn = length < header.len() as u64
        && (found[..count] == header[..count] || found.iter().all(|byte| *byte == 0));
    if !torn {
        return Ok(None);
    }
    still.file.set_len(0).map_err(CaptureError::io("repair", path))?;
    Ok(Some((SegmentWriter::begin(make(still.file), path)?, None)))
}

impl CaptureShared {
    /// A part of a segment after which something that failed is tried again.
    const fn step(limits: CaptureLimits) -> u64 {
        limits.segment / 64 + 1
    }

    /// Makes sure that the next block, of this length, has a segment to go to.
    pub(super) fn make_room(
        &self,
        writing: &mut WriteState,
        length: u64,
    ) -> Result<(), CaptureError> {
        let limits = writing.limits;
        let Some(writer) = &writing.writer else { return Err(CaptureError::Deleted) };
        let lost = writer.change.is_some();
        let reached = writer.length;
        if self.folder.is_none() || (!lost && reached.saturating_add(length) <= limits.segment) {
            if self.folder.is_some() && reached > limits.segment / 2 {
                self.keep_spare(writing, reached);
            }
            return Ok(());
        }
        if !lost && reached < writing.retry_at {
            return Ok(());
        }
        match self.begin_segment(writing) {
            Ok(()) => writing.retry_at = 0,
            // It goes on where it is: whatever the trouble with new files, nothing is lost.
            Err(error) if !lost && reached < limits.retention => {
                writing.retry_at = reached + Self::step(limits);
                if !writing.crowded && !matches!(error, CaptureError::Full { .. }) {
                    writing.crowded = true;
                    self.report(CaptureTrouble::NoSegment { error: error.to_string() });
                }
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn keep_spare(&self, writing: &mut WriteState, reached: u64) {
        let Some(folder) = &self.folder else { return };
        if writing.spare.is_none() && reached >= writing.retry_at {
            writing.spare = SpareSegment::open(folder).ok();
            writing.retry_at = reached + Self::step(writing.limits);
        }
    }

    fn begin_segment(&self, writing: &mut WriteState) -> Result<(), CaptureError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        self.retire(writing);
        if writing.writer.as_ref().is_some_and(|it| it.change.is_some()) {
            // The whole folder may be gone, or be another one's by now.
            private::own_folder(folder).map_err(CaptureError::io("create", folder))?;
            if writing.lock.as_ref().is_none_or(|lock| !lock.stands(folder)) {
                writing.lock = None;
                writing.lock = Some(WriterLock::of_folder(folder)?);
            }
        }
        let base = self.end.load(Ordering::Relaxed);
        let segment = Segment::in_folder(folder, base);
        let spare = writing.spare.take();
        let writer = spare.and_then(|spare| spare.become_segment(&segment.path, self.make));
        let mut writer = match writer {
            Some(writer) => writer,
            None => SegmentWriter::create(&segment.path, self.make)?,
        };
        if let Some(full) = &mut writing.writer {
            std::mem::swap(&mut writer.encoder, &mut full.encoder);
            if full.change.is_none() {
                writing.unsynced.push((full.sink(), full.path.clone()));
            }
        }
        self.files.push(segment);
        self.end.store(base + writer.length, Ordering::Release);
        (writing.writer, writing.base) = (Some(writer), base);
        (writing.new_file, writing.crowded) = (true, false);
        Ok(())
    }

    /// Lets the oldest segments go, so that another one fits below the limit.
    fn retire(&self, writing: &mut WriteState) {
        let CaptureLimits { segment, retention } = writing.limits;
        let retention = retention.max(segment.saturating_mul(2));
        let end = self.end.load(Ordering::Relaxed);
        while self.files.bytes(end).saturating_add(segment) > retention {
            let Some((oldest, next)) = self.files.oldest_two() else { break };
            // Readers must not look for a file that is about to go.
            self.start.store(next.base, Ordering::Release);
            self.files.pop_oldest();
            if !oldest.gone {
                writing.undeleted.push(oldest.path);
            }
        }
        writing.undeleted.retain(|path| {
            let result = std::fs::remove_file(path);
            result.is_err_and(|error| error.kind() != io::ErrorKind::NotFound)
        });
    }

    /// Reports what other programs did to the file that is written.
    pub(super) fn detect_change(&self, writing: &mut WriteState) {
        let Some(writer) = writing.writer.as_mut() else { return };
        if !writer.detect_change() {
            return;
        }
        let Some(change) = writer.change else { return };
        let path = writer.path.clone();
        if change != FileChange::Truncated {
            self.files.lose_newest();
        }
        self.report(CaptureTrouble::Lost { path, change });
    }
}

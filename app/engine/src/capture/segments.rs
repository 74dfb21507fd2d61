//! The segments of a folder while it is written: the next one begins, the oldest ones go.

use std::io;
use std::sync::atomic::Ordering;

use super::lock::WriterLock;
use super::segment::Segment;
use super::shared::{CaptureShared, WriteState};
use super::spare_segment::SpareSegment;
use super::writer::SegmentWriter;
use super::{CaptureError, CaptureLimits, CaptureTrouble, FileChange, private};

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

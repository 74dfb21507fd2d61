//! The segments of one capture as one run of bytes, with few files open at a time.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use espalier_core::capture::{is_capture, is_damaged_capture};
use parking_lot::{Mutex, RwLock};

use super::CaptureError;
use super::positioned::{next_data, read_at};
use super::segment::{ClosedFile, Segment};

/// Segments in order. Where one is missing or shorter than it was, there is a hole.
#[derive(Debug, Default)]
pub(super) struct SegmentFiles {
    segments: RwLock<VecDeque<Segment>>,
    /// The files read most recently, latest first.
    open: Mutex<VecDeque<(u64, Arc<File>)>>,
}

impl SegmentFiles {
    /// A capture of 4 GiB has 64 segments; with many sessions that would be more files than a process may open.
    const KEPT_OPEN: usize = 4;
    /// What is passed over at a place that a disk cannot read: its smallest unit.
    const UNREADABLE: u64 = 4096;

    pub fn new(segments: impl IntoIterator<Item = Segment>) -> Self {
        Self { segments: RwLock::new(segments.into_iter().collect()), ..Self::default() }
    }

    /// The segments of a folder, oldest first. A file that only has such a name is left out: one that does not begin as ours
    /// do and has no neighbour that it joins.
    pub fn in_folder(folder: &Path) -> Result<Vec<Segment>, CaptureError> {
        let listing = std::fs::read_dir(folder).map_err(CaptureError::io("list", folder))?;
        let mut all: Vec<Segment> =
            listing.flatten().filter_map(|entry| Segment::from_path(entry.path())).collect();
        all.sort_unstable_by_key(|segment| segment.base);
        let joins = |at: usize| {
            let after = at > 0 && all[at - 1].end() == all[at].base;
            after || all.get(at + 1).is_some_and(|next| all[at].end() == next.base)
        };
        let ours: Vec<bool> = (0..all.len())
            .map(|at| {
                all.len() == 1
                    || joins(at)
                    || ClosedFile::open(&all[at].path)
                        .is_ok_and(|it| is_capture(&it) || is_damaged_capture(&it))
            })
            .collect();
        let mut kept: Vec<Segment> =
            all.into_iter().zip(ours).filter_map(|(it, ours)| ours.then_some(it)).collect();
        // What stands where the next one begins was written behind our back.
        for at in 1..kept.len() {
            let next = kept[at].base;
            let before = &mut kept[at - 1];
            before.length = before.length.min(next - before.base);
        }
        Ok(kept)
    }

    /// Adds the segment that is written from now on; the one before it ends where this one begins.
    pub fn push(&self, segment: Segment) {
        let mut segments = self.segments.write();
        if let Some(last) = segments.back_mut() {
            last.length = last.length.min(segment.base.saturating_sub(last.base));
        }
        segments.push_back(segment);
    }

    /// The newest segment's file was deleted or replaced by somebody else.
    pub fn lose_newest(&self) {
        if let Some(last) = self.segments.write().back_mut() {
            (last.length, last.gone) = (0, true);
            self.open.lock().retain(|(base, _)| *base != last.base);
        }
    }

    /// The two oldest segments: the one that would go first, and the one that would be the oldest then.
    pub fn oldest_two(&self) -> Option<(Segment, Segment)> {
        let segments = self.segments.read();
        Some((segments.front()?.clone(), segments.get(1)?.clone()))
    }

    /// Forgets the oldest segment.
    pub fn pop_oldest(&self) {
        if let Some(gone) = self.segments.write().pop_front() {
            self.open.lock().retain(|(base, _)| *base != gone.base);
        }
    }

    /// Forgets all segments and gives them away.
    pub fn take_all(&self) -> VecDeque<Segment> {
        let all = std::mem::take(&mut *self.segments.write());
        self.open.lock().clear();
        all
    }

    /// How much of the capture up to `end` there is on disk.
    pub fn bytes(&self, end: u64) -> u64 {
        let segments = self.segments.read();
        segments.iter().map(|it| it.end().min(end).saturating_sub(it.base)).sum()
    }

    /// The file that holds `at`, and where in it; the nearest one before a hole.
    pub fn locate(&self, at: u64) -> Option<(PathBuf, u64)> {
        let segments = self.segments.read();
        let after = segments.partition_point(|segment| segment.base <= at);
        let segment = segments.get(after.checked_sub(1)?)?;
        Some((segment.path.clone(), at - segment.base))
    }

    /// Fills `into` from `at`, over the borders of segments, up to `end`; returns how many bytes were there.
    pub fn read_at(&self, at: u64, into: &mut [u8], end: u64) -> usize {
        let wanted = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX).min(into.len());
        let mut done = 0;
        while done < wanted {
            match self.read_some(at + done as u64, &mut into[done..wanted]) {
                Ok(0) => break,
                Ok(count) => done += count,
                // Retention deletes what a slow reader may still look for; anything else is worth a word.
                Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                Err(error) => {
                    tracing::warn!(%error, "cannot read a capture");
                    break;
                }
            }
        }
        done
    }

    /// Reads within one segment; nothing in a hole.
    fn read_some(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        let Some((segment, next)) = self.segment_at(at) else { return Ok(0) };
        let rest = segment.end().min(next).saturating_sub(at);
        let rest = usize::try_from(rest).unwrap_or(usize::MAX).min(into.len());
        if rest == 0 {
            return Ok(0);
        }
        let file = self.file(&segment)?;
        read_at(&file, at - segment.base, &mut into[..rest])
    }

    /// Where bytes go on behind a hole at `at`; `None` when there is none, or nothing follows it before `end`.
    pub fn after_hole(&self, at: u64, end: u64) -> Option<u64> {
        let beyond = match self.read_some(at, &mut [0]) {
            Ok(0) => self.next_base(at),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.next_base(at),
            // It may be read a moment later.
            Err(error) if is_out_of_descriptors(&error) => None,
            Err(_) => Some((at / Self::UNREADABLE + 1) * Self::UNREADABLE),
            Ok(_) => None,
        };
        beyond.filter(|beyond| *beyond < end)
    }

    /// The first place from `at` on that was ever written, or where its segment ends.
    pub fn next_data(&self, at: u64) -> u64 {
        let Some((segment, next)) = self.segment_at(at) else { return at };
        let end = segment.end().min(next);
        if at >= end {
            return at;
        }
        let Ok(file) = self.file(&segment) else { return at };
        let found = next_data(&file, at - segment.base);
        let found = found.map_or(end, |found| segment.base.saturating_add(found));
        found.clamp(at, end)
    }

    fn next_base(&self, at: u64) -> Option<u64> {
        let segments = self.segments.read();
        let after = segments.partition_point(|segment| segment.base <= at);
        segments.get(after).map(|next| next.base)
    }

    /// The segment that holds `at`, and where the next one begins.
    fn segment_at(&self, at: u64) -> Option<(Segment, u64)> {
        let segments = self.segments.read();
        let after = segments.partition_point(|segment| segment.base <= at);
        let segment = segments.get(after.checked_sub(1)?)?.clone();
        Some((segment, segments.get(after).map_or(u64::MAX, |next| next.base)))
    }

    fn file(&self, segment: &Segment) -> io::Result<Arc<File>> {
        let mut open = self.open.lock();
        if let Some(place) = open.iter().position(|(base, _)| *base == segment.base) {
            open.swap(0, place);
            return Ok(open[0].1.clone());
        }
        let file = Arc::new(File::open(&segment.path)?);
        open.truncate(Self::KEPT_OPEN - 1);
        open.push_front((segment.base, file.clone()));
        Ok(file)
    }
}

/// Whether the process or the system has no descriptor left: `EMFILE`, `ENFILE`; `ERROR_TOO_MANY_OPEN_FILES` on Windows.
pub(super) fn is_out_of_descriptors(error: &io::Error) -> bool {
    let numbers: &[i32] = if cfg!(windows) { &[4] } else { &[23, 24] };
    error.raw_os_error().is_some_and(|number| numbers.contains(&number))
}

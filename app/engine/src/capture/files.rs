//! The segments of one capture as one run of bytes, with few files open at a time.

use std::collections::VecDeque;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use super::CaptureError;
use super::segment::{Segment, read_at};

/// Segments in order, without holes between them.
#[derive(Debug, Default)]
pub(super) struct Files {
    segments: RwLock<VecDeque<Segment>>,
    /// The files read most recently, latest first.
    open: Mutex<VecDeque<(u64, Arc<File>)>>,
}

impl Files {
    /// A capture of 4 GiB has 64 segments; with many sessions that would be more files than a process may open.
    const KEPT_OPEN: usize = 4;

    pub fn new(segments: impl IntoIterator<Item = Segment>) -> Self {
        Self { segments: RwLock::new(segments.into_iter().collect()), ..Self::default() }
    }

    /// The segments of a folder, oldest first: the newest one and all before it back to the first hole.
    pub fn in_folder(folder: &Path) -> Result<Vec<Segment>, CaptureError> {
        let listing = std::fs::read_dir(folder).map_err(CaptureError::io("list", folder))?;
        let mut all: Vec<Segment> =
            listing.flatten().filter_map(|entry| Segment::from_path(entry.path())).collect();
        all.sort_unstable_by_key(|segment| segment.base);
        let joined = |pair: &[Segment]| {
            let length = std::fs::metadata(&pair[0].path).map_or(0, |it| it.len());
            pair[0].base + length == pair[1].base
        };
        let after_hole = all.windows(2).rposition(|pair| !joined(pair)).map_or(0, |hole| hole + 1);
        Ok(all.split_off(after_hole))
    }

    pub fn push(&self, segment: Segment) {
        self.segments.write().push_back(segment);
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

    /// Fills `into` from `at`, over the borders of segments, up to `end`; returns how many bytes were there.
    pub fn read_at(&self, at: u64, into: &mut [u8], end: u64) -> usize {
        let wanted = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX).min(into.len());
        let mut done = 0;
        while done < wanted {
            let at = at + done as u64;
            let Some((segment, segment_end)) = self.segment_at(at) else { break };
            let rest = usize::try_from(segment_end - at).unwrap_or(usize::MAX).min(wanted - done);
            let read = self
                .file(&segment)
                .and_then(|file| read_at(&file, at - segment.base, &mut into[done..done + rest]));
            match read {
                Ok(0) => break,
                Ok(count) => done += count,
                // Retention deletes what a slow reader may still look for; anything else is worth a word.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => break,
                Err(error) => {
                    tracing::warn!(%error, path = %segment.path.display(), "cannot read a capture");
                    break;
                }
            }
        }
        done
    }

    /// The segment that holds `at`, and where the next one begins.
    fn segment_at(&self, at: u64) -> Option<(Segment, u64)> {
        let segments = self.segments.read();
        let after = segments.partition_point(|segment| segment.base <= at);
        let segment = segments.get(after.checked_sub(1)?)?.clone();
        Some((segment, segments.get(after).map_or(u64::MAX, |next| next.base)))
    }

    fn file(&self, segment: &Segment) -> std::io::Result<Arc<File>> {
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

//! A log of the engine in memory: a row for each write, all of them on one page.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use espalier_core::backend::{Copying, Saving, TextFormat, View};
use espalier_core::capture::Damage;
use espalier_core::timeline::LanePeer;
use espalier_core::view::{
    FindSpec, FindStatus, Page, PageRequest, Row, RowKind, RowVisibility, SeekStatus, ViewSpec,
    ViewStatus,
};
use espalier_core::{Position, Progress, Sentence, Timestamp};
use parking_lot::Mutex;

#[derive(Default)]
pub struct Rows {
    pub(super) rows: Mutex<Vec<Row>>,
    pub(super) spec: Mutex<ViewSpec>,
    pub(super) revision: AtomicU64,
    pub(super) find: Mutex<Option<(FindSpec, FindStatus)>>,
    pub(super) seek_status: Mutex<Option<(Position, u32, Option<Timestamp>)>>,
    pub(super) wanted: Mutex<PageRequest>,
    pub(super) saved: Mutex<Option<(PathBuf, Saving)>>,
    pub copied: Mutex<Option<Copying>>,
    pub(super) damage: Mutex<Option<Damage>>,
}

impl Rows {
    fn shown(&self) -> Vec<Row> {
        let spec = self.spec.lock();
        let rows = self.rows.lock();
        let pass = |row: &&Row| {
            row.text.contains(&spec.filter.text)
                && (row.kind != RowKind::Data || spec.filter.log.passes(&row.text))
                && spec.filter.direction.is_none_or(|direction| row.direction == direction)
                && (spec.filter.peers.is_empty() || spec.filter.peers.contains(&row.peer))
                && row.position >= spec.cleared_before
                && LanePeer::of(row.peer)
                    .is_none_or(|it| !spec.filter.hidden_lanes.contains(&it.lane))
        };
        let marked = |row: &Row| {
            let bookmark = spec.bookmarks.of(row).map(|it| it.name.as_str().into());
            Row { bookmark, ..row.clone() }
        };
        rows.iter().filter(pass).map(marked).collect()
    }
}

impl View for Rows {
    fn status(&self) -> ViewStatus {
        let rows = self.rows.lock().len() as u64;
        ViewStatus {
            revision: self.revision.load(Ordering::Relaxed),
            rows,
            shown: self.shown().len() as u64,
            indexed: (rows * 100, rows * 100),
            damage: *self.damage.lock(),
            find: self.find.lock().as_ref().map(|(_, status)| status.clone()),
            seek_status: self.seek_status.lock().map(|(record, offset, time)| {
                let shown = self.shown();
                let row = shown.iter().position(|row| row.position >= record);
                let exact = row.is_some_and(|row| shown[row].position == record);
                let row = row.or(shown.len().checked_sub(1)).map(|row| row as u64);
                SeekStatus { time, record, offset, row, exact }
            }),
            ..ViewStatus::default()
        }
    }

    fn set_spec(&self, spec: ViewSpec) {
        *self.spec.lock() = spec;
        self.revision.fetch_add(1, Ordering::Relaxed);
    }

    /// All rows there are: few enough for a page.
    fn page(&self) -> Page {
        let wanted = self.wanted.lock().clone();
        let status = Arc::new(self.status());
        let rows = self.shown();
        let selected = wanted.selected.map(|place| {
            let at = rows.iter().position(|row| (row.position, row.offset) == place);
            (place, at.map_or(RowVisibility::Hidden, |at| RowVisibility::Row(at as u64)))
        });
        let anchor = wanted.rows.start.min(status.shown);
        Page {
            status,
            request_id: wanted.request_id,
            first: 0,
            anchor,
            rows: rows.into(),
            selected,
        }
    }

    fn request_page(&self, wanted: PageRequest) {
        *self.wanted.lock() = wanted;
    }

    fn find(&self, what: Option<FindSpec>) {
        *self.find.lock() = what.map(|what| {
            let shown = self.shown();
            let hits = shown.iter().filter(|row| row.text.contains(&what.pattern)).count() as u64;
            (what, FindStatus { hits, searched: shown.len() as u64, current: None, error: None })
        });
    }

    fn step(&self, from: u64, forward: bool) {
        let shown = self.shown();
        let mut find = self.find.lock();
        let Some((what, status)) = find.as_mut() else { return };
        let hits: Vec<u64> = (0..)
            .zip(&shown)
            .filter(|(_, row)| row.text.contains(&what.pattern))
            .map(|(number, _)| number)
            .collect();
        let found = if forward {
            hits.iter().position(|hit| *hit > from).or(Some(0))
        } else {
            hits.iter().rposition(|hit| *hit < from).or(hits.len().checked_sub(1))
        };
        status.current = found.and_then(|at| Some((at as u64, *hits.get(at)?)));
    }

    fn seek(&self, record: Position, offset: u32) {
        *self.seek_status.lock() = Some((record, offset, None));
    }

    fn seek_time(&self, at: Timestamp) {
        let shown = self.shown();
        let row = shown.iter().find(|row| row.at >= at).or(shown.last());
        *self.seek_status.lock() = row.map(|row| (row.position, row.offset, Some(at)));
    }

    fn copy(&self, what: Copying, done: Box<dyn FnOnce(String) + Send>) {
        let shown = self.shown();
        let end = shown.len().min(what.rows.end as usize);
        let rows = &shown[(what.rows.start as usize).min(end)..end];
        *self.copied.lock() = Some(what.clone());
        let lines: Vec<String> = match what.format {
            TextFormat::Text => rows.iter().map(|row| row.text.to_string()).collect(),
            TextFormat::Timed => {
                rows.iter().map(|row| format!("{} {}", row.at.0, row.text)).collect()
            }
            _ => rows.iter().map(|row| format!("{:02X?}", row.bytes)).collect(),
        };
        let text = lines.join("\n");
        done(if what.format == TextFormat::Text {
            what.trim.apply(&text).to_owned()
        } else {
            text
        });
    }

    fn save(
        &self,
        path: PathBuf,
        what: Saving,
        _progress: Progress,
        done: Box<dyn FnOnce(Result<Sentence, Sentence>) + Send>,
    ) {
        *self.saved.lock() = Some((path.clone(), what));
        done(Ok(format!("Saved {}", path.display()).into()));
    }
}

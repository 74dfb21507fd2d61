//! Rows as they end, of a capture that is read once from a place on: for what is written behind it.

use std::collections::HashMap;

use super::framer::{Framer, FramingRule, RowSink};
use super::pending::{PendingRow, PendingRows};
use super::render::RowRenderer;
use super::row_bounds::{RowEnd, RowHead};
use super::scan::RawRow;
use super::{Row, ViewSpec};
use crate::capture::Record;
use crate::session::SessionEvent;
use crate::{SgrStyle, Timestamp};

/// Cuts records into rows and gives each row once, when it has ended: in that order, not by where rows begin. All rows: what a
/// view filters and folds is for eyes. It keeps the bytes of rows under way, some 4 KiB for each direction of each peer at most.
#[derive(Debug)]
pub struct RowStream {
    framer: Framer,
    renderer: RowRenderer,
    begun: HashMap<u64, Vec<u8>>,
}

impl RowStream {
    /// Before the first record that is given. Rows are cut and written as this view shows them.
    pub fn new(view: &ViewSpec) -> Self {
        let encoding = view.encoding.encoding_or_utf8();
        let rule = FramingRule::new(view, encoding);
        Self {
            framer: Framer::new(rule, 0),
            renderer: RowRenderer::new(view, encoding).0,
            begun: HashMap::new(),
        }
    }

    /// Takes the next record; `row` gets the rows that end with it.
    pub fn record(&mut self, record: &Record<'_>, row: &mut dyn FnMut(&Row)) {
        let Self { framer, renderer, begun } = self;
        framer.record(record, 0, &mut EndedRows { renderer, begun, row });
    }

    /// Ends rows under way whose last byte came before then. What still comes is another row.
    pub fn end_before(&mut self, at: Timestamp, row: &mut dyn FnMut(&Row)) {
        let Self { framer, renderer, begun } = self;
        framer.end_before(at, &mut EndedRows { renderer, begun, row });
    }

    /// Ends all rows under way: what comes next is the continuation of nothing.
    pub fn end_all(&mut self, row: &mut dyn FnMut(&Row)) {
        self.end_before(Timestamp(i64::MAX), row);
        self.framer.restart();
    }

    /// Whether all bytes so far are in rows that have ended, so that a new stream would give the same rows from here on.
    pub fn rests(&self) -> bool {
        self.framer.rests()
    }
}

struct EndedRows<'a> {
    renderer: &'a RowRenderer,
    begun: &'a mut HashMap<u64, Vec<u8>>,
    row: &'a mut dyn FnMut(&Row),
}

impl RowSink for EndedRows<'_> {
    fn start(&mut self, _: &RowHead, _: &PendingRows) {}

    fn piece(&mut self, row: &PendingRow, bytes: &[u8], end: Option<RowEnd>) {
        let Some(end) = end else {
            return self.begun.entry(row.head.number).or_default().extend(bytes);
        };
        let mut before = self.begun.remove(&row.head.number);
        let bytes = match &mut before {
            Some(all) => {
                all.extend(bytes);
                &all[..]
            }
            None => bytes,
        };
        let (continues, fault) = (end == RowEnd::Limit, row.fault());
        let (head, last, event) = (row.head, row.last, None);
        let raw = RawRow { head, last, bytes, event, continues, fault };
        (self.row)(&self.renderer.render(&raw, SgrStyle::default()));
    }

    fn event(&mut self, head: &RowHead, event: &SessionEvent) {
        let (event, continues, fault) = (Some(event), false, None);
        let last = (head.position, head.offset);
        let raw = RawRow { head: *head, last, bytes: &[], event, continues, fault };
        (self.row)(&self.renderer.render(&raw, SgrStyle::default()));
    }

    fn enough(&self, _: u64) -> bool {
        false
    }
}

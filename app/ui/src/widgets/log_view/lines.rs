//! How many lines a row has: where rows that are too long for the window are broken.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use egui::Context;
use espalier_core::session::SessionEvent;
use espalier_core::view::{Row, RowFormat, RowKind};

use super::paint::Typesetter;

/// Where rows are broken, remembered for as long as they are looked at.
#[derive(Debug, Default)]
pub(super) struct LineBreaks {
    /// The width that they are broken for, and the size of the font.
    for_width: (f32, f32),
    rows: HashMap<u64, BrokenRow>,
}

#[derive(Debug)]
struct BrokenRow {
    text: Arc<str>,
    starts: Arc<[usize]>,
    used: bool,
}

/// Breaks the rows of one frame.
pub(super) struct RowLines<'a> {
    ctx: Context,
    type_: &'a Typesetter<'a>,
    /// How wide a line can be, in points; `None`: rows are scrolled sideways.
    pub width: Option<f32>,
    format: RowFormat,
    event: &'a dyn Fn(&SessionEvent) -> String,
    known: RefCell<LineBreaks>,
    /// The same of events, for this frame alone: in the next one their words may be of another language.
    events: RefCell<HashMap<u64, BrokenRow>>,
}

impl<'a> RowLines<'a> {
    pub(super) fn new(
        ctx: &Context,
        type_: &'a Typesetter<'a>,
        width: Option<f32>,
        format: RowFormat,
        event: &'a dyn Fn(&SessionEvent) -> String,
        mut known: LineBreaks,
    ) -> Self {
        let for_width = (width.unwrap_or_default(), type_.font.size);
        if known.for_width != for_width {
            known = LineBreaks { for_width, ..LineBreaks::default() };
        }
        let (ctx, known, events) = (ctx.clone(), RefCell::new(known), RefCell::default());
        Self { ctx, type_, width, format, event, known, events }
    }

    /// Where the lines of a row begin behind the first one, in bytes of what is drawn of it. Bytes beside text stay on one line.
    pub(super) fn starts(&self, number: u64, row: &Row) -> Arc<[usize]> {
        let Some(width) = self.width else { return Arc::default() };
        if let RowKind::Event(event) = &row.kind {
            let mut events = self.events.borrow_mut();
            if let Some(broken) = events.get(&number)
                && Arc::ptr_eq(&broken.text, &row.text)
            {
                return broken.starts.clone();
            }
            let starts: Arc<[usize]> =
                self.type_.breaks(&self.ctx, &(self.event)(event), width).into();
            let text = row.text.clone();
            events.insert(number, BrokenRow { text, starts: starts.clone(), used: true });
            return starts;
        }
        if self.format != RowFormat::Text || self.type_.surely_fits(&row.text, width) {
            return Arc::default();
        }
        let mut known = self.known.borrow_mut();
        if let Some(broken) = known.rows.get_mut(&number)
            && Arc::ptr_eq(&broken.text, &row.text)
        {
            broken.used = true;
            return broken.starts.clone();
        }
        let starts: Arc<[usize]> = self.type_.breaks(&self.ctx, &row.text, width).into();
        let text = row.text.clone();
        known.rows.insert(number, BrokenRow { text, starts: starts.clone(), used: true });
        starts
    }

    /// How many lines that makes.
    pub(super) fn count(&self, number: u64, row: &Row) -> u32 {
        self.starts(number, row).len() as u32 + 1
    }

    /// What is to be remembered for the next frame: the rows that were asked for in this one.
    pub(super) fn remember(self) -> LineBreaks {
        let mut known = self.known.into_inner();
        known.rows.retain(|_, row| std::mem::take(&mut row.used));
        known
    }
}

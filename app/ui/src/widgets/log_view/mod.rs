//! The log: a list of any number of rows, of which only those in sight are asked for, laid out and drawn.
//!
//! It is our own, because egui's scroll areas keep their offset in `f32` and stop moving above a million rows. The place is
//! a row and some pixels (`Scroll`), the selection is rows and offsets ([`Selection`]), so neither minds what is out of
//! sight. Rows are labels to AccessKit, whole, however many lines they are broken into (`RowLines`).
//!
//! What a frame draws is from one [`Page`]: the rows, their numbers and the extent of the scroll bar. Where the user wants to be
//! (`Scroll`) is said with each frame and answered by a later page; until that comes, the rows that were painted last stay.

pub(in crate::widgets) mod bar;
mod columns;
mod input;
mod lines;
mod pages;
mod paint;
mod peer_names;
mod pointer;
mod row;
mod scroll;
mod selection;
mod style;
#[cfg(test)]
mod tests;
mod words;

use std::ops::Range;
use std::sync::Arc;

use egui::{Pos2, Rect, Response, Role, Sense, TextStyle, Ui, WidgetInfo, pos2, vec2};
use espalier_core::backend::View;
use espalier_core::board::AddressLink;
use espalier_core::view::{FoldId, Layer, Page, PageRequest, Row, RowFormat, ViewStatus};

use crate::theme;
use bar::{Axis, THICKNESS};
use columns::{RowColumns, fitted_bytes};
use lines::{LineBreaks, RowLines};
use paint::Typesetter;
pub use peer_names::PeerNames;
use pointer::{ClickTarget, ClickTargets, Clicked};
use row::{DrawnRow, RowPainter};
use scroll::{Extent, Scroll, ScrollPosition, Viewport};
pub use selection::{Selection, TextPosition};
pub use style::{LaneStyle, LogStyle};

/// The state of a log between frames.
#[derive(Debug, Default)]
pub struct LogView {
    /// Where the user wants to be, numbered as `newest` is.
    scroll: Scroll,
    /// The same: what is selected.
    selection: Option<Selection>,
    /// The newest page of the numbering that is drawn.
    newest: Page,
    /// What is drawn, and from where on.
    painted: Page,
    position: ScrollPosition,
    /// The last page request, and the one whose page is painted.
    wanted: PageRequest,
    fulfilled: u64,
    /// The one row that is selected, as it was when it was in sight last.
    held: Option<Row>,
    /// As of the last frame.
    viewport: Option<Viewport>,
    columns: Option<RowColumns>,
    breaks: LineBreaks,
    /// Points that the content is scrolled sideways, and the widest content seen, of rows that looked so: wrapped or not.
    side: f32,
    widest: f32,
    shape: (bool, RowFormat),
    /// To be brought into sight.
    target: Option<u64>,
    pointed: Option<u64>,
    /// Where the last click was, and on what.
    clicked: Option<Clicked>,
    /// The row that was double-clicked in this frame.
    activated: Option<u64>,
    laid_out: usize,
}

/// What a log says to its pane.
#[derive(Debug)]
pub struct LogResponse {
    /// Of the whole log: for a context menu and for focus.
    pub response: Response,
    /// The shown row that the pointer pressed last, for a context menu.
    pub pointed: Option<u64>,
    /// The user wants the selection on the clipboard.
    pub copy: bool,
    /// The shown row that was double-clicked, or is selected when Enter is pressed.
    pub activated: Option<u64>,
    /// An address in a board's log was clicked.
    pub link: Option<AddressLink>,
    /// A fold is to be unfolded, or folded again.
    pub fold: Option<FoldId>,
    /// The shown row that is to be marked, or whose mark is to be taken.
    pub bookmark: Option<u64>,
    /// How many bytes of a hex view there is room for.
    pub fitted_bytes: u16,
    /// The menu of the selected rows was asked for by a key: where it is to open.
    pub menu: Option<Pos2>,
    /// There are other rows at hand than in the frame before.
    pub news: bool,
}

impl LogView {
    /// The end is kept in sight.
    pub const fn follows(&self) -> bool {
        self.scroll.follow
    }

    /// Keeps the end in sight, or stays where it is.
    pub const fn set_follow(&mut self, follow: bool) {
        self.scroll.follow = follow;
        if follow {
            // Where it was on the way to is no longer wanted.
            self.target = None;
        }
    }

    /// The shown row at the upper edge.
    pub const fn first_row(&self) -> u64 {
        self.scroll.position.row
    }

    /// How far the view had come, as far as this log knows: the numbers in it are those of the rows that are drawn.
    pub fn status(&self) -> &ViewStatus {
        &self.newest.status
    }

    /// Brings a shown row, numbered as in [`Self::status`], into sight and selects it.
    pub const fn go_to(&mut self, row: u64) {
        self.target = Some(row);
        self.selection = Some(Selection::row(row));
        self.scroll.follow = false;
    }

    /// What is selected.
    pub const fn selection(&self) -> Option<&Selection> {
        self.selection.as_ref()
    }

    /// Selects something, or nothing.
    pub fn select(&mut self, selection: Option<Selection>) {
        self.selection = selection;
        self.held = None;
    }

    /// The one row that is selected, as it was when it was in sight last. It stays while it is out of sight or gone, until a
    /// filter hides it, or something else or nothing is selected.
    pub const fn selected_row(&self) -> Option<&Row> {
        self.held.as_ref()
    }

    /// Whether there is something for Esc to end.
    const fn has_selection(&self) -> bool {
        self.selection.is_some() || self.held.is_some()
    }

    /// The shown rows that the selection touches.
    pub fn selected_rows(&self) -> Option<Range<u64>> {
        self.selection.as_ref().map(Selection::rows)
    }

    /// The one row that is selected, if it is one alone.
    fn lone_row(&self) -> Option<u64> {
        self.selected_rows().filter(|rows| rows.end == rows.start + 1).map(|rows| rows.start)
    }

    /// A shown row, if it is among those at hand.
    pub fn row(&self, number: u64) -> Option<&Row> {
        self.painted.row(number).or_else(|| self.newest.row(number))
    }

    /// The rows at hand: those that are drawn, and some around them.
    pub fn rows_at_hand(&self) -> &[Row] {
        &self.painted.rows
    }

    /// How many rows the last frame laid out: never more than fit in the window, and two.
    pub const fn laid_out(&self) -> usize {
        self.laid_out
    }

    /// Draws the log in all of the room there is.
    pub fn ui(&mut self, ui: &mut Ui, view: &dyn View, style: &LogStyle<'_>) -> LogResponse {
        let (_, rect) = ui.allocate_space(ui.available_size());
        // Not an id by order: the log keeps its focus when a strip appears beside it.
        let response = ui.interact(rect, ui.scope_id().with("log"), Sense::click_and_drag());
        let enabled = ui.is_enabled();
        response.widget_info(|| WidgetInfo::labeled(Role::Log, enabled, style.name));

        let font = TextStyle::Monospace.resolve(ui.style());
        let (char_width, text_height) =
            ui.fonts_mut(|fonts| (fonts.glyph_width(&font, '0'), fonts.row_height(&font)));
        let line = (text_height + 2.0).round();
        let columns = RowColumns::new(style, char_width, rect.width());
        let type_ = Typesetter { font, char_width, tokens: theme::tokens(ui) };
        if std::mem::replace(&mut self.shape, (style.wrap, style.format)) != self.shape {
            (self.side, self.widest) = (0.0, 0.0);
        }
        let content = rect.width() - THICKNESS - columns.content;
        let fitted_bytes = fitted_bytes(style.format, content, char_width);
        let bottom = if self.widest > content { THICKNESS } else { 0.0 };
        let rows_rect = Rect::from_min_max(rect.min, rect.max - vec2(THICKNESS, bottom));

        let before = Arc::clone(&self.painted.rows);
        let newest = self.newest.clone();
        let known = std::mem::take(&mut self.breaks);
        let width = style.wrap.then_some(content);
        let lines = RowLines::new(ui.ctx(), &type_, width, style.format, style.event, known);
        let of = |page: &Page, number| page.row(number).map_or(1, |row| lines.count(number, row));
        let viewport = Viewport { line, room: rows_rect.height() };
        let extent = Extent { rows: newest.extent(), viewport, lines: &|row| of(&newest, row) };
        self.scroll.settle(&extent);
        let place = self.scroll.clone();
        input::wheel(self, ui, &response, &extent);
        let asked = input::keys(self, ui, &response, &extent);
        self.bars(ui, rect, rows_rect, &extent, &columns, style);
        self.scroll.settle(&extent);
        if self.scroll.position != place.position {
            self.target = None;
        }
        self.arrive(&extent, &lines);
        self.request_rows(&viewport);
        let painted = self.painted.clone();
        let rows = painted.numbers();
        let stay = Extent { rows, viewport, lines: &|row| of(&painted, row) };
        self.choose(&extent, &stay);
        view.request_page(self.wanted.clone());

        let painter = RowPainter {
            style,
            type_: &type_,
            lines: &lines,
            line,
            columns,
            side: self.side,
            selection: self.selection,
            hit: self.painted.status.find.as_ref().and_then(|find| find.current).map(|it| it.1),
        };
        let drawn = self.draw(ui, rows_rect, &viewport, &painter);
        let content = rows_rect.left() + painter.columns.content;
        let targets = ClickTargets { links: style.board, content };
        let clicked = self.point(ui, &response, rows_rect, &extent, &drawn, targets);
        let fold = asked.toggle.then(|| self.selected_fold()).flatten();
        let (link, fold, bookmark) = match clicked {
            Some(ClickTarget::Link(link)) => (Some(link), fold, None),
            Some(ClickTarget::Fold(id)) => (None, Some(id), None),
            Some(ClickTarget::Bookmark(row)) => (None, fold, Some(row)),
            None => (None, fold, None),
        };
        let menu = asked.menu.then(|| self.menu_place(&drawn)).flatten();
        let entered = asked.activate.then(|| self.lone_row()).flatten();
        let activated = self.activated.take().or(entered);
        self.hold();
        self.breaks = lines.remember();
        (self.viewport, self.columns) = (Some(viewport), Some(columns));
        let news = !Arc::ptr_eq(&before, &self.painted.rows);
        LogResponse {
            response,
            pointed: self.pointed,
            copy: asked.copy,
            activated,
            link,
            fold,
            bookmark,
            menu,
            fitted_bytes,
            news,
        }
    }

    /// Brings the row that was gone to into sight; again until those above it are at hand, whose heights count.
    fn arrive(&mut self, extent: &Extent<'_>, lines: &RowLines<'_>) {
        let Some(target) = self.target else { return };
        let row = self.newest.row(target);
        // Of a row that is higher than the window, the line with the hit.
        let hit = row.and_then(|row| row.spans.iter().find(|span| span.layer == Layer::Hit));
        let part = match (row, hit) {
            (None, _) => 0..1,
            (Some(row), None) => 0..lines.count(target, row),
            (Some(row), Some(hit)) => {
                let starts = lines.starts(target, row);
                let line = starts.partition_point(|start| *start <= hit.range.start) as u32;
                line..line + 1
            }
        };
        self.scroll.show(target, part, extent);
        let above = self.scroll.position.row.min(target);
        if self.newest.holds(&(above..target + 1)) {
            self.target = None;
        }
    }

    fn bars(
        &mut self,
        ui: &Ui,
        rect: Rect,
        rows_rect: Rect,
        extent: &Extent<'_>,
        columns: &RowColumns,
        style: &LogStyle<'_>,
    ) {
        let id = ui.scope_id().with("scroll");
        if !extent.fits() {
            let bar = Rect::from_min_max(pos2(rows_rect.right(), rect.top()), rect.max);
            let shown = extent.shown(self.scroll.position);
            let fraction = self.scroll.fraction(extent);
            let moved = bar::bar(
                ui,
                id.with("down"),
                bar,
                Axis::Vertical,
                shown,
                fraction,
                style.scroll_name,
            );
            if let Some(fraction) = moved {
                self.scroll.go_to_fraction(fraction, extent);
            }
        }
        let room = (rows_rect.width() - columns.content).max(1.0);
        let way = (self.widest - room).max(0.0);
        self.side = self.side.clamp(0.0, way);
        if way > 0.0 && rows_rect.bottom() < rect.bottom() {
            let bar = Rect::from_min_max(
                pos2(rect.left() + columns.content, rows_rect.bottom()),
                pos2(rows_rect.right(), rect.bottom()),
            );
            let (shown, fraction) = (f64::from(room / self.widest), f64::from(self.side / way));
            let id = id.with("side");
            let moved = bar::bar(ui, id, bar, Axis::Horizontal, shown, fraction, style.scroll_name);
            if let Some(fraction) = moved {
                self.side = way * fraction as f32;
            }
        }
    }

    fn draw(
        &mut self,
        ui: &mut Ui,
        rows_rect: Rect,
        viewport: &Viewport,
        painter: &RowPainter<'_>,
    ) -> Vec<DrawnRow> {
        let mut drawn = Vec::new();
        let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(rows_rect).id_salt("rows"));
        ui.set_clip_rect(rows_rect.intersect(ui.clip_rect()));
        let mut top = rows_rect.top() - self.position.pixel;
        for number in self.position.row..self.painted.numbers().end {
            if top >= rows_rect.bottom() {
                break;
            }
            let row = self.painted.row(number);
            let lines = row.map_or(1, |row| painter.lines.count(number, row));
            let size = vec2(rows_rect.width(), lines as f32 * viewport.line);
            let rect = Rect::from_min_size(pos2(rows_rect.left(), top), size);
            top = rect.bottom();
            if let Some(row) = row {
                drawn.push(painter.draw(&ui, number, row, rect));
            }
        }
        self.laid_out = drawn.len();
        self.widest = drawn.iter().map(|it| it.width).fold(self.widest, f32::max);
        drawn
    }
}

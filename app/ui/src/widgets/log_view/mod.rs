//! The log: a list of any number of rows, of which only those in sight are asked for, laid out and drawn.
//!
//! It is our own, because egui's scroll areas keep their offset in `f32` and stop moving above a million rows. The place is
//! a row and some pixels ([`Scroll`]), the selection is rows and offsets ([`Selection`]), so neither minds what is out of
//! sight. Rows are labels to AccessKit.
//!
//! What a frame draws is from one [`Page`]: the rows, their numbers and the extent of the scroll bar. Where the user wants to be
//! ([`Scroll`]) is said with each frame and answered by a later page; until that comes, the rows that were painted last stay.

pub(in crate::widgets) mod bar;
mod columns;
mod input;
mod paint;
mod row;
mod scroll;
mod selection;
mod style;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use egui::{CursorIcon, Pos2, Rect, Response, Role, Sense, TextStyle, Ui, WidgetInfo, pos2, vec2};
use espalier_core::Position;
use espalier_core::backend::View;
use espalier_core::board::{AddressLink, find_links};
use espalier_core::view::{FoldId, Page, PageRequest, Row, RowKind, RowVisibility, ViewStatus};

use crate::theme;
use bar::{Axis, THICKNESS};
use columns::RowColumns;
use paint::Typesetter;
use row::{DrawnRow, RowPainter};
pub use scroll::{Extent, Scroll, ScrollPosition};
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
    extent: Option<Extent>,
    /// Points that the content is scrolled sideways, and the widest content seen.
    side: f32,
    widest: f32,
    /// To be brought into sight.
    target: Option<u64>,
    pointed: Option<u64>,
    /// Where the last click was, and on which shown row.
    clicked: Option<(Pos2, u64)>,
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
    /// There are other rows at hand than in the frame before.
    pub news: bool,
}

/// What in a row can be clicked besides the row itself.
#[derive(Clone, Copy)]
struct ClickTargets {
    /// Addresses, as in a board's log: something listens on them.
    links: bool,
    /// Where the text begins; before it stands the mark of a fold.
    content: f32,
}

/// What a click meant.
enum ClickTarget {
    Link(AddressLink),
    Fold(FoldId),
}

impl LogView {
    /// The end is kept in sight.
    pub const fn follows(&self) -> bool {
        self.scroll.follow
    }

    /// Keeps the end in sight, or stays where it is.
    pub const fn set_follow(&mut self, follow: bool) {
        self.scroll.follow = follow;
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
        let row_height = (text_height + 2.0).round();
        let columns = RowColumns::new(style, char_width, rect.width());
        let sideways = self.widest > rect.width() - THICKNESS - columns.content;
        let bottom = if sideways { THICKNESS } else { 0.0 };
        let rows_rect = Rect::from_min_max(rect.min, rect.max - vec2(THICKNESS, bottom));

        let before = Arc::clone(&self.painted.rows);
        let extent = Extent { rows: self.newest.extent(), row_height, room: rows_rect.height() };
        self.scroll.settle(&extent);
        input::wheel(self, ui, &response, &extent);
        let asked = input::keys(self, ui, &response, &extent);
        if let Some(row) = self.target.take() {
            self.scroll.show(row, &extent);
        }
        self.bars(ui, rect, rows_rect, &extent, &columns, style);
        self.scroll.settle(&extent);
        self.request_rows(&extent);
        self.choose(&extent);
        view.request_page(self.wanted.clone());

        let painter = RowPainter {
            style,
            type_: Typesetter { font, char_width, tokens: theme::tokens(ui) },
            columns,
            side: self.side,
            selection: self.selection,
            hit: self.painted.status.find.as_ref().and_then(|find| find.current).map(|it| it.1),
        };
        let drawn = self.draw(ui, rows_rect, &extent, &painter);
        let content = rows_rect.left() + painter.columns.content;
        let targets = ClickTargets { links: style.board, content };
        let clicked = self.point(ui, &response, rows_rect, &extent, &drawn, targets);
        let fold = asked.toggle.then(|| self.selected_fold()).flatten();
        let (link, fold) = match clicked {
            Some(ClickTarget::Link(link)) => (Some(link), fold),
            Some(ClickTarget::Fold(id)) => (None, Some(id)),
            None => (None, fold),
        };
        let entered = asked.activate.then(|| self.lone_row()).flatten();
        let activated = self.clicked_twice(ui).or(entered);
        self.hold();
        self.extent = Some(extent);
        let news = !Arc::ptr_eq(&before, &self.painted.rows);
        LogResponse {
            response,
            pointed: self.pointed,
            copy: asked.copy,
            activated,
            link,
            fold,
            news,
        }
    }

    /// Takes the newest page there is, once for each frame and before anything of it is drawn.
    ///
    /// When rows were numbered anew, the log goes on where the page says, if it can be drawn from there; otherwise all stays as
    /// it is until a page comes that can.
    pub fn take(&mut self, view: &dyn View) {
        let page = view.page();
        if page.revision() == self.newest.revision() {
            self.newest = page;
            return self.find_selected();
        }
        let mut scroll = self.scroll.clone();
        scroll.position.row = page.anchor;
        if let Some(extent) = &self.extent {
            let extent = Extent { rows: page.extent(), ..extent.clone() };
            scroll.settle(&extent);
            if !page.holds(&extent.window(scroll.position)) {
                return;
            }
        }
        self.scroll = scroll;
        self.selection = None;
        (self.target, self.pointed, self.clicked) = (None, None, None);
        (self.side, self.widest) = (0.0, 0.0);
        self.newest = page;
        self.find_selected();
    }

    /// The row that was selected before rows were numbered anew is selected again where it stands now, if it is shown.
    fn find_selected(&mut self) {
        let known = self
            .newest
            .selected
            .filter(|it| self.selection.is_none() && Some(it.0) == self.held_place());
        match known {
            Some((_, RowVisibility::Row(row))) => self.selection = Some(Selection::row(row)),
            Some((_, RowVisibility::Hidden)) => self.held = None,
            Some((_, RowVisibility::Unknown)) | None => {}
        }
    }

    /// Where the selected row begins.
    fn held_place(&self) -> Option<(Position, u32)> {
        self.held.as_ref().map(|row| (row.position, row.offset))
    }

    /// Says what is wanted while there is nothing to draw.
    pub fn wait(&mut self, view: &dyn View) {
        /// Rows that fit in any window.
        const SOME: u64 = 100;
        let rows = self.extent.as_ref().map_or(SOME, Extent::visible);
        self.ask(PageRequest { rows: 0..rows, end: true, ..self.wanted.clone() });
        view.request_page(self.wanted.clone());
    }

    /// What is wanted: the rows where the log is scrolled to, or the newest.
    fn request_rows(&mut self, extent: &Extent) {
        let first = if self.scroll.follow { 0 } else { self.scroll.position.row };
        self.ask(PageRequest {
            request_id: self.wanted.request_id,
            revision: self.newest.revision(),
            rows: first..first + extent.visible(),
            end: self.scroll.follow,
            selected: self.held_place(),
        });
    }

    fn ask(&mut self, wanted: PageRequest) {
        let asked = |it: &PageRequest| (it.revision, it.rows.clone(), it.end);
        let request_id = self.wanted.request_id + u64::from(asked(&wanted) != asked(&self.wanted));
        self.wanted = PageRequest { request_id, ..wanted };
    }

    /// Chooses what is drawn: the newest page, if it has the rows that are wanted; or else if it is of a later request than what is
    /// painted, at the place that it was made for (while a scroll bar is dragged, requests are older than they take to be
    /// answered); or else what is painted already.
    fn choose(&mut self, extent: &Extent) {
        let newest = &self.newest;
        let there = |position: ScrollPosition| newest.holds(&extent.window(position));
        let mut asked =
            Scroll { position: ScrollPosition { row: newest.anchor, pixel: 0.0 }, follow: false };
        asked.settle(extent);
        if there(self.scroll.position) {
            (self.position, self.fulfilled) = (self.scroll.position, self.wanted.request_id);
        } else if self.painted.revision() != newest.revision()
            || newest.request_id > self.fulfilled && there(asked.position)
        {
            (self.position, self.fulfilled) = (asked.position, newest.request_id);
        } else {
            // The window may have grown over what was painted: it is filled from the rows around that.
            let mut stay = Scroll { position: self.position, follow: false };
            stay.settle(&Extent { rows: self.painted.numbers(), ..extent.clone() });
            self.position = stay.position;
            return;
        }
        self.painted = newest.clone();
    }

    /// Keeps the selected row for when it is out of sight.
    fn hold(&mut self) {
        let lone = self.lone_row();
        match lone.and_then(|number| self.row(number)) {
            Some(row) => self.held = Some(row.clone()),
            None if lone.is_none() && self.selection.is_some() => self.held = None,
            None => {}
        }
    }

    fn bars(
        &mut self,
        ui: &Ui,
        rect: Rect,
        rows_rect: Rect,
        extent: &Extent,
        columns: &RowColumns,
        style: &LogStyle<'_>,
    ) {
        let id = ui.scope_id().with("scroll");
        if !extent.fits() {
            let bar = Rect::from_min_max(pos2(rows_rect.right(), rect.top()), rect.max);
            let rows = extent.rows.end.saturating_sub(extent.rows.start) as f64;
            let shown = f64::from(extent.room / extent.row_height) / rows;
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
                self.scroll.to_fraction(fraction, extent);
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
        extent: &Extent,
        painter: &RowPainter<'_>,
    ) -> Vec<DrawnRow> {
        let height = extent.row_height;
        let ScrollPosition { row: first, pixel } = self.position;
        let last = self.painted.numbers().end.min(first.saturating_add(extent.visible()));
        let mut drawn = Vec::new();
        let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(rows_rect).id_salt("rows"));
        ui.set_clip_rect(rows_rect.intersect(ui.clip_rect()));
        for number in first..last {
            let top = rows_rect.top() - pixel + (number - first) as f32 * height;
            if top >= rows_rect.bottom() {
                break;
            }
            let Some(row) = self.painted.row(number) else { continue };
            let rect =
                Rect::from_min_size(pos2(rows_rect.left(), top), vec2(rows_rect.width(), height));
            drawn.push(painter.draw(&ui, number, row, rect));
        }
        self.laid_out = drawn.len();
        self.widest = drawn.iter().map(|it| it.width).fold(self.widest, f32::max);
        drawn
    }

    /// Clicks and drags.
    fn point(
        &mut self,
        ui: &Ui,
        response: &Response,
        rect: Rect,
        extent: &Extent,
        drawn: &[DrawnRow],
        targets: ClickTargets,
    ) -> Option<ClickTarget> {
        let hovered = response
            .hover_pos()
            .and_then(|at| self.clicked(self.spot(at, rect, extent, drawn)?, at.x, drawn, targets));
        if hovered.is_some() {
            ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
        }
        let pointer = response.interact_pointer_pos()?;
        let spot = self.spot(pointer, rect, extent, drawn)?;
        if response.is_pointer_button_down_on() || response.clicked() {
            response.request_focus();
        }
        if ui.input(|input| input.pointer.any_pressed()) {
            self.pointed = Some(spot.row);
        }
        let double = |input: &egui::InputState| {
            input.pointer.button_double_clicked(egui::PointerButton::Primary)
        };
        if response.clicked() && !ui.input(double) {
            self.clicked = Some((pointer, spot.row));
        }
        let shift = ui.input(|input| input.modifiers.shift);
        if response.secondary_clicked() {
            let inside = self.selected_rows().is_some_and(|rows| rows.contains(&spot.row));
            if !inside {
                self.selection = Some(Selection::row(spot.row));
            }
        } else if response.clicked() && shift && self.selection.is_some() {
            let anchor = self.selection.map_or(spot.row, |it| it.anchor.row);
            self.selection = Some(Selection::rows_between(anchor, spot.row));
        } else if response.clicked()
            && let Some(clicked) = self.clicked(spot, pointer.x, drawn, targets)
        {
            return Some(clicked);
        } else if response.clicked() {
            let row = Selection::row(spot.row);
            self.select(Some(row).filter(|row| self.selection != Some(*row)));
        } else if response.drag_started_by(egui::PointerButton::Primary) {
            let from = ui.input(|input| input.pointer.press_origin()).unwrap_or(pointer);
            let anchor = self.spot(from, rect, extent, drawn).unwrap_or(spot);
            self.selection = Some(Selection { anchor, head: spot, whole: false });
        } else if response.dragged_by(egui::PointerButton::Primary) {
            if let Some(selection) = &mut self.selection {
                selection.head = spot;
            }
            // Beyond an edge the log comes along.
            let beyond = (pointer.y - rect.bottom()).max(0.0) + (pointer.y - rect.top()).min(0.0);
            if beyond != 0.0 {
                self.scroll.by(beyond * 0.3, extent);
                self.scroll.follow = false;
                ui.ctx().request_repaint();
            }
        }
        None
    }

    /// The row of a double click. It is that of the first click: what is selected is shown in full below, so rows may have
    /// moved since.
    fn clicked_twice(&mut self, ui: &Ui) -> Option<u64> {
        /// As far apart as egui lets the two clicks be.
        const NEAR: f32 = 6.0;
        let at = ui.input(|input| {
            let pointer = &input.pointer;
            let double = pointer.button_double_clicked(egui::PointerButton::Primary);
            pointer.interact_pos().filter(|_| double)
        })?;
        let (_, row) = self.clicked.take().filter(|(position, _)| position.distance(at) <= NEAR)?;
        self.selection = Some(Selection::row(row));
        Some(row)
    }

    /// What there is to click at a place besides the row itself: an address, or the marks of a fold before and behind the text.
    fn clicked(
        &self,
        spot: TextPosition,
        x: f32,
        drawn: &[DrawnRow],
        targets: ClickTargets,
    ) -> Option<ClickTarget> {
        let row = self.row(spot.row).filter(|row| row.kind == RowKind::Data)?;
        if let Some(fold) = row.fold {
            let text = &drawn.iter().find(|it| it.number == spot.row)?;
            let behind = fold.hidden && x > text.left + text.text.width;
            if x < targets.content || behind {
                return Some(ClickTarget::Fold(fold.id));
            }
        }
        let links = targets.links.then(|| find_links(&row.text)).into_iter().flatten();
        links.filter(|link| link.range.contains(&spot.at)).map(ClickTarget::Link).next()
    }

    /// The fold at whose head the only selected row stands.
    fn selected_fold(&self) -> Option<FoldId> {
        let rows = self.selected_rows().filter(|rows| rows.end == rows.start + 1)?;
        Some(self.row(rows.start)?.fold?.id)
    }

    /// The place in the text that is nearest to a point.
    fn spot(
        &self,
        at: Pos2,
        rect: Rect,
        extent: &Extent,
        drawn: &[DrawnRow],
    ) -> Option<TextPosition> {
        let down = (at.y - rect.top() + self.position.pixel) / extent.row_height;
        let last = drawn.last()?.number;
        let row = self.position.row.saturating_add_signed(down.floor() as i64);
        let row = row.clamp(drawn.first()?.number, last);
        let drawn = drawn.iter().find(|it| it.number == row)?;
        let Some(length) = drawn.length else { return Some(TextPosition { row, at: 0, rest: 0 }) };
        let at = drawn.text.byte_at(at.x - drawn.left);
        Some(TextPosition { row, at, rest: length.saturating_sub(at) })
    }
}

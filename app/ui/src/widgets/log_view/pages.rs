//! Which page is drawn, and which rows are asked for.

use espalier_core::Position;
use espalier_core::backend::View;
use espalier_core::view::{PageRequest, RowVisibility};

use super::LogView;
use super::scroll::{Extent, Scroll, ScrollPosition, Viewport};
use super::selection::Selection;

impl LogView {
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
        if let Some(viewport) = self.viewport {
            // Rows of several lines need fewer, so these are enough.
            let mut one_line = scroll.clone();
            one_line.settle(&Extent { rows: page.extent(), viewport, lines: &|_| 1 });
            if !page.holds(&viewport.window(one_line.position)) {
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
        let rows = self.viewport.as_ref().map_or(SOME, Viewport::visible);
        self.ask(PageRequest { rows: 0..rows, end: true, ..self.wanted.clone() });
        view.request_page(self.wanted.clone());
    }

    /// What is wanted: the rows where the log is scrolled to, or the newest.
    pub(super) fn request_rows(&mut self, viewport: &Viewport) {
        let first = if self.scroll.follow { 0 } else { self.scroll.position.row };
        self.ask(PageRequest {
            request_id: self.wanted.request_id,
            revision: self.newest.revision(),
            rows: first..first + viewport.visible(),
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
    /// answered); or else what is painted already, whose extent `stay` is.
    pub(super) fn choose(&mut self, extent: &Extent<'_>, stay: &Extent<'_>) {
        let newest = &self.newest;
        let there = |position: ScrollPosition| newest.holds(&extent.viewport.window(position));
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
            let mut place = Scroll { position: self.position, follow: false };
            place.settle(stay);
            self.position = place.position;
            return;
        }
        self.painted = newest.clone();
    }

    /// Keeps the selected row for when it is out of sight.
    pub(super) fn hold(&mut self) {
        let lone = self.lone_row();
        match lone.and_then(|number| self.row(number)) {
            Some(row) => self.held = Some(row.clone()),
            None if lone.is_none() && self.selection.is_some() => self.held = None,
            None => {}
        }
    }
}

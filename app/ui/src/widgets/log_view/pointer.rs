//! What the pointer does in a log.

use egui::{CursorIcon, PointerButton, Pos2, Rect, Response, Ui};
use espalier_core::board::{AddressLink, find_links};
use espalier_core::view::{FoldId, RowKind};

use super::LogView;
use super::columns::RowColumns;
use super::row::{DrawnLine, DrawnRow};
use super::scroll::Extent;
use super::selection::{Selection, TextPosition};
use super::words::word_at;

/// What in a row can be clicked besides the row itself.
#[derive(Clone, Copy)]
pub(super) struct ClickTargets {
    /// Addresses, as in a board's log: something listens on them.
    pub links: bool,
    /// Where the text begins; before it stands the mark of a fold.
    pub content: f32,
}

/// Where the pointer was when it clicked, and on what: rows may have moved by the time of the next click, because what is
/// selected is shown in full below.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clicked {
    at: Pos2,
    row: u64,
    /// Which character of its text, in bytes; `None` when no part of it can be selected.
    char: Option<usize>,
    /// How many clicks in a row there were at this place, this one included.
    count: u32,
}

/// What a click meant.
pub(super) enum ClickTarget {
    Link(AddressLink),
    Fold(FoldId),
    /// A shown row is marked, or its mark taken.
    Bookmark(u64),
}

impl LogView {
    /// Clicks and drags.
    pub(super) fn point(
        &mut self,
        ui: &Ui,
        response: &Response,
        rect: Rect,
        extent: &Extent<'_>,
        drawn: &[DrawnRow],
        targets: ClickTargets,
    ) -> Option<ClickTarget> {
        let hovered = response
            .hover_pos()
            .and_then(|at| self.target_at(spot(at, drawn)?, at, drawn, targets));
        if hovered.is_some() {
            ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
        }
        let pointer = response.interact_pointer_pos()?;
        let spot_there = spot(pointer, drawn)?;
        if response.is_pointer_button_down_on()
            || response.clicked()
            || response.secondary_clicked()
        {
            response.request_focus();
        }
        if ui.input(|input| input.pointer.any_pressed()) {
            self.pointed = Some(spot_there.row);
        }
        let shift = ui.input(|input| input.modifiers.shift);
        if response.secondary_clicked() {
            self.clicked = clicked_at(pointer, drawn);
            let inside = self.selected_rows().is_some_and(|rows| rows.contains(&spot_there.row));
            if !inside {
                self.selection = Some(Selection::row(spot_there.row));
            }
        } else if response.clicked() && self.is_again(ui, pointer) {
            self.click_again();
        } else if response.clicked() {
            self.clicked = clicked_at(pointer, drawn);
            match self.selection {
                Some(selection) if shift => self.selection = Some(selection.to(spot_there)),
                _ => {
                    let target = self.target_at(spot_there, pointer, drawn, targets);
                    if target.is_some() {
                        return target;
                    }
                    let row = Selection::row(spot_there.row);
                    self.select(Some(row).filter(|row| self.selection != Some(*row)));
                }
            }
        } else if response.drag_started_by(PointerButton::Primary) {
            let from = ui.input(|input| input.pointer.press_origin()).unwrap_or(pointer);
            let anchor = spot(from, drawn).unwrap_or(spot_there);
            self.selection = Some(Selection { anchor, head: spot_there, whole: false });
        } else if response.dragged_by(PointerButton::Primary) {
            if let Some(selection) = &mut self.selection {
                selection.head = spot_there;
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

    /// Whether a click comes soon after another one at its place. egui counts those elsewhere too: who clicks from row to row in
    /// a hurry means each of them once.
    fn is_again(&self, ui: &Ui, at: Pos2) -> bool {
        /// As far apart as egui lets a press and its release be.
        const NEAR: f32 = 6.0;
        let soon = ui.input(|input| {
            let pointer = &input.pointer;
            pointer.button_double_clicked(PointerButton::Primary)
                || pointer.button_triple_clicked(PointerButton::Primary)
        });
        soon && self.clicked.is_some_and(|it| it.at.distance(at) <= NEAR)
    }

    /// A second click selects the word that the first one was on, a third its row.
    fn click_again(&mut self) {
        let Some(clicked) = &mut self.clicked else { return };
        clicked.count += 1;
        let Clicked { row, char, count, .. } = *clicked;
        let word = char.filter(|_| count == 2).and_then(|at| self.word(row, at));
        self.selection = Some(word.unwrap_or_else(|| Selection::row(row)));
        if count == 2 {
            self.activated = Some(row);
        }
    }

    /// The word at a place in a row that is at hand.
    fn word(&self, row: u64, at: usize) -> Option<Selection> {
        let text = &self.row(row)?.text;
        let word = word_at(text, at);
        let place = |at: usize| TextPosition { row, at, rest: text.len() - at };
        let selection =
            Selection { anchor: place(word.start), head: place(word.end), whole: false };
        (!word.is_empty()).then_some(selection)
    }

    /// What is meant by "this" in a menu: the selected part of one row, or else the word that was clicked.
    pub fn chosen_text(&self) -> Option<String> {
        let row = self.lone_row()?;
        let text = &self.row(row)?.text;
        let clicked = self.clicked.filter(|it| it.row == row).and_then(|it| it.char);
        let part = match self.selection.filter(|it| !it.whole) {
            Some(selection) => selection.part(row, self.row(row)?)?,
            None => clicked.map_or(0..text.len(), |at| word_at(text, at)),
        };
        let chosen = text.get(part)?.trim();
        let chosen = if chosen.is_empty() { text.trim() } else { chosen };
        (!chosen.is_empty()).then(|| chosen.to_owned())
    }

    /// Where a menu of the selected rows opens: below the first of them that is in sight.
    pub(super) fn menu_place(&mut self, drawn: &[DrawnRow]) -> Option<Pos2> {
        let first = drawn.first()?;
        let rows = self.selected_rows().unwrap_or_else(|| {
            self.selection = Some(Selection::row(first.number));
            first.number..first.number + 1
        });
        self.clicked = None;
        let row = drawn.iter().find(|it| rows.contains(&it.number)).unwrap_or(first);
        let below = row.lines.first()?.top.max(row.rect.top());
        Some(Pos2::new(row.left, below + 16.0))
    }

    /// What there is to click at a place besides the row itself: an address, the marks of a fold before and behind the text, and
    /// the margin for a bookmark.
    fn target_at(
        &self,
        spot: TextPosition,
        at: Pos2,
        drawn: &[DrawnRow],
        targets: ClickTargets,
    ) -> Option<ClickTarget> {
        let row = self.row(spot.row)?;
        let left = drawn.first()?.rect.left();
        if (left..left + RowColumns::MARGIN).contains(&at.x) {
            return Some(ClickTarget::Bookmark(spot.row));
        }
        if row.kind != RowKind::Data {
            return None;
        }
        if let Some(fold) = row.fold {
            let behind = drawn.iter().find(|it| it.number == spot.row)?.behind;
            if at.x < targets.content || behind.is_some_and(|it| at.x > it.x && at.y >= it.y) {
                return Some(ClickTarget::Fold(fold.id));
            }
        }
        let links = targets.links.then(|| find_links(&row.text)).into_iter().flatten();
        links.filter(|link| link.range.contains(&spot.at)).map(ClickTarget::Link).next()
    }

    /// The fold at whose head the only selected row stands.
    pub(super) fn selected_fold(&self) -> Option<FoldId> {
        Some(self.row(self.lone_row()?)?.fold?.id)
    }
}

/// The line of a row that is nearest to a point.
fn line_at(at: Pos2, drawn: &[DrawnRow]) -> Option<(&DrawnRow, Option<&DrawnLine>)> {
    let row = drawn.iter().find(|row| at.y < row.rect.bottom()).or_else(|| drawn.last())?;
    let line = row.lines.iter().rev().find(|line| at.y >= line.top);
    Some((row, line.or_else(|| row.lines.first())))
}

/// The place in the text that is nearest to a point.
fn spot(at: Pos2, drawn: &[DrawnRow]) -> Option<TextPosition> {
    let (row, line) = line_at(at, drawn)?;
    let number = row.number;
    let (Some(length), Some(line)) = (row.length, line) else {
        return Some(TextPosition { row: number, at: 0, rest: 0 });
    };
    let at = line.text.byte_at(at.x - row.left);
    Some(TextPosition { row: number, at, rest: length.saturating_sub(at) })
}

/// What a click there is on.
fn clicked_at(at: Pos2, drawn: &[DrawnRow]) -> Option<Clicked> {
    let (row, line) = line_at(at, drawn)?;
    let char = line.filter(|_| row.length.is_some()).map(|it| it.text.char_at(at.x - row.left));
    Some(Clicked { at, row: row.number, char, count: 1 })
}

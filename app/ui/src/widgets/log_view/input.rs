//! Keys and wheel.

use egui::{Event, EventFilter, Key, Modifiers, Response, Ui};

use super::LogView;
use super::scroll::Extent;
use super::selection::{Selection, TextPosition};

/// Points that an arrow key moves sideways.
const SIDE_STEP: f32 = 40.0;

/// What the pane has to do, because it has the clipboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct KeyActions {
    pub copy: bool,
    /// The fold of the selected row is to be opened or closed.
    pub toggle: bool,
    pub activate: bool,
    /// The menu of the selected rows is to open.
    pub menu: bool,
}

pub(super) fn wheel(log: &mut LogView, ui: &Ui, response: &Response, extent: &Extent<'_>) {
    if !response.contains_pointer() {
        return;
    }
    let delta = ui.input(|input| input.smooth_scroll_delta());
    if delta == egui::Vec2::ZERO {
        return;
    }
    if delta.y != 0.0 {
        log.scroll.by(-delta.y, extent);
    }
    log.side -= delta.x;
    // Ours alone, not also that of what is around us.
    ui.input_mut(|input| input.smooth_scroll_delta = egui::Vec2::ZERO);
}

pub(super) fn keys(
    log: &mut LogView,
    ui: &Ui,
    response: &Response,
    extent: &Extent<'_>,
) -> KeyActions {
    let mut asked = KeyActions::default();
    if !response.has_focus() {
        return asked;
    }
    ui.memory_mut(|memory| {
        let filter = EventFilter {
            tab: false,
            horizontal_arrows: true,
            vertical_arrows: true,
            escape: log.has_selection(),
        };
        memory.set_focus_lock_filter(response.id, filter);
    });
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    let (line, page) = (extent.viewport.line, extent.viewport.page());
    for (key, points) in
        [(Key::ArrowUp, -line), (Key::ArrowDown, line), (Key::PageUp, -page), (Key::PageDown, page)]
    {
        if pressed(Modifiers::SHIFT, key) {
            extend(log, (points / line).round() as i64, extent);
        } else if pressed(Modifiers::NONE, key) {
            log.scroll.by(points, extent);
        }
    }
    for (key, rows) in [(Key::Home, i64::MIN), (Key::End, i64::MAX)] {
        // Tried first: egui lets Ctrl match a pressed Ctrl+Shift.
        if pressed(Modifiers::COMMAND | Modifiers::SHIFT, key) || pressed(Modifiers::SHIFT, key) {
            extend(log, rows, extent);
        }
    }
    // With Ctrl, as in every list and editor, they mean the same.
    let either = |key| pressed(Modifiers::COMMAND, key) || pressed(Modifiers::NONE, key);
    if either(Key::Home) {
        log.scroll.home(extent);
        log.side = 0.0;
    }
    if either(Key::End) {
        log.scroll.end(extent);
    }
    for (key, back) in [(Key::ArrowLeft, true), (Key::ArrowRight, false)] {
        if pressed(Modifiers::SHIFT, key) {
            extend_by_char(log, back);
        }
    }
    for (key, step) in [(Key::ArrowLeft, -SIDE_STEP), (Key::ArrowRight, SIDE_STEP)] {
        if pressed(Modifiers::NONE, key) {
            log.side += step;
        }
    }
    if pressed(Modifiers::COMMAND, Key::A) && !extent.rows.is_empty() {
        log.selection = Some(Selection::rows_between(extent.rows.start, extent.rows.end - 1));
    }
    asked.menu = pressed(Modifiers::SHIFT, Key::F10) || pressed(Modifiers::NONE, Key::Menu);
    asked.toggle = log.selected_fold().is_some() && pressed(Modifiers::NONE, Key::Enter);
    asked.activate = log.selection.is_some() && pressed(Modifiers::NONE, Key::Enter);
    if log.has_selection() && pressed(Modifiers::NONE, Key::Escape) {
        log.select(None);
    }
    ui.input_mut(|input| {
        input.events.retain(|event| {
            let copy = log.selection.is_some() && matches!(event, Event::Copy);
            asked.copy |= copy;
            !copy
        });
    });
    asked
}

/// Draws the selection's end further by rows, and keeps it in sight. Of a part of the text the end stays in its column, as
/// long as its row is at hand.
fn extend(log: &mut LogView, rows: i64, extent: &Extent<'_>) {
    let Some(last) = extent.rows.end.checked_sub(1) else { return };
    let here = Selection::row(log.scroll.position.row);
    let selection = log.selection.unwrap_or(here);
    let row = selection.head.row.saturating_add_signed(rows).clamp(extent.rows.start, last);
    let place = |text: &str| {
        let at = text.floor_char_boundary(selection.head.at);
        TextPosition { row, at, rest: text.len() - at }
    };
    let head = log.row(row).filter(|_| !selection.whole).map(|row| place(&row.text));
    log.selection = Some(match head {
        Some(head) => selection.to(head),
        None => Selection::rows_between(selection.anchor.row, row),
    });
    log.scroll.show(row, 0..1, extent);
}

/// Draws the end of a selected part of the text further by a character.
fn extend_by_char(log: &mut LogView, back: bool) {
    let Some(selection) = log.selection.filter(|it| !it.whole) else { return };
    let row = selection.head.row;
    let Some(text) = log.row(row).map(|row| row.text.clone()) else { return };
    let at = text.floor_char_boundary(selection.head.at);
    let at = match back {
        true => text[..at].char_indices().next_back().map_or(at, |(at, _)| at),
        false => at + text[at..].chars().next().map_or(0, char::len_utf8),
    };
    log.selection = Some(selection.to(TextPosition { row, at, rest: text.len() - at }));
}

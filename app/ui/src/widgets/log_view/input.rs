//! Keys and wheel.

use egui::{Event, EventFilter, Key, Modifiers, Response, Ui};

use super::LogView;
use super::scroll::Extent;
use super::selection::Selection;

/// Points that an arrow key moves sideways.
const SIDE_STEP: f32 = 40.0;

/// What the pane has to do, because it has the clipboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct KeyActions {
    pub copy: bool,
    /// The fold of the selected row is to be opened or closed.
    pub toggle: bool,
    pub activate: bool,
}

pub(super) fn wheel(log: &mut LogView, ui: &Ui, response: &Response, extent: &Extent) {
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

pub(super) fn keys(log: &mut LogView, ui: &Ui, response: &Response, extent: &Extent) -> KeyActions {
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
    let page = extent.page() as i64;
    for (key, rows) in
        [(Key::ArrowUp, -1), (Key::ArrowDown, 1), (Key::PageUp, -page), (Key::PageDown, page)]
    {
        if pressed(Modifiers::SHIFT, key) {
            extend(log, rows, extent);
        } else if pressed(Modifiers::NONE, key) {
            log.scroll.by_rows(rows, extent);
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
    for (key, step) in [(Key::ArrowLeft, -SIDE_STEP), (Key::ArrowRight, SIDE_STEP)] {
        if pressed(Modifiers::NONE, key) {
            log.side += step;
        }
    }
    if pressed(Modifiers::COMMAND, Key::A) && !extent.rows.is_empty() {
        log.selection = Some(Selection::rows_between(extent.rows.start, extent.rows.end - 1));
    }
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

/// Draws the selection's end further by rows, and keeps it in sight.
fn extend(log: &mut LogView, rows: i64, extent: &Extent) {
    let Some(last) = extent.rows.end.checked_sub(1) else { return };
    let from = log.selection.map_or(log.scroll.position.row, |it| it.anchor.row);
    let head = log.selection.map_or(log.scroll.position.row, |it| it.head.row);
    let head = head.saturating_add_signed(rows).clamp(extent.rows.start, last);
    log.selection = Some(Selection::rows_between(from, head));
    log.scroll.show(head, extent);
}

//! Wheel and mouse.

use egui::{PointerButton, Response, Ui, Vec2};
use espalier_core::backend::TerminalView;
use espalier_core::terminal::{
    GridScroll, GridSelection, KeyModifiers, SelectionUnit, TerminalKey, TerminalScreen,
    TerminalSpec, key_text,
};

use super::{CellGrid, TerminalGrid};

/// Scrolls; on the alternate screen, which has nothing to scroll to, it types arrow keys, as xterm does.
pub(super) fn wheel(
    state: &mut TerminalGrid,
    ui: &Ui,
    response: &Response,
    screen: &TerminalScreen,
    view: &dyn TerminalView,
    spec: &TerminalSpec,
    row_height: f32,
) -> String {
    if !response.contains_pointer() {
        return String::new();
    }
    let delta = ui.input(|input| input.smooth_scroll_delta());
    if delta.y == 0.0 {
        return String::new();
    }
    ui.input_mut(|input| input.smooth_scroll_delta = Vec2::ZERO);
    state.wheel += delta.y / row_height;
    let rows = state.wheel.trunc();
    state.wheel -= rows;
    let rows = rows as i32;
    if !screen.modes.alternate_screen {
        if rows != 0 {
            view.scroll(GridScroll::Rows(rows));
        }
        return String::new();
    }
    let key = if rows > 0 { TerminalKey::Up } else { TerminalKey::Down };
    let one = key_text(key, KeyModifiers::default(), screen.modes, spec).unwrap_or_default();
    one.repeat(rows.unsigned_abs().min(100) as usize)
}

/// Selects: cells by drawing, a word by two clicks, rows by three; one click selects nothing.
pub(super) fn select(
    state: &mut TerminalGrid,
    ui: &Ui,
    response: &Response,
    grid: &CellGrid,
    view: &dyn TerminalView,
) {
    let Some(pointer) = response.interact_pointer_pos() else {
        state.selecting = false;
        return;
    };
    let begin = |unit, at| {
        let (point, right) = grid.point(at);
        view.select(GridSelection::Begin(unit, point, right));
    };
    if response.triple_clicked() {
        begin(SelectionUnit::Rows, pointer);
    } else if response.double_clicked() {
        begin(SelectionUnit::Words, pointer);
    } else if response.drag_started_by(PointerButton::Primary) {
        let from = ui.input(|input| input.pointer.press_origin()).unwrap_or(pointer);
        begin(SelectionUnit::Cells, from);
        state.selecting = true;
    } else if response.clicked_by(PointerButton::Primary) {
        view.select(GridSelection::Nothing);
    }
    if state.selecting && response.dragged_by(PointerButton::Primary) {
        let (point, right) = grid.point(pointer);
        view.select(GridSelection::Extend(point, right));
        // Beyond an edge what is above or below comes along.
        let rect = response.rect;
        let beyond = if pointer.y < rect.top() {
            1
        } else if pointer.y > rect.bottom() {
            -1
        } else {
            0
        };
        if beyond != 0 {
            view.scroll(GridScroll::Rows(beyond));
            ui.ctx().request_repaint();
        }
    }
}

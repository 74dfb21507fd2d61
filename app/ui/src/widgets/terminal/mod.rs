//! A session as a terminal: draws what is on it, and turns keys into what they send.
//!
//! While it has the keyboard, every key goes to the other side, Tab and Escape too; commands of the window are left their
//! shortcuts with Ctrl and Shift (on a Mac those with ⌘), and one of these leads back to the log. Rows are labels to
//! AccessKit.

mod input;
mod mouse;
mod paint;
mod pointer;

use egui::{EventFilter, IMEPurpose, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};
use espalier_core::backend::TerminalView;
use espalier_core::terminal::{
    GridPoint, GridScroll, GridSelection, GridSize, MouseReports, TerminalModes, TerminalSpec,
};

use crate::command::give_keys;
use crate::theme;
use crate::widgets::log_view::bar::{Axis, THICKNESS, bar};
use input::KeyOutcome;
use mouse::MouseState;
use paint::CellPainter;

/// Points between the edge and the first cell.
const MARGIN: f32 = 4.0;

/// The state of a terminal between frames.
#[derive(Debug, Default)]
pub struct TerminalGrid {
    /// What the input method is composing.
    preedit: String,
    /// Whether the clipboard was asked for.
    pasting: bool,
    /// Rows that the wheel has turned and that are less than one.
    wheel: f32,
    /// To have the keyboard in the next frame.
    wants_focus: bool,
    /// It had the keyboard in the last frame.
    had_focus: bool,
    /// A dialog has taken the keyboard from it, and will give it back.
    lent_focus: bool,
    /// What is selected is being drawn further.
    selecting: bool,
    /// What was held at the end of the last frame.
    held: egui::Modifiers,
    /// Ctrl+V was told of as what is on the clipboard; nothing is when that is empty.
    pasted_by_key: bool,
    mouse: MouseState,
}

/// What it is called.
#[derive(Clone, Copy, Debug)]
pub struct TerminalNames<'a> {
    /// The terminal itself.
    pub terminal: &'a str,
    /// Its scroll bar.
    pub scroll: &'a str,
}

/// What a terminal says to its pane.
#[derive(Debug)]
pub struct TerminalResponse {
    /// Of the whole grid: for a context menu and for focus.
    pub response: egui::Response,
    /// What was typed, before it is encoded.
    pub typed: String,
    /// What was pasted, as it was on the clipboard.
    pub pasted: Option<String>,
    /// What is selected is wanted on the clipboard.
    pub copy: bool,
    /// The mouse is ours, and not the program's.
    pub has_mouse: bool,
}

/// Where cells are.
#[derive(Clone, Copy, Debug)]
struct CellGrid {
    origin: egui::Pos2,
    cell: Vec2,
    size: GridSize,
}

impl CellGrid {
    fn rect(&self, at: GridPoint, columns: u16) -> Rect {
        let at = self.origin + vec2(f32::from(at.column), f32::from(at.row)) * self.cell;
        Rect::from_min_size(at, vec2(f32::from(columns) * self.cell.x, self.cell.y))
    }

    /// The cell there, or the nearest one, and whether it is its right half.
    fn point(&self, at: egui::Pos2) -> (GridPoint, bool) {
        let place = (at - self.origin) / self.cell;
        let most = |value: f32, count: u16| value.floor().clamp(0.0, f32::from(count) - 1.0) as u16;
        let column = most(place.x, self.size.columns);
        let row = most(place.y, self.size.rows);
        (GridPoint { row, column }, place.x - f32::from(column) > 0.5)
    }
}

impl TerminalGrid {
    /// Gives it the keyboard.
    pub const fn take_focus(&mut self) {
        self.wants_focus = true;
    }

    /// Asks for what is on the clipboard; it comes as what was pasted. A click on a button has taken the keyboard away.
    pub fn ask_for_paste(&mut self, ctx: &egui::Context) {
        (self.pasting, self.wants_focus) = (true, true);
        ctx.send_viewport_cmd(egui::ViewportCommand::RequestPaste);
    }

    /// Draws it in all the room there is.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        view: &dyn TerminalView,
        spec: &TerminalSpec,
        names: TerminalNames<'_>,
    ) -> TerminalResponse {
        let rect = ui.available_rect_before_wrap();
        let response = ui.allocate_rect(rect, Sense::click_and_drag());
        let in_front = ui.memory(|memory| memory.allows_interaction(ui.layer_id()));
        self.lent_focus |= self.had_focus && !in_front;
        let wanted = std::mem::take(&mut self.wants_focus)
            || (in_front && std::mem::take(&mut self.lent_focus));
        if wanted || response.clicked() || response.drag_started() {
            response.request_focus();
        }
        self.had_focus = response.has_focus();
        let font = egui::TextStyle::Monospace.resolve(ui.style());
        let cell = ui.fonts_mut(|fonts| {
            vec2(fonts.glyph_width(&font, '0'), fonts.row_height(&font).round())
        });
        let inner = rect.shrink(MARGIN);
        let room = vec2(inner.width() - THICKNESS, inner.height()) / cell;
        let size = GridSize::new(room.x.max(0.0) as u16, room.y.max(0.0) as u16);
        view.draw(size);
        let screen = view.screen();
        let grid = CellGrid { origin: inner.min, cell, size };

        // What stands in front of it has the keyboard first.
        let is_free = in_front && !egui::Popup::is_any_open(ui.ctx());
        if response.has_focus() {
            give_keys(ui.ctx(), response.id, is_free);
        }
        let has_focus = response.has_focus() && is_free;
        let mut outcome = KeyOutcome::default();
        if has_focus {
            ui.memory_mut(|memory| {
                let filter = EventFilter {
                    tab: true,
                    horizontal_arrows: true,
                    vertical_arrows: true,
                    escape: true,
                };
                memory.set_focus_lock_filter(response.id, filter);
            });
            let (modes, rows) = (screen.modes, size.rows);
            outcome = input::keys(self, ui, modes, spec);
            outcome.scroll.into_iter().for_each(|to| view.scroll(to.of(rows)));
            if outcome.select_all {
                view.select(GridSelection::All);
            }
            if !outcome.typed.is_empty() {
                if screen.offset > 0 {
                    view.scroll(GridScroll::Bottom);
                }
                if screen.selected.is_some() {
                    view.select(GridSelection::Nothing);
                }
            }
            self.compose(ui, rect, &grid, screen.cursor.map(|it| it.0));
        } else {
            self.preedit.clear();
        }
        self.held = ui.input(|input| input.modifiers);
        // Rows that were scrolled out are no place of the program's.
        let modes = match screen.offset {
            0 => screen.modes,
            _ => TerminalModes { mouse: MouseReports::None, ..screen.modes },
        };
        outcome.typed += &mouse::report(&mut self.mouse, ui, &response, &grid, modes);
        let has_mouse = !mouse::is_told(ui, modes);
        if has_mouse {
            outcome.typed += &pointer::wheel(self, ui, &response, &screen, view, spec, cell.y);
            pointer::select(self, ui, &response, &grid, view);
        }

        let painter = CellPainter { font, tokens: theme::tokens(ui), grid, has_focus };
        painter.draw(ui, rect, &screen, &self.preedit);
        self.rows(ui, &grid, &screen);
        let all = screen.history + screen.rows.len();
        if screen.history > 0 {
            let place = Rect::from_min_max(pos2(rect.right() - THICKNESS, rect.top()), rect.max);
            let shown = screen.rows.len() as f64 / all as f64;
            let fraction = 1.0 - screen.offset as f64 / screen.history as f64;
            let id = response.id.with("scroll");
            if let Some(to) = bar(ui, id, place, Axis::Vertical, shown, fraction, names.scroll) {
                let offset = ((1.0 - to) * screen.history as f64).round() as i64;
                let rows = offset - screen.offset as i64;
                view.scroll(GridScroll::Rows(i32::try_from(rows).unwrap_or_default()));
            }
        }
        let enabled = ui.is_enabled();
        response.widget_info(|| WidgetInfo::labeled(Role::Terminal, enabled, names.terminal));
        let KeyOutcome { typed, pasted, copy, .. } = outcome;
        TerminalResponse { response, typed, pasted, copy, has_mouse }
    }

    /// Tells the input method where the cursor is.
    fn compose(&self, ui: &Ui, rect: Rect, grid: &CellGrid, cursor: Option<GridPoint>) {
        let cursor_rect = grid.rect(cursor.unwrap_or_default(), 1);
        ui.output_mut(|output| {
            output.ime = Some(egui::output::IMEOutput {
                purpose: IMEPurpose::Terminal,
                rect,
                cursor_rect,
                should_interrupt_composition: false,
            });
        });
    }

    /// What can be read, for AccessKit.
    fn rows(&self, ui: &Ui, grid: &CellGrid, screen: &espalier_core::terminal::TerminalScreen) {
        let enabled = ui.is_enabled();
        for (number, row) in screen.rows.iter().enumerate() {
            if row.runs.is_empty() {
                continue;
            }
            let at = GridPoint { row: number as u16, column: 0 };
            let id = ui.scope_id().with(("row", number));
            let response = ui.interact(grid.rect(at, grid.size.columns), id, Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, enabled, row.text()));
        }
    }
}

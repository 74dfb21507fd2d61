//! The emulation of one terminal.

use std::sync::Arc;

use alacritty_terminal::event::{Event, EventListener};
use alacritty_terminal::grid::{Dimensions, Scroll};
use alacritty_terminal::index::{Column, Line, Point, Side};
use alacritty_terminal::selection::{Selection, SelectionType};
use alacritty_terminal::term::{Config, Osc52, Term, TermDamage, TermMode};
use alacritty_terminal::vte::ansi::{CursorShape, Processor};
use espalier_core::terminal::{
    CursorForm, GridPoint, GridScroll, GridSelection, GridSize, MouseReports, ScreenRow,
    SelectionUnit, TerminalModes, TerminalScreen,
};
use parking_lot::Mutex;

use super::cells;
use crate::untrusted;

/// Rows that are kept when they have been scrolled out; older ones are in the log.
const HISTORY: usize = 5000;

/// Bytes that are fed at once.
const PIECE: usize = 4096;

/// Characters that combine with the one in a cell; more are left out.
const MOST_COMBINED: usize = 16;

/// Bytes of answers to what was fed at once.
const MOST_ANSWERS: usize = 4096;

/// A terminal's grid, and the state that control sequences change.
pub(super) struct Emulator {
    term: Term<Answers>,
    parser: Processor,
    answers: Answers,
    /// As they were when they were looked at last.
    rows: Vec<Arc<ScreenRow>>,
    generation: u64,
}

/// Of all that an emulation would do, answers to queries are kept: it sets no title, fills no clipboard and rings no bell.
#[derive(Clone, Default)]
struct Answers(Arc<Mutex<Vec<String>>>);

impl EventListener for Answers {
    fn send_event(&self, event: Event) {
        if let Event::PtyWrite(answer) = event {
            let mut answers = self.0.lock();
            let held: usize = answers.iter().map(String::len).sum();
            if held + answer.len() <= MOST_ANSWERS {
                answers.push(answer);
            }
        }
    }
}

impl Emulator {
    pub fn new(size: GridSize) -> Self {
        let config = Config {
            scrolling_history: HISTORY,
            osc52: Osc52::Disabled,
            kitty_keyboard: false,
            ..Config::default()
        };
        let answers = Answers::default();
        Self {
            term: Term::new(config, &Room(size), answers.clone()),
            parser: Processor::new(),
            answers,
            rows: Vec::new(),
            generation: 0,
        }
    }

    /// Has it obey this.
    pub fn feed(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(rest.floor_char_boundary(PIECE));
            rest = behind;
            let Self { term, parser, .. } = self;
            if let Err(why) = untrusted::call(|| parser.advance(term, piece.as_bytes())) {
                // Its state may be anything.
                tracing::error!("the terminal's emulation failed and begins anew: {why}");
                self.reset();
            }
            if !piece.is_ascii() {
                self.thin_out();
            }
        }
    }

    /// Keeps cells small, whatever is combined in them.
    fn thin_out(&mut self) {
        let (rows, columns) = (self.term.screen_lines(), self.term.columns());
        let grid = self.term.grid_mut();
        for row in 0..rows {
            for column in 0..columns {
                let (line, column) = (Line(row as i32), Column(column));
                let combined = grid[line][column].zerowidth();
                let Some(kept) = combined.and_then(|all| all.get(..=MOST_COMBINED)) else {
                    continue;
                };
                let kept: Vec<char> = kept.iter().copied().take(MOST_COMBINED).collect();
                let cell = &mut grid[line][column];
                cell.extra = None;
                kept.into_iter().for_each(|char| cell.push_zerowidth(char));
            }
        }
    }

    /// What it has to say to what was fed since the last time.
    pub fn take_answers(&self) -> Vec<String> {
        std::mem::take(&mut *self.answers.0.lock())
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        let size = GridSize::new(self.term.columns() as u16, self.term.screen_lines() as u16);
        *self = Self { generation: self.generation, ..Self::new(size) };
    }

    /// Ends what a program asked for that is gone with its connection; what stands there stays.
    pub fn leave_program(&mut self) {
        // Alternate screen, insertion, margins (which move the cursor: it is kept), colours, character sets, keys, cursor,
        // mouse.
        const LEAVE: &str = "\x1B[?1049l\x1B[4l\x1B7\x1B[r\x1B[?6l\x1B8\x1B[?7h\x1B[0m\x1B(B\x0F\x1B[20l\x1B[?1l\x1B>\
                             \x1B[?2004l\x1B[?25h\x1B[?1000l\x1B[?1002l\x1B[?1003l\x1B[?1006l";
        self.feed(LEAVE);
        if self.term.grid().cursor.point.column.0 > 0 {
            self.feed("\r\n");
        }
    }

    pub fn resize(&mut self, size: GridSize) {
        let term = &mut self.term;
        if let Err(why) = untrusted::call(|| term.resize(Room(size))) {
            tracing::error!("the terminal cannot be resized and begins anew: {why}");
            *self = Self { generation: self.generation, ..Self::new(size) };
        }
    }

    pub fn scroll(&mut self, to: GridScroll) {
        self.term.scroll_display(match to {
            GridScroll::Rows(rows) => Scroll::Delta(rows),
            GridScroll::Top => Scroll::Top,
            GridScroll::Bottom => Scroll::Bottom,
        });
    }

    pub fn select(&mut self, what: GridSelection) {
        let term = &self.term;
        let point = |at: GridPoint| {
            let row = i32::from(at.row).min(term.bottommost_line().0);
            let line = Line(row - term.grid().display_offset() as i32);
            Point::new(line, Column(usize::from(at.column)).min(term.last_column()))
        };
        let side = |right| if right { Side::Right } else { Side::Left };
        match what {
            GridSelection::Nothing => self.term.selection = None,
            GridSelection::All => {
                let first = Point::new(term.topmost_line(), Column(0));
                let mut all = Selection::new(SelectionType::Simple, first, Side::Left);
                all.update(Point::new(term.bottommost_line(), term.last_column()), Side::Right);
                self.term.selection = Some(all);
            }
            GridSelection::Begin(unit, at, right) => {
                let unit = match unit {
                    SelectionUnit::Cells => SelectionType::Simple,
                    SelectionUnit::Words => SelectionType::Semantic,
                    SelectionUnit::Rows => SelectionType::Lines,
                };
                self.term.selection = Some(Selection::new(unit, point(at), side(right)));
            }
            GridSelection::Extend(at, right) => {
                let (point, side) = (point(at), side(right));
                if let Some(selection) = &mut self.term.selection {
                    selection.update(point, side);
                }
            }
        }
    }

    /// What is selected; blanks at the ends of rows are not.
    pub fn selected_text(&self) -> Option<String> {
        let text = self.term.selection_to_string()?;
        let lines: Vec<&str> = text.trim_end_matches('\n').split('\n').map(str::trim_end).collect();
        Some(lines.join("\n")).filter(|text| !text.is_empty())
    }

    /// What is on it now. `skipped` bytes were not fed.
    pub fn screen(&mut self, skipped: u64) -> TerminalScreen {
        self.refresh();
        self.generation += 1;
        let term = &self.term;
        let (offset, mode) = (term.grid().display_offset(), *term.mode());
        let cursor = term.grid().cursor.point;
        let shown = GridPoint {
            row: u16::try_from(cursor.line.0 + offset as i32).unwrap_or(u16::MAX),
            column: cursor.column.0 as u16,
        };
        let form = match term.cursor_style().shape {
            CursorShape::Underline => Some(CursorForm::Underline),
            CursorShape::Beam => Some(CursorForm::Bar),
            CursorShape::Hidden => None,
            CursorShape::Block | CursorShape::HollowBlock => Some(CursorForm::Block),
        };
        let is_shown =
            mode.contains(TermMode::SHOW_CURSOR) && usize::from(shown.row) < self.rows.len();
        TerminalScreen {
            generation: self.generation,
            rows: self.rows.clone(),
            columns: term.columns() as u16,
            cursor: form.filter(|_| is_shown).map(|form| (shown, form)),
            modes: TerminalModes {
                application_cursor: mode.contains(TermMode::APP_CURSOR),
                bracketed_paste: mode.contains(TermMode::BRACKETED_PASTE),
                line_feed_new_line: mode.contains(TermMode::LINE_FEED_NEW_LINE),
                alternate_screen: mode.contains(TermMode::ALT_SCREEN),
                mouse: match mode {
                    mode if mode.contains(TermMode::MOUSE_MOTION) => MouseReports::Motion,
                    mode if mode.contains(TermMode::MOUSE_DRAG) => MouseReports::Drags,
                    mode if mode.contains(TermMode::MOUSE_REPORT_CLICK) => MouseReports::Buttons,
                    _ => MouseReports::None,
                },
                sgr_mouse: mode.contains(TermMode::SGR_MOUSE),
            },
            history: term.history_size(),
            offset,
            selected: self.selected(),
            skipped,
        }
    }

    /// Makes those rows anew that have changed.
    fn refresh(&mut self) {
        let (rows, columns) = (self.term.screen_lines(), self.term.columns());
        let all = self.rows.len() != rows;
        let changed: Vec<usize> = match self.term.damage() {
            TermDamage::Partial(lines) if !all => lines.map(|it| it.line).collect(),
            _ => (0..rows).collect(),
        };
        self.term.reset_damage();
        self.rows.resize_with(rows, Arc::default);
        let offset = self.term.grid().display_offset() as i32;
        for row in changed {
            let cells = &self.term.grid()[Line(row as i32 - offset)];
            if let Some(known) = self.rows.get_mut(row) {
                let made = cells::row(cells, columns);
                if **known != made {
                    *known = Arc::new(made);
                }
            }
        }
    }

    fn selected(&self) -> Option<(GridPoint, GridPoint)> {
        let range = self.term.selection.as_ref()?.to_range(&self.term)?;
        let offset = self.term.grid().display_offset() as i32;
        let last = i32::try_from(self.rows.len()).unwrap_or(i32::MAX) - 1;
        let (first_row, last_row) = (range.start.line.0 + offset, range.end.line.0 + offset);
        if last_row < 0 || first_row > last {
            return None;
        }
        let point = |row: i32, column: usize| GridPoint { row: row as u16, column: column as u16 };
        let first = match first_row {
            ..0 => point(0, 0),
            row => point(row, range.start.column.0),
        };
        let end = if last_row > last {
            point(last, self.term.last_column().0)
        } else {
            point(last_row, range.end.column.0)
        };
        Some((first, end))
    }
}

/// A size as the emulation takes it.
struct Room(GridSize);

impl Dimensions for Room {
    fn total_lines(&self) -> usize {
        self.screen_lines()
    }

    fn screen_lines(&self) -> usize {
        usize::from(self.0.rows)
    }

    fn columns(&self) -> usize {
        usize::from(self.0.columns)
    }
}

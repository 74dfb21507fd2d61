//! What is on a terminal, for whoever draws it.

use std::sync::Arc;

use crate::SgrStyle;

/// Columns and rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GridSize {
    /// Characters in a row, 2 to 512.
    pub columns: u16,
    /// Rows, 1 to 256.
    pub rows: u16,
}

impl GridSize {
    /// The nearest size that a terminal can have.
    pub fn new(columns: u16, rows: u16) -> Self {
        Self { columns: columns.clamp(2, 512), rows: rows.clamp(1, 256) }
    }
}

/// A place on the grid as it is shown, from the upper left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct GridPoint {
    /// The row.
    pub row: u16,
    /// The column.
    pub column: u16,
}

/// What is on a terminal at one moment.
#[derive(Clone, Debug, Default)]
pub struct TerminalScreen {
    /// Counts the screens; 0: nothing was fed yet.
    pub generation: u64,
    /// The rows that are shown. Those that have not changed since the last screen are the same ones.
    pub rows: Vec<Arc<ScreenRow>>,
    /// Columns of a row.
    pub columns: u16,
    /// Where the cursor is, and its shape; `None` when it is hidden, or above or below what is shown.
    pub cursor: Option<(GridPoint, CursorForm)>,
    /// What was asked of the keyboard.
    pub modes: TerminalModes,
    /// Rows that were scrolled out above.
    pub history: usize,
    /// By how many of them what is shown lies above the end.
    pub offset: usize,
    /// What is selected of what is shown: the first and the last cell.
    pub selected: Option<(GridPoint, GridPoint)>,
    /// Bytes that came faster than they could be shown: they are in the log alone.
    pub skipped: u64,
}

impl TerminalScreen {
    /// The rows as text, without the blanks at their ends.
    pub fn text(&self) -> String {
        let rows: Vec<String> = self.rows.iter().map(|row| row.text()).collect();
        rows.join("\n").trim_end().to_owned()
    }
}

/// How the cursor is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // Their names say all there is to say.
pub enum CursorForm {
    #[default]
    Block,
    Underline,
    Bar,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScreenRow {
    /// What stands in it, from left to right; nothing where it is blank.
    pub runs: Vec<ScreenRun>,
}

impl ScreenRow {
    /// Its text, without blanks at its end.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut column = 0;
        for run in &self.runs {
            let gap = usize::from(run.column).saturating_sub(column);
            text.extend(std::iter::repeat_n(' ', gap));
            text.push_str(&run.text);
            column = usize::from(run.column + run.columns);
        }
        text.truncate(text.trim_end().len());
        text
    }
}

/// Cells of one style that stand beside each other. One with several characters has one for each column; another is one
/// character, with what combines with it, in one column or two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScreenRun {
    /// The first column.
    pub column: u16,
    /// How many columns.
    pub columns: u16,
    /// What stands there.
    pub text: String,
    /// How.
    pub style: SgrStyle,
}

/// What a program has asked of the keyboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TerminalModes {
    /// Arrow keys as `SS3` (DECCKM).
    pub application_cursor: bool,
    /// What is pasted in brackets (2004).
    pub bracketed_paste: bool,
    /// Enter sends a line feed, too (LNM).
    pub line_feed_new_line: bool,
    /// The alternate screen is shown: it has no history, and the wheel sends arrow keys.
    pub alternate_screen: bool,
    /// What is told of the mouse.
    pub mouse: MouseReports,
    /// In decimal, to any column, with the button that was let go of (1006).
    pub sgr_mouse: bool,
}

/// What a program has asked to be told of the mouse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum MouseReports {
    /// Nothing.
    #[default]
    None,
    /// Buttons and wheel (1000).
    Buttons,
    /// And where it is moved while a button is held (1002).
    Drags,
    /// And where it is moved at all (1003).
    Motion,
}

/// Where to scroll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GridScroll {
    /// So many rows back (or, negative, forth).
    Rows(i32),
    /// To the oldest row.
    Top,
    /// To the newest one.
    Bottom,
}

/// What is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GridSelection {
    /// Nothing.
    Nothing,
    /// All there is, the history too.
    All,
    /// From here on; the second tells whether it is the right half of the cell.
    Begin(SelectionUnit, GridPoint, bool),
    /// As far as here.
    Extend(GridPoint, bool),
}

/// What a selection is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Their names say all there is to say.
pub enum SelectionUnit {
    Cells,
    Words,
    Rows,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_reads_as_it_looks() {
        let run = |column, columns, text: &str| ScreenRun {
            column,
            columns,
            text: text.to_owned(),
            style: SgrStyle::default(),
        };
        let row = ScreenRow { runs: vec![run(1, 2, "ab"), run(5, 2, "你"), run(7, 2, "  ")] };
        assert_eq!(row.text(), " ab  你");
        let screen = TerminalScreen {
            rows: vec![Arc::default(), row.into(), Arc::default()],
            ..TerminalScreen::default()
        };
        assert_eq!(screen.text(), "\n ab  你");
    }
}

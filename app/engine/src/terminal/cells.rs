//! From the emulation's cells to rows that can be drawn.

use alacritty_terminal::grid::Row;
use alacritty_terminal::index::Column;
use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::vte::ansi::{Color, NamedColor};
use espalier_core::SgrStyle;
use espalier_core::terminal::{ScreenRow, ScreenRun};

/// One row of the grid.
pub(super) fn row(cells: &Row<Cell>, columns: usize) -> ScreenRow {
    let spacer = Flags::WIDE_CHAR_SPACER | Flags::LEADING_WIDE_CHAR_SPACER;
    let mut runs: Vec<ScreenRun> = Vec::new();
    for column in 0..columns {
        let cell = &cells[Column(column)];
        if cell.flags.intersects(spacer) {
            continue;
        }
        let style = style(cell);
        let char = if cell.c.is_control() { ' ' } else { cell.c };
        let is_simple = char.is_ascii() && cell.zerowidth().is_none();
        let column = column as u16;
        if is_simple
            && let Some(run) = runs.last_mut().filter(|run| run.style == style)
            && run.text.len() == usize::from(run.columns)
            && run.column + run.columns == column
        {
            run.text.push(char);
            run.columns += 1;
            continue;
        }
        let columns = if cell.flags.contains(Flags::WIDE_CHAR) { 2 } else { 1 };
        let mut text = String::from(char);
        text.extend(cell.zerowidth().into_iter().flatten());
        runs.push(ScreenRun { column, columns, text, style });
    }
    runs.retain_mut(|run| {
        if is_blank(run.style) {
            let kept = run.text.trim_end_matches(' ').len();
            if kept < run.text.len() {
                run.text.truncate(kept);
                // All that is cut away has one column each.
                run.columns = kept as u16;
            }
        }
        !run.text.is_empty()
    });
    ScreenRow { runs }
}

/// Whether a blank of this style looks like nothing at all.
const fn is_blank(style: SgrStyle) -> bool {
    style.background.is_none() && !style.reverse && !style.underline && !style.strike
}

fn style(cell: &Cell) -> SgrStyle {
    let has = |flag| cell.flags.intersects(flag);
    let (foreground, dim) = color(cell.fg);
    let (background, _) = color(cell.bg);
    SgrStyle {
        foreground,
        background,
        bold: has(Flags::BOLD),
        dim: dim || has(Flags::DIM),
        italic: has(Flags::ITALIC),
        underline: has(Flags::ALL_UNDERLINES),
        strike: has(Flags::STRIKEOUT),
        reverse: has(Flags::INVERSE),
        hidden: has(Flags::HIDDEN),
    }
}

/// A colour as rows have it, and whether it is a dim one.
const fn color(color: Color) -> (Option<u32>, bool) {
    match color {
        Color::Indexed(index) => (Some(index as u32), false),
        Color::Spec(rgb) => {
            (Some(0x0100_0000 | (rgb.r as u32) << 16 | (rgb.g as u32) << 8 | rgb.b as u32), false)
        }
        Color::Named(named) => {
            let number = named as u32;
            match named {
                NamedColor::DimForeground => (None, true),
                _ if number < 16 => (Some(number), false),
                _ if number >= NamedColor::DimBlack as u32
                    && number <= NamedColor::DimWhite as u32 =>
                {
                    (Some(number - NamedColor::DimBlack as u32), true)
                }
                _ => (None, false),
            }
        }
    }
}

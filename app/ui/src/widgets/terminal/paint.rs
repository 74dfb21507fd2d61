//! Draws cells.

use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, FontId, Painter, Rect, Stroke, StrokeKind, Ui, pos2, vec2};
use espalier_core::SgrStyle;
use espalier_core::terminal::{CursorForm, GridPoint, ScreenRun, TerminalScreen};

use super::CellGrid;
use crate::theme::{self, Tokens};

pub(super) struct CellPainter<'a> {
    pub font: FontId,
    pub tokens: &'a Tokens,
    pub grid: CellGrid,
    pub has_focus: bool,
}

impl CellPainter<'_> {
    /// Draws a screen, and what is being composed at its cursor.
    pub(super) fn draw(&self, ui: &Ui, rect: Rect, screen: &TerminalScreen, preedit: &str) {
        let t = self.tokens;
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        painter.rect_filled(rect, 0.0, t.field);
        for (row, cells) in (0..self.grid.size.rows).zip(&screen.rows) {
            for run in &cells.runs {
                let (_, background) = self.colors(run.style);
                if let Some(background) = background {
                    let at = GridPoint { row, column: run.column };
                    painter.rect_filled(self.grid.rect(at, run.columns), 0.0, background);
                }
            }
        }
        self.selection(&painter, screen);
        let cursor = screen.cursor.filter(|(at, _)| at.row < self.grid.size.rows);
        if let Some((at, form)) = cursor {
            self.cursor(&painter, at, form);
        }
        for (row, cells) in (0..self.grid.size.rows).zip(&screen.rows) {
            cells.runs.iter().for_each(|run| self.run(ui, &painter, row, run));
        }
        if let Some((at, _)) = cursor.filter(|_| !preedit.is_empty()) {
            self.preedit(ui, &painter, at, preedit);
        }
    }

    /// The ink, and the ground where it has one of its own.
    fn colors(&self, style: SgrStyle) -> (Color32, Option<Color32>) {
        let t = self.tokens;
        let (ink, ground) = theme::styled(t, style, t.text, t.field);
        if style.hidden {
            return (ground.unwrap_or(t.field), ground);
        }
        (ink, ground)
    }

    fn run(&self, ui: &Ui, painter: &Painter, row: u16, run: &ScreenRun) {
        let style = run.style;
        let (color, _) = self.colors(style);
        let line = |on: bool| if on { Stroke::new(1.0, color) } else { Stroke::NONE };
        let format = TextFormat {
            font_id: self.font.clone(),
            color,
            italics: style.italic,
            underline: line(style.underline),
            strikethrough: line(style.strike),
            ..TextFormat::default()
        };
        let mut job = LayoutJob::single_section(run.text.clone(), format);
        job.break_on_newline = false;
        job.wrap.max_width = f32::INFINITY;
        let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
        let place = self.grid.rect(GridPoint { row, column: run.column }, run.columns);
        // A glyph of another font is not as wide as its cells: it stands in their middle.
        let left = match run.text.len() == usize::from(run.columns) {
            true => place.left(),
            false => place.center().x - galley.size().x / 2.0,
        };
        let top = place.center().y - galley.size().y / 2.0;
        painter.galley(pos2(left, top), galley, color);
    }

    fn selection(&self, painter: &Painter, screen: &TerminalScreen) {
        let Some((first, last)) = screen.selected else { return };
        let end = screen.columns.min(self.grid.size.columns);
        for row in first.row..=last.row {
            let from = if row == first.row { first.column } else { 0 };
            let to = if row == last.row { last.column + 1 } else { end };
            let place = self.grid.rect(GridPoint { row, column: from }, to.saturating_sub(from));
            painter.rect_filled(place, 0.0, self.tokens.selection);
        }
    }

    fn cursor(&self, painter: &Painter, at: GridPoint, form: CursorForm) {
        let cell = self.grid.rect(at, 1);
        let color = self.tokens.accent;
        if !self.has_focus {
            painter.rect_stroke(cell, 0.0, Stroke::new(1.0, color), StrokeKind::Inside);
            return;
        }
        let place = match form {
            CursorForm::Block => {
                painter.rect_filled(cell, 0.0, color.gamma_multiply(0.55));
                return;
            }
            CursorForm::Underline => {
                Rect::from_min_max(pos2(cell.left(), cell.bottom() - 2.0), cell.max)
            }
            CursorForm::Bar => Rect::from_min_size(cell.min, vec2(2.0, cell.height())),
        };
        painter.rect_filled(place, 0.0, color);
    }

    fn preedit(&self, ui: &Ui, painter: &Painter, at: GridPoint, text: &str) {
        let t = self.tokens;
        let format = TextFormat {
            font_id: self.font.clone(),
            color: t.strong,
            underline: Stroke::new(1.0, t.accent),
            ..TextFormat::default()
        };
        let job = LayoutJob::single_section(text.to_owned(), format);
        let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
        let place = self.grid.rect(at, 1);
        painter.rect_filled(Rect::from_min_size(place.min, galley.size()), 0.0, t.float);
        painter.galley(place.min, galley, t.strong);
    }
}

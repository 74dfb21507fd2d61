//! A row's text, broken into lines and laid out as far as it can be seen.

use std::ops::Range;
use std::sync::Arc;

use egui::text::{CCursor, LayoutJob, TextFormat};
use egui::{Color32, Context, FontId, Galley, Stroke};
use espalier_core::view::{Layer, Span};

use crate::theme::{self, Tokens};

/// The part of a text that can be seen, laid out.
#[derive(Clone, Debug)]
pub(super) struct LaidOutText {
    pub galley: Arc<Galley>,
    /// Where it begins, in points from where the whole text would begin.
    pub left: f32,
    /// Where it begins, in bytes of the whole text.
    pub start: usize,
    /// How wide the whole text is, in points (nearly: where characters are not drawn, their widths are added up).
    pub width: f32,
}

/// Measures and lays out texts in one font.
#[derive(Clone, Debug)]
pub(super) struct Typesetter<'a> {
    pub font: FontId,
    pub char_width: f32,
    pub tokens: &'a Tokens,
}

impl Typesetter<'_> {
    /// Lays out what of `text` lies between `seen.start` and `seen.end` points from its beginning.
    pub(super) fn lay(
        &self,
        ctx: &Context,
        text: &str,
        spans: &[Span],
        color: Color32,
        current_hit: bool,
        seen: Range<f32>,
    ) -> LaidOutText {
        let (visible, left, width) = self.visible(ctx, text, seen);
        let job = self.job(text, spans, color, current_hit, visible.clone());
        let galley = ctx.fonts_mut(|fonts| fonts.layout_job(job));
        LaidOutText { galley, left, start: visible.start, width }
    }

    /// Lays out one line of a text that is broken into several.
    pub(super) fn line(
        &self,
        ctx: &Context,
        text: &str,
        spans: &[Span],
        color: Color32,
        current_hit: bool,
        line: Range<usize>,
    ) -> LaidOutText {
        let job = self.job(text, spans, color, current_hit, line.clone());
        let galley = ctx.fonts_mut(|fonts| fonts.layout_job(job));
        let width = galley.size().x;
        LaidOutText { galley, left: 0.0, start: line.start, width }
    }

    /// Whether a text is so short that it need not be measured: no character has more cells of the font than bytes.
    pub(super) fn surely_fits(&self, text: &str, width: f32) -> bool {
        text.len() as f32 * self.char_width <= width && !text.contains('\t')
    }

    /// Where lines begin behind the first one, in bytes, when a text is broken so that none is wider than this: behind a space
    /// where one is near the edge, anywhere else.
    pub(super) fn breaks(&self, ctx: &Context, text: &str, width: f32) -> Vec<usize> {
        let mut starts = Vec::new();
        if self.surely_fits(text, width) {
            return starts;
        }
        // A line has room for a character at least.
        let width = width.max(2.0 * self.char_width);
        ctx.fonts_mut(|fonts| {
            let (mut start, mut x) = (0, 0.0);
            // Behind the last space, and how far from the line's beginning that is.
            let mut space = (0, 0.0);
            for (index, char) in text.char_indices() {
                let plain = (' '..='~').contains(&char);
                let cell =
                    if plain { self.char_width } else { fonts.glyph_width(&self.font, char) };
                // One space may stand beyond the edge.
                let edge = if char == ' ' { width + self.char_width } else { width };
                if x + cell > edge && index > start {
                    let word = space.0 > start && space.1 > width * 0.6;
                    let (at, before) = if word { space } else { (index, x) };
                    starts.push(at);
                    (start, x) = (at, x - before);
                }
                x += cell;
                if char == ' ' {
                    space = (index + 1, x);
                }
            }
        });
        starts
    }

    /// Which bytes can be seen, where they begin, and how wide everything is.
    fn visible(&self, ctx: &Context, text: &str, seen: Range<f32>) -> (Range<usize>, f32, f32) {
        let (mut start, mut left, mut end) = (0, 0.0, text.len());
        let mut x = 0.0;
        let plain = |byte: u8| (b' '..0x7F).contains(&byte);
        if text.bytes().all(plain) {
            let per = self.char_width;
            start = ((seen.start / per).max(0.0) as usize).min(text.len());
            end = ((seen.end / per).ceil().max(0.0) as usize + 1).clamp(start, text.len());
            return (start..end, start as f32 * per, text.len() as f32 * per);
        }
        ctx.fonts_mut(|fonts| {
            let mut past = false;
            for (index, char) in text.char_indices() {
                if x <= seen.start {
                    (start, left) = (index, x);
                }
                if x > seen.end && !past {
                    (end, past) = (index, true);
                }
                let plain = char.is_ascii() && plain(char as u8);
                x += if plain { self.char_width } else { fonts.glyph_width(&self.font, char) };
            }
        });
        (start..end.max(start), left, x)
    }

    fn job(
        &self,
        text: &str,
        spans: &[Span],
        color: Color32,
        current_hit: bool,
        visible: Range<usize>,
    ) -> LayoutJob {
        let mut job = LayoutJob { break_on_newline: false, ..LayoutJob::default() };
        job.wrap.max_width = f32::INFINITY;
        let plain = TextFormat { font_id: self.font.clone(), color, ..TextFormat::default() };
        let mut edges = vec![visible.start, visible.end];
        let inside = |edge: &usize| visible.contains(edge) && text.is_char_boundary(*edge);
        let in_sight =
            |it: &(usize, &Span)| it.1.range.start < visible.end && visible.start < it.1.range.end;
        let mut by_start: Vec<(usize, &Span)> = spans.iter().enumerate().filter(in_sight).collect();
        by_start.sort_by_key(|(_, span)| span.range.start);
        let ends = by_start.iter().flat_map(|(_, it)| [it.range.start, it.range.end]);
        edges.extend(ends.filter(inside));
        edges.sort_unstable();
        edges.dedup();
        let mut ahead = by_start.into_iter().peekable();
        let mut open: Vec<(usize, &Span)> = Vec::new();
        for edge in edges.windows(2) {
            let part = edge[0]..edge[1];
            let begun = |it: &(usize, &Span)| it.1.range.start <= part.start;
            open.extend(std::iter::from_fn(|| ahead.next_if(begun)));
            open.retain(|(_, span)| part.end <= span.range.end);
            // Where backgrounds meet, hits are above highlights, and these above the peer's colours.
            open.sort_by_key(|(index, span)| match span.layer {
                Layer::Hit => (2, *index),
                Layer::Highlight(_) => (1, *index),
                _ => (0, *index),
            });
            let mut format = plain.clone();
            for (_, span) in &open {
                self.apply(&mut format, span.layer, current_hit);
            }
            job.append(&text[part], 0.0, format);
        }
        job
    }

    fn apply(&self, format: &mut TextFormat, layer: Layer, current_hit: bool) {
        let t = self.tokens;
        match layer {
            Layer::Sgr(style) => {
                let beneath = Some(format.background).filter(|it| *it != Color32::TRANSPARENT);
                let (ink, ground) =
                    theme::styled(t, style, format.color, beneath.unwrap_or(t.field));
                format.color = ink;
                format.background = ground.unwrap_or(format.background);
                format.italics = style.italic;
                if style.underline {
                    format.underline = Stroke::new(1.0, ink);
                }
                if style.strike {
                    format.strikethrough = Stroke::new(1.0, ink);
                }
            }
            Layer::Control | Layer::Undecodable => format.color = t.control_picture,
            Layer::Highlight(color) => format.background = t.highlight(color),
            Layer::Hit => format.background = t.hits[usize::from(current_hit)],
            _ => {}
        }
    }
}

impl LaidOutText {
    /// The place, in bytes of the whole text, nearest to `x` points from where it begins.
    pub(super) fn byte_at(&self, x: f32) -> usize {
        let cursor = self.galley.cursor_from_pos(egui::vec2(x - self.left, 0.0));
        let text = self.galley.text();
        let bytes = text.char_indices().nth(cursor.index.0).map_or(text.len(), |(at, _)| at);
        self.start + bytes
    }

    /// The character at `x` points from where the text begins, in bytes of the whole text.
    pub(super) fn char_at(&self, x: f32) -> usize {
        let at = self.byte_at(x);
        let text = self.galley.text();
        let before = text.get(..at - self.start).and_then(|before| before.chars().next_back());
        match before.filter(|_| self.x(at) > x) {
            Some(char) => at - char.len_utf8(),
            None => at,
        }
    }

    /// Where a place of the whole text is, in points from where it begins; the nearest that is laid out.
    fn x(&self, at: usize) -> f32 {
        let text = self.galley.text();
        let at = at.saturating_sub(self.start).min(text.len());
        let chars = text.get(..at).map_or(0, |before| before.chars().count());
        self.left + self.galley.pos_from_cursor(CCursor::new(chars)).left()
    }

    /// From where to where a part of the whole text goes, in points from where it begins; `None` when nothing of it is laid
    /// out here.
    pub(super) fn span(&self, part: &Range<usize>) -> Option<Range<f32>> {
        let end = self.start + self.galley.text().len();
        let some = part.start < end && self.start < part.end;
        some.then(|| self.x(part.start)..self.x(part.end))
    }
}

//! Draws one row.

use egui::{Align2, Color32, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};
use espalier_core::board::{EspLogLine, LogLevel, find_links};
use espalier_core::hex;
use espalier_core::timeline::LanePeer;
use espalier_core::view::{Layer, Row, RowFormat, RowKind, Span};
use espalier_core::{Direction, PeerId, SgrStyle};

use super::columns::RowColumns;
use super::lines::RowLines;
use super::paint::{LaidOutText, Typesetter};
use super::{LaneStyle, LogStyle, Selection};
use crate::theme::Tokens;
use crate::widgets::Tone;

/// What rows are drawn with.
pub(super) struct RowPainter<'a> {
    pub style: &'a LogStyle<'a>,
    pub type_: &'a Typesetter<'a>,
    pub lines: &'a RowLines<'a>,
    /// Height of a line in points.
    pub line: f32,
    pub columns: RowColumns,
    pub side: f32,
    pub selection: Option<Selection>,
    /// The shown row that find last stepped to.
    pub hit: Option<u64>,
}

/// A row that was drawn, for the pointer.
#[derive(Clone, Debug)]
pub(super) struct DrawnRow {
    pub number: u64,
    pub rect: Rect,
    /// Those of its lines that are in sight.
    pub lines: Vec<DrawnLine>,
    /// Length of its text in bytes; `None` when what is drawn is a translation, of which no part can be selected.
    pub length: Option<usize>,
    /// Where the text would begin if it were not scrolled sideways.
    pub left: f32,
    /// Width of everything that scrolls sideways.
    pub width: f32,
    /// Where the label of a fold begins, and everything behind it that means the same.
    pub behind: Option<Pos2>,
}

/// A line of a row.
#[derive(Clone, Debug)]
pub(super) struct DrawnLine {
    /// Its upper edge.
    pub top: f32,
    pub text: LaidOutText,
}

impl RowPainter<'_> {
    /// Draws a row in its rectangle.
    pub(super) fn draw(&self, ui: &Ui, number: u64, row: &Row, rect: Rect) -> DrawnRow {
        let t = self.type_.tokens;
        let lane = self.lane(row);
        let tone = match &row.kind {
            RowKind::Event(event) => (self.style.tone)(event),
            RowKind::Data => Tone::Idle,
        };
        if tone == Tone::Bad {
            ui.painter().rect_filled(rect, 0.0, t.bad.gamma_multiply(0.14));
        }
        if let Some(color) = (self.style.marked)(row.number) {
            ui.painter().rect_filled(rect, 0.0, t.highlight(color));
        }
        let first = Rect::from_min_size(rect.min, vec2(rect.width(), self.line));
        self.stamps(ui, row, first, lane, tone);

        let content =
            Rect::from_min_max(pos2(rect.left() + self.columns.content, rect.top()), rect.max);
        let painter = ui.painter().with_clip_rect(content.intersect(ui.clip_rect()));
        let origin = content.left() - self.side;
        let seen = self.side..self.side + content.width();
        let event = match &row.kind {
            RowKind::Event(event) => Some((self.style.event)(event)),
            RowKind::Data => None,
        };
        let level = event.is_none().then(|| EspLogLine::parse(&row.text)).flatten();
        let (text, color) = match (&event, row.direction) {
            (Some(event), _) => (event.as_str(), event_color(tone, t)),
            (None, _) if row.fold.is_some() => (&*row.text, t.bad),
            (None, Direction::In) => match level.map(|line| line.level) {
                Some(LogLevel::Error) => (&*row.text, t.bad),
                Some(LogLevel::Warning) => (&*row.text, t.busy),
                Some(LogLevel::Debug | LogLevel::Verbose) => (&*row.text, t.muted),
                _ => (&*row.text, t.received),
            },
            (None, Direction::Out) => (&*row.text, t.sent),
        };
        // Marks are of the text as it was searched, not of a translation.
        let spans = if *text == *row.text { &*row.spans } else { &[] };
        let linked;
        let spans = match self.style.board && event.is_none() {
            true => {
                linked = with_links(text, spans);
                linked.as_slice()
            }
            false => spans,
        };
        let bytes = self.bytes(ui, row, first, origin, &painter);
        let indent = if event.is_some() { 0.0 } else { self.columns.text };
        let left = origin + indent;
        let part = self.selection.and_then(|it| it.part(number, row));
        let whole = part == Some(0..row.text.len());
        let starts = self.lines.starts(number, row);
        let clip = ui.clip_rect().y_range();
        let mut lines = Vec::new();
        let mut width = indent;
        for index in 0..=starts.len() {
            let top = rect.top() + index as f32 * self.line;
            if top + self.line < clip.min || top > clip.max {
                continue;
            }
            let hit = self.hit == Some(number);
            let end = starts.get(index).copied().unwrap_or(text.len());
            let start = index.checked_sub(1).and_then(|before| starts.get(before)).copied();
            let laid = if starts.is_empty() {
                let seen = seen.start - indent..seen.end - indent;
                self.type_.lay(ui.ctx(), text, spans, color, hit, seen)
            } else {
                self.type_.line(ui.ctx(), text, spans, color, hit, start.unwrap_or(0)..end)
            };
            if let Some(part) = &part {
                let span = if whole { Some(0.0..laid.width.max(4.0)) } else { laid.span(part) };
                if let Some(span) = span {
                    let across = left + span.start..=left + span.end;
                    let selected = Rect::from_x_y_ranges(across, top..=top + self.line);
                    painter.rect_filled(selected, 0.0, t.selection);
                }
            }
            let middle = top + self.line / 2.0;
            let position = pos2(left + laid.left, middle - laid.galley.size().y / 2.0);
            painter.galley(position, laid.galley.clone(), color);
            width = width.max(indent + laid.width);
            lines.push(DrawnLine { top, text: laid });
        }
        // What is broken into lines fits.
        let text_row = event.is_some() || self.style.format == RowFormat::Text;
        let wrapped = self.lines.width.is_some() && text_row;
        let mut width = if wrapped { 0.0 } else { width };
        let label = row.fold.filter(|fold| fold.hidden).map(|fold| (self.style.folded)(fold.rows));
        let mut behind = None;
        // Behind the last line of the row, if that is in sight.
        let last = lines.last().filter(|it| it.top + 1.5 * self.line > rect.bottom());
        if let (Some(label), Some(last)) = (&label, last) {
            let end = pos2(left + last.text.width, last.top + self.line / 2.0);
            let room = self.chip(&painter, end, label, wrapped.then_some(content.right()));
            if !wrapped {
                width += room.width() + self.type_.char_width;
            }
            behind = Some(pos2(room.left().min(end.x), last.top));
        }

        let response = ui.interact(rect, ui.scope_id().with(number), Sense::hover());
        let enabled = ui.is_enabled();
        response.widget_info(|| {
            let lane = lane.map(|lane| lane.name.as_str());
            let parts = [lane, bytes.as_deref(), Some(text), label.as_deref()];
            let text: Vec<&str> = parts.into_iter().flatten().collect();
            WidgetInfo::labeled(Role::Label, enabled, text.join("  "))
        });
        let length = event.is_none().then_some(text.len());
        DrawnRow { number, rect, lines, length, left, width, behind }
    }

    /// A small label behind the text of a row that ends here, not beyond an edge; returns where it is.
    fn chip(&self, painter: &egui::Painter, end: Pos2, text: &str, edge: Option<f32>) -> Rect {
        let t = self.type_.tokens;
        let font = egui::FontId::monospace(self.type_.font.size - 1.5);
        let galley = painter.layout_no_wrap(text.to_owned(), font, t.muted);
        let size = galley.size() + vec2(10.0, 0.0);
        let left = end.x + self.type_.char_width;
        let left = edge.map_or(left, |edge| left.min(edge - size.x));
        let rect = Rect::from_min_size(pos2(left, end.y - size.y / 2.0), size);
        painter.rect_filled(rect, 3.0, t.control[0]);
        painter.galley(rect.min + vec2(5.0, 0.0), galley, t.muted);
        rect
    }

    /// Whose a row of a timeline is: a bar in its lane's colour, and the name on a wash of it.
    fn lane_name(&self, ui: &Ui, row: &Row, rect: Rect, lane: &LaneStyle) {
        let t = self.type_.tokens;
        let color = t.lane(lane.number);
        let bar = Rect::from_min_size(rect.min, vec2(4.0, rect.height()));
        lane.paint(ui.painter(), bar, color);
        let left = rect.left() + self.columns.peer;
        let cell = Rect::from_x_y_ranges(left..=left + self.columns.lane + 4.0, rect.y_range());
        ui.painter().rect_filled(cell, 0.0, color.gamma_multiply(0.16));
        let peer = LanePeer::of(row.peer).map_or(PeerId::SESSION, |it| it.peer);
        let name = match lane.server && peer != PeerId::SESSION {
            true => format!("{}{}", lane.name, lane.names.label(peer)),
            false => lane.name.clone(),
        };
        let painter = ui.painter().with_clip_rect(cell.intersect(ui.clip_rect()));
        let galley = painter.layout_no_wrap(name, self.type_.font.clone(), t.text);
        // Of a name that is too long the end is seen, which tells it from the others.
        let left = cell.left() + 3.0_f32.min(cell.width() - 3.0 - galley.size().x);
        let position = pos2(left, cell.center().y - galley.size().y / 2.0);
        painter.galley(position, galley, t.text);
    }

    /// The bytes beside the text.
    fn bytes(
        &self,
        ui: &Ui,
        row: &Row,
        rect: Rect,
        origin: f32,
        painter: &egui::Painter,
    ) -> Option<String> {
        if self.style.format != RowFormat::HexText || row.kind != RowKind::Data {
            return None;
        }
        let hex = hex::spaced(&row.bytes);
        let seen = 0.0..self.columns.text;
        let laid = self.type_.lay(ui.ctx(), &hex, &[], self.type_.tokens.text, false, seen);
        let position = pos2(origin, rect.center().y - laid.galley.size().y / 2.0);
        painter.galley(position, laid.galley, self.type_.tokens.text);
        Some(hex)
    }

    /// The lane of a timeline that a row is of.
    fn lane(&self, row: &Row) -> Option<&LaneStyle> {
        let number = LanePeer::of(row.peer)?.lane;
        self.style.lanes.get(usize::try_from(number).ok()?)
    }

    /// Time, direction, lane, peer.
    fn stamps(&self, ui: &Ui, row: &Row, rect: Rect, lane: Option<&LaneStyle>, tone: Tone) {
        let t = self.type_.tokens;
        let font = self.type_.font.clone();
        let middle = rect.center().y;
        let text = |x: f32, align, text: String, color: Color32| {
            ui.painter().text(pos2(rect.left() + x, middle), align, text, font.clone(), color);
        };
        let columns = &self.columns;
        let time = self.style.clock.row(row);
        let delta = self.style.delta.row(row);
        let times = [
            (columns.time_right, columns.short_time(&time)),
            (columns.delta_right, columns.short_delta(&delta)),
        ];
        for (right, time) in times.into_iter().filter(|(_, time)| !time.is_empty()) {
            text(right, Align2::RIGHT_CENTER, time.to_owned(), t.muted);
        }
        if self.style.offsets && row.kind == RowKind::Data {
            let offset = format!("{:04X}", row.frame_offset);
            text(columns.offset_right, Align2::RIGHT_CENTER, offset, t.muted);
        }
        if row.bookmark.is_some() {
            ui.painter()
                .add(ribbon(rect.left_center() + vec2(RowColumns::MARGIN / 2.0, 0.0), t.accent));
        }
        let mark = pos2(rect.left() + self.columns.mark, middle);
        if let Some(fold) = row.fold {
            ui.painter().add(disclosure(mark, fold.hidden, t.bad));
        }
        let shape = match (&row.kind, row.direction) {
            _ if row.fold.is_some() => Shape::Noop,
            (RowKind::Event(_), _) if tone == Tone::Bad => cross(mark, t.bad),
            (RowKind::Event(_), _) => Shape::circle_filled(mark, 2.0, event_color(tone, t)),
            (RowKind::Data, Direction::In) => triangle(mark, -1.0, t.received),
            (RowKind::Data, Direction::Out) => triangle(mark, 1.0, t.sent),
        };
        ui.painter().add(shape);
        if let Some(lane) = lane {
            self.lane_name(ui, row, rect, lane);
        } else if self.style.peers && row.peer != PeerId::SESSION {
            let peer = row.peer.0;
            let color = t.peer(u64::from(peer));
            let label = match self.columns.named {
                true => self.style.names.label(row.peer),
                false => format!("#{peer}"),
            };
            text(self.columns.peer, Align2::LEFT_CENTER, label, color);
        }
    }
}

/// The colour of an event's words.
const fn event_color(tone: Tone, tokens: &Tokens) -> Color32 {
    match tone {
        Tone::Idle => tokens.muted,
        other => other.color(tokens),
    }
}

/// A mark for misfortunes.
fn cross(middle: egui::Pos2, color: Color32) -> Shape {
    let stroke = Stroke::new(1.8, color);
    let line = |way: f32| {
        Shape::line_segment(
            [middle + vec2(-3.0, -3.0 * way), middle + vec2(3.0, 3.0 * way)],
            stroke,
        )
    };
    Shape::Vec(vec![line(1.0), line(-1.0)])
}

/// The spans, and a line under each address.
fn with_links(text: &str, spans: &[Span]) -> Vec<Span> {
    let underlined = SgrStyle { bold: true, underline: true, ..SgrStyle::default() };
    let links = find_links(text).into_iter();
    let links = links.map(|link| Span { range: link.range, layer: Layer::Sgr(underlined) });
    spans.iter().cloned().chain(links).collect()
}

/// A bookmark.
fn ribbon(middle: Pos2, color: Color32) -> Shape {
    let left = [vec2(-3.0, -5.0), vec2(0.0, -5.0), vec2(0.0, 2.5), vec2(-3.0, 5.0)];
    let half = |way: f32| {
        let points = left.map(|it| middle + vec2(it.x * way, it.y)).to_vec();
        Shape::convex_polygon(points, color, Stroke::NONE)
    };
    Shape::Vec(vec![half(1.0), half(-1.0)])
}

/// A mark that says that there is more behind: it points to the right while that is hidden, and down when it is shown.
fn disclosure(middle: egui::Pos2, hidden: bool, color: Color32) -> Shape {
    let turn = |at: egui::Vec2| middle + if hidden { at } else { vec2(-at.y, at.x) };
    let points = vec![turn(vec2(4.0, 0.0)), turn(vec2(-2.5, 4.5)), turn(vec2(-2.5, -4.5))];
    Shape::convex_polygon(points, color, Stroke::NONE)
}

/// A mark that points left (received) or right (sent): told apart by more than its colour.
fn triangle(middle: egui::Pos2, way: f32, color: Color32) -> Shape {
    let points = vec![
        middle + vec2(way * 3.5, 0.0),
        middle + vec2(-way * 3.0, -3.5),
        middle + vec2(-way * 3.0, 3.5),
    ];
    Shape::convex_polygon(points, color, Stroke::NONE)
}

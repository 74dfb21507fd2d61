//! A sequence diagram: two ends, and what they sent each other.

use std::sync::Arc;

use egui::{
    Align2, Color32, Galley, Pos2, Rect, Response, Role, Sense, Shape, Stroke, Ui, WidgetInfo,
    pos2, vec2,
};

use crate::manual::{SegmentLook, Sequence, Step};
use crate::theme::{self, Tokens};

/// It takes no more room than this, however much there is.
const WIDEST: f32 = 460.0;
/// The lines of both ends stand so far from the sides, as a share of the width.
const INSET: f32 = 0.15;
/// A segment arrives so much lower than it left.
const SLANT: f32 = 10.0;
const GAP: f32 = 7.0;
const SIZE: f32 = 12.5;

/// Draws it; those who do not see it are told `name` and its lines.
pub fn sequence(ui: &mut Ui, diagram: &Sequence, name: &str) -> Response {
    let t = theme::tokens(ui);
    let width = ui.available_width().min(WIDEST);
    let ends = [width * INSET, width * (1.0 - INSET)];
    let between = ends[1] - ends[0];
    let font = theme::prose(ui, SIZE);
    let words = |text: &str, color: Color32, room: f32| {
        ui.painter().layout(text.to_owned(), font.clone(), color, room)
    };
    let heads = [0, 1].map(|end| words(&diagram.ends[end], t.strong, width * INSET * 2.0));
    let head = heads[0].size().y.max(heads[1].size().y) + GAP;
    let rows: Vec<(Arc<Galley>, f32)> = diagram
        .steps
        .iter()
        .map(|step| {
            let (text, color, room, more) = match step {
                Step::Segment { arrives, text, .. } => {
                    let color = color(SegmentLook::of(*arrives, text), t);
                    (text, color, between - 2.0 * GAP, SLANT + GAP)
                }
                Step::Remark { text, .. } => (text, t.muted, between * 0.8, GAP),
                Step::Pause(text) => (text, t.muted, between - 4.0 * GAP, 2.0 * GAP),
            };
            let galley = words(text, color, room);
            let height = galley.size().y + more;
            (galley, height)
        })
        .collect();
    let height = head + rows.iter().map(|(_, height)| height).sum::<f32>() + GAP;
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Image, true, format!("{name}\n{}", diagram.text()))
    });
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let painter = ui.painter();
    let x = ends.map(|end| rect.left() + end);
    for (galley, x) in heads.into_iter().zip(x) {
        painter.galley(pos2(x - galley.size().x / 2.0, rect.top()), galley, t.strong);
    }
    let line = Stroke::new(1.5, t.idle);
    let mut top = rect.top() + head;
    for (step, (galley, height)) in diagram.steps.iter().zip(rows) {
        let bottom = top + height;
        for x in x {
            if matches!(step, Step::Pause(_)) {
                painter.extend(Shape::dashed_line(
                    &[pos2(x, top), pos2(x, bottom)],
                    line,
                    3.0,
                    4.0,
                ));
            } else {
                painter.vline(x, top..=bottom, line);
            }
        }
        let size = galley.size();
        match step {
            Step::Segment { from, arrives, text } => {
                let color = color(SegmentLook::of(*arrives, text), t);
                painter.galley(pos2(rect.center().x - size.x / 2.0, top), galley, color);
                let y = top + size.y + 1.0;
                let (start, end) = (pos2(x[*from], y), pos2(x[1 - *from], y + SLANT));
                arrow(
                    ui,
                    start,
                    if *arrives { end } else { start.lerp(end, 0.6) },
                    *arrives,
                    color,
                );
            }
            Step::Remark { end, .. } => {
                let y = top + size.y / 2.0;
                painter.circle_filled(pos2(x[*end], y), 3.5, t.idle);
                let left = [x[0] + 2.0 * GAP, x[1] - 2.0 * GAP - size.x][*end];
                painter.galley(pos2(left, top), galley, t.muted);
            }
            Step::Pause(_) => {
                let at = pos2(rect.center().x, (top + bottom) / 2.0);
                let place = Align2::CENTER_CENTER.anchor_size(at, size);
                painter.galley(place.min, galley, t.muted);
            }
        }
        top = bottom;
    }
    for x in x {
        painter.vline(x, top..=rect.bottom(), line);
    }
    response
}

fn color(look: SegmentLook, t: &Tokens) -> Color32 {
    match look {
        SegmentLook::Plain => t.text,
        SegmentLook::Closes => t.accent,
        SegmentLook::Breaks => t.bad,
        SegmentLook::Lost => t.busy,
    }
}

/// A segment on its way; a cross where it is lost.
fn arrow(ui: &Ui, start: Pos2, end: Pos2, arrives: bool, color: Color32) {
    let painter = ui.painter();
    let stroke = Stroke::new(1.5, color);
    painter.line_segment([start, end], stroke);
    if arrives {
        let along = (end - start).normalized() * 9.0;
        let across = along.rot90() * 0.42;
        let corners = vec![end, end - along + across, end - along - across];
        painter.add(Shape::convex_polygon(corners, color, Stroke::NONE));
    } else {
        let cross = Rect::from_center_size(end, vec2(9.0, 9.0));
        painter.line_segment([cross.left_top(), cross.right_bottom()], stroke);
        painter.line_segment([cross.left_bottom(), cross.right_top()], stroke);
    }
}

//! A part of the window beside the rest, with a line between them to drag.
//!
//! egui's own panels do this too, but they are drawn from the outside to the inside, and the keyboard walks in that order; and
//! it stops at their lines. Here the room is divided first, and who divides it draws both parts in the order they are read.

use std::ops::RangeInclusive;

use egui::{CursorIcon, Frame, Id, Rect, Sense, Ui, UiBuilder, pos2};

use crate::theme;

/// On which side of the rest a part stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// At the left.
    Left,
    /// At the right.
    Right,
    /// Below.
    Below,
}

/// A room that is divided.
#[derive(Clone, Copy, Debug)]
pub struct Split {
    id: Id,
    edge: Edge,
    /// What the part gets.
    pub part: Rect,
    /// What the rest gets.
    pub rest: Rect,
    /// Points from the line that the pointer may miss it by; `None`: it stands where it stands.
    grab: Option<f32>,
}

impl Split {
    /// Divides what is free of `ui`: the part is as wide (or high) as the user made it, at first `size`, always in `range`.
    pub fn new(ui: &Ui, salt: &str, edge: Edge, size: f32, range: RangeInclusive<f32>) -> Self {
        Self::of(ui, ui.available_rect_before_wrap(), salt, edge, size, range)
    }

    /// The same for a part of `ui`.
    pub fn of(
        ui: &Ui,
        room: Rect,
        salt: &str,
        edge: Edge,
        size: f32,
        range: RangeInclusive<f32>,
    ) -> Self {
        let id = ui.scope_id().with(("split", salt));
        let dragged = ui.read_response(id).filter(egui::Response::dragged);
        let at = dragged.and_then(|response| response.interact_pointer_pos());
        let wanted = at.map(|at| match edge {
            Edge::Left => at.x - room.left(),
            Edge::Right => room.right() - at.x,
            Edge::Below => room.bottom() - at.y,
        });
        let kept = || ui.data_mut(|data| data.get_persisted(id));
        let (least, most) = range.into_inner();
        let size = wanted.or_else(kept).unwrap_or(size).clamp(least, most.max(least));
        if wanted.is_some() {
            ui.data_mut(|data| data.insert_persisted(id, size));
        }
        Self {
            grab: Some(ui.style().interaction.resize_grab_radius_side),
            ..Self::at(id, edge, room, size)
        }
    }

    /// Divides what is free of `ui` so that what is drawn below has as much room as it needed when it was drawn last.
    pub fn fitted(ui: &Ui, salt: &str) -> Self {
        let id = ui.scope_id().with(("fitted", salt));
        let high = ui.data(|data| data.get_temp(id)).unwrap_or(24.0);
        Self::at(id, Edge::Below, ui.available_rect_before_wrap(), high)
    }

    fn at(id: Id, edge: Edge, room: Rect, size: f32) -> Self {
        let (part, rest) = match edge {
            Edge::Left => room.split_left_right_at_x((room.left() + size).min(room.right())),
            Edge::Right => {
                let (rest, part) =
                    room.split_left_right_at_x((room.right() - size).max(room.left()));
                (part, rest)
            }
            Edge::Below => {
                let (rest, part) =
                    room.split_top_bottom_at_y((room.bottom() - size).max(room.top()));
                (part, rest)
            }
        };
        Self { id, edge, part, rest, grab: None }
    }

    /// Draws the part.
    pub fn show<R>(&self, ui: &mut Ui, frame: Frame, content: impl FnOnce(&mut Ui) -> R) -> R {
        let (result, used) = self.draw(ui, self.part, "part", frame, content);
        if self.grab.is_none() && (used - self.part.height()).abs() > 0.5 {
            let before: Option<f32> = ui.data(|data| data.get_temp(self.id));
            if before.is_none_or(|before| (before - used).abs() > 0.5) {
                ui.data_mut(|data| data.insert_temp(self.id, used));
                ui.ctx().request_discard("what stands below has another height");
            }
        }
        result
    }

    /// Draws the rest.
    pub fn show_rest<R>(&self, ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
        self.draw(ui, self.rest, "rest", Frame::new(), content).0
    }

    fn draw<R>(
        &self,
        ui: &mut Ui,
        room: Rect,
        salt: &str,
        frame: Frame,
        content: impl FnOnce(&mut Ui) -> R,
    ) -> (R, f32) {
        let builder = UiBuilder::new().id_salt((self.id, salt)).max_rect(room);
        let mut ui = ui.new_child(builder.layout(egui::Layout::top_down(egui::Align::Min)));
        ui.shrink_clip_rect(room);
        ui.painter().rect_filled(room, 0.0, frame.fill);
        let shown = frame.show(&mut ui, |ui| {
            ui.set_min_width(ui.available_width());
            content(ui)
        });
        (shown.inner, shown.response.rect.height())
    }

    /// Draws the line between both, above them, and lets it be dragged. It is no stop for the keyboard.
    pub fn line(&self, ui: &Ui) {
        let (from, to) = match self.edge {
            Edge::Left => (self.part.right_top(), self.part.right_bottom()),
            Edge::Right => (self.part.left_top(), self.part.left_bottom()),
            Edge::Below => (self.part.left_top(), self.part.right_top()),
        };
        let t = theme::tokens(ui);
        let mut stroke = egui::Stroke::new(1.0, t.line);
        if let Some(grab) = self.grab {
            let place = Rect::from_two_pos(from, pos2(to.x, to.y)).expand(grab);
            let handle = ui.interact(place, self.id, Sense::CLICK | Sense::DRAG);
            if handle.hovered() || handle.dragged() {
                stroke = egui::Stroke::new(1.5, t.accent);
                ui.set_cursor_icon(match self.edge {
                    Edge::Below => CursorIcon::ResizeVertical,
                    Edge::Left | Edge::Right => CursorIcon::ResizeHorizontal,
                });
            }
        }
        ui.painter().line_segment([from, to], stroke);
    }
}

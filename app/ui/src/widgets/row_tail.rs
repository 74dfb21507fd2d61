//! The end of a row: what stands at its right edge, drawn after what stands before it, so that the keyboard walks the row as
//! it is read.
//!
//! A layout from right to left would do the same for the eye; but its last control takes the focus first. How wide the end
//! is, is known from the frame before; when it changes, the frame is drawn again.

use egui::{Align, Id, Layout, Rect, Ui, UiBuilder, pos2};

/// The end of a row that is being drawn.
#[derive(Clone, Copy, Debug)]
pub struct RowTail {
    id: Id,
    width: Option<f32>,
}

impl RowTail {
    /// The end of a row of this part of the window; `salt` tells it from its other rows.
    pub fn new(ui: &Ui, salt: &str) -> Self {
        let id = ui.scope_id().with(("end of row", salt));
        Self { id, width: ui.data(|data| data.get_temp(id)) }
    }

    /// How wide it is; 0 before it was drawn.
    pub fn width(&self) -> f32 {
        self.width.unwrap_or_default()
    }

    /// Draws what stands before the end, in the room that the end leaves.
    pub fn before<R>(&self, ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
        let gap = ui.spacing().item_spacing.x;
        let mut room = ui.available_rect_before_wrap();
        room.set_width((room.width() - self.width() - gap).max(0.0));
        // A row of its own height: what is in its middle is not in the middle of all that is free.
        room.set_height(ui.spacing().interact_size.y);
        let layout = Layout::left_to_right(ui.layout().vertical_align());
        ui.scope_builder(UiBuilder::new().max_rect(room).layout(layout), content).inner
    }

    /// Draws the end, from left to right, at the right edge of `ui`.
    pub fn show<R>(self, ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
        let row = ui.max_rect();
        let rows = ui.min_rect().y_range();
        let high = if rows.span() > 0.0 { rows } else { row.y_range() };
        let place = Rect::from_min_max(
            pos2(row.right() - self.width(), high.min),
            pos2(row.right(), high.max.max(high.min + ui.spacing().interact_size.y)),
        );
        let layout = Layout::left_to_right(Align::Center);
        let shown = ui.scope_builder(UiBuilder::new().max_rect(place).layout(layout), content);
        let width = shown.response.rect.width();
        if self.width.is_none_or(|before| (before - width).abs() > 0.5) {
            ui.data_mut(|data| data.insert_temp(self.id, width));
            ui.ctx().request_discard("the end of a row has another width");
        }
        shown.inner
    }
}

//! A scroll bar that knows fractions, not points: it moves through any number of rows.

use egui::{CursorIcon, Id, Rect, Role, Sense, Ui, WidgetInfo, pos2};

use crate::theme;

/// Thickness of a bar in points.
pub(in crate::widgets) const THICKNESS: f32 = 10.0;

const SHORTEST_THUMB: f32 = 28.0;

/// Along which edge a bar lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::widgets) enum Axis {
    Horizontal,
    Vertical,
}

/// How the thumb is held.
#[derive(Clone, Copy, Debug)]
struct ThumbDrag {
    /// Where in the thumb it was taken.
    held: f32,
    /// Where the pointer was in the last frame.
    pointer: f32,
}

/// Draws a bar for a window that shows the part `shown` of everything, `fraction` of the way down; returns where it was
/// dragged to.
pub(in crate::widgets) fn bar(
    ui: &Ui,
    id: Id,
    rect: Rect,
    axis: Axis,
    shown: f64,
    fraction: f64,
    name: &str,
) -> Option<f64> {
    let response = ui.interact(rect, id, Sense::click_and_drag());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::ScrollBar, enabled, name));
    let (start, length) = match axis {
        Axis::Horizontal => (rect.left(), rect.width()),
        Axis::Vertical => (rect.top(), rect.height()),
    };
    let thumb = ((f64::from(length) * shown) as f32).max(SHORTEST_THUMB).min(length);
    let way = (length - thumb).max(1.0);
    let mut fraction = fraction;
    let pointer = response.interact_pointer_pos().map(|at| match axis {
        Axis::Horizontal => at.x,
        Axis::Vertical => at.y,
    });
    let mut moved = None;
    if let Some(pointer) = pointer {
        let at = start + way * fraction as f32;
        // Before the memory is locked: this looks at the input.
        let fresh = response.drag_started() || response.clicked();
        let inside = (at..=at + thumb).contains(&pointer);
        let (held, before) = ui.data_mut(|data| {
            let taken = data.get_temp::<ThumbDrag>(id).filter(|_| !fresh);
            // Beside the thumb, its middle comes to the pointer.
            let held = taken.map(|it| it.held);
            let held = held.unwrap_or(if inside { pointer - at } else { thumb / 2.0 });
            data.insert_temp(id, ThumbDrag { held, pointer });
            (held, taken.map(|it| it.pointer))
        });
        fraction = f64::from((pointer - held - start) / way).clamp(0.0, 1.0);
        // A thumb that is held still stays at its rows, however the log grows meanwhile.
        moved = (before != Some(pointer)).then_some(fraction);
    } else {
        ui.data_mut(|data| data.remove::<ThumbDrag>(id));
    }
    let at = start + way * fraction as f32;
    let inset = 2.0;
    let thumb = match axis {
        Axis::Horizontal => Rect::from_min_max(
            pos2(at, rect.top() + inset),
            pos2(at + thumb, rect.bottom() - inset),
        ),
        Axis::Vertical => Rect::from_min_max(
            pos2(rect.left() + inset, at),
            pos2(rect.right() - inset, at + thumb),
        ),
    };
    let t = theme::tokens(ui);
    let held = response.dragged() || response.is_pointer_button_down_on();
    let color = t.control[if held { 2 } else { usize::from(response.hovered()) }];
    ui.painter().rect_filled(thumb, (THICKNESS - 2.0 * inset) / 2.0, color);
    response.on_hover_cursor(CursorIcon::Default);
    moved
}

//! Where the keyboard stops on its way through the window.

use egui::{Context, FocusDirection, Id, Key, Rect};

use super::App;
use crate::theme::space;

impl App {
    /// Passes by what is dragged alone: the lines between parts of the window, and the bars that tabs stand on. egui lets the
    /// keyboard stop there, where it can do nothing.
    pub(super) fn skip_handles(&mut self, ctx: &Context) {
        let (tab, back) = ctx.input(|input| (input.key_pressed(Key::Tab), input.modifiers.shift));
        if tab {
            self.stepped_back = back;
        }
        let Some(focused) = ctx.memory(egui::Memory::focused) else { return };
        if self.is_handle(ctx, focused) {
            let direction =
                if self.stepped_back { FocusDirection::Previous } else { FocusDirection::Next };
            ctx.memory_mut(|memory| memory.move_focus(direction));
            ctx.request_repaint();
        }
    }

    fn is_handle(&self, ctx: &Context, id: Id) -> bool {
        let Some(widget) = ctx.read_response(id) else { return false };
        let dragged = widget.sense.senses_drag() && widget.sense.senses_click();
        let is_tab = || self.tree.tiles.tile_ids().any(|tile| tile.egui_id(self.tree.id()) == id);
        dragged && (is_line(widget.rect) || (is_tab_bar(widget.rect) && !is_tab()))
    }
}

/// A line between two parts, as wide as the pointer may miss it by.
fn is_line(rect: Rect) -> bool {
    let (thick, long) = (rect.size().min_elem(), rect.size().max_elem());
    thick < space::CONTROL * 0.75 && long > 100.0
}

/// What tabs stand on.
fn is_tab_bar(rect: Rect) -> bool {
    (rect.height() - space::TAB).abs() < 1.0
}

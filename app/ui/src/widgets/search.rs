//! A field to search a list with, in something that opens and closes.

use egui::{Role, Ui, WidgetInfo};

use super::{Focus, form};

/// What is searched for. It begins anew, with the keyboard in it, whenever it opens.
#[derive(Clone, Debug, Default)]
pub struct Search {
    query: String,
    /// The frame it was drawn in last.
    drawn: Option<u64>,
    focus: Focus,
}

impl Search {
    /// What was typed.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// Draws the field; `true` when what is searched for has changed.
    pub fn ui(&mut self, ui: &mut Ui, name: &str, width: f32) -> bool {
        let frame = ui.ctx().cumulative_frame_nr();
        let opened = self.drawn.is_none_or(|drawn| drawn + 1 < frame);
        self.drawn = Some(frame);
        if opened {
            self.query.clear();
            self.focus.want();
        }
        if self.focus.is_due(ui) {
            form::take_focus(ui, &self.query);
        }
        let field = form::field(ui, &mut self.query, name, width);
        let enabled = ui.is_enabled();
        field.widget_info(|| WidgetInfo::labeled(Role::SearchInput, enabled, name));
        field.changed() || opened
    }
}

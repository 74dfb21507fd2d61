//! The log as far as the pane sees it.

use std::ops::Range;

use egui::Ui;
use espalier_core::SessionId;
use espalier_core::backend::View;
use espalier_core::view::{Row, ViewSpec};

use crate::scene::Scene;
use crate::theme;

/// Where the log is scrolled to and what is selected.
#[derive(Debug)]
pub(super) struct Log {
    follow: bool,
    selected: Option<u64>,
    wanted: Option<u64>,
    first: u64,
}

impl Default for Log {
    fn default() -> Self {
        Self { follow: true, selected: None, wanted: None, first: 0 }
    }
}

impl Log {
    pub(super) const fn follows(&self) -> bool {
        self.follow
    }

    pub(super) const fn toggle_follow(&mut self) {
        self.follow = !self.follow;
    }

    pub(super) fn selected_rows(&self) -> Option<Range<u64>> {
        self.selected.map(|row| row..row + 1)
    }

    pub(super) const fn clear_selection(&mut self) {
        self.selected = None;
    }

    pub(super) const fn first_row(&self) -> u64 {
        self.first
    }

    pub(super) const fn go_to(&mut self, row: u64) {
        self.wanted = Some(row);
        self.selected = Some(row);
        self.follow = false;
    }

    pub(super) fn selected_row(&self, view: &dyn View) -> Option<Row> {
        let row = self.selected?;
        let page = view.page(view.status().revision, row..row + 1);
        page.rows.get(usize::try_from(row.checked_sub(page.first)?).ok()?).cloned()
    }

    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        _id: SessionId,
        view: &dyn View,
        _spec: &ViewSpec,
    ) {
        let t = theme::tokens(ui);
        let status = view.status();
        let shown = status.shown;
        if shown == 0 {
            ui.centered_and_justified(|ui| ui.weak(scene.text("log-empty")));
            return;
        }
        let height = 18.0;
        let mut area = egui::ScrollArea::vertical().auto_shrink(false).stick_to_bottom(self.follow);
        if let Some(row) = self.wanted.take() {
            area = area.vertical_scroll_offset(row as f32 * height);
        }
        area.show_rows(ui, height, shown as usize, |ui, range| {
            self.first = range.start as u64;
            let page = view.page(status.revision, range.start as u64..range.end as u64);
            for (row, number) in page.rows.iter().zip(page.first..) {
                let color = match row.direction {
                    espalier_core::Direction::In => t.received,
                    espalier_core::Direction::Out => t.sent,
                };
                let text = egui::RichText::new(&*row.text).monospace().color(color);
                let label = ui.add(egui::Label::new(text).truncate().sense(egui::Sense::click()));
                if label.clicked() {
                    self.selected = if self.selected == Some(number) { None } else { Some(number) };
                }
            }
        });
    }
}

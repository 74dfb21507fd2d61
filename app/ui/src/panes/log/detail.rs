//! The selected row in full.

use egui::Ui;
use espalier_core::Direction;
use espalier_core::hex;
use espalier_core::view::{Row, RowKind};

use super::rows::LogRows;
use crate::command::UiRequest;
use crate::icon::Icon;
use crate::number;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::{self, RowTail};
use crate::words;

/// How many bytes of an endless row are shown.
const SHOWN: usize = 512;

pub(super) fn ui(log: &mut LogRows, ui: &mut Ui, scene: &mut Scene<'_>, row: &Row) {
    let t = theme::tokens(ui);
    let is_estimated = log.status().is_estimated;
    let said = match &row.kind {
        RowKind::Event(event) => Some(words::event(scene.locale, event)),
        RowKind::Data => None,
    };
    ui.horizontal(|ui| {
        let end = RowTail::new(ui, "detail");
        end.before(ui, |ui| {
            let (key, color) = match (&row.kind, row.direction) {
                (RowKind::Event(event), _) => ("detail-event", words::event_tone(event).color(t)),
                (RowKind::Data, Direction::In) => ("direction-in", t.received),
                (RowKind::Data, Direction::Out) => ("direction-out", t.sent),
            };
            ui.colored_label(color, scene.text(key));
            let key = if is_estimated { "detail-row-estimated" } else { "detail-row" };
            ui.weak(scene.with(key, [("number", (row.number + 1).into())]));
            if row.kind == RowKind::Data {
                ui.weak(number::bytes(row.bytes.len() as u64));
            }
            let gap = (row.at.0 - row.previous_at.0).max(0) as f64 / 1e6;
            let gap = scene.with("detail-gap", [("ms", format!("{gap:.3}").into())]);
            ui.add(egui::Label::new(egui::RichText::new(gap).weak()).truncate());
        });
        end.show(ui, |ui| {
            let (key, text) = match &said {
                Some(said) => ("copy-text", said.clone()),
                None => ("copy-hex", hex::spaced(&row.bytes)),
            };
            if widgets::icon_button(ui, Icon::Copy, scene.text(key)).clicked() {
                scene.ask(UiRequest::CopyText(text));
            }
            if widgets::icon_button(ui, Icon::Cross, scene.text("close")).clicked() {
                log.clear_selection();
            }
        });
    });
    egui::ScrollArea::vertical().max_height(92.0).show(ui, |ui| {
        let text = said.as_deref().unwrap_or(&row.text);
        let text = egui::RichText::new(text).monospace();
        ui.add(egui::Label::new(text).wrap().selectable(true));
        if !row.bytes.is_empty() {
            let some = &row.bytes[..row.bytes.len().min(SHOWN)];
            let more = if some.len() < row.bytes.len() { " …" } else { "" };
            let hex = egui::RichText::new(hex::spaced(some) + more).monospace().color(t.muted);
            ui.add(egui::Label::new(hex).wrap().selectable(true));
        }
    });
}

//! What of a capture cannot be shown, above the rows that can.

use egui::{Panel, RichText, Ui};
use espalier_core::capture::Damage;

use crate::icon::{self, Icon};
use crate::number;
use crate::scene::Scene;
use crate::theme::{self, space};

/// Says what is missing or damaged, and what stands behind the last whole record; nothing of a capture that is whole.
pub(super) fn bar(ui: &mut Ui, scene: &Scene<'_>, damage: Option<Damage>, torn: u64) {
    let mut told = Vec::new();
    if let Some(Damage { at, skipped, places, .. }) = damage {
        let bytes = number::grouped(skipped);
        let text = scene.with("log-damaged", [("bytes", bytes.into()), ("places", places.into())]);
        let at = scene.with("log-damaged-at", [("at", number::grouped(at).into())]);
        told.push((text, at));
    }
    if torn > 0 {
        let text = scene.with("log-torn", [("bytes", number::grouped(torn).into())]);
        told.push((text, scene.text("log-torn-why").to_owned()));
    }
    if told.is_empty() {
        return;
    }
    let color = theme::tokens(ui).bad;
    Panel::top("damage").frame(super::bar(ui)).show(ui, |ui| {
        for (text, why) in told {
            ui.horizontal(|ui| {
                let size = egui::Vec2::splat(space::ICON);
                let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
                icon::paint(ui.painter(), rect, Icon::Warning, color);
                let text = RichText::new(text).color(color);
                ui.add(egui::Label::new(text).wrap()).on_hover_text(why);
            });
        }
    });
}

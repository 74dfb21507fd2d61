//! What would be sent, below the field where it is written.

use egui::Ui;
use espalier_core::hex;
use espalier_core::send::SendError;

use super::fault;
use crate::panes::session::encodings::TargetEncodings;
use crate::scene::Scene;
use crate::theme::{self, space};

/// The bytes that would be sent, or what is wrong; `hint` while nothing is written. `encodings` are told when they are not
/// simply the session's.
pub(in crate::panes::session) fn preview(
    ui: &mut Ui,
    scene: &Scene<'_>,
    text: &str,
    encodings: Option<&TargetEncodings>,
    composed: Result<&[u8], &SendError>,
    hint: &str,
) {
    const SHOWN: usize = 48;
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.set_min_height(space::L - 2.0);
        match composed {
            Err(problem) => {
                let said = fault::sentence(scene, problem);
                ui.add(egui::Label::new(egui::RichText::new(said).small().color(t.bad)).truncate());
            }
            Ok(bytes) if !bytes.is_empty() && !text.is_empty() => {
                let some = &bytes[..bytes.len().min(SHOWN)];
                let mut hex = hex::spaced(some);
                if some.len() < bytes.len() {
                    hex.push_str(" …");
                }
                let count = scene.with("send-bytes", [("count", bytes.len().into())]);
                ui.label(egui::RichText::new(count).small().color(t.muted));
                for (index, encoding) in
                    encodings.into_iter().flat_map(TargetEncodings::told).enumerate()
                {
                    // Shown are the bytes in the first one.
                    let color = if index == 0 { t.text } else { t.muted };
                    ui.label(egui::RichText::new(&encoding.0).small().color(color));
                }
                let hex = egui::RichText::new(hex).monospace().size(11.0).color(t.muted);
                ui.add(egui::Label::new(hex).truncate());
            }
            Ok(_) if !hint.is_empty() => {
                ui.label(egui::RichText::new(hint).small().color(t.muted));
            }
            Ok(_) => {}
        }
    });
}

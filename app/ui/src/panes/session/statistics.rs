//! What moved, how fast, and the proof of it.

use egui::{PopupCloseBehavior, Ui};
use espalier_core::session::{Counter, SessionStatus};

use crate::command::UiRequest;
use crate::icon::Icon;
use crate::number;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::{self, RowTail};

/// `moves`: not a capture that is looked at, of which nothing is counted.
pub(super) fn ui(ui: &mut Ui, scene: &mut Scene<'_>, status: &SessionStatus, moves: bool) {
    let t = theme::tokens(ui);
    let traffic = &status.traffic;
    ui.spacing_mut().interact_size.y = 18.0;
    ui.style_mut().override_text_style = Some(egui::TextStyle::Small);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        // What there is no room for is left out, least needed first.
        let room = ui.available_width();
        let end = RowTail::new(ui, "statistics");
        end.before(ui, |ui| {
            if !moves {
                return;
            }
            let detail = Detail { records: room > 460.0, rate: room > 330.0 };
            let (rate, peak) = (traffic.receive_rate, traffic.receive_peak);
            side(ui, scene, ("↓", t.received), traffic.received, (rate, peak), detail);
            ui.add_space(6.0);
            let (rate, peak) = (traffic.send_rate, traffic.send_peak);
            side(ui, scene, ("↑", t.sent), traffic.sent, (rate, peak), detail);
            if status.continues && room > 400.0 {
                ui.weak(scene.text("this-run")).on_hover_text(scene.text("this-run-why"));
            }
            if status.queued > 0 {
                let queued = number::bytes(status.queued);
                let text = scene.with("queued", [("bytes", queued.into())]);
                ui.add(egui::Label::new(egui::RichText::new(text).color(t.busy)).truncate());
            }
        });
        end.show(ui, |ui| {
            if room > 560.0 {
                let disk = number::bytes(status.capture_bytes);
                let label = ui.weak(scene.with("on-disk", [("bytes", disk.into())]));
                if status.retired_bytes > 0 {
                    let gone = number::bytes(status.retired_bytes);
                    label.on_hover_text(scene.with("retired", [("bytes", gone.into())]));
                }
            }
            if moves {
                let name = scene.text("integrity");
                let close = PopupCloseBehavior::CloseOnClickOutside;
                widgets::menu_button(ui, Icon::Shield, "", name, close, |ui| {
                    integrity(ui, scene, status)
                });
            }
        });
    });
}

/// What is told beside the bytes.
#[derive(Clone, Copy, Debug)]
struct Detail {
    records: bool,
    rate: bool,
}

fn side(
    ui: &mut Ui,
    scene: &Scene<'_>,
    (sign, color): (&str, egui::Color32),
    counter: Counter,
    (rate, peak): (f64, f64),
    detail: Detail,
) {
    let exact = scene.with(
        "counter-exact",
        [
            ("bytes", counter.bytes.into()),
            ("records", counter.records.into()),
            ("peak", number::rate(peak).into()),
        ],
    );
    ui.colored_label(color, sign).on_hover_text(&exact);
    ui.label(number::bytes(counter.bytes)).on_hover_text(&exact);
    if detail.records {
        ui.weak(scene.with("records", [("count", counter.records.into())]));
    }
    if detail.rate && rate > 0.0 {
        ui.weak(number::rate(rate)).on_hover_text(&exact);
    }
}

/// SHA-256 and count of both directions, to copy.
fn integrity(ui: &mut Ui, scene: &mut Scene<'_>, status: &SessionStatus) {
    ui.set_max_width(440.0_f32.min(ui.ctx().content_rect().width() - 40.0));
    let hint = if status.continues { "integrity-hint-run" } else { "integrity-hint" };
    ui.add(egui::Label::new(egui::RichText::new(scene.text(hint)).weak()).wrap());
    let proof = &status.integrity;
    let sides = [
        ("direction-in", proof.received_bytes, proof.received),
        ("direction-out", proof.sent_bytes, proof.sent),
    ];
    let mut lines = Vec::new();
    for (key, bytes, digest) in sides {
        let digest = espalier_core::hex::lower(&digest);
        let count = scene.with("bytes-count", [("count", bytes.into())]);
        ui.label(format!("{} · {count}", scene.text(key)));
        let digest_text = egui::RichText::new(&digest).monospace().small();
        ui.add(egui::Label::new(digest_text).selectable(true).wrap());
        lines.push(format!("{} {bytes} SHA-256 {digest}", scene.text(key)));
    }
    if widgets::button(ui, Icon::Copy, scene.text("copy")).clicked() {
        scene.ask(UiRequest::CopyText(lines.join("\n")));
    }
}

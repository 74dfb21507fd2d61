//! What moved, how fast, and the proof of it.

use egui::{PopupCloseBehavior, Ui};
use espalier_core::session::{Counter, SessionStatus};

use crate::command::Request;
use crate::icon::Icon;
use crate::scene::Scene;
use crate::theme;
use crate::widgets;
use crate::words;

pub(super) fn ui(ui: &mut Ui, scene: &mut Scene<'_>, status: &SessionStatus) {
    let t = theme::tokens(ui);
    let traffic = &status.traffic;
    ui.spacing_mut().interact_size.y = 18.0;
    ui.style_mut().override_text_style = Some(egui::TextStyle::Small);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        side(
            ui,
            scene,
            "↓",
            t.received,
            traffic.received,
            traffic.receive_rate,
            traffic.receive_peak,
        );
        ui.add_space(6.0);
        side(ui, scene, "↑", t.sent, traffic.sent, traffic.send_rate, traffic.send_peak);
        if status.queued > 0 {
            let queued = words::bytes(status.queued);
            ui.colored_label(t.busy, scene.with("queued", [("bytes", queued.into())]));
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let name = scene.text("integrity");
            let close = PopupCloseBehavior::CloseOnClickOutside;
            widgets::menu_button(ui, Icon::Shield, "", name, close, |ui| {
                integrity(ui, scene, status)
            });
            if ui.available_width() < 110.0 {
                return;
            }
            let disk = words::bytes(status.capture_bytes);
            let label = ui.weak(scene.with("on-disk", [("bytes", disk.into())]));
            if status.retired_bytes > 0 {
                let gone = words::bytes(status.retired_bytes);
                label.on_hover_text(scene.with("retired", [("bytes", gone.into())]));
            }
        });
    });
}

fn side(
    ui: &mut Ui,
    scene: &Scene<'_>,
    sign: &str,
    color: egui::Color32,
    counter: Counter,
    rate: f64,
    peak: f64,
) {
    let exact = scene.with(
        "counter-exact",
        [
            ("bytes", words::grouped(counter.bytes).into()),
            ("records", words::grouped(counter.records).into()),
            ("peak", words::rate(peak).into()),
        ],
    );
    ui.colored_label(color, sign).on_hover_text(&exact);
    ui.label(words::bytes(counter.bytes)).on_hover_text(&exact);
    ui.weak(scene.with("records", [("count", words::grouped(counter.records).into())]));
    if rate > 0.0 {
        ui.weak(words::rate(rate)).on_hover_text(&exact);
    }
}

/// SHA-256 and count of both directions, to copy.
fn integrity(ui: &mut Ui, scene: &mut Scene<'_>, status: &SessionStatus) {
    ui.set_min_width(420.0);
    ui.weak(scene.text("integrity-hint"));
    let proof = &status.integrity;
    let sides = [
        ("direction-in", proof.received_bytes, proof.received),
        ("direction-out", proof.sent_bytes, proof.sent),
    ];
    let mut lines = Vec::new();
    for (key, bytes, digest) in sides {
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let count = scene.with("bytes-count", [("count", words::grouped(bytes).into())]);
        ui.label(format!("{} · {count}", scene.text(key)));
        ui.add(egui::Label::new(egui::RichText::new(&digest).monospace().small()).selectable(true));
        lines.push(format!("{} {bytes} SHA-256 {digest}", scene.text(key)));
    }
    if widgets::button(ui, Icon::Copy, scene.text("copy")).clicked() {
        scene.ask(Request::CopyText(lines.join("\n")));
    }
}

//! The figures of a connection, name by name.

use egui::{Align, Label, Layout, RichText, Ui, vec2};
use espalier_core::figures::{ConnectionFigures, FIGURES, FigureUnit, TcpFigures, TcpState};

use crate::scene::Scene;
use crate::theme;
use crate::words;

/// How much of a row is its name.
const NAMES: f32 = 0.6;

/// How high a row is.
const HEIGHT: f32 = 17.0;

pub(super) fn ui(
    ui: &mut Ui,
    scene: &Scene<'_>,
    connection: &ConnectionFigures,
    figures: &TcpFigures,
) {
    let t = theme::tokens(ui);
    let rows = rows(scene, connection, figures);
    let wide = ui.available_width();
    ui.spacing_mut().item_spacing.y = 1.0;
    for (name, value, alarming) in rows {
        ui.horizontal(|ui| {
            cell(ui, wide * NAMES, Label::new(RichText::new(name).color(t.muted)).truncate());
            let color = if alarming { t.bad } else { t.text };
            let value = RichText::new(value).monospace().color(color);
            let rest = ui.available_width();
            cell(ui, rest, Label::new(value).truncate().selectable(true));
        });
    }
    let untold: Vec<&str> = FIGURES
        .iter()
        .filter(|figure| (figure.get)(figures).is_none() && !is_instead(figure.key))
        .map(|figure| scene.text(figure.key))
        .collect();
    if !untold.is_empty() {
        let names = untold.join(scene.text("figures-comma"));
        let text = scene.with("figures-not-told", [("names", names.into())]);
        ui.add_space(3.0);
        ui.add(Label::new(RichText::new(text).small().color(t.muted)).wrap());
    }
    ui.add_space(5.0);
}

/// A part of a row, in a width of its own.
fn cell(ui: &mut Ui, wide: f32, label: Label) {
    let size = vec2(wide, HEIGHT);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_size(size);
        ui.add(label);
    });
}

/// The same as text.
pub(super) fn lines(scene: &Scene<'_>, connection: &ConnectionFigures) -> Vec<String> {
    let Some(sample) = connection.series.last() else { return Vec::new() };
    let rows = rows(scene, connection, &sample.figures);
    rows.into_iter().map(|(name, value, _)| format!("{name}: {value}")).collect()
}

/// Told only where two others are not.
fn is_instead(key: &str) -> bool {
    key == "figure-send-buffer"
}

/// Name, value, and whether it is a reason for what goes wrong.
fn rows<'a>(
    scene: &Scene<'a>,
    connection: &ConnectionFigures,
    figures: &TcpFigures,
) -> Vec<(&'a str, String, bool)> {
    let mut rows = Vec::new();
    if let Some(state) = figures.state {
        let over = connection.is_over && state != TcpState::Closed;
        let over = if over { scene.text("figures-over") } else { "" };
        rows.push((scene.text("figure-state"), format!("{}{over}", state.name()), false));
    }
    if let Some(us) = connection.connect_us {
        let time = words::figure_value(FigureUnit::Time, us);
        rows.push((scene.text("figure-connect-time"), time, false));
    }
    for figure in FIGURES {
        let Some(value) = (figure.get)(figures) else { continue };
        let alarming = match figure.key {
            "figure-send-window" => value == 0,
            "figure-retransmitted-segments" | "figure-retransmitted-bytes" => value > 0,
            "figure-window-probes" => value > 0,
            _ => false,
        };
        rows.push((scene.text(figure.key), words::figure_value(figure.unit, value), alarming));
    }
    rows
}

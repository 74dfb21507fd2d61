//! What the board told of itself over time, as small plots.

use egui::Ui;
use egui_plot::{Line, Plot, PlotPoints};
use espalier_core::board::Sample;

use super::BoardContext;
use crate::scene::Scene;
use crate::theme;

pub(super) fn ui(polls: &mut bool, ui: &mut Ui, scene: &mut Scene<'_>, context: &BoardContext<'_>) {
    ui.checkbox(polls, scene.text("trends-watch")).on_hover_text(scene.text("trends-watch-hint"));
    let samples: Vec<Sample> = context.reported().samples.iter().copied().collect();
    let Some(last) = samples.last() else {
        ui.weak(scene.text("trends-none"));
        return;
    };
    let seconds = |sample: &Sample| (sample.at.0 - last.at.0) as f64 / 1e9;
    let rate = |pair: &[Sample], count: fn(&Sample) -> u64| {
        let time = (pair[1].at.0 - pair[0].at.0) as f64 / 1e9;
        let bytes = count(&pair[1]).saturating_sub(count(&pair[0])) as f64;
        [seconds(&pair[1]), if time > 0.0 { bytes / time } else { 0.0 }]
    };
    let received: Vec<_> = samples.windows(2).map(|pair| rate(pair, |it| it.bytes_in)).collect();
    let sent: Vec<_> = samples.windows(2).map(|pair| rate(pair, |it| it.bytes_out)).collect();
    let heap = samples.iter().filter_map(|it| Some([seconds(it), f64::from(it.heap?)])).collect();
    let signal = samples.iter().filter_map(|it| Some([seconds(it), f64::from(it.rssi?)])).collect();
    let t = theme::tokens(ui);
    let (received_color, sent_color, accent) = (t.received, t.sent, t.accent);
    plot(ui, scene, "trend-traffic", &[(received, received_color), (sent, sent_color)]);
    plot(ui, scene, "trend-heap", &[(heap, accent)]);
    plot(ui, scene, "trend-signal", &[(signal, accent)]);
}

fn plot(
    ui: &mut Ui,
    scene: &Scene<'_>,
    key: &'static str,
    lines: &[(Vec<[f64; 2]>, egui::Color32)],
) {
    if lines.iter().all(|(points, _)| points.is_empty()) {
        return;
    }
    ui.small(scene.text(key));
    Plot::new(key)
        .height(64.0)
        .show_axes([false, true])
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .show(ui, |plot| {
            for (points, color) in lines {
                plot.line(Line::new(key, PlotPoints::from(points.clone())).color(*color));
            }
        });
}

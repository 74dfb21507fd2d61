//! What the board told of itself over time, as small plots.

use egui::Ui;
use espalier_core::board::Sample;

use super::BoardContext;
use crate::number;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::{PlotLine, small_plot};

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
    let busy = samples.iter().filter_map(|it| Some([seconds(it), f64::from(it.busy?)])).collect();
    let signal = samples.iter().filter_map(|it| Some([seconds(it), f64::from(it.rssi?)])).collect();
    let t = theme::tokens(ui);
    let (received_color, sent_color, accent) = (t.received, t.sent, t.accent);
    let line = |points, color| PlotLine { name: "", points, color };
    let mut plot = |key, lines| small_plot(ui, key, scene.text(key), lines, None);
    plot("trend-traffic", vec![line(received, received_color), line(sent, sent_color)]);
    plot("trend-heap", vec![line(heap, accent)]);
    plot("trend-busy", vec![line(busy, accent)]);
    plot("trend-signal", vec![line(signal, accent)]);
    for (key, least) in [("trend-heap-least", last.heap_min), ("trend-stack-least", last.stack_min)]
    {
        if let Some(least) = least {
            ui.weak(scene.with(key, [("bytes", number::bytes(least.into()).into())]));
        }
    }
}

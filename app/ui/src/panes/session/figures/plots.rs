//! A connection over time: its round trips, what waits to be acknowledged, how much moves.

use egui::Ui;
use espalier_core::figures::{FigureSample, FigureSeries};

use crate::number;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::{PlotLine, small_plot};

pub(super) fn ui(ui: &mut Ui, scene: &Scene<'_>, series: &FigureSeries) {
    let samples: Vec<&FigureSample> = series.samples().collect();
    // One point is no line.
    let [_, .., last] = samples[..] else { return };
    let t = theme::tokens(ui);
    let (received, sent, accent) = (t.received, t.sent, t.accent);
    let seconds = |sample: &FigureSample| (sample.at.0 - last.at.0) as f64 / 1e9;
    let line = |get: fn(&FigureSample) -> Option<u64>| {
        let points = samples.iter().filter_map(|it| Some([seconds(it), get(it)? as f64]));
        points.collect::<Vec<_>>()
    };
    let rate = |count: fn(&FigureSample) -> u64| {
        let rates = samples.windows(2).map(|pair| {
            let time = (pair[1].at.0 - pair[0].at.0) as f64 / 1e9;
            let bytes = count(pair[1]).saturating_sub(count(pair[0])) as f64;
            [seconds(pair[1]), if time > 0.0 { bytes / time } else { 0.0 }]
        });
        rates.collect::<Vec<_>>()
    };
    let trips = line(|it| it.figures.round_trip_us);
    let name = scene.text("figure-round-trip");
    let lines = vec![PlotLine { name, points: trips, color: accent }];
    small_plot(ui, "round trips", "", lines, Some(milliseconds));
    let lines = vec![
        PlotLine {
            name: scene.text("figure-unacknowledged"),
            points: line(|it| it.figures.unacknowledged_bytes.or(it.figures.send_buffer_bytes)),
            color: accent,
        },
        PlotLine {
            name: scene.text("figure-unsent"),
            points: line(|it| it.figures.unsent_bytes),
            color: sent,
        },
    ];
    small_plot(ui, "waiting", "", lines, Some(bytes));
    let lines = vec![
        PlotLine {
            name: scene.text("figures-received"),
            points: rate(|it| it.received_bytes),
            color: received,
        },
        PlotLine {
            name: scene.text("figures-sent"),
            points: rate(|it| it.sent_bytes),
            color: sent,
        },
    ];
    small_plot(ui, "traffic", "", lines, Some(number::rate));
}

fn milliseconds(us: f64) -> String {
    format!("{} ms", espalier_core::figures::milliseconds(us.max(0.0) as u64))
}

fn bytes(count: f64) -> String {
    number::bytes(count.max(0.0) as u64)
}

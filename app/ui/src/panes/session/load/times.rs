//! How long things took, as a small histogram.

use egui::{Rect, Sense, Ui, Vec2, pos2};
use espalier_core::figures::LatencySummary;

use crate::scene::Scene;
use crate::theme;

const HEIGHT: f32 = 28.0;

/// The figures that are asked for most, and bars by magnitude where there is room. Nothing while there is nothing.
pub(super) fn ui(
    ui: &mut Ui,
    scene: &Scene<'_>,
    key: &str,
    times: &LatencySummary,
    has_bars: bool,
) {
    if times.count == 0 {
        return;
    }
    let t = theme::tokens(ui);
    let (accent, line) = (t.accent, t.line);
    let text = scene.with(
        key,
        [
            ("p50", span(times.p50_us).into()),
            ("p99", span(times.p99_us).into()),
            ("max", span(times.max_us).into()),
        ],
    );
    ui.label(egui::RichText::new(&text).small());
    if !has_bars {
        return;
    }
    let size = Vec2::new(ui.available_width(), HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let enabled = ui.is_enabled();
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, enabled, &text));
    let most = times.bars.iter().map(|bar| bar.count).max().unwrap_or(1).max(1);
    let width = (rect.width() / times.bars.len().max(1) as f32).min(24.0);
    let painter = ui.painter();
    painter.hline(rect.x_range(), rect.bottom(), egui::Stroke::new(1.0, line));
    let mut told = None;
    let pointer = response.hover_pos();
    for (at, bar) in times.bars.iter().enumerate() {
        let left = rect.left() + at as f32 * width;
        // Few are seen beside many.
        let share = (bar.count as f32 / most as f32).sqrt();
        let top = rect.bottom() - share * HEIGHT;
        let (from, to) = (pos2(left + 1.0, top), pos2(left + width - 1.0, rect.bottom()));
        painter.rect_filled(Rect::from_min_max(from, to), 1.0, accent);
        if pointer.is_some_and(|it| (left..left + width).contains(&it.x)) {
            let (count, time) = (bar.count.into(), span(bar.up_to_us).into());
            told = Some(scene.with("load-bar", [("count", count), ("time", time)]));
        }
    }
    if let Some(told) = told {
        response.on_hover_text(told);
    }
}

/// `870 µs`, `3.4 ms`, `1.25 s`.
pub(super) fn span(us: u64) -> String {
    match us {
        0..1000 => format!("{us} µs"),
        1000..1_000_000 => format!("{:.1} ms", us as f64 / 1000.0),
        _ => format!("{:.2} s", us as f64 / 1_000_000.0),
    }
}

//! How long something took: a histogram with its quantiles.

use egui::{Align2, FontId, Rect, RichText, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use espalier_core::figures::{LatencyBar, LatencySummary, milliseconds};

use crate::number;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::form;

/// `none` is said where nothing was counted.
pub(super) fn ui(ui: &mut Ui, scene: &Scene<'_>, summary: &LatencySummary, none: &'static str) {
    if summary.count == 0 {
        form::hint(ui, scene.text(none));
        return;
    }
    let text = line(scene, summary);
    ui.add(egui::Label::new(&text).wrap().selectable(true));
    // One alone is told already.
    if summary.count > 1 {
        bars(ui, scene, summary, &text);
    }
}

/// The same behind its name, and with bars where there is room; nothing while nothing was counted.
pub(super) fn named(
    ui: &mut Ui,
    scene: &Scene<'_>,
    name: &'static str,
    summary: &LatencySummary,
    has_bars: bool,
) {
    if summary.count == 0 {
        return;
    }
    let (name, text) = (scene.text(name), line(scene, summary));
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(name).small().strong());
        ui.add(egui::Label::new(RichText::new(&text).small()).wrap().selectable(true));
    });
    if has_bars && summary.count > 1 {
        bars(ui, scene, summary, &format!("{name} {text}"));
    }
}

/// All of it in one line.
pub(super) fn line(scene: &Scene<'_>, summary: &LatencySummary) -> String {
    let time = |us| milliseconds(us);
    scene.with(
        "figures-quantiles",
        [
            ("count", number::grouped(summary.count).into()),
            ("p50", time(summary.p50_us).into()),
            ("p90", time(summary.p90_us).into()),
            ("p99", time(summary.p99_us).into()),
            ("max", time(summary.max_us).into()),
        ],
    )
}

/// The border below a bar: they go 1, 2, 5, 10.
fn lower_border(bar: &LatencyBar) -> u64 {
    let leading = bar.up_to_us.to_string().starts_with('5');
    if leading { bar.up_to_us / 5 * 2 } else { bar.up_to_us / 2 }
}

/// Where a time stands over the bars, from 0 to their number.
fn place(bars: &[LatencyBar], us: u64) -> f32 {
    let at = bars.iter().position(|bar| us <= bar.up_to_us).unwrap_or(bars.len() - 1);
    let (low, high) = (lower_border(&bars[at]), bars[at].up_to_us);
    let within = us.saturating_sub(low) as f32 / (high - low).max(1) as f32;
    at as f32 + within.clamp(0.0, 1.0)
}

fn bars(ui: &mut Ui, scene: &Scene<'_>, summary: &LatencySummary, name: &str) {
    /// Above them the quantiles are named, below stand the borders.
    const ROW: f32 = 10.0;
    const HEAD: f32 = 3.0 * ROW;
    const FOOT: f32 = 14.0;
    const HEIGHT: f32 = 50.0;
    let bars = &summary.bars[..];
    let Some(most) = bars.iter().map(|bar| bar.count).max().filter(|most| *most > 0) else {
        return;
    };
    let t = theme::tokens(ui);
    let size = vec2(ui.available_width(), HEAD + HEIGHT + FOOT);
    let (place_of_all, response) = ui.allocate_exact_size(size, Sense::hover());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Image, enabled, name));
    let field = Rect::from_min_size(place_of_all.min + vec2(0.0, HEAD), vec2(size.x, HEIGHT));
    let painter = ui.painter_at(place_of_all);
    painter.hline(field.x_range(), field.bottom(), Stroke::new(1.0, t.line));
    // A few bars are not as wide as the pane.
    let wide = (field.width() / bars.len() as f32).min(60.0);
    let left = |at: f32| field.left() + at * wide;
    let font = FontId::proportional(9.0);
    let mut free_from = f32::NEG_INFINITY;
    for (at, bar) in bars.iter().enumerate() {
        let high = (bar.count as f32 / most as f32 * HEIGHT).max(1.0);
        let high = if bar.count == 0 { 0.0 } else { high };
        let shape = Rect::from_min_max(
            pos2(left(at as f32) + 1.0, field.bottom() - high),
            pos2(left(at as f32 + 1.0) - 1.0, field.bottom()),
        );
        painter.rect_filled(shape, 1.0, t.accent.gamma_multiply(0.6));
        let end = left(at as f32 + 1.0);
        let label = painter.layout_no_wrap(milliseconds(bar.up_to_us), font.clone(), t.muted);
        let begin = end - label.size().x;
        if begin > free_from {
            free_from = end + 6.0;
            painter.galley(pos2(begin, field.bottom() + 2.0), label, t.muted);
        }
    }
    let quantiles = [
        ("p50", summary.p50_us, t.good),
        ("p99", summary.p99_us, t.busy),
        ("max", summary.max_us, t.bad),
    ];
    for (row, (name, us, color)) in quantiles.into_iter().enumerate() {
        let x = left(place(bars, us)).min(field.right() - 1.0);
        let top = place_of_all.top() + row as f32 * ROW;
        painter.vline(x, top..=field.bottom(), Stroke::new(1.0, color));
        let (corner, at) = match x + 26.0 > field.right() {
            true => (Align2::RIGHT_TOP, pos2(x - 2.0, top)),
            false => (Align2::LEFT_TOP, pos2(x + 2.0, top)),
        };
        painter.text(at, corner, name, font.clone(), color);
    }
    let Some(pointer) = response.hover_pos() else { return };
    let under = ((pointer.x - field.left()) / wide) as usize;
    if let Some(bar) = bars.get(under) {
        let text = scene.with(
            "figures-bar",
            [
                ("from", milliseconds(lower_border(bar)).into()),
                ("to", milliseconds(bar.up_to_us).into()),
                ("count", number::grouped(bar.count).into()),
            ],
        );
        response.on_hover_text_at_pointer(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_stands_in_the_bar_that_counts_it() {
        let bars: Vec<LatencyBar> =
            [10, 20, 50].map(|up_to_us| LatencyBar { up_to_us, count: 1 }).into();
        assert_eq!(bars.iter().map(lower_border).collect::<Vec<_>>(), [5, 10, 20]);
        assert_eq!(place(&bars, 10), 1.0);
        assert_eq!(place(&bars, 15), 1.5);
        assert_eq!(place(&bars, 35), 2.5);
        assert_eq!((place(&bars, 0), place(&bars, 99)), (0.0, 3.0));
    }
}

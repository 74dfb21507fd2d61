//! What there is to know about the timeline as a whole: how many rows, the boards' clocks, why it ended.

use egui::Ui;
use espalier_core::Timestamp;
use espalier_core::backend::TimelineStatus;
use espalier_core::board::ClockBounds;
use espalier_core::view::{ClockStyle, TimeFormat, ViewStatus};

use crate::scene::Scene;
use crate::theme;
use crate::widgets::log_view::LaneStyle;

pub(super) fn ui(
    ui: &mut Ui,
    scene: &Scene<'_>,
    styles: &[LaneStyle],
    status: &TimelineStatus,
    view: &ViewStatus,
) {
    ui.horizontal_wrapped(|ui| {
        let shown = view.shown - view.first_shown.min(view.shown);
        let shown = [("shown", shown.into()), ("rows", view.rows.into())];
        ui.weak(scene.with("filter-shown", shown));
        for (lane, zero) in status.clocks.iter() {
            let style = usize::try_from(*lane).ok().and_then(|lane| styles.get(lane));
            let name = style.map(|style| style.name.as_str()).unwrap_or_default();
            ui.separator();
            ui.weak(clock(scene, name, zero)).on_hover_text(scene.text("timeline-clock-hint"));
        }
        if let Some(fault) = &status.fault {
            ui.colored_label(theme::tokens(ui).bad, &**fault);
        }
    });
}

/// Where the zero of a board's clock lies on ours, and how well that is known.
fn clock(scene: &Scene<'_>, board: &str, zero: &ClockBounds) -> String {
    let time = to_the_millisecond(scene, zero.estimate());
    match zero.uncertainty() {
        Some(range) => {
            let ms = format!("{:.1}", range.as_secs_f64() * 1e3);
            let parts = [("board", board.into()), ("time", time.into()), ("ms", ms.into())];
            scene.with("timeline-clock", parts)
        }
        None => {
            let parts = [("board", board.into()), ("time", time.into())];
            scene.with("timeline-clock-late", parts)
        }
    }
}

fn to_the_millisecond(scene: &Scene<'_>, at: Timestamp) -> String {
    let zone = scene.platform.zone();
    let clock = TimeFormat { style: ClockStyle::Local, start: at, zone, date: false };
    let text = clock.local(at);
    let end = text.find('.').map_or(text.len(), |point| (point + 4).min(text.len()));
    text.get(..end).unwrap_or(&text).to_owned()
}

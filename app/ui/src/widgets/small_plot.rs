//! A small plot over time, as panes show several of.

use egui::{Color32, RichText, Ui};
use egui_plot::{Line, Plot, PlotPoints};

/// A line of a plot.
#[derive(Clone, Debug)]
pub struct PlotLine<'a> {
    /// What it is of, said above in its colour; nothing where the plot's title says it.
    pub name: &'a str,
    /// Seconds, and values.
    pub points: Vec<[f64; 2]>,
    /// Its colour.
    pub color: Color32,
}

/// Draws lines over the seconds before now; nothing where there is no point. `key` tells it from others. What is `spelled` has its
/// highest value beside its name instead of an axis.
pub fn small_plot(
    ui: &mut Ui,
    key: &'static str,
    title: &str,
    lines: Vec<PlotLine<'_>>,
    spelled: Option<fn(f64) -> String>,
) {
    let points = lines.iter().flat_map(|line| &line.points);
    let Some(highest) = points.map(|[_, value]| *value).reduce(f64::max) else { return };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().interact_size.y = 0.0;
        if !title.is_empty() {
            ui.small(title);
        }
        for line in lines.iter().filter(|line| !line.name.is_empty()) {
            ui.label(RichText::new(line.name).small().color(line.color));
        }
        if let Some(spelled) = spelled {
            ui.label(RichText::new(format!("≤ {}", spelled(highest))).small().weak());
        }
    });
    let plot = Plot::new(key)
        .height(64.0)
        .show_axes([false, spelled.is_none()])
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false);
    let plot = match spelled {
        // What is nothing all the time lies at the foot.
        Some(_) => plot.include_y(0.0).include_y(highest.max(1.0)).label_formatter(|_| None),
        None => plot,
    };
    plot.show(ui, |plot| {
        for PlotLine { points, color, .. } in lines {
            plot.line(Line::new(key, PlotPoints::from(points)).color(color));
        }
    });
}

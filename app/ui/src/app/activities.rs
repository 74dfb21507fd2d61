//! What takes its time: reading a large file, saving one. Each is seen, and can be cancelled.

use std::path::Path;

use egui::{Frame, Label, Margin, Panel, ProgressBar, RichText, Ui, WidgetInfo};
use espalier_core::{Progress, Watch};

use super::App;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::RowTail;

/// From one look at how far they are to the next, in seconds.
const LOOK: f32 = 0.1;

impl App {
    /// Something begins that may take long: it is shown, in the words of `key`, until whoever does it lets go of it.
    pub(super) fn begin(&mut self, key: &str, path: &Path) -> Progress {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        let name = self.locale.with(key, [("name", name.as_ref().into())]);
        let progress = Progress::default();
        self.activities.push((name, progress.watch()));
        progress
    }
}

/// A line for each.
pub(super) fn bar(ui: &mut Ui, scene: &Scene<'_>, activities: &[(String, Watch)]) {
    let under_way: Vec<(&String, Progress)> =
        activities.iter().filter_map(|(name, watch)| Some((name, watch.action()?))).collect();
    if under_way.is_empty() {
        return;
    }
    ui.ctx().request_repaint_after_secs(LOOK);
    let frame = Frame::new().fill(theme::tokens(ui).panel).inner_margin(Margin::symmetric(10, 4));
    Panel::top("activities").frame(frame).show(ui, |ui| {
        for (at, (name, progress)) in under_way.into_iter().enumerate() {
            ui.push_id(at, |ui| ui.horizontal(|ui| activity(ui, scene, name, &progress)));
        }
    });
}

fn activity(ui: &mut Ui, scene: &Scene<'_>, name: &str, progress: &Progress) {
    let end = RowTail::new(ui, "activity");
    end.before(ui, |ui| {
        let cancelled = progress.is_cancelled();
        let text = if cancelled { scene.text("going-cancelling") } else { name };
        let text = RichText::new(text).color(theme::tokens(ui).strong);
        let wide = ui.available_width();
        ui.scope(|ui| {
            ui.set_max_width(wide * 0.6);
            ui.add(Label::new(text).truncate());
        });
        let bar = match progress.share() {
            Some(share) => ProgressBar::new(share).show_percentage(),
            None => ProgressBar::new(0.0).animate(true),
        };
        let bar = ui.add(bar.desired_width(ui.available_width()));
        let done = progress.share().map(|share| f64::from(share) * 100.0);
        bar.widget_info(|| WidgetInfo {
            value: done,
            ..WidgetInfo::labeled(egui::Role::ProgressIndicator, true, name)
        });
    });
    end.show(ui, |ui| {
        ui.add_enabled_ui(!progress.is_cancelled(), |ui| {
            if ui.button(scene.text("cancel")).clicked() {
                progress.cancel();
            }
        });
    });
}

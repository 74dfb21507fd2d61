//! The log of the program: notices of what the user must hear of, and the report of the last crash.

use egui::{Context, Frame, Margin, Panel, RichText, Ui};
use espalier_core::program_log::Severity;
use espalier_core::{Progress, Sentence};

use super::App;
use crate::command::{DialogRequest, Toast, UiRequest};
use crate::icon::Icon;
use crate::scene::Scene;
use crate::theme;
use crate::widgets;

/// What the user heard of so far.
#[derive(Debug, Default)]
pub(super) struct SeenAlerts {
    /// How many alerts.
    count: u64,
    /// How many there were before the notice that is up.
    before: u64,
    /// The notice that is up, if it still is.
    up: Option<Toast>,
    /// The next notice is not before this time: however many alerts there are, the window draws no more often for them.
    next: f64,
}

impl App {
    /// Seconds from one notice of alerts to the next.
    const BETWEEN_ALERTS: f64 = 1.0;

    /// Puts up a notice of what came since the last one. While that is still up it is counted in: a flood is one notice.
    pub(super) fn hear_alerts(&mut self, ctx: &Context) {
        let now = ctx.input(|input| input.time);
        if now < self.seen_alerts.next {
            ctx.request_repaint_after_secs((self.seen_alerts.next - now) as f32 + 0.01);
            return;
        }
        let alerts = self.platform.program_alerts();
        let Some(latest) = alerts.latest.filter(|_| alerts.count > self.seen_alerts.count) else {
            return;
        };
        let is_up = self.seen_alerts.up.take().is_some_and(|toast| self.toasts.take(&toast));
        if !is_up {
            self.seen_alerts.before = self.seen_alerts.count;
        }
        self.seen_alerts.count = alerts.count;
        self.seen_alerts.next = now + Self::BETWEEN_ALERTS;
        let count = alerts.count - self.seen_alerts.before;
        let text = latest.text.as_str().into();
        let sentence = self.locale.with("program-alert", [("count", count.into()), ("text", text)]);
        let toast = match latest.level {
            Severity::Error => Toast::failure(sentence),
            _ => Toast::notice(sentence),
        };
        self.seen_alerts.up = Some(toast.clone());
        self.toast(ctx, toast);
    }

    pub(super) fn save_program_log(&self, path: std::path::PathBuf, level: Severity, from: u64) {
        let done = self.saved(&path);
        self.platform.save_program_log(path, level, from, done);
    }

    /// The report is not offered again.
    pub(super) fn settle_crash(&mut self, delete: bool) {
        self.crash = None;
        let failed = self.outcome(&Progress::default());
        let done = move |result: Result<(), Sentence>| {
            if let Err(sentence) = result {
                failed(Err(sentence));
            }
        };
        self.platform.settle_crash(delete, Box::new(done));
    }
}

/// The line that offers the report of the last crash.
pub(super) fn crash_bar(ui: &mut Ui, scene: &mut Scene<'_>, report: Option<&str>) {
    let Some(report) = report else { return };
    let t = theme::tokens(ui);
    Panel::top("crash")
        .frame(Frame::new().fill(t.panel).inner_margin(Margin::symmetric(10, 5)))
        .show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new(scene.text("crash-offer")).color(t.strong));
                if widgets::button(ui, Icon::Eye, scene.text("crash-show")).clicked() {
                    scene.ask(UiRequest::Show(DialogRequest::CrashReport(report.to_owned())));
                }
                if ui.button(scene.text("crash-keep")).clicked() {
                    scene.ask(UiRequest::SettleCrash { delete: false });
                }
                if ui.button(scene.text("crash-delete")).clicked() {
                    scene.ask(UiRequest::SettleCrash { delete: true });
                }
            });
        });
}

//! Running the list: begin, pause, step, stop, and how far it is.

use egui::{ProgressBar, RichText, Ui};
use espalier_core::backend::{ListControl, ListRequest, SessionCommand};
use espalier_core::send_list::{ListPlan, RunEnd, RunPhase};
use espalier_core::session::ListStatus;

use super::ListContext;
use crate::command::{Toast, UiRequest};
use crate::icon::Icon;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::{self, form};

/// How a run is asked for.
#[derive(Debug)]
pub(super) struct RunForm {
    endless: bool,
    rounds: u64,
    /// A command asked for a run.
    asked: bool,
}

impl Default for RunForm {
    fn default() -> Self {
        Self { endless: false, rounds: 1, asked: false }
    }
}

impl RunForm {
    /// How often all of it is sent.
    pub(super) fn rounds(&self) -> Option<u64> {
        (!self.endless).then_some(self.rounds)
    }

    /// Begins a run when it is drawn next, if it can be.
    pub(super) const fn begin(&mut self) {
        self.asked = true;
    }

    /// Draws it.
    pub(super) fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, with: &ListContext<'_>) {
        let run = with.status.list.clone();
        let going = run.as_ref().filter(|run| !matches!(run.phase, RunPhase::Over(_)));
        let asked = std::mem::take(&mut self.asked);
        ui.horizontal_wrapped(|ui| match going {
            Some(run) => controls(ui, scene, with, run),
            None => {
                let ready = with.ready && !scene.send_list.list.is_empty();
                let button = ui.add_enabled_ui(ready, |ui| {
                    widgets::button(ui, Icon::Play, scene.text("list-run"))
                        .on_hover_text(scene.text("list-run-hint"))
                });
                if button.inner.clicked() || (asked && ready) {
                    start(scene, with, None, self.rounds());
                }
                ui.checkbox(&mut self.endless, scene.text("cycle-endless"));
                if !self.endless {
                    let name = scene.text("list-rounds");
                    let unit = scene.text("cycle-times");
                    let field = form::number(ui, &mut self.rounds, 1..=1_000_000_000, unit);
                    let enabled = ui.is_enabled();
                    field.widget_info(|| {
                        egui::WidgetInfo::labeled(egui::Role::SpinButton, enabled, name)
                    });
                }
            }
        });
        if let Some(run) = &run {
            ui.scope(|ui| how_far(ui, scene, with, run));
        }
    }
}

fn controls(ui: &mut Ui, scene: &mut Scene<'_>, with: &ListContext<'_>, run: &ListStatus) {
    let paused = run.paused;
    let (icon, key, control) = match paused {
        true => (Icon::Play, "list-resume", ListControl::Resume),
        false => (Icon::Pause, "list-pause", ListControl::Pause),
    };
    let mut asked = None;
    if widgets::button(ui, icon, scene.text(key)).clicked() {
        asked = Some(control);
    }
    if widgets::button(ui, Icon::Follow, scene.text("list-step")).clicked() {
        asked = Some(ListControl::Step);
    }
    if widgets::button(ui, Icon::Stop, scene.text("list-stop")).clicked() {
        asked = Some(ListControl::Stop);
    }
    if let Some(control) = asked {
        scene.ask(UiRequest::Session(with.id, SessionCommand::List(control)));
    }
}

/// The bar, the entry, and the end in sight until it is dismissed.
fn how_far(ui: &mut Ui, scene: &mut Scene<'_>, with: &ListContext<'_>, run: &ListStatus) {
    let t = theme::tokens(ui);
    let sent = run.progress.sent;
    let all = run.rounds.map(|rounds| rounds.saturating_mul(run.messages));
    let text = match all {
        Some(all) => scene.with("list-progress", [("sent", sent.into()), ("count", all.into())]),
        None => scene.with("list-sent", [("sent", sent.into())]),
    };
    let (key, color) = match &run.phase {
        RunPhase::Sending => ("list-next", t.muted),
        RunPhase::Waiting => ("list-waits", t.text),
        RunPhase::HeldUp => ("list-held-up", t.text),
        RunPhase::Paused => ("list-paused", t.text),
        RunPhase::Over(RunEnd::Done) => ("list-done", t.good),
        RunPhase::Over(RunEnd::Stopped) => ("list-stopped", t.muted),
        RunPhase::Over(RunEnd::NoAnswer) => ("list-no-answer", t.bad),
        RunPhase::Over(RunEnd::Unsendable(_)) => ("list-unsendable", t.bad),
        RunPhase::Over(RunEnd::TargetGone(_)) => ("list-gone", t.bad),
    };
    if !matches!(run.phase, RunPhase::Over(_)) {
        let bar = match all.filter(|all| *all > 0) {
            Some(all) => ProgressBar::new(sent as f32 / all as f32),
            None => ProgressBar::new(0.0).animate(!run.paused),
        };
        ui.add(bar.desired_height(5.0));
    }
    let mut said = scene.with(key, [("entry", run.entry.as_str().into())]);
    if let RunPhase::Over(RunEnd::Unsendable(why) | RunEnd::TargetGone(why)) = &run.phase {
        said = format!("{said} {}", scene.locale.translate(why));
    }
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(text).small());
        ui.label(RichText::new(said).small().color(color));
        if run.unsent > 0 {
            let unsent = scene.with("list-unsent", [("count", run.unsent.into())]);
            ui.label(RichText::new(unsent).small().color(t.bad));
        }
        if run.progress.missing > 0 {
            let missing = scene.with("list-missing", [("count", run.progress.missing.into())]);
            ui.label(RichText::new(missing).small().color(t.bad));
        }
        if matches!(run.phase, RunPhase::Over(_))
            && widgets::icon_button(ui, Icon::Cross, scene.text("list-dismiss")).clicked()
        {
            let dismiss = SessionCommand::List(ListControl::Dismiss);
            scene.ask(UiRequest::Session(with.id, dismiss));
        }
    });
}

/// Begins a run of one group, or of all.
pub(super) fn start(
    scene: &mut Scene<'_>,
    with: &ListContext<'_>,
    group: Option<usize>,
    rounds: Option<u64>,
) {
    let plan = ListPlan::of_all(&scene.send_list.list, group, rounds);
    if plan.entries.is_empty() {
        return scene.ask(UiRequest::Toast(Toast::notice(scene.text("list-nothing"))));
    }
    if let Some((planned, fault)) = plan.fault(&with.encodings.session) {
        let (entry, why) = (planned.entry.label().to_owned(), fault.to_string());
        let why = scene.locale.translate(&why);
        let said = scene.with("list-fault", [("entry", entry.into()), ("why", why.into())]);
        return scene.ask(UiRequest::Toast(Toast::failure(said)));
    }
    let request = ListRequest {
        to: with.to.clone(),
        plan,
        encoding: with.encodings.session.clone(),
        variables: (*scene.send_list.variables).clone(),
    };
    scene.ask(UiRequest::Session(with.id, SessionCommand::StartList(Box::new(request))));
}

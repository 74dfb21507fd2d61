//! A rule tried on what has passed, before it is let loose.

use std::sync::Arc;

use egui::{RichText, ScrollArea, Ui};
use espalier_core::rules::{Rule, RuleTrial, TrialPlace};
use espalier_core::view::{ClockStyle, TimeFormat};
use espalier_core::{Progress, Watch, hex};
use parking_lot::Mutex;

use super::RulesContext;
use crate::command::UiRequest;
use crate::icon::Icon;
use crate::scene::Scene;
use crate::theme;
use crate::widgets;

/// A trial: under way, done, or none yet.
#[derive(Debug, Default)]
pub(super) struct TrialForm {
    asked: Option<AskedTrial>,
}

#[derive(Debug)]
struct AskedTrial {
    /// What was tried: a rule that was changed since was not.
    rule: Rule,
    watch: Watch,
    outcome: Arc<Mutex<Option<RuleTrial>>>,
    /// It has been brought into view.
    is_shown: bool,
}

impl Drop for AskedTrial {
    fn drop(&mut self) {
        if let Some(action) = self.watch.action() {
            action.cancel();
        }
    }
}

impl TrialForm {
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        with: &RulesContext<'_>,
        rule: &Rule,
        works: bool,
    ) {
        let alone = Rule { on: true, name: String::new(), ..rule.clone() };
        self.asked.take_if(|asked| asked.rule != alone);
        ui.horizontal_wrapped(|ui| {
            let progress = self.asked.as_ref().and_then(|asked| asked.watch.action());
            if let Some(progress) = progress {
                let share = progress.share().unwrap_or_default();
                ui.add(egui::ProgressBar::new(share).desired_width(120.0));
                if ui.button(scene.text("cancel")).clicked() {
                    progress.cancel();
                    self.asked = None;
                }
                return;
            }
            ui.add_enabled_ui(works, |ui| {
                let button = widgets::button(ui, Icon::History, scene.text("rule-try"));
                if button.on_hover_text(scene.text("rule-try-hint")).clicked() {
                    self.asked = Some(begin(scene, with, alone));
                }
            });
        });
        let Some(asked) = &mut self.asked else { return };
        let outcome = asked.outcome.lock();
        let Some(trial) = &*outcome else { return };
        let parts = [("count", trial.total().into()), ("bytes", trial.bytes.into())];
        let told = ui.label(scene.with("rule-tried", parts));
        places(ui, scene, with, trial);
        if !std::mem::replace(&mut asked.is_shown, true) {
            ui.scroll_to_rect(told.rect.union(ui.min_rect().with_min_y(told.rect.top())), None);
        }
    }
}

fn begin(scene: &Scene<'_>, with: &RulesContext<'_>, rule: Rule) -> AskedTrial {
    let (progress, outcome) = (Progress::default(), Arc::new(Mutex::new(None)));
    let (watch, into) = (progress.watch(), Arc::clone(&outcome));
    let done = Box::new(move |trial| *into.lock() = trial);
    let (rules, encoding) = (vec![rule.clone()], with.encoding.clone());
    scene.backend.try_rules(with.id, rules, encoding, progress, done);
    AskedTrial { rule, watch, outcome, is_shown: false }
}

/// Where it would have matched; a click goes there.
fn places(ui: &mut Ui, scene: &mut Scene<'_>, with: &RulesContext<'_>, trial: &RuleTrial) {
    const ROW: f32 = 20.0;
    let clock = TimeFormat {
        style: ClockStyle::Local,
        start: Default::default(),
        zone: scene.platform.zone(),
        date: false,
    };
    let high = (trial.places.len() as f32 * ROW).min(140.0);
    let area = ScrollArea::vertical().id_salt("rule places").max_height(high);
    area.show_rows(ui, ROW, trial.places.len(), |ui, range| {
        for place in trial.places.get(range).unwrap_or_default() {
            let TrialPlace { at, peer, record, offset, bytes, .. } = place;
            let peer = if peer.0 > 0 { format!("#{} ", peer.0) } else { String::new() };
            let text = format!("{} {peer}{}", clock.local(*at), hex::spaced(bytes));
            let text = RichText::new(text).monospace().size(11.0).color(theme::tokens(ui).text);
            let button = ui.add(egui::Button::new(text).frame(false).truncate());
            if button.clicked() {
                scene.ask(UiRequest::ShowPlace(with.id, *record, *offset));
            }
        }
    });
}

//! One rule, edited in place: what changes works at once.

use egui::{ScrollArea, Ui};
use espalier_core::matching::{MatchGroups, PatternFormat};
use espalier_core::rules::{
    MessageFraming, PatternPlace, ReceivedTrigger, Rule, RuleAction, RuleAnswer, RuleFault, Trigger,
};
use espalier_core::view::EncodingName;

use super::RulesContext;
use super::action;
use super::trial::TrialForm;
use crate::icon::Icon;
use crate::panes::session::message_form::MessageSearch;
use crate::scene::Scene;
use crate::widgets::{self, Focus, Search, choice, form, segmented};

/// A rule that is being edited.
#[derive(Debug)]
pub(super) struct RuleEditor {
    at: usize,
    rule: Rule,
    encoding_search: Search,
    searches: Vec<MessageSearch>,
    focus: Focus,
    trial: TrialForm,
    /// As it was compiled last.
    checked: Option<CheckedRule>,
}

/// What compiling a rule says of it: it is compiled when it has changed, not when it is drawn.
#[derive(Debug)]
struct CheckedRule {
    rule: Rule,
    encoding: EncodingName,
    fault: Option<RuleFault>,
    sample: MatchGroups,
}

impl RuleEditor {
    /// Edits the rule at this place.
    pub(super) fn new(at: usize, rule: Rule) -> Self {
        Self {
            at,
            rule,
            encoding_search: Search::default(),
            searches: Vec::new(),
            focus: Focus::wanted(),
            trial: TrialForm::default(),
            checked: None,
        }
    }

    /// The same for the rule at another place, to which it was moved.
    pub(super) fn at_place(self, at: usize) -> Self {
        Self { at, ..self }
    }

    /// Where it stands.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Whether what it edits still stands there, or is about to: no other rule is overwritten.
    pub(super) fn is_of(&self, rules: &[Rule]) -> bool {
        self.at <= rules.len() && rules.get(self.at).is_none_or(|there| *there == self.rule)
    }

    /// It was switched in the list.
    pub(super) const fn switched(&mut self, on: bool) {
        self.rule.on = on;
    }

    /// Draws it: whether it goes on, and the rule when it was changed.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        with: &RulesContext<'_>,
    ) -> (bool, Option<Rule>) {
        let mut rule = self.rule.clone();
        let mut goes_on = true;
        ScrollArea::vertical().id_salt("rule editor").auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            ui.horizontal(|ui| {
                let end = widgets::RowTail::new(ui, "rule name");
                end.before(ui, |ui| {
                    let width = ui.available_width();
                    form::named(ui, scene.text("rule-name"), &mut rule.name, width);
                });
                goes_on = !end.show(ui, |ui| {
                    widgets::icon_button(ui, Icon::Cross, scene.text("list-edit-close")).clicked()
                });
            });
            self.when(ui, scene, &mut rule.when);
            self.check(with, &rule);
            self.fault(ui, scene);
            ui.checkbox(&mut rule.go_on, scene.text("rule-go-on"))
                .on_hover_text(scene.text("rule-go-on-hint"));
            self.actions(ui, scene, with, &mut rule);
            self.check(with, &rule);
            let works = self.checked.as_ref().is_some_and(|checked| checked.fault.is_none());
            self.trial.ui(ui, scene, with, &rule, works);
        });
        let changed = (rule != self.rule).then(|| {
            self.rule = rule;
            self.rule.clone()
        });
        (goes_on, changed)
    }

    /// What it waits for.
    fn when(&mut self, ui: &mut Ui, scene: &Scene<'_>, when: &mut Trigger) {
        let mut kind = match when {
            Trigger::Received(_) => 0,
            Trigger::Connected => 1,
            Trigger::Disconnected => 2,
            Trigger::Silence { .. } => 3,
        };
        let before = kind;
        ui.horizontal_wrapped(|ui| {
            ui.weak(scene.text("rule-when"));
            let kinds = [
                (0, scene.text("rule-when-received")),
                (1, scene.text("rule-when-connected")),
                (2, scene.text("rule-when-disconnected")),
                (3, scene.text("rule-when-silence")),
            ];
            choice(ui, "rule when", scene.text("rule-when"), &mut kind, &kinds);
            if kind != before {
                *when = match kind {
                    0 => Trigger::Received(ReceivedTrigger::default()),
                    1 => Trigger::Connected,
                    2 => Trigger::Disconnected,
                    _ => Trigger::Silence { after_ms: 5000 },
                };
            }
            if let Trigger::Silence { after_ms } = when {
                let name = scene.text("rule-silence");
                form::named_number(ui, name, after_ms, 1..=86_400_000, "ms");
            }
            if let Trigger::Received(received) = when {
                let places = PatternPlace::ALL.map(|place| (place, scene.text(place_key(place))));
                choice(ui, "rule place", scene.text("rule-place"), &mut received.place, &places);
            }
        });
        let Trigger::Received(received) = when else { return };
        if received.place != PatternPlace::Any {
            if self.focus.is_due(ui) {
                form::take_focus(ui, &received.pattern);
            }
            let width = ui.available_width();
            form::named(ui, scene.text("rule-pattern"), &mut received.pattern, width);
            ui.horizontal_wrapped(|ui| {
                let formats = [
                    (PatternFormat::Text, scene.text("send-text")),
                    (PatternFormat::Hex, scene.text("send-hex")),
                    (PatternFormat::Regex, scene.text("list-answer-regex")),
                ];
                segmented(ui, &mut received.format, &formats);
                if received.format != PatternFormat::Hex {
                    let (value, search) = (&mut received.encoding, &mut self.encoding_search);
                    widgets::encoding::own(ui, scene.locale, value, search);
                }
            });
            let hint = match received.format {
                PatternFormat::Text => "rule-hint-text",
                PatternFormat::Hex => "rule-hint-hex",
                PatternFormat::Regex => "rule-hint-regex",
            };
            form::hint(ui, scene.text(hint));
        }
        if received.place != PatternPlace::Anywhere {
            framing(ui, scene, &mut received.framing);
        }
    }

    fn check(&mut self, with: &RulesContext<'_>, rule: &Rule) {
        let is_same =
            |checked: &CheckedRule| checked.rule == *rule && checked.encoding == *with.encoding;
        if !self.checked.as_ref().is_some_and(is_same) {
            let (fault, sample) = (rule.fault(with.encoding), rule.sample());
            let (rule, encoding) = (rule.clone(), with.encoding.clone());
            self.checked = Some(CheckedRule { rule, encoding, fault, sample });
        }
    }

    fn fault(&self, ui: &mut Ui, scene: &Scene<'_>) {
        if let Some(fault) = self.checked.as_ref().and_then(|checked| checked.fault.as_ref())
            && !matches!(fault, RuleFault::Answer(_))
        {
            form::problem(ui, &scene.locale.translate(&fault.to_string()));
        }
    }

    /// What it does.
    fn actions(
        &mut self,
        ui: &mut Ui,
        scene: &Scene<'_>,
        with: &RulesContext<'_>,
        rule: &mut Rule,
    ) {
        self.searches.resize_with(rule.actions.len(), MessageSearch::default);
        let sample = self.checked.as_ref().map(|checked| checked.sample.clone());
        let sample = sample.unwrap_or_default();
        let mut gone = None;
        for (at, (action, search)) in rule.actions.iter_mut().zip(&mut self.searches).enumerate() {
            ui.push_id(("action", at), |ui| {
                ui.separator();
                if !action::ui(ui, scene, with, at, action, search, &sample) {
                    gone = Some(at);
                }
            });
        }
        if let Some(at) = gone {
            rule.actions.remove(at);
            self.searches.remove(at);
        }
        ui.separator();
        ui.add_enabled_ui(rule.actions.len() < Rule::ACTIONS, |ui| {
            if widgets::button(ui, Icon::Plus, scene.text("rule-add-action")).clicked() {
                rule.actions.push(RuleAction::Send(RuleAnswer::default()));
            }
        });
    }
}

/// What a message is.
fn framing(ui: &mut Ui, scene: &Scene<'_>, framing: &mut MessageFraming) {
    ui.horizontal_wrapped(|ui| {
        ui.weak(scene.text("rule-framing"));
        let mut pause = match framing {
            MessageFraming::Pause(pause) => *pause,
            _ => MessageFraming::PAUSE_MS,
        };
        let framings = [
            (MessageFraming::Auto, scene.text("rule-framing-auto")),
            (MessageFraming::Line, scene.text("rule-framing-line")),
            (MessageFraming::Pause(pause), scene.text("rule-framing-pause")),
        ];
        choice(ui, "rule framing", scene.text("rule-framing"), framing, &framings);
        if matches!(framing, MessageFraming::Pause(_)) {
            form::named_number(ui, scene.text("rule-pause"), &mut pause, 1..=60_000, "ms");
            *framing = MessageFraming::Pause(pause);
        }
    });
}

const fn place_key(place: PatternPlace) -> &'static str {
    match place {
        PatternPlace::Anywhere => "rule-place-anywhere",
        PatternPlace::Whole => "rule-place-whole",
        PatternPlace::Start => "rule-place-start",
        PatternPlace::End => "rule-place-end",
        PatternPlace::Absent => "rule-place-absent",
        PatternPlace::Any => "rule-place-any",
    }
}

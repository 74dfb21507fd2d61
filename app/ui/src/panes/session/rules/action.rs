//! What a rule does, one action a block.

use egui::Ui;
use espalier_core::matching::MatchGroups;
use espalier_core::rules::{RuleAction, RuleAnswer};
use espalier_core::send::PlaceholderValues;

use super::RulesContext;
use crate::icon::Icon;
use crate::panes::session::message_form::{MessageForm, MessageSearch};
use crate::panes::session::send::preview;
use crate::scene::Scene;
use crate::widgets::{self, choice, form};

/// Draws an action; `false` when it is to go.
pub(super) fn ui(
    ui: &mut Ui,
    scene: &Scene<'_>,
    with: &RulesContext<'_>,
    at: usize,
    action: &mut RuleAction,
    search: &mut MessageSearch,
    sample: &MatchGroups,
) -> bool {
    let mut stays = true;
    ui.horizontal(|ui| {
        let end = widgets::RowTail::new(ui, "rule action");
        end.before(ui, |ui| {
            ui.weak(scene.text("rule-do"));
            let mut kind = kind(action);
            let before = kind;
            let names = KINDS.map(|(kind, key)| (kind, scene.text(key)));
            choice(ui, "rule do", scene.text("rule-do"), &mut kind, &names);
            if kind != before {
                *action = fresh(kind, scene);
            }
        });
        stays = !end.show(ui, |ui| {
            let name = scene.with("rule-remove-action", [("number", (at + 1).into())]);
            widgets::icon_alone(ui, Icon::Cross, &name, false).clicked()
        });
    });
    match action {
        RuleAction::Send(answer) => send(ui, scene, with, answer, search, sample),
        RuleAction::RunList { group } => {
            let groups = &scene.send_list.list.groups;
            let names: Vec<_> =
                groups.iter().map(|it| (it.name.clone(), it.name.clone())).collect();
            choice(ui, "rule group", scene.text("rule-group"), group, &names);
            if !groups.iter().any(|it| it.name == *group) {
                form::problem(ui, scene.text("rule-no-group"));
            }
        }
        RuleAction::Highlight { color } => {
            let colors: Vec<_> = (0..8_u8)
                .map(|color| {
                    let number = u64::from(color + 1);
                    (color, scene.with("list-color-number", [("number", number.into())]))
                })
                .collect();
            choice(ui, "rule color", scene.text("list-color"), color, &colors);
        }
        RuleAction::Notify { text } | RuleAction::Mark { text } => {
            let width = ui.available_width();
            form::named(ui, scene.text("rule-says"), text, width);
        }
        RuleAction::StopList | RuleAction::EndSession => {}
    }
    stays
}

/// The kinds of actions, in the order of a menu.
const KINDS: [(u8, &str); 7] = [
    (0, "rule-do-send"),
    (1, "rule-do-run-list"),
    (2, "rule-do-highlight"),
    (3, "rule-do-notify"),
    (4, "rule-do-mark"),
    (5, "rule-do-stop-list"),
    (6, "rule-do-end-session"),
];

const fn kind(action: &RuleAction) -> u8 {
    match action {
        RuleAction::Send(_) => 0,
        RuleAction::RunList { .. } => 1,
        RuleAction::Highlight { .. } => 2,
        RuleAction::Notify { .. } => 3,
        RuleAction::Mark { .. } => 4,
        RuleAction::StopList => 5,
        RuleAction::EndSession => 6,
    }
}

fn fresh(kind: u8, scene: &Scene<'_>) -> RuleAction {
    let text = String::new();
    match kind {
        0 => RuleAction::Send(RuleAnswer::default()),
        1 => {
            let group = scene.send_list.list.groups.first();
            RuleAction::RunList { group: group.map(|it| it.name.clone()).unwrap_or_default() }
        }
        2 => RuleAction::Highlight { color: 0 },
        3 => RuleAction::Notify { text },
        4 => RuleAction::Mark { text },
        5 => RuleAction::StopList,
        _ => RuleAction::EndSession,
    }
}

/// What is sent, and the bytes of it.
fn send(
    ui: &mut Ui,
    scene: &Scene<'_>,
    with: &RulesContext<'_>,
    answer: &mut RuleAnswer,
    search: &mut MessageSearch,
    sample: &MatchGroups,
) {
    form::named_lines(ui, scene.text("rule-answer"), &mut answer.text, 1);
    let variables = &scene.send_list.variables;
    let mut values = PlaceholderValues::new(0, scene.now, scene.platform.zone(), "", variables)
        .with_captures(sample);
    let composed = answer.compose(with.encoding, &mut values);
    preview(ui, scene, &answer.text, None, composed.as_deref(), "");
    ui.horizontal_wrapped(|ui| {
        let form = MessageForm {
            spec: &mut answer.spec,
            placeholders: &mut answer.placeholders,
            placeholders_hint: scene.text("rule-placeholders-hint"),
            encoding: &mut answer.encoding,
        };
        form.ui(ui, scene, search);
    });
    // A row of its own: one piece in a row that is broken would be cut at its end.
    ui.horizontal(|ui| {
        let label = ui.weak(scene.text("rule-delay"));
        form::number(ui, &mut answer.delay_ms, 0..=86_400_000, "ms").labelled_by(label.id);
    });
}

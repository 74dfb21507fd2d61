//! What a rule does, one action a block.

use egui::{RichText, TextEdit, Ui};
use espalier_core::matching::MatchGroups;
use espalier_core::rules::{RuleAction, RuleAnswer};
use espalier_core::send::{PlaceholderValues, SendFormat};
use espalier_core::view::EncodingName;

use super::RulesContext;
use crate::icon::Icon;
use crate::panes::session::send::{checksum, ending, preview};
use crate::scene::Scene;
use crate::widgets::{self, Search, choice, form, segmented};

/// What was searched for while an action was edited.
#[derive(Debug, Default)]
pub(super) struct ActionSearch {
    checksum: Search,
    encoding: Search,
}

/// Draws an action; `false` when it is to go.
pub(super) fn ui(
    ui: &mut Ui,
    scene: &Scene<'_>,
    with: &RulesContext<'_>,
    at: usize,
    action: &mut RuleAction,
    search: &mut ActionSearch,
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
            named(ui, scene.text("rule-says"), text, width);
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
    search: &mut ActionSearch,
    sample: &MatchGroups,
) {
    let name = scene.text("rule-answer");
    let width = ui.available_width() - 16.0;
    let field = form::outlined(ui, |ui| {
        let edit = TextEdit::multiline(&mut answer.text).code_editor().desired_rows(1);
        ui.add(edit.desired_width(width).hint_text(RichText::new(name).weak()))
    });
    let enabled = ui.is_enabled();
    field.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::Role::MultilineTextInput, enabled, name);
        info.current_text_value = Some(answer.text.clone());
        info
    });
    let variables = &scene.send_list.variables;
    let mut values = PlaceholderValues::new(0, scene.now, scene.platform.zone(), "", variables)
        .with_captures(sample);
    let composed = answer.compose(with.encoding, &mut values);
    preview(ui, scene, &answer.text, None, composed.as_deref());
    ui.horizontal_wrapped(|ui| {
        let formats = [
            (SendFormat::Text, scene.text("send-text")),
            (SendFormat::Hex, scene.text("send-hex")),
        ];
        segmented(ui, &mut answer.spec.format, &formats);
        if answer.spec.format == SendFormat::Text {
            ui.checkbox(&mut answer.spec.escapes, scene.text("send-escapes"))
                .on_hover_text(scene.text("send-escapes-hint"));
        }
        ui.checkbox(&mut answer.placeholders, scene.text("list-placeholders"))
            .on_hover_text(scene.text("rule-placeholders-hint"));
        ending::choose(ui, scene, &mut answer.spec.line_ending);
        checksum::menu(ui, scene, &mut answer.spec.checksum, &mut search.checksum);
        if answer.spec.format == SendFormat::Text {
            encoding(ui, scene, &mut answer.encoding, &mut search.encoding);
        }
        // In one piece, where the row is cut.
        ui.horizontal(|ui| {
            let label = ui.weak(scene.text("rule-delay"));
            form::number(ui, &mut answer.delay_ms, 0..=86_400_000, "ms").labelled_by(label.id);
        });
    });
}

/// The session's encoding, or one of its own.
pub(super) fn encoding(
    ui: &mut Ui,
    scene: &Scene<'_>,
    value: &mut Option<EncodingName>,
    search: &mut Search,
) {
    let mut own = value.is_some();
    if ui.checkbox(&mut own, scene.text("list-encoding")).changed() {
        *value = own.then(EncodingName::default);
    }
    if let Some(encoding) = value {
        widgets::encoding::combo(ui, scene.locale, encoding, search);
    }
}

/// A text field with a name that is its hint, too.
pub(super) fn named(ui: &mut Ui, name: &str, value: &mut String, width: f32) {
    let field = form::field(ui, value, name, width);
    let enabled = ui.is_enabled();
    field.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::Role::TextInput, enabled, name);
        info.current_text_value = Some(value.clone());
        info
    });
}

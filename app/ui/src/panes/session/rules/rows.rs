//! The rules, one a line.

use egui::{PopupCloseBehavior, RichText, ScrollArea, Ui};
use espalier_core::rules::{Rule, Trigger};
use espalier_core::session::RulesStatus;

use crate::icon::Icon;
use crate::scene::Scene;
use crate::theme;
use crate::widgets;

const ROW: f32 = 26.0;

/// What a row asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RuleRow {
    Edit,
    Switch,
    /// It matched too often: on again.
    Arm,
    Up,
    Down,
    Duplicate,
    Remove,
}

impl RuleRow {
    /// Where the rule stands that stood at `place`, when this was done with the one at `at`; `None`: it is gone.
    pub(super) const fn place_of(self, place: usize, at: usize) -> Option<usize> {
        match self {
            Self::Edit | Self::Switch | Self::Arm => Some(place),
            Self::Up if place == at => Some(at - 1),
            Self::Up if place + 1 == at => Some(at),
            Self::Down if place == at => Some(at + 1),
            Self::Down if place == at + 1 => Some(at),
            Self::Up | Self::Down => Some(place),
            Self::Duplicate => Some(if place > at { place + 1 } else { place }),
            Self::Remove if place == at => None,
            Self::Remove => Some(if place > at { place - 1 } else { place }),
        }
    }
}

/// Draws them; what is asked of which. `first` is the engine's number of the first one.
pub(super) fn ui(
    ui: &mut Ui,
    scene: &Scene<'_>,
    rules: &[Rule],
    status: &RulesStatus,
    first: usize,
    edited: Option<usize>,
) -> Option<(usize, RuleRow)> {
    let mut asked = None;
    ui.spacing_mut().item_spacing.y = 0.0;
    let area = ScrollArea::vertical().id_salt("rule rows").auto_shrink(false);
    area.show_rows(ui, ROW, rules.len(), |ui, range| {
        for at in range {
            let Some(rule) = rules.get(at) else { continue };
            ui.push_id(("rule", at), |ui| {
                if let Some(row) = row(ui, scene, rule, status, first + at, edited == Some(at)) {
                    asked = Some((at, row));
                }
            });
        }
    });
    asked
}

/// What a rule is called, though it may have no name and look for nothing.
pub(super) fn label(scene: &Scene<'_>, rule: &Rule) -> String {
    match (rule.label(), &rule.when) {
        ("", Trigger::Received(_)) => scene.text("rule-any").to_owned(),
        ("", Trigger::Connected) => scene.text("rule-when-connected").to_owned(),
        ("", Trigger::Disconnected) => scene.text("rule-when-disconnected").to_owned(),
        ("", Trigger::Silence { .. }) => scene.text("rule-when-silence").to_owned(),
        (label, _) => label.to_owned(),
    }
}

fn row(
    ui: &mut Ui,
    scene: &Scene<'_>,
    rule: &Rule,
    status: &RulesStatus,
    number: usize,
    is_edited: bool,
) -> Option<RuleRow> {
    let t = theme::tokens(ui);
    let size = egui::vec2(ui.available_width(), ROW);
    let (room, _) = ui.allocate_exact_size(size, egui::Sense::hover());
    if is_edited {
        ui.painter().rect_filled(room, 0.0, t.hover);
    }
    let tally = status.tallies.get(number).copied().unwrap_or_default();
    let fault = status.faults.get(number).and_then(Option::as_ref).filter(|_| rule.on);
    let name = label(scene, rule);
    let mut asked = None;
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    let room = room.shrink2(egui::vec2(4.0, 0.0));
    ui.scope_builder(egui::UiBuilder::new().max_rect(room).layout(layout), |ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let said = scene.with("rule-on-of", [("rule", name.clone().into())]);
        let mut on = rule.on && !tally.tripped;
        let check = ui.checkbox(&mut on, "").on_hover_text(&said);
        let enabled = ui.is_enabled();
        check.widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, enabled, on, &said));
        if check.changed() {
            asked = Some(if rule.on && tally.tripped { RuleRow::Arm } else { RuleRow::Switch });
        }
        let end = widgets::RowTail::new(ui, "rule");
        end.before(ui, |ui| {
            let color = if rule.on { t.strong } else { t.muted };
            let text = RichText::new(&name).color(color);
            let button = egui::Button::new(text).frame(false).truncate();
            let said = scene.with("rule-edit-of", [("rule", name.clone().into())]);
            let button = ui.add(button);
            button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, enabled, &said));
            if button.on_hover_text(&said).clicked() {
                asked = Some(RuleRow::Edit);
            }
        });
        end.show(ui, |ui| {
            if tally.tripped {
                ui.label(RichText::new(scene.text("rule-tripped")).small().color(t.bad))
                    .on_hover_text(scene.text("rule-tripped-hint"));
            } else if let Some(fault) = fault {
                let why = scene.locale.translate(fault);
                ui.label(RichText::new(scene.text("rule-faulty")).small().color(t.bad))
                    .on_hover_text(why);
            }
            let counts = scene.with(
                "rule-counts",
                [("matches", tally.matches.into()), ("sent", tally.sent.into())],
            );
            let tip = scene.with(
                "rule-counts-hint",
                [
                    ("matches", tally.matches.into()),
                    ("sent", tally.sent.into()),
                    ("refused", tally.refused.into()),
                ],
            );
            if tally.matches > 0 {
                ui.label(RichText::new(counts).small().color(t.muted)).on_hover_text(tip);
            }
            let more = scene.with("rule-more-of", [("rule", name.clone().into())]);
            let close = PopupCloseBehavior::CloseOnClick;
            widgets::menu_button(ui, Icon::More, "", &more, close, |ui| {
                for (key, row) in [
                    ("list-edit", RuleRow::Edit),
                    ("rule-up", RuleRow::Up),
                    ("rule-down", RuleRow::Down),
                    ("list-duplicate", RuleRow::Duplicate),
                    ("list-remove", RuleRow::Remove),
                ] {
                    if ui.button(scene.text(key)).clicked() {
                        asked = Some(row);
                    }
                }
            });
        });
    });
    asked
}

//! The rules that mark rows.

use egui::{PopupCloseBehavior, Sense, Ui, Vec2};
use espalier_core::view::HighlightRule;

use crate::icon::Icon;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::{self, form};

/// How many rules there can be.
pub(super) const LIMIT: usize = 32;

/// The button with the editor of the rules.
pub(super) fn menu(ui: &mut Ui, scene: &Scene<'_>, rules: &mut Vec<HighlightRule>) {
    let name = scene.text("highlights");
    let close = PopupCloseBehavior::CloseOnClickOutside;
    widgets::menu_button(ui, Icon::Marker, "", name, close, |ui| {
        ui.set_min_width(420.0);
        ui.weak(scene.text("highlights-hint"));
        let mut gone = None;
        let fresh = ui.scope_id().with("fresh rule");
        let last = rules.len();
        for (index, rule) in rules.iter_mut().enumerate() {
            ui.horizontal(|ui| {
                let label = scene.with("highlight-number", [("number", (index + 1).into())]);
                color(ui, scene, rule);
                let new = ui.data(|data| data.get_temp::<bool>(fresh)).unwrap_or_default();
                if new && index + 1 == last {
                    form::take_focus(ui, &rule.pattern);
                    ui.data_mut(|data| data.remove::<bool>(fresh));
                }
                let field = form::field(ui, &mut rule.pattern, scene.text("pattern"), 200.0);
                let enabled = ui.is_enabled();
                field.widget_info(|| {
                    egui::WidgetInfo::labeled(egui::Role::TextInput, enabled, &label)
                });
                let HighlightRule { regex, hex, case_sensitive, whole_word, .. } = rule;
                kind_toggles(ui, scene, regex, hex, case_sensitive, whole_word);
                if widgets::icon_button(ui, Icon::Cross, scene.text("remove")).clicked() {
                    gone = Some(index);
                }
            });
        }
        if let Some(index) = gone {
            rules.remove(index);
        }
        ui.add_enabled_ui(rules.len() < LIMIT, |ui| {
            if widgets::button(ui, Icon::Plus, scene.text("highlight-add")).clicked() {
                let color = (rules.len() % 8) as u8;
                ui.data_mut(|data| data.insert_temp(fresh, true));
                rules.push(HighlightRule { color, ..HighlightRule::default() });
            }
        });
    });
}

/// A swatch; a click takes the next colour.
fn color(ui: &mut Ui, scene: &Scene<'_>, rule: &mut HighlightRule) {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(20.0), Sense::click());
    ui.painter().rect(
        rect.shrink(1.0),
        4.0,
        t.highlight(rule.color),
        egui::Stroke::new(1.0, if response.hovered() { t.accent } else { t.outline }),
        egui::StrokeKind::Inside,
    );
    let enabled = ui.is_enabled();
    let name = scene.text("highlight-color");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, enabled, name));
    if response.on_hover_text(name).clicked() {
        rule.color = (rule.color + 1) % 8;
    }
}

/// How a pattern is meant: as an expression or as bytes, minding case, as a word; whether one of them was switched.
pub(super) fn kind_toggles(
    ui: &mut Ui,
    scene: &Scene<'_>,
    regex: &mut bool,
    hex: &mut bool,
    case_sensitive: &mut bool,
    whole_word: &mut bool,
) -> bool {
    let mut changed = false;
    if toggle(ui, ".*", scene.text("regex"), regex) {
        (*hex, changed) = (false, true);
    }
    if toggle(ui, "0x", scene.text("find-hex"), hex) {
        (*regex, changed) = (false, true);
    }
    // Bytes have neither.
    ui.add_enabled_ui(!*hex, |ui| {
        changed |= toggle(ui, "Aa", scene.text("find-case"), case_sensitive);
        changed |= toggle(ui, "“”", scene.text("find-word"), whole_word);
    });
    changed
}

/// A small switch with a sign for a name; `true` when it was switched.
pub(super) fn toggle(ui: &mut Ui, sign: &str, name: &str, on: &mut bool) -> bool {
    let t = theme::tokens(ui);
    let text = egui::RichText::new(sign).monospace().color(if *on { t.accent } else { t.muted });
    let mut button = egui::Button::new(text).frame_when_inactive(*on);
    if *on {
        button = button.fill(t.accent_wash);
    }
    let response = ui.add(button);
    let enabled = ui.is_enabled();
    let state = *on;
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, enabled, state, name));
    let clicked = response.on_hover_text(name).clicked();
    if clicked {
        *on = !*on;
    }
    clicked
}

//! The filter bar: hides rows, never drops any, and says how many it hides.

use std::collections::BTreeSet;

use egui::{PopupCloseBehavior, Ui};
use espalier_core::backend::View;
use espalier_core::board::{LogFilter, LogLevel};
use espalier_core::view::Filter;
use espalier_core::{Direction, Position};

use super::LogPane;
use super::highlights::{kind_toggles, toggle};
use crate::icon::Icon;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::{self, RowTail, form, segmented};

/// Points that a bar must have for all switches to stand in it.
const NARROW: f32 = 420.0;

pub(super) fn ui(pane: &mut LogPane, ui: &mut Ui, scene: &Scene<'_>, view: &dyn View) {
    let status = view.status();
    // Where there is no room for all of them, they are behind one button.
    let narrow = ui.available_width() < NARROW;
    ui.horizontal_top(|ui| {
        let end = RowTail::new(ui, "filter");
        end.before(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                let directions = [
                    (None, scene.text("direction-all")),
                    (Some(Direction::In), scene.text("direction-in")),
                    (Some(Direction::Out), scene.text("direction-out")),
                ];
                segmented(ui, &mut pane.view.filter.direction, &directions);
                let name = scene.text("filter-text");
                if pane.filter_focus.is_due(ui) {
                    form::take_focus(ui, &pane.view.filter.text);
                }
                let field = form::field(
                    ui,
                    &mut pane.view.filter.text,
                    name,
                    200.0_f32.min(ui.available_width()),
                );
                let enabled = ui.is_enabled();
                field.widget_info(|| {
                    egui::WidgetInfo::labeled(egui::Role::SearchInput, enabled, name)
                });
                if narrow {
                    let close = PopupCloseBehavior::CloseOnClickOutside;
                    let name = scene.text("filter-how");
                    widgets::menu_button(ui, Icon::Down, "", name, close, |ui| {
                        ui.horizontal(|ui| toggles(ui, scene, &mut pane.view.filter));
                        pane.range.ui(ui, scene, &mut pane.view, status.start);
                    });
                } else {
                    toggles(ui, scene, &mut pane.view.filter);
                    pane.range.menu(ui, scene, &mut pane.view, status.start);
                }
                if pane.log.tells_levels() || !pane.view.filter.log.is_open() {
                    board_log(ui, scene, &mut pane.view.filter.log, pane.log.tags());
                }
                if !pane.view.filter.peers.is_empty() {
                    let text = scene
                        .with("filter-peers", [("count", pane.view.filter.peers.len().into())]);
                    if widgets::button(ui, Icon::Cross, &text).clicked() {
                        pane.view.filter.peers.clear();
                    }
                }
                if pane.view.cleared_before != Position(0)
                    && ui.button(scene.text("clear-undo")).clicked()
                {
                    pane.view.cleared_before = Position(0);
                }
                if let Some(error) = &status.pattern_error {
                    let error = scene.locale.translate(error);
                    let last = error.lines().last().unwrap_or_default();
                    ui.colored_label(theme::tokens(ui).bad, last)
                        .on_hover_text(egui::RichText::new(&*error).monospace());
                } else {
                    let shown = [("shown", status.shown.into()), ("rows", status.rows.into())];
                    let shown = egui::RichText::new(scene.with("filter-shown", shown)).weak();
                    // On a line of its own rather than in pieces.
                    ui.add(egui::Label::new(shown).extend());
                }
            })
        });
        end.show(ui, |ui| {
            if hides(&pane.view.filter) && ui.button(scene.text("filter-reset")).clicked() {
                pane.view.filter = opened(&pane.view.filter);
            }
            if widgets::icon_button(ui, Icon::Cross, scene.text("close")).clicked() {
                pane.filter_open = false;
            }
        });
    });
}

/// Whether it hides what this bar can show again.
fn hides(filter: &Filter) -> bool {
    *filter != opened(filter)
}

/// The same for what was said: that events are hidden is a way to look at a log, and no news.
pub(super) fn hides_data(filter: &Filter) -> bool {
    hides(&Filter { hide_events: false, ..filter.clone() })
}

/// A filter that hides nothing but what is no part of this bar: Improv packets stay out of a board's log, and the lanes of a
/// timeline have chips of their own.
fn opened(filter: &Filter) -> Filter {
    let (hide_improv, hidden_lanes) = (filter.hide_improv, filter.hidden_lanes.clone());
    Filter { hide_improv, hidden_lanes, ..Filter::default() }
}

/// How the text of a filter is meant.
fn toggles(ui: &mut Ui, scene: &Scene<'_>, filter: &mut Filter) {
    let Filter { regex, hex, case_sensitive, whole_word, not, .. } = filter;
    toggle(ui, "≠", scene.text("filter-not"), not);
    kind_toggles(ui, scene, regex, hex, case_sensitive, whole_word);
}

/// Level and tag of log lines.
fn board_log(ui: &mut Ui, scene: &Scene<'_>, log: &mut LogFilter, tags: &BTreeSet<String>) {
    let levels = [
        (None, scene.text("level-all")),
        (Some(LogLevel::Error), scene.text("level-error")),
        (Some(LogLevel::Warning), scene.text("level-warning")),
        (Some(LogLevel::Info), scene.text("level-info")),
        (Some(LogLevel::Debug), scene.text("level-debug")),
    ];
    widgets::choice(ui, "level", scene.text("level"), &mut log.level, &levels);
    let name = scene.text("tag");
    let field = form::field(ui, &mut log.tag, name, 110.0);
    let enabled = ui.is_enabled();
    field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SearchInput, enabled, name));
    let close = PopupCloseBehavior::CloseOnClick;
    widgets::menu_button(ui, Icon::Down, "", scene.text("tags-seen"), close, |ui| {
        egui::ScrollArea::vertical().max_height(260.0).show(ui, |ui| {
            if ui.selectable_label(log.tag.is_empty(), scene.text("tag-all")).clicked() {
                log.tag.clear();
            }
            for tag in tags {
                if ui.selectable_label(log.tag == *tag, tag).clicked() {
                    log.tag.clone_from(tag);
                }
            }
        });
    });
    let mut back = None;
    for (index, tag) in log.hidden.iter().enumerate() {
        let text = scene.with("tag-hidden", [("tag", tag.into())]);
        if widgets::button(ui, Icon::Cross, &text).clicked() {
            back = Some(index);
        }
    }
    if let Some(index) = back {
        log.hidden.remove(index);
    }
}

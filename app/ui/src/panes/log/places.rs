//! Places of a log: a moment to go to, and the rows with a bookmark.

use std::sync::Arc;

use egui::{Key, PopupCloseBehavior, Role, Ui, WidgetInfo};
use espalier_core::Timestamp;
use espalier_core::backend::View;
use espalier_core::view::{Bookmark, ClockStyle, RowMark, TimeFormat, ViewSpec, moment};

use super::LogPane;
use crate::icon::Icon;
use crate::scene::Scene;
use crate::theme::{self, space};
use crate::widgets::{self, form};

/// The button with the places.
pub(super) fn menu(pane: &mut LogPane, ui: &mut Ui, scene: &Scene<'_>, view: &dyn View) {
    let name = scene.text("places");
    let close = PopupCloseBehavior::CloseOnClickOutside;
    widgets::menu_button(ui, Icon::History, "", name, close, |ui| {
        ui.set_min_width(330.0);
        go_to_time(pane, ui, scene, view);
        ui.separator();
        bookmarks(pane, ui, scene, view);
    });
}

fn go_to_time(pane: &mut LogPane, ui: &mut Ui, scene: &Scene<'_>, view: &dyn View) {
    let start = pane.log.status().start;
    let name = scene.text("go-to-time");
    let (mut entered, mut pressed) = (false, false);
    ui.horizontal(|ui| {
        ui.weak(name);
        let field = form::field(ui, &mut pane.moment, scene.text("moment-hint"), 170.0);
        let enabled = ui.is_enabled();
        field.widget_info(|| WidgetInfo::labeled(Role::TextInput, enabled, name));
        entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        pressed = ui.button(scene.text("moment-go")).clicked();
    });
    if pane.moment.is_empty() {
        return;
    }
    match moment(&pane.moment, start, &scene.platform.zone()) {
        Some(at) if entered || pressed => pane.seek_time(view, at),
        Some(_) => {}
        None => {
            let said = scene.text("moment-wrong");
            ui.colored_label(theme::tokens(ui).bad, said);
        }
    }
}

fn bookmarks(pane: &mut LogPane, ui: &mut Ui, scene: &Scene<'_>, view: &dyn View) {
    ui.weak(scene.text("bookmarks"));
    if pane.view.bookmarks.is_empty() {
        ui.label(scene.text("bookmarks-none"));
    }
    if pane.view.bookmarks.is_empty() && pane.log.status().marks.is_empty() {
        return;
    }
    ui.horizontal(|ui| {
        for (forward, icon, key) in
            [(false, Icon::Up, "bookmark-previous"), (true, Icon::Down, "bookmark-next")]
        {
            if widgets::icon_button(ui, icon, scene.text(key)).clicked() {
                step(pane, view, forward);
            }
        }
    });
    let (mut wanted, mut change) = (None, None);
    let zone = scene.platform.zone();
    let clock = TimeFormat { style: ClockStyle::Date, start: Timestamp(0), zone, date: true };
    let all = pane.view.bookmarks.all();
    let area = egui::ScrollArea::vertical().max_height(260.0);
    area.show_rows(ui, space::CONTROL, all.len(), |ui, range| {
        let first = range.start;
        for (index, Bookmark { row, name }) in (first..).zip(all.get(range).unwrap_or_default()) {
            // The same field whatever is in sight.
            let id = ("bookmark", row.position.0, row.offset);
            ui.push_id(id, |ui| {
                ui.horizontal(|ui| {
                    ui.set_height(space::CONTROL);
                    let time = clock.local(row.at);
                    let go = scene.with("bookmark-go", [("time", (&time).into())]);
                    let button = ui.button(egui::RichText::new(&time).monospace());
                    let enabled = ui.is_enabled();
                    button.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, &go));
                    if button.clicked() {
                        wanted = Some(*row);
                    }
                    let mut text = name.clone();
                    let label = scene.with("bookmark-name", [("number", (index + 1).into())]);
                    let field = form::field(ui, &mut text, scene.text("bookmark-name-hint"), 120.0);
                    field.widget_info(|| WidgetInfo::labeled(Role::TextInput, enabled, &label));
                    if field.changed() {
                        change = Some((*row, Some(text)));
                    }
                    let remove =
                        scene.with("bookmark-remove-number", [("number", (index + 1).into())]);
                    if widgets::icon_button(ui, Icon::Cross, &remove).clicked() {
                        change = Some((*row, None));
                    }
                })
            });
        }
    });
    match change {
        Some((row, Some(name))) => drop(pane.view.bookmarks.set(row, &name)),
        Some((row, None)) => pane.view.bookmarks.remove(&row),
        None => {}
    }
    if let Some(row) = wanted {
        go(pane, view, row);
    }
}

fn go(pane: &mut LogPane, view: &dyn View, bookmark: RowMark) {
    pane.seek(view, bookmark.position, bookmark.offset);
    pane.place = Some(bookmark);
}

/// Goes to the next or previous bookmark, from the one that was gone to last; or from the row that was selected since, or else
/// the first one in sight.
pub(super) fn step(pane: &mut LogPane, view: &dyn View, forward: bool) {
    let selected = pane.log.selected().map(|it| it.rows.start);
    let stays = pane.wanted.is_some() || selected == pane.place_row;
    let place = pane.place.filter(|_| stays);
    let place = place.or_else(|| pane.log.selected_row().map(|row| row.mark()));
    let from = place.or_else(|| pane.log.mark_in_sight()).unwrap_or(NOWHERE);
    // Those that rules have put there are stepped to, too.
    let marks = Arc::clone(&pane.log.status().marks);
    if let Some(next) = pane.view.bookmarks.step(&marks, &from, forward) {
        go(pane, view, next);
    }
}

const NOWHERE: RowMark =
    RowMark { position: espalier_core::Position(0), offset: 0, at: Timestamp(0) };

/// The range of time of a filter, as it is typed.
#[derive(Debug, Default)]
pub(super) struct TimeRange {
    since: String,
    until: String,
}

impl TimeRange {
    /// The button with the two fields; it says when they limit what is shown.
    pub(super) fn menu(
        &mut self,
        ui: &mut Ui,
        scene: &Scene<'_>,
        spec: &mut ViewSpec,
        start: Timestamp,
    ) {
        let limited = spec.filter.since.is_some() || spec.filter.until.is_some();
        let (name, text) = (scene.text("filter-range"), scene.text("filter-ranged"));
        let text = if limited { text } else { "" };
        let close = PopupCloseBehavior::CloseOnClickOutside;
        widgets::menu_button(ui, Icon::History, text, name, close, |ui| {
            ui.set_min_width(260.0);
            self.ui(ui, scene, spec, start);
        });
    }

    /// The two fields; what is no moment is told and limits nothing.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        scene: &Scene<'_>,
        spec: &mut ViewSpec,
        start: Timestamp,
    ) {
        let zone = scene.platform.zone();
        let style = ClockStyle::Date;
        let clock = TimeFormat { style, start: Timestamp(0), zone: zone.clone(), date: true };
        let fields = [
            (&mut self.since, &mut spec.filter.since, "filter-since"),
            (&mut self.until, &mut spec.filter.until, "filter-until"),
        ];
        for (text, limit, key) in fields {
            if limit.is_none() && moment(text, start, &zone).is_some() {
                // The filter was reset.
                text.clear();
            }
            if let Some(at) = *limit
                && text.is_empty()
            {
                // It came with the workspace.
                *text = clock.local(at);
            }
            let name = scene.text(key);
            ui.weak(name);
            let field = form::field(ui, text, scene.text("moment-hint"), 240.0);
            let enabled = ui.is_enabled();
            field.widget_info(|| WidgetInfo::labeled(Role::TextInput, enabled, name));
            let meant = moment(text, start, &zone);
            if field.changed() {
                *limit = meant;
            }
            if meant.is_none() && !text.trim().is_empty() {
                let said = scene.text("moment-wrong");
                ui.add(
                    egui::Label::new(egui::RichText::new(said).color(theme::tokens(ui).bad)).wrap(),
                );
            }
        }
    }
}

//! How the log is shown.

use egui::{PopupCloseBehavior, Ui};
use espalier_core::Position;
use espalier_core::backend::View;
use espalier_core::view::{
    BytesPerRow, ClockStyle, ControlForm, ControlStyle, DeltaStyle, RowFormat, Sgr, ViewSpec,
};

use super::menu::copy_items;
use super::{LogPane, filter, framing, highlights, places};
use crate::command::{UiCommand, UiRequest, shortcut_text};
use crate::icon::Icon;
use crate::scene::Scene;
use crate::widgets::{self, encoding, segmented_with_tips};

pub(super) fn ui(
    pane: &mut LogPane,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    view: &dyn View,
    retired: u64,
) {
    ui.spacing_mut().item_spacing = egui::vec2(5.0, 4.0);
    ui.horizontal_wrapped(|ui| {
        let formats = [
            (RowFormat::Text, scene.text("view-text")),
            (RowFormat::Hex, scene.text("view-hex")),
            (RowFormat::HexText, scene.text("view-both")),
        ];
        let keys = [UiCommand::ShowText, UiCommand::ShowHex, UiCommand::ShowBoth];
        let tips =
            keys.map(|command| widgets::tip(ui, scene.locale, scene.text(command.key()), command));
        segmented_with_tips(ui, &mut pane.view.format, &formats, &tips);
        framing::choose(ui, scene, &mut pane.view.framing);
        encoding::combo(ui, scene.locale, &mut pane.view.encoding, &mut pane.encoding_search);
        look(ui, scene, &mut pane.view);
        highlights::menu(ui, scene, &mut pane.view.highlights);
        let toggle = |ui: &mut Ui, command: UiCommand, icon, name, on| {
            widgets::command_toggle(ui, scene.locale, command, icon, name, on).clicked()
        };
        let name = scene.text("command-filter");
        // Rows that are hidden are to be seen, also while the bar is put away.
        let on = pane.filter_open || filter::hides_data(&pane.view.filter);
        if toggle(ui, UiCommand::Filter, Icon::Funnel, name, on) {
            pane.toggle_filter();
        }
        let name = scene.text("command-find");
        if toggle(ui, UiCommand::Find, Icon::Search, name, pane.find.is_open()) {
            pane.find.toggle(view, pane.view.format);
        }
        places::menu(pane, ui, scene, view);
        ui.add_space(4.0);
        let following = pane.log.follows();
        let (sign, name) = if following {
            (Icon::Pause, scene.text("pause"))
        } else {
            (Icon::Follow, scene.text("follow"))
        };
        if toggle(ui, UiCommand::Follow, sign, name, !following) {
            pane.log.toggle_follow();
        }
        if widgets::command_button(ui, scene.locale, UiCommand::Clear).clicked() {
            clear(&mut pane.view, view, retired);
        }
        copy(pane, ui, scene);
        if widgets::command_button(ui, scene.locale, UiCommand::SaveLog).clicked() {
            scene.ask(UiRequest::Focus(pane.id));
            scene.command(UiCommand::SaveLog);
        }
    });
}

/// Hides all rows there are; nothing is dropped, and the filter bar brings them back.
///
/// Positions count from the first byte ever written, the view from the first that retention left.
pub(super) fn clear(spec: &mut ViewSpec, view: &dyn View, retired: u64) {
    spec.cleared_before = Position(retired + view.status().indexed.1);
}

/// What a command turns on or off.
pub(super) fn toggle(spec: &mut ViewSpec, command: UiCommand) {
    match command {
        UiCommand::Wrap => spec.wrap = !spec.wrap,
        UiCommand::Events => spec.filter.hide_events = !spec.filter.hide_events,
        UiCommand::FoldPanics => spec.fold_panics = !spec.fold_panics,
        UiCommand::Controls => {
            let visible = spec.controls == ControlStyle::Visible;
            spec.controls = if visible { ControlStyle::Hidden } else { ControlStyle::Visible };
        }
        _ => {}
    }
}

/// ANSI colours, control characters, the clock.
fn look(ui: &mut Ui, scene: &Scene<'_>, spec: &mut ViewSpec) {
    let name = scene.text("look");
    let close = PopupCloseBehavior::CloseOnClickOutside;
    widgets::menu_button(ui, Icon::Eye, "", name, close, |ui| {
        ui.set_min_width(200.0);
        ui.weak(scene.text("clock"));
        for (clock, key) in [
            (ClockStyle::Local, "clock-local"),
            (ClockStyle::Date, "clock-date"),
            (ClockStyle::SinceStart, "clock-since-start"),
            (ClockStyle::SincePrevious, "clock-since-previous"),
            (ClockStyle::Off, "clock-off"),
        ] {
            ui.radio_value(&mut spec.clock, clock, scene.text(key));
        }
        ui.separator();
        ui.weak(scene.text("delta"));
        for (delta, key) in [
            (DeltaStyle::Off, "delta-off"),
            (DeltaStyle::SincePrevious, "delta-previous"),
            (DeltaStyle::SinceReference, "delta-reference"),
        ] {
            ui.radio_value(&mut spec.delta, delta, scene.text(key));
        }
        ui.separator();
        ui.weak(scene.text("sgr"));
        for (sgr, key) in
            [(Sgr::Shown, "sgr-shown"), (Sgr::Stripped, "sgr-stripped"), (Sgr::Raw, "sgr-raw")]
        {
            ui.radio_value(&mut spec.sgr, sgr, scene.text(key));
        }
        ui.separator();
        layout(ui, scene, spec);
        ui.separator();
        let mut visible = spec.controls == ControlStyle::Visible;
        ui.checkbox(&mut visible, scene.text("controls-visible"));
        spec.controls = if visible { ControlStyle::Visible } else { ControlStyle::Hidden };
        ui.horizontal(|ui| {
            for (form, name) in [
                (ControlForm::Hex, r"\x01"),
                (ControlForm::Dot, scene.text("control-dot")),
                (ControlForm::Picture, scene.text("control-picture")),
            ] {
                ui.radio_value(&mut spec.control_form, form, name);
            }
        });
        ui.checkbox(&mut spec.fold_panics, scene.text("fold-panics"));
        let mut events = !spec.filter.hide_events;
        ui.checkbox(&mut events, scene.text("events-shown"));
        spec.filter.hide_events = !events;
    });
}

/// Lines of text, and of bytes.
fn layout(ui: &mut Ui, scene: &Scene<'_>, spec: &mut ViewSpec) {
    if spec.format == RowFormat::Text {
        let keys = shortcut_text(ui.ctx(), UiCommand::Wrap);
        let name = scene.text(UiCommand::Wrap.key());
        ui.checkbox(&mut spec.wrap, name).on_hover_text(keys);
    } else {
        ui.weak(scene.text("bytes-per-row"));
        ui.horizontal(|ui| {
            for count in BytesPerRow::ALL {
                let name = match count {
                    BytesPerRow::Fitted => scene.text("bytes-fitted").to_owned(),
                    fixed => fixed.count(0).to_string(),
                };
                ui.radio_value(&mut spec.bytes_per_row, count, name);
            }
        });
    }
    ui.checkbox(&mut spec.offsets, scene.text("offsets-shown"));
}

fn copy(pane: &LogPane, ui: &mut Ui, scene: &mut Scene<'_>) {
    let name = scene.text("copy-as");
    widgets::menu_button(ui, Icon::Copy, "", name, PopupCloseBehavior::CloseOnClick, |ui| {
        let selected = pane.log.selected().is_some();
        ui.weak(scene.text(if selected { "copy-selected" } else { "copy-all" }));
        copy_items(ui, scene, pane.id, &pane.selected_or_all(), false);
    });
}

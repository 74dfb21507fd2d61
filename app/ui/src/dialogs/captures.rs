//! The captures that are kept: to open, name, save elsewhere or delete, and how much of them is kept.

use std::path::Path;

use egui::{Frame, Label, Margin, RichText, Role, ScrollArea, Ui, WidgetInfo};
use espalier_core::capture::StampClock;
use espalier_core::capture_list::CaptureInfo;
use espalier_core::view::{ClockStyle, TimeFormat};
use espalier_core::{CaptureId, Timestamp};

use super::{file_name, frame, save};
use crate::command::{CaptureRequest, UiRequest};
use crate::icon::Icon;
use crate::number;
use crate::scene::Scene;
use crate::theme::{self, space};
use crate::widgets::{self, Focus, RowTail, form};
use crate::words;

/// What was entered so far.
#[derive(Debug, Default)]
pub struct CapturesDialog {
    query: String,
    focus: Focus,
    /// What is being done with one of them.
    pending: Option<(CaptureId, PendingAction)>,
}

/// What is being done with a capture, and asked for below it.
#[derive(Debug)]
enum PendingAction {
    Rename(String),
    Save(String),
    Delete,
}

impl CapturesDialog {
    /// The list, with the keyboard in its search.
    pub fn new() -> Self {
        Self { focus: Focus::wanted(), ..Self::default() }
    }

    /// A file was picked in the system's dialog.
    pub fn picked(&mut self, path: &Path) {
        if let Some((_, PendingAction::Save(to))) = &mut self.pending {
            *to = path.display().to_string();
        }
    }

    /// Draws it; `false` when it is over.
    pub(super) fn ui(&mut self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let enter = frame::enter(ui);
        let list = scene.backend.captures();
        // A list that is not new enough is read again while it is looked at.
        ui.ctx().request_repaint_after_secs(2.0);
        let before = scene.requests.len();
        let open = frame::dialog(ui, scene.locale, scene.text("captures-title"), 720.0, |ui| {
            ui.horizontal(|ui| {
                let end = RowTail::new(ui, "captures");
                end.before(ui, |ui| {
                    let name = scene.text("captures-search");
                    if self.focus.is_due(ui) {
                        form::take_focus(ui, &self.query);
                    }
                    let width = ui.available_width();
                    let field = form::field(ui, &mut self.query, name, width);
                    field.widget_info(|| WidgetInfo::labeled(Role::SearchInput, true, name));
                });
                end.show(ui, |ui| {
                    let text = scene.text("captures-open-file");
                    if widgets::button(ui, Icon::Folder, text).clicked() {
                        scene.requests.push(UiRequest::Command(crate::UiCommand::OpenCapture));
                    }
                });
            });
            keep(ui, scene);
            ui.add_space(space::S);
            if let Some(fault) = &list.fault {
                form::problem(ui, fault);
            }
            let shown: Vec<&CaptureInfo> =
                list.captures.iter().filter(|it| self.is_meant(it, scene)).collect();
            let size = number::bytes(list.bytes());
            let count = [("count", list.captures.len().into()), ("size", size.into())];
            form::hint(ui, &scene.with("captures-count", count));
            if shown.is_empty() && list.is_read {
                let key =
                    if list.captures.is_empty() { "captures-none" } else { "captures-no-match" };
                form::hint(ui, scene.text(key));
            }
            let high = (ui.ctx().content_rect().height() - 330.0).max(120.0);
            ScrollArea::vertical().id_salt("captures").max_height(high).auto_shrink(false).show(
                ui,
                |ui| {
                    // So many that nobody reads them all; the search finds the others.
                    const MOST: usize = 500;
                    for capture in shown.into_iter().take(MOST) {
                        self.row(ui, scene, capture, enter);
                    }
                },
            );
        });
        let leaves = |request: &UiRequest| {
            matches!(request, UiRequest::OpenCapture(_) | UiRequest::Command(_))
        };
        open && !scene.requests[before..].iter().any(leaves)
    }

    /// Whether the search means it: its name, its session, its dates.
    fn is_meant(&self, capture: &CaptureInfo, scene: &Scene<'_>) -> bool {
        let text = format!("{} {} {}", title(capture, scene), about(capture, scene), capture.id);
        let text = text.to_lowercase();
        self.query.to_lowercase().split_whitespace().all(|word| text.contains(word))
    }

    fn row(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, capture: &CaptureInfo, enter: bool) {
        let t = theme::tokens(ui);
        let title = title(capture, scene);
        let locale = scene.locale;
        let named = |key: &str| locale.with(key, [("name", title.as_str().into())]);
        let frame = Frame::new().inner_margin(Margin::symmetric(2, 5));
        frame.show(ui, |ui| {
            ui.push_id(&capture.id, |ui| {
                ui.horizontal(|ui| {
                    let end = RowTail::new(ui, "capture");
                    end.before(ui, |ui| {
                        ui.vertical(|ui| {
                            ui.spacing_mut().item_spacing.y = 1.0;
                            ui.add(Label::new(RichText::new(&title).color(t.strong)).truncate());
                            let about = RichText::new(about(capture, scene)).small().color(t.muted);
                            ui.add(Label::new(about).truncate());
                            if let Some(goes) = capture.goes {
                                let at = date(goes, scene);
                                let text = scene.with("capture-goes", [("at", at.into())]);
                                ui.label(RichText::new(text).small().color(t.busy));
                            }
                        });
                    });
                    end.show(ui, |ui| {
                        ui.spacing_mut().item_spacing.x = 2.0;
                        if widgets::icon_button(ui, Icon::Eye, &named("capture-open")).clicked() {
                            scene.requests.push(UiRequest::OpenCapture(capture.path.clone()));
                        }
                        if widgets::icon_button(ui, Icon::Marker, &named("capture-rename"))
                            .clicked()
                        {
                            let name = capture.name.clone();
                            self.pending = Some((capture.id.clone(), PendingAction::Rename(name)));
                            self.focus.want();
                        }
                        if widgets::icon_button(ui, Icon::Save, &named("capture-save")).clicked() {
                            let time = words::file_time(
                                capture.ended.unwrap_or(scene.now),
                                scene.platform.zone(),
                            );
                            let file = format!("{}.pcapng", file_name(&title, &time));
                            let path = scene.platform.folder().join(file).display().to_string();
                            self.pending = Some((capture.id.clone(), PendingAction::Save(path)));
                        }
                        ui.add_enabled_ui(!capture.is_open, |ui| {
                            let name = named("capture-delete");
                            if widgets::icon_button(ui, Icon::Broom, &name).clicked() {
                                self.pending = Some((capture.id.clone(), PendingAction::Delete));
                            }
                        });
                    });
                });
                if self.pending.as_ref().is_some_and(|(id, _)| *id == capture.id) {
                    self.asked(ui, scene, capture, enter);
                }
            });
        });
        ui.separator();
    }

    /// What is asked for below a capture.
    fn asked(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, capture: &CaptureInfo, enter: bool) {
        let Some((id, pending)) = &mut self.pending else { return };
        let id = id.clone();
        let (mut done, mut cancelled) = (None, false);
        match pending {
            PendingAction::Rename(name) => {
                ui.horizontal(|ui| {
                    let label = ui.weak(scene.text("name"));
                    if self.focus.is_due(ui) {
                        form::take_focus(ui, name);
                    }
                    form::field(ui, name, "", 260.0).labelled_by(label.id);
                    if widgets::primary_button(ui, None, scene.text("rename")).clicked() || enter {
                        done = Some(CaptureRequest::Rename(id, name.clone()));
                    }
                    cancelled = ui.button(scene.text("cancel")).clicked();
                });
            }
            PendingAction::Save(path) => {
                save::path_row(ui, scene, path, true, "pcapng", false);
                ui.horizontal(|ui| {
                    if widgets::primary_button(ui, None, scene.text("save")).clicked() || enter {
                        done = Some(CaptureRequest::Save(id, scene.path(path)));
                    }
                    cancelled = ui.button(scene.text("cancel")).clicked();
                });
            }
            PendingAction::Delete => {
                let size = number::bytes(capture.bytes);
                ui.horizontal_wrapped(|ui| {
                    ui.label(scene.with("capture-delete-text", [("size", size.into())]));
                    cancelled = ui.button(scene.text("cancel")).clicked();
                    if widgets::danger_button(ui, None, scene.text("capture-delete-now")).clicked()
                    {
                        done = Some(CaptureRequest::Delete(id));
                    }
                });
            }
        }
        if done.is_some() || cancelled {
            self.pending = None;
        }
        if let Some(request) = done {
            scene.requests.push(UiRequest::Capture(request));
        }
    }
}

/// How much is kept.
fn keep(ui: &mut Ui, scene: &mut Scene<'_>) {
    let before = scene.settings.limits;
    let mut limits = before;
    ui.horizontal_wrapped(|ui| {
        ui.weak(scene.text("captures-keep"));
        let none = scene.text("captures-keep-all").to_owned();
        let number = |ui: &mut Ui, value: &mut u32, key: &str| {
            let (all, unit) = (none.clone(), scene.text(key).to_owned());
            let shown = move |value: f64, _: std::ops::RangeInclusive<usize>| {
                if value < 1.0 { all.clone() } else { format!("{value:.0} {unit}") }
            };
            let drag = form::drag_value(value, 0..=100_000).custom_formatter(shown);
            // The 1 of 16 is no limit that anything is deleted for.
            let drag = drag.update_while_editing(false);
            let response = ui.add(drag);
            let name = scene.text(key);
            response.widget_info(|| WidgetInfo::labeled(Role::SpinButton, true, name));
        };
        number(ui, &mut limits.keep_gib, "captures-gib");
        number(ui, &mut limits.keep_days, "captures-days");
        ui.weak(scene.text("captures-keep-hint"));
    });
    if limits.keep_gib != before.keep_gib {
        scene.set("history.keep_gib", limits.keep_gib);
    }
    if limits.keep_days != before.keep_days {
        scene.set("history.keep_days", limits.keep_days);
    }
}

fn title(capture: &CaptureInfo, scene: &Scene<'_>) -> String {
    match &capture.session {
        _ if !capture.name.is_empty() => capture.name.clone(),
        Some(session) => words::title(session, None, scene.locale),
        None => capture.id.to_string(),
    }
}

/// `Client · 192.168.1.7:7681 · 1 Jul 14:03 – 14:20 · 1.21 MiB · times: kernel`.
fn about(capture: &CaptureInfo, scene: &Scene<'_>) -> String {
    let mut parts = Vec::new();
    if let Some(session) = &capture.session {
        parts.push(scene.text(words::role(&session.transport)).to_owned());
        if !capture.name.is_empty() {
            let nameless =
                espalier_core::session::SessionSpec { name: String::new(), ..session.clone() };
            parts.push(words::title(&nameless, None, scene.locale));
        }
    }
    match (capture.begun, capture.ended) {
        (Some(begun), Some(ended)) => {
            parts.push(format!("{} – {}", date(begun, scene), date(ended, scene)));
        }
        _ => parts.push(scene.text("capture-empty").to_owned()),
    }
    parts.push(number::bytes(capture.bytes));
    if let Some(clock) = capture.clock {
        let key = match clock {
            StampClock::Kernel => "capture-times-kernel",
            StampClock::Program => "capture-times-program",
        };
        parts.push(scene.text(key).to_owned());
    }
    if capture.is_open {
        parts.push(scene.text("capture-is-open").to_owned());
    }
    parts.join(" · ")
}

fn date(at: Timestamp, scene: &Scene<'_>) -> String {
    let zone = scene.platform.zone();
    let clock = TimeFormat { style: ClockStyle::Local, start: at, zone, date: true };
    clock.local(at).split('.').next().unwrap_or_default().to_owned()
}

//! The boards one below the other: which is which, how far it is, how it ended.

use egui::{Frame, Label, ProgressBar, Role, ScrollArea, Sense, Ui, WidgetInfo};
use espalier_core::SessionId;
use espalier_core::board::{BoardStatus, PortAccess, PortInfo, PortKind};

use super::under_way::{UnderWay, cancels, under_way};
use crate::command::UiRequest;
use crate::icon::{self, Icon};
use crate::panes::board::{BoardPane, flash, port, provision};
use crate::scene::Scene;
use crate::theme::{self, space};
use crate::widgets::{self, RowTail, Tone};
use crate::words;

/// As far as the names stand from the left: behind the tick.
const INDENT: f32 = 20.0;

/// What is known of a board in this frame.
struct Row<'a> {
    id: SessionId,
    status: &'a BoardStatus,
    /// What it is called.
    name: String,
    /// The same for whoever does not see where it stands: with its port.
    spoken: String,
    under_way: Option<UnderWay>,
}

/// Draws the rows, this high at most; the board that was clicked.
pub(super) fn ui(
    list: &mut [BoardPane],
    meant: Option<SessionId>,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    most: f32,
) -> Option<SessionId> {
    let ports = scene.backend.ports();
    let mut clicked = None;
    ScrollArea::vertical().id_salt("boards").max_height(most).auto_shrink([false, true]).show(
        ui,
        |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            for pane in list {
                let Some(id) = pane.session else { continue };
                let Some(status) = scene.backend.board(id) else { continue };
                let name = name(scene, &status, &ports);
                let spoken = format!("{name}, {}", status.port_name);
                let under_way = under_way(scene.backend, id);
                let row = Row { id, status: &status, name, spoken, under_way };
                let is_meant = meant == Some(id);
                if ui.push_id(id, |ui| row.ui(ui, scene, pane, is_meant)).inner {
                    clicked = Some(id);
                }
            }
        },
    );
    clicked
}

/// What hangs on the port, with the chip once that has told, and what tells it from others that look like it.
fn name(scene: &Scene<'_>, status: &BoardStatus, ports: &[PortInfo]) -> String {
    let listed = ports.iter().find(|port| port.name == status.port_name);
    let opened = || PortInfo {
        name: status.port_name.clone(),
        kind: status.port.clone().unwrap_or(PortKind::Other),
        access: PortAccess::Ours,
    };
    let port = listed.cloned().unwrap_or_else(opened);
    let mut name = words::port(scene.locale, &port);
    let flashed = status.flash.as_ref().and_then(|flash| Some(flash.chip.as_ref()?.chip));
    let told = status.reported.firmware.as_ref().and_then(|firmware| firmware.chip.parse().ok());
    if let Some(chip) = flashed.or(told).map(|chip| chip.name())
        && !name.contains(chip)
    {
        name = format!("{chip} · {name}");
    }
    match port.mark(ports) {
        Some(mark) => format!("{name} · {}", words::port_mark(scene.locale, mark)),
        None => name,
    }
}

impl Row<'_> {
    /// Draws it; whether it was clicked.
    fn ui(&self, ui: &mut Ui, scene: &mut Scene<'_>, pane: &mut BoardPane, is_meant: bool) -> bool {
        let t = theme::tokens(ui);
        let fill = if is_meant { t.accent_wash } else { egui::Color32::TRANSPARENT };
        let frame = Frame::new().fill(fill).corner_radius(space::RADIUS);
        let mut clicked = false;
        frame.inner_margin(egui::Margin::symmetric(6, 3)).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                let end = RowTail::new(ui, "board");
                end.before(ui, |ui| {
                    tick(ui, scene, pane, &self.spoken);
                    clicked = self.title(ui, is_meant);
                });
                end.show(ui, |ui| {
                    self.cancel(ui, scene);
                    let name =
                        scene.with("boards-forget", [("board", self.spoken.as_str().into())]);
                    if widgets::icon_button(ui, Icon::Cross, &name).clicked() {
                        scene.ask(UiRequest::Close(self.id.into()));
                    }
                });
            });
            // Small print, no higher than it is.
            ui.spacing_mut().interact_size.y = 16.0;
            ui.horizontal(|ui| {
                ui.add_space(INDENT + ui.spacing().item_spacing.x);
                self.state(ui, scene, pane.tabbed);
            });
        });
        clicked
    }

    fn title(&self, ui: &mut Ui, is_meant: bool) -> bool {
        let t = theme::tokens(ui);
        let text = egui::RichText::new(&self.name).color(t.strong);
        let title = ui.add(Label::new(text).truncate().sense(Sense::click()));
        let enabled = ui.is_enabled();
        title.widget_info(|| WidgetInfo::selected(Role::Button, enabled, is_meant, &self.spoken));
        if title.has_focus() {
            ui.painter().hline(title.rect.x_range(), title.rect.bottom(), (1.0, t.accent));
        }
        title.on_hover_cursor(egui::CursorIcon::PointingHand).on_hover_text(&self.spoken).clicked()
    }

    /// Port, and how far the board is or how it ended.
    fn state(&self, ui: &mut Ui, scene: &Scene<'_>, is_tabbed: bool) {
        let t = theme::tokens(ui);
        let name = egui::RichText::new(&self.status.port_name).monospace().small().color(t.muted);
        let room = ui.available_width();
        ui.scope(|ui| {
            ui.set_max_width(room * 0.4);
            ui.add(Label::new(name).truncate());
        });
        let (told, bar) = match &self.under_way {
            Some(UnderWay::Flashing(flash)) => {
                (scene.text(flash::headline_key(flash)), Some(flash.progress()))
            }
            Some(UnderWay::Provisioning(going)) => {
                (scene.text(provision::going_key(going)), Some(None))
            }
            None => return self.rest(ui, scene, is_tabbed),
        };
        if let Some(share) = bar {
            progress(ui, share, &self.spoken, room * 0.28);
        }
        ui.add(Label::new(egui::RichText::new(told).small()).truncate());
    }

    /// Nothing is under way: how flashing ended, or what the link does.
    fn rest(&self, ui: &mut Ui, scene: &Scene<'_>, is_tabbed: bool) {
        let t = theme::tokens(ui);
        let ended =
            self.status.flash.as_ref().and_then(|flash| Some((flash, flash.outcome.as_ref()?)));
        let (sign, color, text, more) = match ended {
            Some((flash, outcome)) => {
                let text = scene.text(flash::headline_key(flash));
                match outcome {
                    Ok(_) => (Some(Icon::Check), t.good, text, None),
                    Err(fault) => {
                        (Some(Icon::Cross), t.bad, text, Some(scene.locale.sentence(&fault.what)))
                    }
                }
            }
            None => {
                let (key, tone) = port::link(self.status.link);
                let color = if tone == Tone::Idle { t.muted } else { tone.color(t) };
                (None, color, scene.text(key), None)
            }
        };
        if let Some(sign) = sign {
            let size = egui::Vec2::splat(space::ICON - 3.0);
            let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
            icon::paint(ui.painter(), rect, sign, color);
        }
        let mut text = text.to_owned();
        if is_tabbed {
            text = format!("{text} · {}", scene.text("dock-tab"));
        }
        let label = ui.add(Label::new(egui::RichText::new(text).small().color(color)).truncate());
        if let Some(more) = more {
            label.on_hover_text(more);
        }
    }

    fn cancel(&self, ui: &mut Ui, scene: &mut Scene<'_>) {
        if self.under_way.is_none() {
            return;
        }
        let cancels = cancels(scene.backend, self.id);
        let name = scene.with("boards-cancel", [("board", self.spoken.as_str().into())]);
        let clicked = ui.add_enabled_ui(cancels.is_some(), |ui| {
            widgets::icon_button(ui, Icon::Stop, &name).clicked()
        });
        if let Some(command) = cancels.filter(|_| clicked.inner) {
            scene.ask(UiRequest::Board(self.id, command));
        }
    }
}

/// Whether the board takes part in **Flash all**.
fn tick(ui: &mut Ui, scene: &Scene<'_>, pane: &mut BoardPane, spoken: &str) {
    let mut taken = !pane.is_left_out;
    let name = scene.with("boards-take-part", [("board", spoken.into())]);
    let tick = ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.add_sized([INDENT, space::CONTROL], egui::Checkbox::without_text(&mut taken))
    });
    let tick = tick.inner;
    let enabled = ui.is_enabled();
    tick.widget_info(|| WidgetInfo::selected(Role::CheckBox, enabled, taken, &name));
    tick.on_hover_text(&name);
    pane.is_left_out = !taken;
}

fn progress(ui: &mut Ui, share: Option<f32>, spoken: &str, width: f32) {
    let bar = match share {
        Some(share) => ProgressBar::new(share).show_percentage(),
        None => ProgressBar::new(0.0).animate(true),
    };
    let bar = ui.add(bar.desired_width(width.max(48.0)).desired_height(12.0));
    let done = share.map(|share| f64::from(share) * 100.0);
    bar.widget_info(|| WidgetInfo {
        value: done,
        ..WidgetInfo::labeled(Role::ProgressIndicator, true, spoken)
    });
}

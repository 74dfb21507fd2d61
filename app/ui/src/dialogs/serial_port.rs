//! The choice of a serial port: those there are, and a field for any other.

use egui::{PopupCloseBehavior, ScrollArea, Ui};
use espalier_core::board::{PortAccess, PortInfo, PortKind};
use espalier_core::session::SerialSpec;

use crate::icon::Icon;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::{self, form};

/// 74880 is what the ROM of a chip with a 26 MHz crystal speaks at.
const BAUDS: [u32; 15] = [
    1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 74_880, 115_200, 230_400, 460_800, 921_600,
    1_500_000, 2_000_000, 3_000_000,
];

/// The rows of the form; `baud` is the rate as typed.
pub(super) fn form(
    ui: &mut Ui,
    scene: &Scene<'_>,
    spec: &mut SerialSpec,
    baud: &mut String,
    fresh: bool,
) {
    let hint = scene.text("serial-port-hint");
    let field = form::first_text(ui, scene.text("serial-port"), &mut spec.port, hint, fresh);
    if field.changed() {
        spec.board = None;
    }
    let ports = scene.backend.ports();
    form::plain(ui, |ui| {
        if ports.is_empty() {
            form::hint(ui, scene.text("serial-ports-none"));
        }
        if !scene.backend.simulates_boards() {
            form::hint(ui, scene.text("board-no-simulator"));
        }
        let area = ScrollArea::vertical().id_salt("ports").max_height(136.0);
        area.min_scrolled_height(136.0).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            for port in ports.iter() {
                if row(ui, scene, port, &ports, spec.port == port.name) {
                    spec.port.clone_from(&port.name);
                    spec.board = match &port.kind {
                        PortKind::Usb(usb) => Some(usb.clone()),
                        _ => None,
                    };
                }
            }
        });
    });
    self::baud(ui, scene, baud);
}

/// The rate as typed, and common ones to choose from.
pub(super) fn baud(ui: &mut Ui, scene: &Scene<'_>, baud: &mut String) {
    form::row(ui, scene.text("baud"), |ui| {
        let field = form::field(ui, baud, "115200", 90.0);
        let name = scene.text("baud-common");
        let close = PopupCloseBehavior::CloseOnClick;
        widgets::menu_button(ui, Icon::Down, "", name, close, |ui| {
            for rate in BAUDS.map(|rate| rate.to_string()) {
                if ui.selectable_label(*baud == rate, &rate).clicked() {
                    baud.clone_from(&rate);
                }
            }
        });
        field
    });
}

/// A port that is there; `true` when it was clicked.
fn row(ui: &mut Ui, scene: &Scene<'_>, port: &PortInfo, among: &[PortInfo], on: bool) -> bool {
    let t = theme::tokens(ui);
    let trouble = match &port.access {
        PortAccess::Free => None,
        PortAccess::Ours => Some("port-ours"),
        PortAccess::Busy { .. } => Some("port-busy"),
        PortAccess::Forbidden { .. } => Some("port-forbidden"),
        PortAccess::Gone => Some("port-gone"),
    };
    let right = trouble.map_or(port.name.as_str(), |key| scene.text(key));
    let color = if trouble.is_some() { t.busy } else { t.muted };
    let mut name = crate::words::port(scene.locale, port);
    if let Some(mark) = port.mark(among) {
        name = format!("{name} · {}", crate::words::port_mark(scene.locale, mark));
    }
    let button = egui::Button::new(&name)
        .selected(on)
        .frame_when_inactive(on)
        .right_text(egui::RichText::new(right).small().color(color))
        .min_size(egui::vec2(ui.available_width() - 8.0, theme::space::CONTROL));
    let response = ui.add(button);
    let enabled = ui.is_enabled();
    let spoken = format!("{name} {}", port.name);
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, enabled, on, &spoken));
    response.clicked()
}

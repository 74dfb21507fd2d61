//! Giving the board a network.

use egui::{Sense, TextEdit, Ui, Vec2};
use espalier_core::board::{GoRequest, Network, Secret};

use super::{BoardRequest, Sight};
use crate::command::Request;
use crate::icon::{self, Icon};
use crate::scene::Scene;
use crate::theme::{self, space};
use crate::widgets::{self, form};
use crate::words;

/// What was typed; the password goes nowhere but to the board.
#[derive(Default)]
pub(super) struct WifiForm {
    ssid: String,
    password: String,
    shown: bool,
    scanned: bool,
}

impl std::fmt::Debug for WifiForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WifiForm").field("ssid", &self.ssid).finish_non_exhaustive()
    }
}

impl WifiForm {
    /// The network that was typed, if any.
    pub fn network(&self) -> Option<(String, String)> {
        (!self.ssid.is_empty()).then(|| (self.ssid.clone(), self.password.clone()))
    }
}

pub(super) fn ui(form_state: &mut WifiForm, ui: &mut Ui, scene: &mut Scene<'_>, sight: &Sight<'_>) {
    let id = sight.id;
    let networks = scene.backend.networks(id);
    if !form_state.scanned {
        form_state.scanned = true;
        scene.ask(Request::Board(id, BoardRequest::Scan));
    }
    ui.horizontal(|ui| {
        let scan = ui.add_enabled_ui(!networks.scanning, |ui| {
            widgets::button(ui, Icon::Search, scene.text("wifi-scan")).clicked()
        });
        if scan.inner {
            scene.ask(Request::Board(id, BoardRequest::Scan));
        }
        if networks.scanning {
            ui.spinner();
        }
    });
    if let Some(fault) = &networks.fault {
        form::problem(ui, scene.text(words::go_fault(fault)));
    }
    for network in networks.list.iter().take(12) {
        if row(ui, scene, network, form_state.ssid == network.ssid) {
            form_state.ssid = network.ssid.clone();
            form_state.password.clear();
        }
    }
    form::text(ui, scene.text("wifi-ssid"), &mut form_state.ssid, scene.text("wifi-ssid-hint"));
    let shown = form_state.shown;
    form::row(ui, scene.text("wifi-password"), |ui| {
        ui.add(
            TextEdit::singleline(&mut form_state.password)
                .password(!shown)
                .min_size(Vec2::new(0.0, space::CONTROL))
                .desired_width(ui.available_width() - 14.0),
        )
    });
    form::plain(ui, |ui| {
        ui.checkbox(&mut form_state.shown, scene.text("wifi-show-password"));
        let ready = !form_state.ssid.is_empty();
        let join = ui.add_enabled_ui(ready, |ui| {
            widgets::button(ui, Icon::Check, scene.text("wifi-join")).clicked()
        });
        if join.inner {
            let network = form_state.network().map(|(ssid, password)| (ssid, Secret(password)));
            let request = GoRequest { network, may_flash: false };
            scene.ask(Request::Board(id, BoardRequest::Go(request)));
        }
    });
}

/// A network to click: signal bars, a lock, its name.
fn row(ui: &mut Ui, scene: &Scene<'_>, network: &Network, chosen: bool) -> bool {
    let t = theme::tokens(ui);
    let size = Vec2::new(ui.available_width(), space::CONTROL);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let lock = scene.text(if network.locked { "wifi-locked" } else { "wifi-open" });
    let spoken = format!("{}, {} dBm, {lock}", network.ssid, network.rssi);
    let enabled = ui.is_enabled();
    response
        .widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, enabled, chosen, &spoken));
    if chosen || response.hovered() || response.has_focus() {
        let wash = if chosen { t.accent_wash } else { t.hover };
        ui.painter().rect_filled(rect, f32::from(space::RADIUS), wash);
    }
    let strength = bars(network.rssi);
    for bar in 0..4_u8 {
        let height = 3.0 + 3.0 * f32::from(bar);
        let left = rect.left() + 6.0 + 5.0 * f32::from(bar);
        let bottom = rect.center().y + 6.0;
        let area = egui::Rect::from_min_max(
            egui::pos2(left, bottom - height),
            egui::pos2(left + 3.0, bottom),
        );
        ui.painter().rect_filled(area, 1.0, if bar < strength { t.accent } else { t.line });
    }
    let sign = egui::Rect::from_center_size(
        egui::pos2(rect.left() + 36.0, rect.center().y),
        Vec2::splat(space::ICON - 3.0),
    );
    if network.locked {
        icon::paint(ui.painter(), sign, Icon::Lock, t.muted);
    }
    ui.painter().text(
        egui::pos2(rect.left() + 48.0, rect.center().y),
        egui::Align2::LEFT_CENTER,
        &network.ssid,
        egui::FontId::proportional(13.0),
        t.text,
    );
    response.on_hover_text(format!("{} dBm, {lock}", network.rssi)).clicked()
}

/// Signal bars, 1 to 4, as phones draw them.
const fn bars(rssi: i8) -> u8 {
    match rssi {
        -55.. => 4,
        -67..=-56 => 3,
        -78..=-68 => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_network_has_four_bars_and_a_far_one() {
        assert_eq!([bars(-30), bars(-60), bars(-70), bars(-90)], [4, 3, 2, 1]);
    }

    #[test]
    fn a_password_does_not_show_in_debug_output() {
        let form = WifiForm { password: "secret".to_owned(), ..WifiForm::default() };
        assert!(!format!("{form:?}").contains("secret"));
    }
}

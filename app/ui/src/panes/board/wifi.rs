//! Giving the board a network.

mod keyring;

use std::sync::Arc;

use egui::{Response, Sense, TextEdit, Ui, Vec2};
use espalier_core::board::{
    BoardCommand, KeyringFault, LinkState, Network, ProvisionFault, ProvisionRequest,
    ProvisionStatus, Secret,
};

use super::{BoardContext, is_simulated, problem};
use crate::command::UiRequest;
use crate::icon::{self, Icon};
use crate::scene::Scene;
use crate::state::KnownNetwork;
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
    /// The user chose or typed the network, or cleared it.
    touched: bool,
    /// Keep the password in the keyring.
    remember: bool,
    /// The keyring was asked for the password of this network.
    asked: Option<String>,
    /// The keyring has not answered yet.
    waits: bool,
    fault: Option<KeyringFault>,
    /// The provisioning run that had ended when the form was changed last.
    changed_since: Option<Arc<ProvisionStatus>>,
}

impl std::fmt::Debug for WifiForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WifiForm").field("ssid", &self.ssid).finish_non_exhaustive()
    }
}

impl WifiForm {
    /// A network that is most likely meant; not when the user has said one.
    pub fn propose(&mut self, ssid: &str) {
        if !self.touched && self.ssid.is_empty() {
            ssid.clone_into(&mut self.ssid);
        }
    }

    /// Is a network named?
    pub const fn has_network(&self) -> bool {
        !self.ssid.is_empty()
    }

    /// The network that is named, chosen by the user or proposed.
    pub fn network(&self) -> Option<(String, Secret)> {
        // Without its password the network would be taken for an open one.
        let known = self.has_network() && !self.waits;
        known.then(|| (self.ssid.clone(), Secret(self.password.clone())))
    }

    /// The network that the user chose.
    pub fn chosen(&self) -> Option<(String, Secret)> {
        self.network().filter(|_| self.touched)
    }

    /// Can a network be called so, and have such a password? None at all will do unless it is `needed`.
    pub fn fits(&self, needed: bool) -> bool {
        match self.has_network() {
            true => password_fits(&self.password) && self.ssid.len() <= 32 && !self.waits,
            false => !needed && self.password.is_empty(),
        }
    }

    /// Whether the password is to be kept.
    pub const fn remembers(&self) -> bool {
        self.remember
    }

    /// Whether the form was changed after this run had ended.
    pub fn is_changed_since(&self, going: &Arc<ProvisionStatus>) -> bool {
        same(self.changed_since.as_ref(), Some(going))
    }

    /// Whether this is about the network and the password that stand here.
    pub fn is_answered(&self, fault: &ProvisionFault) -> bool {
        match fault {
            ProvisionFault::WrongPassword { ssid } | ProvisionFault::NoSuchNetwork { ssid } => {
                *ssid == self.ssid
            }
            _ => false,
        }
    }

    /// The keyring has answered.
    pub fn recalled(&mut self, ssid: &str, answer: Result<Option<Secret>, KeyringFault>) {
        if self.asked.as_deref() != Some(ssid) {
            return;
        }
        self.waits = false;
        match answer {
            Ok(Some(password)) if self.password.is_empty() && self.ssid == ssid => {
                self.password = password.0;
                self.remember = true;
            }
            Ok(_) => {}
            Err(fault) => {
                self.fault = Some(fault);
                self.remember = false;
            }
        }
    }

    /// The network is another one now.
    fn renamed(&mut self) {
        (self.asked, self.waits, self.fault) = (None, false, None);
        self.remember = false;
    }
}

/// Whether a network can have this password; an empty one is that of an open network.
pub(super) const fn password_fits(password: &str) -> bool {
    matches!(password.len(), 0 | 8..=64)
}

fn same(one: Option<&Arc<ProvisionStatus>>, other: Option<&Arc<ProvisionStatus>>) -> bool {
    one.zip(other).is_some_and(|(one, other)| Arc::ptr_eq(one, other))
}

/// The form, for a board that is to join another network; with a button.
pub(super) fn ui(
    form_state: &mut WifiForm,
    known: &[KnownNetwork],
    answer: Option<ProvisionFault>,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    context: &BoardContext<'_>,
) {
    let enter = choose(form_state, known, answer, ui, scene, context);
    let fits = form_state.fits(true);
    form::plain(ui, |ui| {
        let join = ui.add_enabled_ui(fits, |ui| {
            widgets::button(ui, Icon::Check, scene.text("wifi-join")).clicked()
        });
        if join.inner || enter && fits {
            let request = ProvisionRequest { network: form_state.network(), may_flash: false };
            scene.ask(UiRequest::Go { id: context.id, request, talk: false });
        }
    });
}

/// The networks that the board hears, and fields for one; `true` when Enter was pressed in the last of them.
pub(super) fn choose(
    form_state: &mut WifiForm,
    known: &[KnownNetwork],
    answer: Option<ProvisionFault>,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    context: &BoardContext<'_>,
) -> bool {
    // egui numbers what has no name: of its own, so that networks which come and go do not take the focus from the fields.
    ui.scope(|ui| {
        if context.ours() && context.status.link == LinkState::Monitoring {
            heard(form_state, known, ui, scene, context);
        }
    });
    let name =
        form::text(ui, scene.text("wifi-ssid"), &mut form_state.ssid, scene.text("wifi-ssid-hint"));
    if name.changed() {
        form_state.touched = true;
        form_state.renamed();
    }
    let shown = form_state.shown;
    let password = password(ui, scene, &mut form_state.password, shown);
    form_state.touched |= password.changed();
    // What was answered is about what was tried, not about what is being typed.
    let going = scene.backend.provision_status(context.id);
    if name.changed() || password.changed() {
        form_state.changed_since = going;
    } else if let Some(fault) = answer {
        form::plain(ui, |ui| problem::told(ui, scene, words::provision_fault(&fault)));
    }
    if !password_fits(&form_state.password) && !password.has_focus() {
        form::plain(ui, |ui| form::problem(ui, scene.text("wifi-password-length")));
    }
    form::plain(ui, |ui| {
        ui.checkbox(&mut form_state.shown, scene.text("wifi-show-password"));
        // The networks of simulated boards are not there for others, so nothing of them is kept.
        if !is_simulated(scene.backend, context.id) {
            keyring::ui(form_state, known, ui, scene);
        }
    });
    let enter = ui.input(|input| input.key_pressed(egui::Key::Enter));
    enter && (password.lost_focus() || name.lost_focus() && form_state.has_network())
}

/// The field for a password.
pub(super) fn password(
    ui: &mut Ui,
    scene: &Scene<'_>,
    value: &mut String,
    shown: bool,
) -> Response {
    form::row(ui, scene.text("wifi-password"), |ui| {
        form::outlined(ui, |ui| {
            ui.add(
                TextEdit::singleline(value)
                    .password(!shown)
                    .hint_text(egui::RichText::new(scene.text("wifi-password-hint")).weak())
                    .margin(egui::Margin::symmetric(7, 3))
                    .min_size(Vec2::new(0.0, space::CONTROL))
                    .desired_width(ui.available_width() - 14.0),
            )
        })
    })
}

/// Looks for networks, those that the user knows first.
pub(crate) fn scan_for(known: &[KnownNetwork]) -> BoardCommand {
    BoardCommand::Scan { known: known.iter().map(|known| known.ssid.clone()).collect() }
}

fn heard(
    form_state: &mut WifiForm,
    known: &[KnownNetwork],
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    context: &BoardContext<'_>,
) {
    let id = context.id;
    let networks = scene.backend.networks(id);
    if !form_state.scanned {
        form_state.scanned = true;
        if !networks.scanning {
            scene.ask(UiRequest::Board(id, scan_for(known)));
        }
    }
    for network in networks.list.iter().take(12) {
        let is_known = known.iter().any(|known| known.ssid == network.ssid);
        if row(ui, scene, network, form_state.ssid == network.ssid, is_known) {
            form_state.touched = true;
            if form_state.ssid != network.ssid {
                form_state.ssid.clone_from(&network.ssid);
                form_state.password.clear();
                form_state.renamed();
            }
        }
    }
    ui.horizontal(|ui| {
        let scan = ui.add_enabled_ui(!networks.scanning, |ui| {
            widgets::button(ui, Icon::Search, scene.text("wifi-scan")).clicked()
        });
        if scan.inner {
            scene.ask(UiRequest::Board(id, scan_for(known)));
        }
        if networks.scanning {
            ui.spinner();
        } else if networks.list.is_empty() && networks.fault.is_none() {
            ui.weak(scene.text("wifi-none-heard"));
        }
    });
    if let Some(fault) = &networks.fault {
        problem::told(ui, scene, words::provision_fault(fault));
        if let ProvisionFault::Unstored(detail) | ProvisionFault::NoThread(detail) = &**fault {
            form::hint(ui, detail);
        }
    }
}

/// A network to click: signal bars, a lock, its name.
fn row(ui: &mut Ui, scene: &Scene<'_>, network: &Network, chosen: bool, known: bool) -> bool {
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
        theme::prose(ui, 13.0),
        t.text,
    );
    if known {
        ui.painter().text(
            egui::pos2(rect.right() - 6.0, rect.center().y),
            egui::Align2::RIGHT_CENTER,
            scene.text("wifi-known"),
            theme::prose(ui, 11.0),
            t.muted,
        );
    }
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

//! What the keyring has to do with the form: a remembered password is filled in, the tick keeps or forgets it.

use egui::Ui;
use espalier_core::board::KeyringFault;

use super::WifiForm;
use crate::command::{KeyringRequest, UiRequest};
use crate::scene::Scene;
use crate::state::KnownNetwork;
use crate::widgets::form;
use crate::words;

pub(super) fn ui(
    form_state: &mut WifiForm,
    known: &[KnownNetwork],
    ui: &mut Ui,
    scene: &mut Scene<'_>,
) {
    let ssid = form_state.ssid.clone();
    let remembered = known.iter().any(|network| network.ssid == ssid && network.remembered);
    let is_asked = form_state.asked.as_ref() == Some(&ssid);
    let mut ask = remembered && !is_asked;
    let tick = ui.add_enabled_ui(!ssid.is_empty(), |ui| {
        ui.checkbox(&mut form_state.remember, scene.text("wifi-remember"))
            .on_hover_text(scene.text("wifi-remember-hint"))
    });
    if tick.inner.changed() {
        if form_state.remember {
            // Whether there is a keyring shows now, not when the board has joined.
            ask = true;
        } else if remembered {
            scene.ask(UiRequest::Keyring(KeyringRequest::Forget, ssid.clone()));
        }
    }
    if ask {
        (form_state.asked, form_state.waits) = (Some(ssid.clone()), true);
        form_state.fault = None;
        scene.ask(UiRequest::Keyring(KeyringRequest::Recall, ssid));
    }
    if form_state.waits {
        ui.horizontal(|ui| {
            ui.spinner();
            form::hint(ui, scene.text("keyring-waits"));
        });
    }
    if let Some(fault) = &form_state.fault {
        form::caution(ui, scene.text(words::keyring_fault(fault)));
        if let KeyringFault::None(detail) | KeyringFault::Refused(detail) = fault
            && !detail.is_empty()
        {
            form::hint(ui, detail);
        }
    }
}

//! Boards without a cable: credentials over the air, by ESP-TOUCH.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use egui::{ProgressBar, Ui};
use espalier_core::board::{
    DEFAULT_PORT, EspTouchBoard, EspTouchFault, EspTouchRequest, EspTouchStatus, Secret,
    parse_esp_touch_destination, parse_mac,
};

use super::{problem, wifi};
use crate::command::UiRequest;
use crate::icon::Icon;
use crate::locale::Value;
use crate::scene::Scene;
use crate::widgets::{self, form};
use crate::words;

/// What was typed; the password goes nowhere but into the air.
pub(super) struct EspTouchForm {
    ssid: String,
    password: String,
    shown: bool,
    bssid: String,
    /// Where packets go; empty: to the multicast groups.
    to: String,
    /// Our address; empty: the system's choice.
    from: String,
    boards: u8,
    port: u16,
}

impl Default for EspTouchForm {
    fn default() -> Self {
        let (ssid, password, bssid, to, from) = Default::default();
        Self { ssid, password, shown: false, bssid, to, from, boards: 1, port: DEFAULT_PORT }
    }
}

impl std::fmt::Debug for EspTouchForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EspTouchForm").field("ssid", &self.ssid).finish_non_exhaustive()
    }
}

impl EspTouchForm {
    /// The most boards that are awaited at once.
    const MOST: u8 = 16;

    fn request(&self) -> Option<EspTouchRequest> {
        let fits = !self.ssid.is_empty() && self.problem().is_none();
        Some(EspTouchRequest {
            ssid: self.ssid.clone(),
            password: Secret(self.password.clone()),
            bssid: parse_mac(&self.bssid).filter(|_| fits)?,
            boards: self.boards,
            to: self.to()?,
            from: self.from()?,
        })
    }

    /// What no network can have, as the key of a sentence.
    fn problem(&self) -> Option<&'static str> {
        if self.ssid.len() > 32 {
            return Some("touch-datum");
        }
        (!wifi::password_fits(&self.password)).then_some("wifi-password-length")
    }

    /// Where packets go; `None` when that is no address.
    fn to(&self) -> Option<Option<SocketAddr>> {
        match self.to.trim() {
            "" => Some(None),
            text => parse_esp_touch_destination(text).map(Some),
        }
    }

    /// Our address; `None` when that is none.
    fn from(&self) -> Option<Option<Ipv4Addr>> {
        match self.from.trim() {
            "" => Some(None),
            text => text.parse().ok().map(Some),
        }
    }
}

pub(super) fn ui(form_state: &mut EspTouchForm, ui: &mut Ui, scene: &mut Scene<'_>) {
    form::hint(ui, scene.text("touch-for"));
    form::caution(ui, scene.text("touch-caution"));
    let status = scene.backend.esp_touch_status();
    let runs = status.as_ref().is_some_and(|status| status.outcome.is_none());
    ui.add_enabled_ui(!runs, |ui| fields(form_state, ui, scene));
    if let Some(status) = &status {
        progress(form_state, ui, scene, status);
    }
    form::plain(ui, |ui| {
        if runs {
            if widgets::button(ui, Icon::Stop, scene.text("cancel")).clicked() {
                scene.ask(UiRequest::CancelEspTouch);
            }
            return;
        }
        let request = form_state.request();
        let send = ui.add_enabled_ui(request.is_some(), |ui| {
            widgets::primary_button(ui, Some(Icon::Play), scene.text("touch-send")).clicked()
        });
        if let Some(request) = request.filter(|_| send.inner) {
            scene.ask(UiRequest::EspTouch(Box::new(request)));
        }
    });
}

fn fields(form_state: &mut EspTouchForm, ui: &mut Ui, scene: &Scene<'_>) {
    let hint = scene.text("touch-ssid-hint");
    form::text(ui, scene.text("wifi-ssid"), &mut form_state.ssid, hint);
    let shown = form_state.shown;
    let password = wifi::password(ui, scene, &mut form_state.password, shown);
    if let Some(problem) = form_state.problem().filter(|_| !password.has_focus()) {
        form::plain(ui, |ui| form::problem(ui, scene.text(problem)));
    }
    form::plain(ui, |ui| ui.checkbox(&mut form_state.shown, scene.text("wifi-show-password")));
    let name = scene.text("touch-bssid");
    let field = form::text(ui, name, &mut form_state.bssid, "10:20:30:40:50:60");
    let is_wrong = !form_state.bssid.is_empty() && parse_mac(&form_state.bssid).is_none();
    if is_wrong && !field.has_focus() {
        form::plain(ui, |ui| form::problem(ui, scene.text("touch-bad-bssid")));
    }
    form::plain(ui, |ui| form::hint(ui, scene.text("touch-bssid-hint")));
    let field = form::text(ui, scene.text("touch-to"), &mut form_state.to, "255.255.255.255");
    if form_state.to().is_none() && !field.has_focus() {
        form::plain(ui, |ui| form::problem(ui, scene.text("touch-bad-to")));
    }
    form::plain(ui, |ui| form::hint(ui, scene.text("touch-to-hint")));
    let hint = scene.text("touch-from-hint");
    let field = form::text(ui, scene.text("touch-from"), &mut form_state.from, hint);
    if form_state.from().is_none() && !field.has_focus() {
        form::plain(ui, |ui| form::problem(ui, scene.text("touch-bad-from")));
    }
    form::row(ui, scene.text("touch-boards"), |ui| {
        form::number(ui, &mut form_state.boards, 1..=EspTouchForm::MOST, "")
    });
}

/// How it goes: time, boards that have answered, its end.
fn progress(
    form_state: &mut EspTouchForm,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    status: &EspTouchStatus,
) {
    match status.outcome.as_ref() {
        None => {
            let whole = (status.until.0 - status.began.0).max(1) as f32;
            let gone = (scene.now.0 - status.began.0) as f32 / whole;
            ui.add(ProgressBar::new(gone.clamp(0.0, 1.0)).desired_height(14.0));
            let left = (status.until.0 - scene.now.0).max(0).unsigned_abs() / 1_000_000_000;
            form::hint(ui, &scene.with("touch-left", [("seconds", Value::from(left))]));
            ui.ctx().request_repaint_after(Duration::from_millis(500));
        }
        Some(Ok(())) => {}
        Some(Err(fault)) => {
            let key = words::esp_touch_fault(fault);
            match &**fault {
                EspTouchFault::Cancelled => drop(form::hint(ui, scene.text(key))),
                _ => problem::told(ui, scene, key),
            }
            if let EspTouchFault::NoAddress(detail)
            | EspTouchFault::Send(detail)
            | EspTouchFault::Listen(detail) = &**fault
            {
                form::hint(ui, detail);
            }
        }
    }
    if status.boards > 1 {
        let numbers = [
            ("found", Value::from(status.found.len() as u64)),
            ("boards", Value::from(u64::from(status.boards))),
        ];
        form::hint(ui, &scene.with("touch-some", numbers));
    }
    for board in status.found.iter() {
        found(form_state, ui, scene, board);
    }
    if !status.found.is_empty() {
        form::row(ui, scene.text("set-port"), |ui| {
            form::number(ui, &mut form_state.port, 1..=65535, "")
        });
    }
}

fn found(form_state: &EspTouchForm, ui: &mut Ui, scene: &mut Scene<'_>, board: &EspTouchBoard) {
    let mac = espalier_core::hex::mac(board.mac);
    ui.horizontal_wrapped(|ui| {
        let address = board.ip.to_string();
        let name = scene.with("touch-talk", [("address", address.as_str().into())]);
        if widgets::button(ui, Icon::Client, &name).clicked() {
            let endpoint = SocketAddr::from((board.ip, form_state.port));
            scene.ask(UiRequest::Connect(endpoint, 1));
        }
        ui.label(egui::RichText::new(mac).monospace().small().weak());
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_sent_without_a_network_and_its_access_point() {
        let mut form = EspTouchForm { ssid: "Home".to_owned(), ..EspTouchForm::default() };
        assert_eq!(form.request(), None);
        "10:20:30:40:50:60".clone_into(&mut form.bssid);
        assert!(form.request().is_some_and(|request| request.boards == 1 && request.to.is_none()));
        "255.255.255.255".clone_into(&mut form.to);
        assert_eq!(form.request().unwrap().to, Some(([255; 4], 7001).into()));
        "everywhere".clone_into(&mut form.to);
        assert_eq!(form.request(), None);
        form.to.clear();
        "192.168.1.5".clone_into(&mut form.from);
        assert_eq!(form.request().unwrap().from, Some(Ipv4Addr::new(192, 168, 1, 5)));
        "mine".clone_into(&mut form.from);
        assert_eq!(form.request(), None);
        form.from.clear();
        let wrong = Some("wifi-password-length");
        for (length, problem) in [(65, wrong), (7, wrong), (64, None), (8, None), (0, None)] {
            form.password = "x".repeat(length);
            assert_eq!((form.problem(), form.request().is_some()), (problem, problem.is_none()));
        }
        // Eleven characters of three bytes.
        form.ssid = "网".repeat(11);
        assert_eq!((form.problem(), form.request()), (Some("touch-datum"), None));
    }

    #[test]
    fn a_password_does_not_show_in_debug_output() {
        let form = EspTouchForm { password: "secret".to_owned(), ..EspTouchForm::default() };
        assert!(!format!("{form:?}").contains("secret"));
    }
}

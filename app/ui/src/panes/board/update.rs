//! A new program for a board over the network.

use std::net::SocketAddr;

use egui::{ProgressBar, TextEdit, Ui, Vec2};
use espalier_core::board::{BoardCommand, BoardUpdateRequest, BoardUpdateStatus};
use espalier_protocol::Command;
use espalier_protocol::command::Token;

use super::{BoardContext, problem};
use crate::command::UiRequest;
use crate::icon::Icon;
use crate::locale::Value;
use crate::manual;
use crate::scene::Scene;
use crate::theme::space;
use crate::widgets::{self, form};

/// What was typed; the token goes nowhere.
#[derive(Default)]
pub(super) struct UpdateForm {
    /// `HOST` or `ADDRESS:PORT`.
    pub address: String,
    token: String,
    /// The board on the cable, as it was filled in.
    suggested: Option<SocketAddr>,
}

impl std::fmt::Debug for UpdateForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UpdateForm").field("address", &self.address).finish_non_exhaustive()
    }
}

impl UpdateForm {
    /// The board on the cable takes updates there: it is meant, unless another one was typed.
    pub(super) fn suggest(&mut self, place: Option<SocketAddr>) {
        if place.is_none() || place == self.suggested {
            return;
        }
        let text = |place: Option<SocketAddr>| place.map(|it| it.to_string()).unwrap_or_default();
        if self.address == text(self.suggested) {
            self.address = text(place);
        }
        self.suggested = place;
    }

    fn request(&self) -> Option<BoardUpdateRequest> {
        let token = match self.token.as_str() {
            "" => None,
            token => Some(Token::new(token)?),
        };
        BoardUpdateRequest::to(&self.address, token)
    }
}

pub(super) fn ui(
    typed: &mut UpdateForm,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    on_cable: Option<&BoardContext<'_>>,
) {
    form::hint(ui, scene.text("ota-for"));
    let status = scene.backend.board_update_status();
    let runs = status.as_ref().is_some_and(|status| status.outcome.is_none());
    let fields = ui.add_enabled_ui(!runs, |ui| {
        let address = form::text(ui, scene.text("ota-address"), &mut typed.address, "192.168.1.7");
        let token = form::row(ui, scene.text("ota-token"), |ui| {
            form::outlined(ui, |ui| {
                ui.add(
                    TextEdit::singleline(&mut typed.token)
                        .password(true)
                        .hint_text(egui::RichText::new(scene.text("ota-token-hint")).weak())
                        .margin(egui::Margin::symmetric(7, 3))
                        .min_size(Vec2::new(0.0, space::CONTROL))
                        .desired_width(ui.available_width() - 14.0),
                )
            })
        });
        [address, token].map(|field| field.has_focus())
    });
    // What is being typed is not wrong yet.
    let [types_address, types_token] = fields.inner;
    let is_nobody = BoardUpdateRequest::to(&typed.address, None).is_none();
    if is_nobody && !typed.address.trim().is_empty() && !types_address {
        form::plain(ui, |ui| form::problem(ui, scene.text("ota-bad-address")));
    }
    let wrong_token = !typed.token.is_empty() && Token::new(&typed.token).is_none();
    if wrong_token && !types_token {
        form::plain(ui, |ui| form::problem(ui, scene.text("ota-bad-token")));
    }
    if let Some(context) = on_cable.filter(|context| context.ours()) {
        permission(typed, ui, scene, context);
    }
    if let Some(status) = &status {
        progress(ui, scene, status);
    }
    form::plain(ui, |ui| {
        if runs {
            if widgets::button(ui, Icon::Stop, scene.text("cancel")).clicked() {
                scene.ask(UiRequest::CancelBoardUpdate);
            }
            return;
        }
        let request = typed.request();
        let start = ui.add_enabled_ui(request.is_some(), |ui| {
            widgets::primary_button(ui, Some(Icon::Play), scene.text("ota-start")).clicked()
        });
        if let Some(request) = request.filter(|_| start.inner) {
            scene.ask(UiRequest::UpdateBoard(Box::new(request)));
        }
    });
}

/// What its console says of updates, and what may be said there: by the buttons instead of by hand.
fn permission(typed: &UpdateForm, ui: &mut Ui, scene: &mut Scene<'_>, context: &BoardContext<'_>) {
    let reported = context.reported();
    let Some(slots) = reported.slots else { return };
    if slots.count < 2 {
        form::plain(ui, |ui| form::hint(ui, scene.text("ota-one-slot")));
        return;
    }
    let say = |scene: &mut Scene<'_>, command| {
        scene.ask(UiRequest::Board(context.id, BoardCommand::Say(command)));
    };
    form::plain(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            if ui.button(scene.text("ota-allow")).clicked() {
                say(scene, Command::OtaAllow);
            }
            let token = Token::new(&typed.token);
            let set = ui.add_enabled_ui(token.is_some(), |ui| {
                ui.button(scene.text("ota-set-token")).clicked()
            });
            if let Some(token) = token.filter(|_| set.inner) {
                say(scene, Command::OtaToken(token));
                say(scene, Command::Status);
            }
            if slots.token && ui.button(scene.text("ota-forget-token")).clicked() {
                say(scene, Command::OtaForget);
                say(scene, Command::Status);
            }
        });
        let left = reported.update_allowed_until.map_or(0, |until| until.0 - scene.now.0);
        if left > 0 {
            let seconds = Value::from(left.unsigned_abs() / 1_000_000_000);
            form::hint(ui, &scene.with("ota-allowed", [("seconds", seconds)]));
            ui.ctx().request_repaint_after(std::time::Duration::from_secs(1));
        }
    });
}

/// How far it is, or how it ended.
fn progress(ui: &mut Ui, scene: &mut Scene<'_>, status: &BoardUpdateStatus) {
    let host = || [("host", status.host.as_str().into())];
    match &status.outcome {
        None => {
            let done = status.written as f32 / status.total.max(1) as f32;
            ui.add(ProgressBar::new(done.clamp(0.0, 1.0)).desired_height(14.0));
            let key = if status.restarts { "ota-restarts" } else { "ota-writes" };
            form::hint(ui, &scene.with(key, host()));
        }
        Some(Ok(version)) => {
            let words =
                [("host", status.host.as_str().into()), ("version", version.as_str().into())];
            form::hint(ui, &scene.with("ota-done", words));
        }
        Some(Err(why)) => {
            let text = scene.locale.sentence(why);
            problem::ui(ui, scene, &text, why.key().and_then(manual::topic));
        }
    }
}

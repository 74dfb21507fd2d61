//! What a server's client is called, and its own encoding.

use std::net::IpAddr;

use egui::Ui;
use espalier_core::SessionId;
use espalier_core::backend::SessionCommand;
use espalier_core::session::KnownClient;
use espalier_core::view::EncodingName;

use super::frame;
use crate::command::UiRequest;
use crate::scene::Scene;
use crate::theme::space;
use crate::widgets::{self, Focus, Search, form};

/// What was entered so far.
#[derive(Debug)]
pub struct ClientDialog {
    id: SessionId,
    address: IpAddr,
    name: String,
    own: bool,
    encoding: EncodingName,
    search: Search,
    focus: Focus,
}

impl ClientDialog {
    /// What this server knows of the clients that come from this address; `session` is its own encoding.
    pub fn new(
        id: SessionId,
        address: IpAddr,
        known: Option<&KnownClient>,
        session: EncodingName,
    ) -> Self {
        let KnownClient { name, encoding } = known.cloned().unwrap_or_default();
        Self {
            id,
            address,
            name,
            own: encoding.is_some(),
            encoding: encoding.unwrap_or(session),
            search: Search::default(),
            focus: Focus::wanted(),
        }
    }

    /// Draws it; `false` when it is over.
    pub(super) fn ui(&mut self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let (mut apply, mut cancelled) = (frame::enter(ui), false);
        let address = self.address.to_string();
        let title = scene.with("client-title", [("address", address.into())]);
        let open = frame::dialog(ui, scene.locale, &title, 420.0, |ui| {
            let fresh = self.focus.is_due(ui);
            let hint = scene.text("client-name-hint");
            form::first_text(ui, scene.text("name"), &mut self.name, hint, fresh);
            form::row(ui, scene.text("view-encoding"), |ui| {
                let own = ui.checkbox(&mut self.own, scene.text("client-own-encoding"));
                if self.own {
                    let (encoding, search) = (&mut self.encoding, &mut self.search);
                    widgets::encoding::combo(ui, scene.locale, encoding, search);
                }
                own
            });
            ui.add_space(space::XS);
            form::hint(ui, scene.text("client-known-hint"));
            frame::actions(ui, None, |ui| {
                cancelled = ui.button(scene.text("cancel")).clicked();
                apply |= widgets::primary_button(ui, None, scene.text("apply")).clicked();
            });
        });
        if apply && !cancelled {
            let client = KnownClient {
                name: self.name.trim().to_owned(),
                encoding: self.own.then(|| self.encoding.clone()),
            };
            let command = SessionCommand::SetClient(self.address, client);
            scene.ask(UiRequest::Session(self.id, command));
            return false;
        }
        open && !cancelled
    }
}

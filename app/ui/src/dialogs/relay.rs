//! What a relay is asked to be, as rows of a form.

use std::path::Path;

use egui::{RichText, Ui};
use espalier_core::session::{NoRelayEnd, RelayEnd, RelaySpec};

use super::tls::TlsForm;
use super::transport;
use crate::scene::Scene;
use crate::theme::space;
use crate::widgets::form;

/// What was entered so far.
#[derive(Debug)]
pub(super) struct RelayForm {
    listen: String,
    target: String,
    listen_tls: TlsForm,
    target_tls: TlsForm,
    spec: RelaySpec,
}

impl RelayForm {
    /// A relay as it is.
    pub(super) fn of(spec: &RelaySpec) -> Self {
        Self {
            listen: spec.listen.to_string(),
            target: spec.target.to_string(),
            listen_tls: TlsForm::of_server(Some(&*spec.listen_tls)),
            target_tls: TlsForm::of_client(Some(&*spec.target_tls)),
            spec: spec.clone(),
        }
    }

    /// A new one, whose target is yet to be written.
    pub(super) fn fresh() -> Self {
        let end = |port| RelayEnd::Tcp { host: "127.0.0.1".to_owned(), port };
        let spec = RelaySpec::new(end(0), end(1));
        Self { target: String::new(), ..Self::of(&spec) }
    }

    /// Both sides; with `focus` the first one takes the keyboard.
    pub(super) fn ends(&mut self, ui: &mut Ui, scene: &Scene<'_>, focus: bool) {
        let hint = scene.text("relay-listen-hint");
        form::first_text(ui, scene.text("relay-listen"), &mut self.listen, hint, focus);
        let hint = scene.text("relay-target-hint");
        form::text(ui, scene.text("relay-target"), &mut self.target, hint);
        form::plain(ui, |ui| form::hint(ui, scene.text("relay-hint")));
        let picked_before = (self.listen_tls.picks(), self.target_tls.picks());
        if speaks_tls(&self.listen) {
            heading(ui, scene.text("relay-tls-listen"));
            ui.push_id("listen tls", |ui| self.listen_tls.server_rows(ui, scene));
        }
        if speaks_tls(&self.target) {
            heading(ui, scene.text("relay-tls-target"));
            ui.push_id("target tls", |ui| self.target_tls.client_rows(ui, scene));
        }
        // One file is picked at a time: a dialog that was cancelled is not heard of.
        match (picked_before, self.listen_tls.picks(), self.target_tls.picks()) {
            ((true, false), true, true) => self.listen_tls.forget_pick(),
            ((false, true), true, true) => self.target_tls.forget_pick(),
            _ => {}
        }
    }

    /// What else there is.
    pub(super) fn options(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        let port_listens = matches!(self.listen.parse(), Ok(RelayEnd::Serial { .. }));
        transport::relay(ui, scene.locale, &mut self.spec, port_listens);
    }

    /// A file was picked in the system's dialog.
    pub(super) fn picked(&mut self, path: &Path) {
        self.listen_tls.picked(path);
        self.target_tls.picked(path);
    }

    /// Whether anything is missing yet.
    pub(super) fn is_incomplete(&self) -> bool {
        self.listen.trim().is_empty() || self.target.trim().is_empty()
    }

    /// What was entered, or the key of what is wrong with it. Files are looked for in `folder`.
    pub(super) fn entered(&self, folder: &Path) -> Result<RelaySpec, &'static str> {
        let (listens, forwards) = (told("problem-relay-listen"), told("problem-relay-target"));
        let listen: RelayEnd = self.listen.parse().map_err(&listens)?;
        let target: RelayEnd = self.target.parse().map_err(&forwards)?;
        let mut spec = RelaySpec { listen, target, ..self.spec.clone() };
        if spec.listen.serial().is_none() {
            spec.server().map_err(&listens)?;
        }
        spec.check().map_err(&forwards)?;
        // What is not seen is neither wrong nor changed.
        if spec.listen.speaks_tls() {
            *spec.listen_tls = self.listen_tls.server_spec(folder)?.unwrap_or_default();
        }
        if spec.target.speaks_tls() {
            *spec.target_tls = self.target_tls.client_spec(folder)?.unwrap_or_default();
        }
        Ok(spec)
    }
}

/// The key of what is wrong with a side: its port, or `otherwise` all of it.
fn told(otherwise: &'static str) -> impl Fn(NoRelayEnd) -> &'static str {
    move |bad| match bad {
        NoRelayEnd::PortRange | NoRelayEnd::NoPort => "problem-port",
        _ => otherwise,
    }
}

/// As it is written so far.
fn speaks_tls(end: &str) -> bool {
    end.trim_start().starts_with("tls:")
}

fn heading(ui: &mut Ui, text: &str) {
    ui.add_space(space::S);
    form::plain(ui, |ui| ui.label(RichText::new(text).strong()));
}

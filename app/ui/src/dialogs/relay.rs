//! What a relay is asked to be, as rows of a form.

use egui::Ui;
use espalier_core::session::RelaySpec;

use super::transport;
use crate::locale::Locale;
use crate::widgets::form;

/// What was entered so far.
#[derive(Debug)]
pub(super) struct RelayForm {
    listen: String,
    target: String,
    spec: RelaySpec,
}

impl RelayForm {
    /// A relay as it is.
    pub(super) fn of(spec: &RelaySpec) -> Self {
        Self {
            listen: spec.listen.to_string(),
            target: spec.target.to_string(),
            spec: spec.clone(),
        }
    }

    /// A new one, whose target is yet to be written.
    pub(super) fn fresh() -> Self {
        let end =
            |port| espalier_core::session::RelayEnd::Tcp { host: "127.0.0.1".to_owned(), port };
        let spec = RelaySpec::new(end(0), end(1));
        Self { target: String::new(), ..Self::of(&spec) }
    }

    /// Both sides; with `focus` the first one takes the keyboard.
    pub(super) fn ends(&mut self, ui: &mut Ui, locale: &Locale, focus: bool) {
        let hint = locale.text("relay-listen-hint");
        form::first_text(ui, locale.text("relay-listen"), &mut self.listen, hint, focus);
        let hint = locale.text("relay-target-hint");
        form::text(ui, locale.text("relay-target"), &mut self.target, hint);
        form::plain(ui, |ui| form::hint(ui, locale.text("relay-hint")));
    }

    /// What else there is.
    pub(super) fn options(&mut self, ui: &mut Ui, locale: &Locale) {
        transport::relay(ui, locale, &mut self.spec);
    }

    /// Whether anything is missing yet.
    pub(super) fn is_incomplete(&self) -> bool {
        self.listen.trim().is_empty() || self.target.trim().is_empty()
    }

    /// What was entered, or the key of what is wrong with it.
    pub(super) fn entered(&self) -> Result<RelaySpec, &'static str> {
        let listen = self.listen.parse().map_err(|_| "problem-relay-listen")?;
        let target = self.target.parse().map_err(|_| "problem-relay-target")?;
        let spec = RelaySpec { listen, target, ..self.spec.clone() };
        spec.server().map_err(|_| "problem-relay-listen")?;
        spec.check().map_err(|_| "problem-relay-target")?;
        Ok(spec)
    }
}

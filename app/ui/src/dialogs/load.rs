//! The form of a load test: for a new one, and for the options of one that is there.

use std::path::Path;

use egui::Ui;
use espalier_core::load::{BadLoad, LoadSpec, LoadTraffic, PatternCheck};

use super::tls::TlsForm;
use super::transport;
use crate::locale::Locale;
use crate::scene::Scene;
use crate::widgets::{self, choice, form};

/// What was entered so far.
#[derive(Debug)]
pub(super) struct LoadForm {
    host: String,
    port: String,
    kind: TrafficKind,
    group: String,
    rounds: u64,
    rate: u64,
    check: PatternCheck,
    tls: TlsForm,
    spec: LoadSpec,
}

/// What clients send, without what goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TrafficKind {
    Nothing,
    List,
    Pattern,
}

impl LoadForm {
    /// With what a session has.
    pub(super) fn of(spec: &LoadSpec) -> Self {
        let mut form = Self {
            host: spec.host.clone(),
            port: spec.port.to_string(),
            kind: TrafficKind::Nothing,
            group: String::new(),
            rounds: 1,
            rate: 1000,
            check: PatternCheck::default(),
            tls: TlsForm::of_client(spec.tls.as_ref()),
            spec: spec.clone(),
        };
        match &spec.traffic {
            LoadTraffic::Nothing => {}
            LoadTraffic::List { group, rounds } => {
                form.kind = TrafficKind::List;
                form.group = group.clone().unwrap_or_default();
                form.rounds = *rounds;
            }
            LoadTraffic::Pattern { rate, check } => {
                form.kind = TrafficKind::Pattern;
                (form.rate, form.check) = (*rate, *check);
            }
        }
        form
    }

    /// A new one, whose target is yet to be written.
    pub(super) fn fresh() -> Self {
        Self { port: String::new(), ..Self::of(&LoadSpec::new(String::new(), 0)) }
    }

    /// A file was picked in the system's dialog.
    pub(super) fn picked(&mut self, path: &Path) {
        self.tls.picked(path);
    }

    /// Who is loaded, by how many, and with what.
    pub(super) fn target(&mut self, ui: &mut Ui, scene: &Scene<'_>, focus: bool) {
        let locale = scene.locale;
        let (label, hint) = (locale.text("host"), locale.text("host-hint"));
        form::first_text(ui, label, &mut self.host, hint, focus);
        form::row(ui, locale.text("port"), |ui| form::field(ui, &mut self.port, "1–65535", 90.0));
        form::row(ui, locale.text("load-clients"), |ui| {
            let most = LoadSpec::MOST_CLIENTS;
            let clients = form::number(ui, &mut self.spec.clients, 1..=most, "");
            let (name, unit) = (locale.text("load-ramp"), locale.text("load-ramp-unit"));
            form::named_number(ui, name, &mut self.spec.ramp, 1..=LoadSpec::STEEPEST_RAMP, unit);
            clients
        });
        self.traffic(ui, locale);
        self.tls.client(ui, scene);
        form::plain(ui, |ui| form::hint(ui, locale.text("load-hint")));
    }

    fn traffic(&mut self, ui: &mut Ui, locale: &Locale) {
        let kinds = [
            (TrafficKind::Nothing, locale.text("load-nothing")),
            (TrafficKind::List, locale.text("load-list")),
            (TrafficKind::Pattern, locale.text("load-pattern")),
        ];
        form::row(ui, locale.text("load-traffic"), |ui| {
            ui.scope(|ui| widgets::segmented(ui, &mut self.kind, &kinds)).response
        });
        match self.kind {
            TrafficKind::Nothing => {}
            TrafficKind::List => {
                let hint = locale.text("load-group-hint");
                form::text(ui, locale.text("load-group"), &mut self.group, hint);
                form::row(ui, locale.text("load-rounds"), |ui| {
                    let most = u64::from(u32::MAX);
                    form::number(ui, &mut self.rounds, 0..=most, locale.text("load-rounds-unit"))
                });
            }
            TrafficKind::Pattern => {
                let checks = [
                    (PatternCheck::Echo, locale.text("load-check-echo")),
                    (PatternCheck::Source, locale.text("load-check-source")),
                    (PatternCheck::None, locale.text("load-check-none")),
                ];
                let name = locale.text("load-check");
                form::row(ui, name, |ui| choice(ui, "check", name, &mut self.check, &checks).1);
                if self.check != PatternCheck::Source {
                    form::row(ui, locale.text("load-rate"), |ui| {
                        let unit = locale.text("load-rate-unit");
                        form::number(ui, &mut self.rate, 0..=u64::from(u32::MAX), unit)
                    });
                }
            }
        }
    }

    /// What else there is.
    pub(super) fn options(&mut self, ui: &mut Ui, locale: &Locale) {
        let spec = &mut self.spec;
        form::row(ui, locale.text("load-time"), |ui| {
            seconds(ui, locale, "load-time", &mut spec.time_ms)
        });
        form::row(ui, locale.text("load-stay"), |ui| {
            let mut stays = spec.stay_ms.is_some();
            let response = ui.checkbox(&mut stays, locale.text("load-stay-on"));
            match stays {
                true => drop(seconds(ui, locale, "load-stay", spec.stay_ms.get_or_insert(1000))),
                false => spec.stay_ms = None,
            }
            response
        });
        transport::reconnect(ui, locale, &mut spec.again);
        transport::connect_timeout(ui, locale, &mut spec.connect_timeout_ms);
        form::row(ui, locale.text("load-kept-bytes"), |ui| {
            let most = LoadSpec::MOST_CLIENTS;
            form::number(ui, &mut spec.kept_clients, 0..=most, locale.text("load-kept-bytes-unit"))
        });
        transport::socket(ui, locale, &mut spec.options);
    }

    /// Whether anything is missing yet.
    pub(super) fn is_incomplete(&self) -> bool {
        self.host.trim().is_empty() || self.port.trim().is_empty()
    }

    /// What was entered, or the key of what is wrong with it. Files are looked for in `folder`.
    pub(super) fn entered(&self, folder: &Path) -> Result<LoadSpec, &'static str> {
        let host = self.host.trim().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.contains(|c: char| c.is_whitespace() || c == '/') {
            return Err("problem-host");
        }
        let port = self.port.trim().parse().map_err(|_| "problem-port")?;
        let traffic = match self.kind {
            TrafficKind::Nothing => LoadTraffic::Nothing,
            TrafficKind::List => {
                let group = Some(self.group.trim().to_owned()).filter(|group| !group.is_empty());
                LoadTraffic::List { group, rounds: self.rounds }
            }
            TrafficKind::Pattern => LoadTraffic::Pattern { rate: self.rate, check: self.check },
        };
        let tls = self.tls.client_spec(folder)?;
        let spec = LoadSpec { host, port, traffic, tls, ..self.spec.clone() };
        spec.check().map_err(|bad| match bad {
            BadLoad::NoTarget => "problem-port",
            BadLoad::Clients | BadLoad::Ramp | BadLoad::Time => "problem-load-bounds",
        })?;
        Ok(spec)
    }
}

/// A time in seconds, which is called so.
fn seconds(ui: &mut Ui, locale: &Locale, key: &str, millis: &mut u64) -> egui::Response {
    let mut time = *millis as f64 / 1000.0;
    let most = LoadSpec::LONGEST_MS as f64 / 1000.0;
    let (name, unit) = (locale.text(key), locale.text("unit-s"));
    let field = form::named_number(ui, name, &mut time, 0.1..=most, unit);
    if field.changed() {
        *millis = (time * 1000.0).round() as u64;
    }
    field
}

#[cfg(test)]
mod tests {
    use espalier_core::tls::TlsClientSpec;

    use super::*;

    #[test]
    fn what_was_entered_is_what_is_asked_for() {
        for traffic in [
            LoadTraffic::Nothing,
            LoadTraffic::List { group: Some("modem".to_owned()), rounds: 0 },
            LoadTraffic::List { group: None, rounds: 3 },
            LoadTraffic::Pattern { rate: 0, check: PatternCheck::Source },
        ] {
            let tls = Some(TlsClientSpec { alpn: vec!["mqtt".to_owned()], ..Default::default() });
            for tls in [None, tls] {
                let traffic = traffic.clone();
                let target = LoadSpec::new("fe80::1%eth0", 7);
                let spec = LoadSpec { traffic, tls, stay_ms: Some(7), ..target };
                assert_eq!(LoadForm::of(&spec).entered(Path::new("/home/me")), Ok(spec));
            }
        }
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        let wrong = |change: fn(&mut LoadForm)| {
            let mut form = LoadForm::of(&LoadSpec::new("host", 1));
            change(&mut form);
            form.entered(Path::new("/home/me")).err()
        };
        assert_eq!(wrong(|form| form.port = "0".into()), Some("problem-port"));
        assert_eq!(wrong(|form| form.port = "x".into()), Some("problem-port"));
        assert_eq!(wrong(|form| form.host = "a b".into()), Some("problem-host"));
        assert_eq!(wrong(|form| form.spec.clients = 10_001), Some("problem-load-bounds"));
        assert_eq!(wrong(|form| form.host = "[::1]".into()), None);
        assert!(LoadForm::fresh().is_incomplete());
    }
}

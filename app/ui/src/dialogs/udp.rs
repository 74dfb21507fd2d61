//! The form of a UDP session: for a new one, and for the options of one that is there.

use std::net::IpAddr;

use egui::Ui;
use espalier_core::session::{UdpSpec, ZonedIp};

use super::transport;
use crate::locale::Locale;
use crate::widgets::form;

/// What was entered so far.
#[derive(Debug)]
pub(super) struct UdpForm {
    remote: String,
    bind: String,
    port: String,
    groups: String,
    spec: UdpSpec,
}

impl UdpForm {
    /// With what a session has.
    pub(super) fn of(spec: &UdpSpec) -> Self {
        let groups: Vec<String> = spec.groups.iter().map(ToString::to_string).collect();
        Self {
            remote: spec.remote.as_ref().map(ToString::to_string).unwrap_or_default(),
            bind: spec.bind.as_ref().map(ToString::to_string).unwrap_or_default(),
            port: spec.port.to_string(),
            groups: groups.join(", "),
            spec: spec.clone(),
        }
    }

    /// Between whom datagrams go.
    pub(super) fn ends(&mut self, ui: &mut Ui, locale: &Locale, fresh: bool) {
        let (label, hint) = (locale.text("udp-remote"), locale.text("udp-remote-hint"));
        form::first_text(ui, label, &mut self.remote, hint, fresh);
        form::text(ui, locale.text("udp-bind"), &mut self.bind, locale.text("udp-bind-hint"));
        form::row(ui, locale.text("port"), |ui| {
            let field = form::field(ui, &mut self.port, "0", 90.0);
            ui.weak(locale.text("port-any-hint"));
            field
        });
        form::text(ui, locale.text("udp-groups"), &mut self.groups, locale.text("udp-groups-hint"));
    }

    /// How they go.
    pub(super) fn options(&mut self, ui: &mut Ui, locale: &Locale) {
        let spec = &mut self.spec;
        transport::behaviour(ui, locale, &mut spec.behaviour, false);
        form::row(ui, locale.text("udp-broadcast"), |ui| {
            ui.checkbox(&mut spec.broadcast, locale.text("udp-broadcast-on"))
        });
        let hint = locale.text("udp-interface-hint");
        form::text(ui, locale.text("udp-interface"), &mut spec.interface, hint);
        let mut own = spec.ttl.is_some();
        form::row(ui, locale.text("udp-ttl"), |ui| {
            let response = ui.checkbox(&mut own, locale.text("udp-ttl-own"));
            if own {
                let ttl = spec.ttl.get_or_insert(1);
                form::named_number(ui, locale.text("udp-ttl"), ttl, 1..=255, "");
            } else {
                spec.ttl = None;
            }
            response
        });
        form::row(ui, locale.text("udp-loopback"), |ui| {
            ui.checkbox(&mut spec.loopback, locale.text("udp-loopback-on"))
        });
        form::row(ui, locale.text("udp-reuse"), |ui| {
            ui.checkbox(&mut spec.reuse, locale.text("udp-reuse-on"))
        });
    }

    /// What was asked for; otherwise the key of what is wrong.
    pub(super) fn entered(&self) -> Result<UdpSpec, &'static str> {
        let remote = match self.remote.trim() {
            "" => None,
            text => Some(text.parse().map_err(|_| "problem-udp-remote")?),
        };
        let bind: Option<ZonedIp> = match self.bind.trim() {
            "" => None,
            text => Some(text.parse().map_err(|_| "problem-bind")?),
        };
        if bind.as_ref().is_some_and(|bind| bind.ip.is_multicast()) {
            return Err("problem-udp-multicast");
        }
        let port = match self.port.trim() {
            "" => 0,
            text => text.parse().map_err(|_| "problem-port")?,
        };
        let is_between =
            |sign: char| sign.is_whitespace() || matches!(sign, ',' | ';' | '，' | '、');
        let groups = self.groups.split(is_between).filter(|group| !group.is_empty());
        let groups = groups.map(|group| group.parse().ok().filter(IpAddr::is_multicast));
        let groups: Option<Vec<IpAddr>> = groups.collect();
        let groups = groups.ok_or("problem-udp-group")?;
        let interface = self.spec.interface.trim().to_owned();
        Ok(UdpSpec { remote, bind, port, groups, interface, ..self.spec.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_entered_is_what_is_asked_for() {
        let mut spec = UdpSpec::to("fe80::1%eth0", 7681);
        spec.bind = Some("::".parse().unwrap());
        (spec.port, spec.ttl) = (9, Some(4));
        spec.groups = vec!["239.1.2.3".parse().unwrap(), "ff02::1".parse().unwrap()];
        let form = UdpForm::of(&spec);
        assert_eq!(form.entered(), Ok(spec));
        assert_eq!(UdpForm::of(&UdpSpec::default()).entered(), Ok(UdpSpec::default()));
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        let wrong = |change: fn(&mut UdpForm)| {
            let mut form = UdpForm::of(&UdpSpec::default());
            change(&mut form);
            form.entered().err()
        };
        assert_eq!(wrong(|form| form.remote = "host:0".into()), Some("problem-udp-remote"));
        assert_eq!(wrong(|form| form.remote = "host".into()), Some("problem-udp-remote"));
        assert_eq!(wrong(|form| form.bind = "eth0".into()), Some("problem-bind"));
        assert_eq!(wrong(|form| form.bind = "239.1.2.3".into()), Some("problem-udp-multicast"));
        assert_eq!(wrong(|form| form.port = "65536".into()), Some("problem-port"));
        assert_eq!(wrong(|form| form.groups = "10.0.0.1".into()), Some("problem-udp-group"));
        assert_eq!(wrong(|form| form.groups = "239.1.2.3，ff02::1".into()), None);
    }
}

//! What each command does.

use super::Board;
use crate::{
    answer::PendingAnswer,
    api::{Gauges, Identity},
    settings::{DialTarget, Settings, TARGET_PORT},
    time::Time,
};
use espalier_protocol::{
    AddressSource, Command, ErrorCode, Mode, Secret, Switch,
    command::{Addressing, USAGES},
    line::LineEvent,
    ota,
};

impl Board {
    pub(super) fn execute(&mut self, command: Command, pending: PendingAnswer, now: Time) {
        match command {
            Command::Help => {
                for usage in USAGES {
                    let (usage, text) = (usage.usage.into(), usage.text.into());
                    self.printer.answer(LineEvent::Help { usage, text }, now);
                }
            }
            Command::Status => self.show_status(now),
            Command::Clients => {
                self.server.list(now).for_each(|line| self.printer.answer(line, now));
            }
            Command::Screen => self.show_screen(now),
            Command::SettingsShow => self.show_settings(now),
            Command::WifiScan => {
                if !self.scan.ask(pending) {
                    let text = "a scan is under way; wait for its end";
                    self.error(pending, ErrorCode::Busy, text, now);
                }
                // Answered when it is over.
                return;
            }
            Command::Kick(target) => {
                if !self.server.kick(target) {
                    let text = "no such client; see clients";
                    return self.error(pending, ErrorCode::NoSuchClient, text, now);
                }
            }
            Command::OtaAllow => return self.allow_ota(pending, now),
            Command::Restart => {
                self.printer.say(LineEvent::Restarting {}, now);
                self.begin_restart(now);
            }
            setting => return self.set(setting, pending, now),
        }
        pending.ok(&mut self.printer, now);
    }

    /// The commands that change settings: applied at once, answered when stored.
    fn set(&mut self, command: Command, pending: PendingAnswer, now: Time) {
        if self.saves.is_full() {
            let text = "the store is busy; try again";
            return self.error(pending, ErrorCode::Busy, text, now);
        }
        match command {
            Command::WifiSet(credentials) => {
                let ssid = credentials.ssid.as_str().into();
                let from = "console".into();
                self.printer.say(LineEvent::CredentialsReceived { from, ssid }, now);
                self.settings.wifi = Some(credentials.clone());
                self.use_credentials(Some(credentials), now);
            }
            Command::WifiForget => {
                self.settings.wifi = None;
                self.use_credentials(None, now);
            }
            Command::WifiAddress(addressing) => {
                self.settings.addressing = addressing;
                let proven = self.uplink.rejoin(&mut self.printer, now);
                self.store_proven(proven, now);
            }
            Command::WifiSmartConfig(switch) => self.settings.smartconfig = switch == Switch::On,
            Command::Mode { mode: Mode::Client, .. } if self.settings.target.is_none() => {
                let text = "tell whom to dial: client HOST PORT";
                return self.error(pending, ErrorCode::Usage, text, now);
            }
            Command::Mode { mode, rate } => self.change_mode(mode, rate, now),
            Command::ServerPort(ota::PORT) => {
                let text = "this port is for updates; take another";
                return self.error(pending, ErrorCode::Usage, text, now);
            }
            Command::ServerPort(port) => self.settings.port = port,
            Command::ServerLimit(limit) if limit > self.limit_max() => {
                let text = "this chip has no memory for so many";
                return self.error(pending, ErrorCode::Unsupported, text, now);
            }
            Command::ServerLimit(limit) => self.settings.limit = limit,
            Command::ServerKeepalive(keepalive) => self.settings.keepalive = keepalive,
            Command::Client { host, port } => {
                self.settings.target = Some(DialTarget { host, port });
                self.change_mode(Mode::Client, 0, now);
                self.server.redial(now);
            }
            Command::Log(level) => {
                self.settings.log = level;
                self.printer.set_level(level);
            }
            Command::Show(shown) => self.settings.shown = shown,
            Command::Name(name) => self.settings.name = name,
            Command::Hostname(hostname) => self.settings.hostname = hostname,
            Command::OtaToken(token) => {
                if !self.set_token(Some(&token), pending, now) {
                    return;
                }
            }
            Command::OtaForget => {
                self.set_token(None, pending, now);
            }
            Command::SettingsReset => self.reset_settings(now),
            // The grammar may grow before the board does.
            _ => return self.error(pending, ErrorCode::Unsupported, "this firmware cannot", now),
        }
        self.saves.request_for(pending);
    }

    fn error(&mut self, pending: PendingAnswer, code: ErrorCode, text: &str, now: Time) {
        pending.error(code, text, &mut self.printer, now);
    }

    fn change_mode(&mut self, mode: Mode, rate: u32, now: Time) {
        let before = core::mem::replace(&mut self.settings.mode, mode);
        self.settings.rate = rate;
        // Otherwise only the rate may have changed: the pattern goes on.
        if before != mode {
            self.with_server(now, |server, cx| server.mode_changed(before, cx));
        }
    }

    fn reset_settings(&mut self, now: Time) {
        let mut defaults = Settings::default();
        defaults.limit = defaults.limit.min(self.limit_max());
        self.change_mode(defaults.mode, defaults.rate, now);
        self.settings = defaults;
        self.printer.set_level(self.settings.log);
        self.use_credentials(None, now);
    }

    fn show_status(&mut self, now: Time) {
        let Identity { app, version, chip, .. } = self.identity;
        let Gauges { heap, heap_min, stack_min, busy, rssi } = self.gauges;
        let (app, version, chip) = (app.into(), version.into(), chip.into());
        let (uptime_ms, skipped) = (now.ms(), self.printer.skipped());
        self.printer.answer(
            LineEvent::SystemStatus {
                app,
                version,
                chip,
                uptime_ms,
                heap,
                heap_min,
                stack_min,
                busy,
                skipped,
            },
            now,
        );
        self.printer.answer(self.uplink.status(rssi), now);
        self.printer.answer(self.server.status(&self.settings), now);
        self.printer.answer(self.slot_line(), now);
    }

    fn show_screen(&mut self, now: Time) {
        self.printer.answer(LineEvent::ScreenPanel { panel: self.panel }, now);
        for (row, line) in (1..).zip(self.screen()) {
            self.printer.answer(LineEvent::ScreenShows { row, text: line.as_str().into() }, now);
        }
    }

    fn show_settings(&mut self, now: Time) {
        let Self { settings, printer, identity, .. } = self;
        let wifi = settings.wifi.as_ref();
        let has_password = wifi.is_some_and(|wifi| !wifi.password.is_empty());
        let fixed = match settings.addressing {
            Addressing::Dhcp => None,
            Addressing::Static(fixed) => Some(fixed),
        };
        printer.answer(
            LineEvent::WifiSettings {
                ssid: wifi.map(|wifi| wifi.ssid.as_str().into()),
                password: if has_password { Secret::Set } else { Secret::Unset },
                address: fixed.map_or(AddressSource::Dhcp, |_| AddressSource::Static),
                ip: fixed.map(|fixed| fixed.ip),
                prefix: fixed.map(|fixed| fixed.prefix),
                gateway: fixed.and_then(|fixed| fixed.gateway),
                dns: fixed.and_then(|fixed| fixed.dns),
                smartconfig: Some(Switch::from(settings.smartconfig)),
            },
            now,
        );
        let Settings { port, limit, keepalive, mode, rate, .. } = *settings;
        printer.answer(LineEvent::ServerSettings { port, limit, keepalive, mode, rate }, now);
        let target = settings.target.as_ref();
        let host = target.map(|target| target.host.as_str().into());
        let port = target.map_or(TARGET_PORT, |target| target.port);
        printer.answer(LineEvent::ClientSettings { host, port }, now);
        let hostname = settings.hostname_for(identity.mac);
        let name = settings.name_or(identity.app);
        let (name, hostname) = (name.into(), hostname.as_str().into());
        let (log, show) = (settings.log, settings.shown);
        printer.answer(LineEvent::ConsoleSettings { log, show, name, hostname }, now);
    }
}

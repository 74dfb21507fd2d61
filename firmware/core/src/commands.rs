//! What each command does.

use crate::{Board, Target, Time, console::Ask};
use espalier_protocol::{
    Command, ErrorCode, Mode,
    command::{Hostname, Name, USAGES},
    line::Event,
};

impl Board {
    pub(crate) fn execute(&mut self, command: Command, ask: Ask, now: Time) {
        match command {
            Command::Help => {
                for usage in USAGES {
                    let (usage, text) = (usage.usage.into(), usage.text.into());
                    self.answer(Event::Help { usage, text }, now);
                }
            }
            Command::Status => self.show_status(now),
            Command::Clients => self.show_clients(now),
            Command::SettingsShow => self.show_settings(now),
            Command::WifiScan => return self.scan(ask, now),
            Command::Kick(target) => {
                if !self.kick(target) {
                    let text = "no such client; see clients";
                    return self.error(&ask, ErrorCode::NoSuchClient, text, now);
                }
            }
            Command::Restart => {
                self.say(Event::Restarting {}, now);
                self.wanted.restart = true;
            }
            setting => return self.set(setting, ask, now),
        }
        self.ok(&ask, now);
    }

    /// The commands that change settings: applied at once, answered when stored.
    fn set(&mut self, command: Command, ask: Ask, now: Time) {
        if self.asks.save.is_full() {
            let text = "the store is busy; try again";
            return self.error(&ask, ErrorCode::Busy, text, now);
        }
        match command {
            Command::WifiSet(credentials) => {
                let ssid = credentials.ssid.as_str().into();
                self.say(Event::CredentialsReceived { from: "console".into(), ssid }, now);
                self.settings.wifi = Some(credentials.clone());
                self.use_credentials(Some(credentials), now);
            }
            Command::WifiForget => {
                self.settings.wifi = None;
                self.use_credentials(None, now);
            }
            Command::WifiAddress(addressing) => {
                self.settings.addressing = addressing;
                self.rejoin(now);
            }
            Command::Mode { mode: Mode::Client, .. } if self.settings.target.is_none() => {
                let text = "tell whom to dial: client HOST PORT";
                return self.error(&ask, ErrorCode::Usage, text, now);
            }
            Command::Mode { mode, rate } => self.change_mode(mode, rate, now),
            Command::ServerPort(port) => self.settings.port = port,
            Command::ServerLimit(limit) if limit > self.limit_max() => {
                let text = "this chip has no memory for so many";
                return self.error(&ask, ErrorCode::Unsupported, text, now);
            }
            Command::ServerLimit(limit) => self.settings.limit = limit,
            Command::ServerKeepalive(keepalive) => self.settings.keepalive = keepalive,
            Command::Client { host, port } => {
                self.settings.target = Some(Target { host, port });
                self.change_mode(Mode::Client, 0, now);
                self.redial(now);
            }
            Command::Log(level) => self.settings.log = level,
            Command::Show(shown) => self.settings.shown = shown,
            Command::Name(name) => self.settings.name = name,
            Command::Hostname(hostname) => self.settings.hostname = hostname,
            Command::SettingsReset => self.reset_settings(now),
            // The grammar may grow before the board does.
            _ => return self.error(&ask, ErrorCode::Unsupported, "this firmware cannot", now),
        }
        self.wanted.save = true;
        self.asks.save.push(ask).ok();
    }

    fn reset_settings(&mut self, now: Time) {
        let defaults = crate::Settings::default();
        self.change_mode(defaults.mode, defaults.rate, now);
        self.settings = defaults;
        self.settings.limit = self.settings.limit.min(self.limit_max());
        self.settings.name = Name::new();
        self.settings.hostname = Hostname::new();
        self.use_credentials(None, now);
    }

    fn scan(&mut self, ask: Ask, now: Time) {
        if self.asks.scan.is_some() {
            let text = "a scan is under way; wait for its end";
            return self.error(&ask, ErrorCode::Busy, text, now);
        }
        self.want_scan();
        self.asks.scan = Some(ask);
    }

    /// Scans, unless a scan is under way.
    pub(crate) fn want_scan(&mut self) {
        if self.asks.scan.is_none() && !self.asks.improv_scan {
            self.wanted.scan = true;
        }
    }

    /// The settings are stored, or could not be.
    pub(crate) fn saved(&mut self, done: bool, now: Time) {
        self.say(if done { Event::SettingsSaved {} } else { Event::SettingsNotSaved {} }, now);
        for ask in self.asks.saving.take().unwrap_or_default() {
            if done {
                self.ok(&ask, now);
            } else {
                let text = "in use, but not stored: it is gone after a restart";
                self.error(&ask, ErrorCode::Store, text, now);
            }
        }
    }

    fn show_status(&mut self, now: Time) {
        let crate::Identity { app, version, chip, .. } = self.identity;
        let crate::Gauges { heap, heap_min, rssi } = self.gauges;
        let (app, version, chip) = (app.into(), version.into(), chip.into());
        let (uptime_ms, skipped) = (now.ms(), self.outbox.skipped());
        let system = Event::SystemStatus { app, version, chip, uptime_ms, heap, heap_min, skipped };
        self.answer(system, now);
        let wifi = self.policy.credentials().cloned();
        let online = self.policy.is_online();
        self.answer(
            Event::WifiStatus {
                state: self.policy.state(),
                ssid: wifi.as_ref().map(|wifi| wifi.ssid.as_str().into()),
                rssi: rssi.filter(|_| online),
                ip: self.address.map(|address| address.ip),
                losses: self.counters.wifi_losses,
                failures: self.counters.wifi_failures,
            },
            now,
        );
        self.answer(
            Event::ServerStatus {
                mode: self.settings.mode,
                port: self.told_port(),
                served: self.served(),
                waiting: self.waiting(),
                accepted: self.counters.accepted,
                refused: self.counters.refused,
                bytes_in: self.counters.bytes_in,
                bytes_out: self.counters.bytes_out,
                check_errors: self.counters.check_errors,
            },
            now,
        );
    }

    fn show_clients(&mut self, now: Time) {
        for index in 0..self.places.all.len() {
            let Some(conn) = self.places.get(crate::Place(index as u8)) else { continue };
            if conn.ending.is_some() {
                continue;
            }
            let (peer, slot, state) = (conn.peer, conn.slot(), conn.standing());
            let (bytes_in, bytes_out) = (conn.bytes_in, conn.bytes_out);
            let age_ms = now.since(conn.since);
            self.answer(Event::Client { peer, slot, state, bytes_in, bytes_out, age_ms }, now);
        }
    }
}

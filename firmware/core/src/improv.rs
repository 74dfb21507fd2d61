//! The Improv service: answers every command of the serial protocol, version 1.

use crate::{Board, Network, Time};
use espalier_protocol::{
    Auth,
    command::{Credentials, Name, hostname},
    improv::{self, CommandId, NetworkFlags, Rpc, Status},
};

impl Board {
    pub(crate) fn improv_command(&mut self, rpc: Result<Rpc<'_>, Status>, now: Time) {
        let rpc = match rpc {
            Ok(rpc) => rpc,
            Err(status) => return self.improv_error(status),
        };
        // The protocol wants the error state cleared when a command has arrived.
        self.improv_error(Status::Ok);
        match rpc {
            Rpc::SendWifi { ssid, password } => match Credentials::new(ssid, password) {
                Some(credentials) => {
                    self.try_out("improv", credentials, now);
                    self.asks.improv_trial = true;
                    self.send_state();
                }
                None => self.improv_error(Status::UnableToConnect),
            },
            Rpc::RequestState => {
                self.send_state();
                if self.improv_state() == improv::State::Provisioned {
                    self.improv_result(CommandId::RequestState, &[]);
                }
            }
            Rpc::DeviceInfo => {
                let crate::Identity { app, version, chip, .. } = self.identity;
                let name = self.settings.name.clone();
                let name = if name.is_empty() { app } else { name.as_str() };
                self.improv_result(CommandId::DeviceInfo, &[app, version, chip, name]);
            }
            Rpc::Scan => {
                self.want_scan();
                self.asks.improv_scan = true;
            }
            Rpc::Hostname(None) => self.send_hostname(),
            Rpc::Hostname(Some(name)) => match hostname(name) {
                Some(name) => {
                    self.settings.hostname = name;
                    self.wanted.save = true;
                    self.send_hostname();
                }
                None => self.improv_error(Status::BadHostname),
            },
            Rpc::DeviceName(None) => self.send_name(),
            Rpc::DeviceName(Some(name)) => match Name::try_from(name) {
                Ok(name) => {
                    self.settings.name = name;
                    self.wanted.save = true;
                    self.send_name();
                }
                Err(_) => self.improv_error(Status::InvalidRpc),
            },
            Rpc::NetworkState => {
                // There is no page to visit, so no address follows the flags.
                let online = self.policy.is_online();
                let flags = if online { NetworkFlags::ONLINE } else { 0 } | NetworkFlags::WIFI;
                let text = if flags == NetworkFlags::WIFI { "2" } else { "3" };
                self.improv_result(CommandId::NetworkState, &[text]);
            }
        }
    }

    /// The credentials that Improv sent are good, or not.
    pub(crate) fn improv_trial(&mut self, passed: bool) {
        let asked = core::mem::take(&mut self.asks.improv_trial);
        if !asked {
            return;
        }
        if !passed {
            self.improv_error(Status::UnableToConnect);
        }
        let state = if passed { improv::State::Provisioned } else { improv::State::Ready };
        self.outbox.packet(&improv::state(state));
        if passed {
            self.improv_result(CommandId::SendWifi, &[]);
        }
    }

    /// One network that a scan found, for an Improv client.
    pub(crate) fn improv_network(&mut self, network: Network<'_>) {
        if network.ssid.is_empty() {
            return;
        }
        let mut rssi = heapless::String::<4>::new();
        core::fmt::write(&mut rssi, format_args!("{}", network.rssi)).ok();
        let locked = if network.auth == Auth::Open { "NO" } else { "YES" };
        self.improv_result(CommandId::Scan, &[network.ssid, &rssi, locked]);
    }

    pub(crate) fn improv_scan_done(&mut self, done: bool) {
        if done {
            self.improv_result(CommandId::Scan, &[]);
        } else {
            self.improv_error(Status::Unknown);
        }
    }

    fn improv_error(&mut self, status: Status) {
        self.outbox.packet(&improv::error(status));
    }

    fn improv_result(&mut self, command: CommandId, strings: &[&str]) {
        match improv::result(command, strings) {
            Some(packet) => self.outbox.packet(&packet),
            None => self.improv_error(Status::Unknown),
        }
    }

    fn send_state(&mut self) {
        let state = self.improv_state();
        self.outbox.packet(&improv::state(state));
    }

    fn send_hostname(&mut self) {
        let name = self.hostname();
        self.improv_result(CommandId::Hostname, &[&name]);
    }

    fn send_name(&mut self) {
        let name = self.name().try_into().unwrap_or(Name::new());
        self.improv_result(CommandId::DeviceName, &[&name]);
    }
}

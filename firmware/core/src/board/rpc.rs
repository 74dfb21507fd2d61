//! The Improv service: answers every command of the serial protocol, version 1.

use super::Board;
use crate::{api::Identity, improv, time::Time};
use espalier_protocol::{
    command::{Credentials, Name, hostname},
    improv::{CommandId, NetworkFlags, Rpc, State, Status},
};

impl Board {
    pub(super) fn improv_rpc(&mut self, rpc: Result<Rpc<'_>, Status>, now: Time) {
        let rpc = match rpc {
            Ok(rpc) => rpc,
            Err(status) => return improv::error(status, &mut self.printer),
        };
        // The protocol wants the error state cleared when a command has arrived.
        improv::error(Status::Ok, &mut self.printer);
        match rpc {
            Rpc::SendWifi { ssid, password } => match Credentials::new(ssid, password) {
                Some(credentials) => {
                    self.try_out("improv", credentials, now);
                    self.uplink.let_improv_wait();
                    self.send_state();
                }
                None => improv::error(Status::UnableToConnect, &mut self.printer),
            },
            Rpc::RequestState => {
                self.send_state();
                if self.uplink.improv_state() == State::Provisioned {
                    improv::result(CommandId::RequestState, &[], &mut self.printer);
                }
            }
            Rpc::DeviceInfo => {
                let Identity { app, version, chip, .. } = self.identity;
                let strings = [app, version, chip, self.settings.name_or(app)];
                improv::result(CommandId::DeviceInfo, &strings, &mut self.printer);
            }
            Rpc::Scan => self.scan.ask_for_improv(),
            Rpc::Hostname(None) => self.send_hostname(),
            Rpc::Hostname(Some(name)) => match hostname(name) {
                Some(name) => {
                    self.settings.hostname = name;
                    self.saves.request();
                    self.send_hostname();
                }
                None => improv::error(Status::BadHostname, &mut self.printer),
            },
            Rpc::DeviceName(None) => self.send_name(),
            Rpc::DeviceName(Some(name)) => match Name::try_from(name) {
                Ok(name) => {
                    self.settings.name = name;
                    self.saves.request();
                    self.send_name();
                }
                Err(_) => improv::error(Status::InvalidRpc, &mut self.printer),
            },
            Rpc::NetworkState => {
                // There is no page to visit, so no address follows the flags.
                let online = self.uplink.is_online();
                let flags = if online { NetworkFlags::ONLINE } else { 0 } | NetworkFlags::WIFI;
                let text = if flags == NetworkFlags::WIFI { "2" } else { "3" };
                improv::result(CommandId::NetworkState, &[text], &mut self.printer);
            }
        }
    }

    fn send_state(&mut self) {
        improv::state(self.uplink.improv_state(), &mut self.printer);
    }

    fn send_hostname(&mut self) {
        let name = self.hostname();
        improv::result(CommandId::Hostname, &[&name], &mut self.printer);
    }

    fn send_name(&mut self) {
        let name = self.settings.name_or(self.identity.app);
        improv::result(CommandId::DeviceName, &[name], &mut self.printer);
    }
}

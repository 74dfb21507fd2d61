//! Wi-Fi events in, what the policy decides out: lines, Improv packets, actions.

use crate::{
    Action, Board, Event, Time,
    wifi::{Input, JoinId, News, Outcome, Radio},
};
use espalier_protocol::{
    AddressSource, ErrorCode, ProvisioningCause,
    command::{Addressing, Credentials, Ssid},
    improv, line,
};

impl Board {
    pub(crate) fn on_wifi(&mut self, event: Event<'_>, now: Time) {
        match event {
            Event::Joined { id, rssi, channel } => {
                self.gauges.rssi = rssi.or(self.gauges.rssi);
                let outcome = self.policy.on(Input::Joined(id), now);
                if !outcome.news.is_empty() {
                    let ssid = self.ssid();
                    let ssid = ssid.as_str().into();
                    self.say(line::Event::Joined { ssid, rssi, channel }, now);
                }
                let before = self.ssid();
                self.wifi_outcome(outcome, before, now);
                if self.address.is_some() {
                    self.input(Input::Address, now);
                }
            }
            Event::JoinFailed { id, fault } => self.input(Input::Failed(id, fault), now),
            Event::WifiLost => {
                self.forget_address(now);
                self.input(Input::Lost, now);
            }
            Event::Address(Some(address)) => {
                if self.address == Some(address) {
                    return;
                }
                self.address = Some(address);
                let source = match self.settings.addressing {
                    Addressing::Dhcp => AddressSource::Dhcp,
                    Addressing::Static(_) => AddressSource::Static,
                };
                let crate::Address { ip, prefix, gateway } = address;
                self.say(line::Event::GotIp { ip, prefix, gateway, source }, now);
                self.input(Input::Address, now);
            }
            Event::Address(None) => {
                self.forget_address(now);
                self.input(Input::NoAddress, now);
            }
            Event::Network(network) => self.scanned_network(network, now),
            Event::ScanDone(done) => self.scan_done(done, now),
            Event::Credentials { from, credentials } => self.try_out(from, credentials, now),
            _ => {}
        }
    }

    fn input(&mut self, input: Input, now: Time) {
        let before = self.ssid();
        let outcome = self.policy.on(input, now);
        self.wifi_outcome(outcome, before, now);
    }

    /// Time passed for the Wi-Fi.
    pub(crate) fn wifi_tick(&mut self, now: Time) {
        self.input(Input::Tick, now);
    }

    /// Uses these credentials from now on.
    pub(crate) fn use_credentials(&mut self, credentials: Option<Credentials>, now: Time) {
        self.improv_trial(false);
        let before = self.ssid();
        let outcome = self.policy.store(credentials, now);
        self.wifi_outcome(outcome, before, now);
    }

    /// Joins anew, because the addressing changed.
    pub(crate) fn rejoin(&mut self, now: Time) {
        let before = self.ssid();
        let outcome = self.policy.start_over(now);
        self.wifi_outcome(outcome, before, now);
    }

    /// Tries credentials from outside the console; a trial under way has failed by that.
    pub(crate) fn try_out(&mut self, from: &'static str, credentials: Credentials, now: Time) {
        self.improv_trial(false);
        let ssid = credentials.ssid.as_str().into();
        self.say(line::Event::CredentialsReceived { from: from.into(), ssid }, now);
        let before = self.ssid();
        let outcome = self.policy.try_out(credentials, now);
        self.wifi_outcome(outcome, before, now);
    }

    fn forget_address(&mut self, now: Time) {
        if let Some(address) = self.address.take() {
            self.say(line::Event::LostIp { ip: address.ip }, now);
        }
    }

    fn ssid(&self) -> Ssid {
        self.policy.credentials().map(|wifi| wifi.ssid.clone()).unwrap_or_default()
    }

    /// Tells the news and notes the action. `before` is the network that was in use before them.
    fn wifi_outcome(&mut self, outcome: Outcome, before: Ssid, now: Time) {
        let current = self.ssid();
        for news in outcome.news {
            let ssid = match news {
                News::Failed { .. } | News::Lost => before.as_str(),
                _ => current.as_str(),
            };
            match news {
                News::Joining { attempt } => {
                    self.say(line::Event::Joining { ssid: ssid.into(), attempt }, now);
                }
                News::Joined => {}
                News::Failed { fault: reason, attempt, retry_ms } => {
                    self.counters.wifi_failures = self.counters.wifi_failures.wrapping_add(1);
                    let ssid = ssid.into();
                    self.say(line::Event::JoinFailed { ssid, reason, attempt, retry_ms }, now);
                }
                News::Lost => {
                    self.counters.wifi_losses = self.counters.wifi_losses.wrapping_add(1);
                    self.say(line::Event::WifiLost { ssid: ssid.into() }, now);
                }
                News::Provisioning { cause: reason, retry_ms } => {
                    if reason == ProvisioningCause::NoCredentials {
                        self.say(line::Event::NoCredentials {}, now);
                    }
                    self.say(line::Event::Provisioning { reason, retry_ms }, now);
                }
                News::TrialPassed => {
                    self.settings.wifi = self.policy.credentials().cloned();
                    self.wanted.save = true;
                    self.improv_trial(true);
                }
                News::TrialFailed(_) => self.improv_trial(false),
            }
        }
        if let Some(radio) = outcome.radio {
            self.forget_address(now);
            self.wanted.radio = Some(radio);
        }
    }

    pub(crate) fn radio_action(&self, radio: Radio) -> Action {
        match (radio, self.policy.credentials()) {
            (Radio::Join(id), Some(credentials)) => Action::Join {
                id,
                credentials: credentials.clone(),
                addressing: self.settings.addressing,
            },
            _ => Action::Leave,
        }
    }

    fn scanned_network(&mut self, network: crate::Network<'_>, now: Time) {
        let crate::Network { ssid, rssi, channel, auth } = network;
        if self.asks.scan.is_some() {
            let ssid = ssid.into();
            self.answer(line::Event::Network { ssid, rssi, channel, auth }, now);
        }
        if self.asks.improv_scan {
            self.improv_network(network);
        }
    }

    fn scan_done(&mut self, done: bool, now: Time) {
        if let Some(ask) = self.asks.scan.take() {
            if done {
                self.ok(&ask, now);
            } else {
                self.error(&ask, ErrorCode::Wifi, "the radio could not scan; try again", now);
            }
        }
        if core::mem::take(&mut self.asks.improv_scan) {
            self.improv_scan_done(done);
        }
    }

    /// Where Improv stands.
    pub(crate) fn improv_state(&self) -> improv::State {
        if self.policy.trial().is_some() {
            improv::State::Provisioning
        } else if self.policy.is_online() {
            improv::State::Provisioned
        } else {
            improv::State::Ready
        }
    }

    /// The attempt to join that is under way or was last; for tests and curious glue.
    pub const fn join_id(&self) -> JoinId {
        self.policy.id()
    }
}

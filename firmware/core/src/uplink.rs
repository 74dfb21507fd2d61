//! The way to the network: what the Wi-Fi policy decides becomes lines, Improv packets and actions.

use crate::{
    api::{Action, Address, Event},
    improv,
    printer::Printer,
    time::Time,
    wifi::{Input, JoinId, Policy, PolicyOutcome, Radio, WifiEvent},
};
use espalier_protocol::{
    AddressSource, ProvisioningCause, WifiState,
    command::{Addressing, Credentials, Ssid},
    improv::State,
    line::LineEvent,
};

/// Wi-Fi and the address.
#[derive(Debug, Clone)]
pub(crate) struct Uplink {
    policy: Policy,
    address: Option<Address>,
    /// What the radio should do and the glue has not fetched yet; the newest wins.
    radio: Option<Radio>,
    /// An Improv client waits for its credentials to be tried.
    improv_waits: bool,
    losses: u32,
    failures: u32,
}

/// Credentials from outside that have led to an address: they are to be stored.
#[must_use]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ProvenCredentials(pub(crate) Option<Credentials>);

impl Uplink {
    pub(crate) const fn new() -> Self {
        Self {
            policy: Policy::new(),
            address: None,
            radio: None,
            improv_waits: false,
            losses: 0,
            failures: 0,
        }
    }

    /// The board's address, while it has one.
    pub(crate) const fn address(&self) -> Option<Address> {
        self.address
    }

    /// The credentials that are in use or on trial.
    pub(crate) fn credentials(&self) -> Option<&Credentials> {
        self.policy.credentials()
    }

    pub(crate) const fn is_online(&self) -> bool {
        self.policy.is_online()
    }

    /// Whether credentials are asked for.
    pub(crate) const fn is_provisioning(&self) -> bool {
        self.policy.is_provisioning()
    }

    /// Whether the radio neither joins nor is joined.
    pub(crate) const fn is_radio_free(&self) -> bool {
        self.policy.is_radio_free()
    }

    /// Whether credentials from outside are being tried.
    pub(crate) const fn is_trying(&self) -> bool {
        self.policy.trial().is_some()
    }

    /// Makes the next attempt with the stored credentials wait, or waits no longer.
    pub(crate) fn hold(&mut self, is_held: bool, now: Time) {
        self.policy.hold(is_held, now);
    }

    /// Where it stands.
    pub(crate) const fn state(&self) -> WifiState {
        self.policy.state()
    }

    /// Where provisioning stands, as Improv calls it.
    pub(crate) const fn improv_state(&self) -> State {
        if self.policy.trial().is_some() {
            State::Provisioning
        } else if self.policy.is_online() {
            State::Provisioned
        } else {
            State::Ready
        }
    }

    /// The attempt to join that is under way or was last.
    pub(crate) const fn join_id(&self) -> JoinId {
        self.policy.id()
    }

    /// When [`Uplink::tick`] is due.
    pub(crate) const fn poll_at(&self) -> Option<Time> {
        self.policy.poll_at()
    }

    /// Answer to `status`. The signal is told while there is one.
    pub(crate) fn status(&self, rssi: Option<i8>) -> LineEvent<'_> {
        LineEvent::WifiStatus {
            state: self.policy.state(),
            ssid: self.credentials().map(|wifi| wifi.ssid.as_str().into()),
            rssi: rssi.filter(|_| self.is_online()),
            ip: self.address.map(|address| address.ip),
            losses: self.losses,
            failures: self.failures,
        }
    }

    /// What the radio should do, once.
    pub(crate) fn next_action(&mut self, addressing: Addressing) -> Option<Action> {
        let radio = self.radio.take()?;
        Some(match (radio, self.credentials()) {
            (Radio::Join(id), Some(credentials)) => {
                Action::Join { id, credentials: credentials.clone(), addressing }
            }
            _ => Action::Leave,
        })
    }

    /// Takes what happened to the radio or the address; everything else is none of its business.
    pub(crate) fn on(
        &mut self,
        event: Event<'_>,
        addressing: Addressing,
        printer: &mut Printer,
        now: Time,
    ) -> ProvenCredentials {
        match event {
            Event::Joined { id, rssi, channel } => {
                let outcome = self.policy.on(Input::Joined(id), now);
                if !outcome.events.is_empty() {
                    let ssid = self.ssid();
                    let ssid = ssid.as_str().into();
                    printer.say(LineEvent::Joined { ssid, rssi, channel }, now);
                }
                let before = self.ssid();
                let proven = self.tell(outcome, before, printer, now);
                if self.address.is_none() {
                    return proven;
                }
                let later = self.input(Input::Address, printer, now);
                ProvenCredentials(proven.0.or(later.0))
            }
            Event::OpenNetwork { id } => {
                if id == self.policy.id() && !self.policy.is_radio_free() {
                    let ssid = self.ssid();
                    printer.say(LineEvent::OpenNetwork { ssid: ssid.as_str().into() }, now);
                }
                ProvenCredentials::default()
            }
            Event::JoinFailed { id, fault } => self.input(Input::Failed(id, fault), printer, now),
            Event::WifiLost => {
                self.forget_address(printer, now);
                self.input(Input::Lost, printer, now)
            }
            Event::Address(Some(address)) => {
                if self.address == Some(address) {
                    return ProvenCredentials::default();
                }
                self.address = Some(address);
                let source = match addressing {
                    Addressing::Dhcp => AddressSource::Dhcp,
                    Addressing::Static(_) => AddressSource::Static,
                };
                let Address { ip, prefix, gateway } = address;
                printer.say(LineEvent::GotIp { ip, prefix, gateway, source }, now);
                self.input(Input::Address, printer, now)
            }
            Event::Address(None) => {
                self.forget_address(printer, now);
                self.input(Input::NoAddress, printer, now)
            }
            _ => ProvenCredentials::default(),
        }
    }

    /// Time passed.
    pub(crate) fn tick(&mut self, printer: &mut Printer, now: Time) -> ProvenCredentials {
        self.input(Input::Tick, printer, now)
    }

    /// Uses these credentials from now on; `None` forgets and leaves.
    pub(crate) fn store(
        &mut self,
        credentials: Option<Credentials>,
        printer: &mut Printer,
        now: Time,
    ) -> ProvenCredentials {
        self.end_trial(false, printer);
        let before = self.ssid();
        let outcome = self.policy.store(credentials, now);
        self.tell(outcome, before, printer, now)
    }

    /// Joins anew, because the addressing changed.
    pub(crate) fn rejoin(&mut self, printer: &mut Printer, now: Time) -> ProvenCredentials {
        let before = self.ssid();
        let outcome = self.policy.start_over(now);
        self.tell(outcome, before, printer, now)
    }

    /// Tries credentials from outside the console; a trial under way has failed by that.
    pub(crate) fn try_out(
        &mut self,
        from: &'static str,
        credentials: Credentials,
        printer: &mut Printer,
        now: Time,
    ) -> ProvenCredentials {
        self.end_trial(false, printer);
        let ssid = credentials.ssid.as_str().into();
        printer.say(LineEvent::CredentialsReceived { from: from.into(), ssid }, now);
        let before = self.ssid();
        let outcome = self.policy.try_out(credentials, now);
        self.tell(outcome, before, printer, now)
    }

    /// The trial that has begun is an Improv client's, which is told how it ends.
    pub(crate) const fn let_improv_wait(&mut self) {
        self.improv_waits = true;
    }

    fn input(&mut self, input: Input, printer: &mut Printer, now: Time) -> ProvenCredentials {
        let before = self.ssid();
        let outcome = self.policy.on(input, now);
        self.tell(outcome, before, printer, now)
    }

    fn forget_address(&mut self, printer: &mut Printer, now: Time) {
        if let Some(address) = self.address.take() {
            printer.say(LineEvent::LostIp { ip: address.ip }, now);
        }
    }

    fn ssid(&self) -> Ssid {
        self.credentials().map(|wifi| wifi.ssid.clone()).unwrap_or_default()
    }

    /// The credentials that an Improv client sent are good, or not.
    fn end_trial(&mut self, passed: bool, printer: &mut Printer) {
        if core::mem::take(&mut self.improv_waits) {
            improv::trial_over(passed, printer);
        }
    }

    /// Tells the events and notes the action. `before` is the network that was in use before them.
    fn tell(
        &mut self,
        outcome: PolicyOutcome,
        before: Ssid,
        printer: &mut Printer,
        now: Time,
    ) -> ProvenCredentials {
        let mut proven = ProvenCredentials::default();
        let current = self.ssid();
        for event in outcome.events {
            let ssid = match event {
                WifiEvent::Failed { .. } | WifiEvent::Lost => before.as_str(),
                _ => current.as_str(),
            };
            let ssid = ssid.into();
            match event {
                WifiEvent::Joining { attempt } => {
                    printer.say(LineEvent::Joining { ssid, attempt }, now);
                }
                WifiEvent::Joined => {}
                WifiEvent::Failed { fault: reason, attempt, retry_ms } => {
                    self.failures = self.failures.wrapping_add(1);
                    printer.say(LineEvent::JoinFailed { ssid, reason, attempt, retry_ms }, now);
                }
                WifiEvent::Lost => {
                    self.losses = self.losses.wrapping_add(1);
                    printer.say(LineEvent::WifiLost { ssid }, now);
                }
                WifiEvent::Provisioning { cause: reason, retry_ms } => {
                    if reason == ProvisioningCause::NoCredentials {
                        printer.say(LineEvent::NoCredentials {}, now);
                    }
                    printer.say(LineEvent::Provisioning { reason, retry_ms }, now);
                }
                WifiEvent::TrialPassed => {
                    proven = ProvenCredentials(self.credentials().cloned());
                    self.end_trial(true, printer);
                }
                WifiEvent::TrialFailed(_) => self.end_trial(false, printer),
            }
        }
        if let Some(radio) = outcome.radio {
            self.forget_address(printer, now);
            self.radio = Some(radio);
        }
        proven
    }
}

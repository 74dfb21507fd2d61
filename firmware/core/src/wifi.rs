//! When to join which network: a pure policy, told by events and driven by time.
//!
//! Stored credentials are tried at once, then after 1, 2, 4 … 30 s. A failure counts one, a refused
//! password two; at [`PATIENCE`] the board is *provisioning*: it asks for credentials, and goes on
//! trying the old ones each minute, so that a router that comes back is found again. A network that
//! was joined and lost starts over at once. Credentials from Improv and SmartConfig are a *trial*: they
//! replace the stored ones only when they have led to an address. While a sender of SmartConfig is
//! heard, the stored ones wait.

use crate::{back_off::back_off_ms, time::Time};
use espalier_protocol::{JoinFault, ProvisioningCause, WifiState, command::Credentials};

/// Failures after which credentials are asked for.
pub const PATIENCE: u32 = 5;
/// Pause between two attempts while credentials are asked for, milliseconds.
pub const PROVISIONING_RETRY_MS: u32 = 60_000;
/// An attempt to join that says nothing for so long has failed. Together with
/// [`ADDRESS_TIMEOUT_MS`] it stays below the 30 s that Improv clients wait.
pub const JOIN_TIMEOUT_MS: u64 = 15_000;
/// A network that gives no address for so long is left, milliseconds.
pub const ADDRESS_TIMEOUT_MS: u64 = 12_000;

/// Which attempt to join: reports about an older one are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct JoinId(pub u32);

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    /// The radio joined.
    Joined(JoinId),
    /// The radio could not join.
    Failed(JoinId, JoinFault),
    /// The network went away.
    Lost,
    /// The board has an address.
    Address,
    /// The address is gone, the network may still be there.
    NoAddress,
    /// Time passed.
    Tick,
}

/// What the radio should do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Radio {
    /// Join with [`Policy::credentials`], leaving whatever it is in.
    Join(JoinId),
    /// Leave and stay away.
    Leave,
}

/// What is worth telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WifiEvent {
    /// An attempt begins.
    Joining { attempt: u32 },
    /// The network is joined.
    Joined,
    /// An attempt failed; the next comes after so many milliseconds.
    Failed { fault: JoinFault, attempt: u32, retry_ms: Option<u32> },
    /// The network is gone.
    Lost,
    /// Credentials are asked for.
    Provisioning { cause: ProvisioningCause, retry_ms: Option<u32> },
    /// The credentials on trial are good: store them.
    TrialPassed,
    /// The credentials on trial are not.
    TrialFailed(JoinFault),
}

/// What to do and what to tell, in this order: tell, then do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct PolicyOutcome {
    pub(crate) events: heapless::Vec<WifiEvent, 4>,
    pub(crate) radio: Option<Radio>,
}

impl PolicyOutcome {
    fn tell(&mut self, events: WifiEvent) {
        // Four is the most that one event makes (held by a test).
        self.events.push(events).ok();
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing to join.
    Idle,
    /// The radio is at it.
    Joining { until: Time },
    /// Joined, no address yet.
    Addressing { until: Time },
    /// Reachable.
    Online,
    /// Waiting before the next attempt.
    BackOff { until: Time },
}

/// The policy.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    state: State,
    stored: Option<Credentials>,
    trial: Option<Credentials>,
    id: JoinId,
    attempt: u32,
    failures: u32,
    /// Whether the next attempt waits, however late it is.
    is_held: bool,
}

impl Policy {
    pub(crate) const fn new() -> Self {
        Self {
            state: State::Idle,
            stored: None,
            trial: None,
            id: JoinId(0),
            attempt: 0,
            failures: 0,
            is_held: false,
        }
    }

    /// Makes the next attempt with the stored credentials wait, or waits no longer.
    pub(crate) fn hold(&mut self, is_held: bool, now: Time) {
        if let State::BackOff { until } = &mut self.state
            && self.is_held
            && !is_held
        {
            *until = (*until).max(now + 1);
        }
        self.is_held = is_held;
    }

    /// The credentials that are in use or on trial.
    pub(crate) fn credentials(&self) -> Option<&Credentials> {
        self.trial.as_ref().or(self.stored.as_ref())
    }

    pub(crate) const fn trial(&self) -> Option<&Credentials> {
        self.trial.as_ref()
    }

    pub(crate) const fn id(&self) -> JoinId {
        self.id
    }

    pub(crate) const fn is_online(&self) -> bool {
        matches!(self.state, State::Online)
    }

    /// Whether credentials are asked for.
    pub(crate) const fn is_provisioning(&self) -> bool {
        !self.is_online() && (self.stored.is_none() || self.failures >= PATIENCE)
    }

    /// Whether the radio neither joins nor is joined.
    pub(crate) const fn is_radio_free(&self) -> bool {
        matches!(self.state, State::Idle | State::BackOff { .. })
    }

    /// Where it stands, for `status`.
    pub(crate) const fn state(&self) -> WifiState {
        match self.state {
            State::Online => WifiState::Online,
            State::Addressing { .. } => WifiState::Joined,
            State::Idle => WifiState::NoCredentials,
            State::Joining { .. } if self.trial.is_some() => WifiState::Joining,
            _ if self.failures >= PATIENCE => WifiState::Provisioning,
            _ => WifiState::Joining,
        }
    }

    /// When [`Input::Tick`] is due.
    pub(crate) const fn poll_at(&self) -> Option<Time> {
        match self.state {
            State::BackOff { .. } if self.is_held => None,
            State::Joining { until } | State::Addressing { until } | State::BackOff { until } => {
                Some(until)
            }
            State::Idle | State::Online => None,
        }
    }

    /// Uses these credentials from now on; `None` forgets and leaves.
    pub(crate) fn store(&mut self, credentials: Option<Credentials>, now: Time) -> PolicyOutcome {
        self.stored = credentials;
        self.trial = None;
        self.start_over(now)
    }

    /// Tries these credentials, and stores them if they lead to an address.
    pub(crate) fn try_out(&mut self, credentials: Credentials, now: Time) -> PolicyOutcome {
        let mut out = PolicyOutcome::default();
        self.trial = Some(credentials);
        self.attempt = 0;
        self.join(&mut out, now);
        out
    }

    /// Begins again with what is stored: at the start, and when the addressing changed.
    pub(crate) fn start_over(&mut self, now: Time) -> PolicyOutcome {
        let mut out = PolicyOutcome::default();
        self.attempt = 0;
        self.failures = 0;
        if self.credentials().is_some() {
            self.join(&mut out, now);
        } else {
            self.state = State::Idle;
            out.radio = Some(Radio::Leave);
            out.tell(WifiEvent::Provisioning {
                cause: ProvisioningCause::NoCredentials,
                retry_ms: None,
            });
        }
        out
    }

    /// Takes what happened.
    pub(crate) fn on(&mut self, input: Input, now: Time) -> PolicyOutcome {
        let mut out = PolicyOutcome::default();
        match (input, self.state) {
            (Input::Joined(id), State::Joining { .. }) if id == self.id => {
                self.state = State::Addressing { until: now + ADDRESS_TIMEOUT_MS };
                out.tell(WifiEvent::Joined);
            }
            (Input::Failed(id, fault), State::Joining { .. } | State::Addressing { .. })
                if id == self.id =>
            {
                self.failed(fault, &mut out, now);
            }
            (Input::Lost, State::Online) => {
                self.attempt = 0;
                self.failures = 0;
                out.tell(WifiEvent::Lost);
                self.join(&mut out, now);
            }
            (Input::Lost, State::Addressing { .. }) => {
                self.failed(JoinFault::Other, &mut out, now);
            }
            (Input::Address, State::Addressing { .. }) => {
                self.state = State::Online;
                self.attempt = 0;
                self.failures = 0;
                if self.trial.is_some() {
                    self.stored = self.trial.take();
                    out.tell(WifiEvent::TrialPassed);
                }
            }
            (Input::NoAddress, State::Online) => {
                self.state = State::Addressing { until: now + ADDRESS_TIMEOUT_MS };
            }
            (Input::Tick, State::Joining { until }) if now >= until => {
                self.failed(JoinFault::Timeout, &mut out, now);
            }
            (Input::Tick, State::Addressing { until }) if now >= until => {
                self.failed(JoinFault::NoAddress, &mut out, now);
            }
            (Input::Tick, State::BackOff { until }) if now >= until && !self.is_held => {
                self.join(&mut out, now);
            }
            _ => {}
        }
        out
    }

    fn join(&mut self, out: &mut PolicyOutcome, now: Time) {
        self.attempt = self.attempt.saturating_add(1);
        self.id = JoinId(self.id.0.wrapping_add(1));
        self.state = State::Joining { until: now + JOIN_TIMEOUT_MS };
        out.tell(WifiEvent::Joining { attempt: self.attempt });
        out.radio = Some(Radio::Join(self.id));
    }

    fn failed(&mut self, fault: JoinFault, out: &mut PolicyOutcome, now: Time) {
        let attempt = self.attempt;
        if self.trial.take().is_some() {
            out.tell(WifiEvent::Failed { fault, attempt, retry_ms: None });
            out.tell(WifiEvent::TrialFailed(fault));
            if self.stored.is_some() && self.failures >= PATIENCE {
                // The stored ones are known not to work: ask on, instead of trying them five times over.
                self.provision(ProvisioningCause::Failures, out, now);
                return;
            }
            let known = self.start_over(now);
            for events in known.events {
                out.tell(events);
            }
            out.radio = known.radio;
            return;
        }
        let before = self.failures;
        let weight = if fault == JoinFault::Auth { 2 } else { 1 };
        self.failures = self.failures.saturating_add(weight);
        let retry_ms =
            if self.failures >= PATIENCE { PROVISIONING_RETRY_MS } else { back_off_ms(attempt) };
        self.state = State::BackOff { until: now + u64::from(retry_ms) };
        out.radio = Some(Radio::Leave);
        out.tell(WifiEvent::Failed { fault, attempt, retry_ms: Some(retry_ms) });
        if before < PATIENCE && self.failures >= PATIENCE {
            let cause = ProvisioningCause::Failures;
            out.tell(WifiEvent::Provisioning { cause, retry_ms: Some(retry_ms) });
        }
    }

    /// Asks for credentials again; the stored ones are tried after the usual pause.
    fn provision(&mut self, cause: ProvisioningCause, out: &mut PolicyOutcome, now: Time) {
        self.attempt = 0;
        self.state = State::BackOff { until: now + u64::from(PROVISIONING_RETRY_MS) };
        out.radio = Some(Radio::Leave);
        out.tell(WifiEvent::Provisioning { cause, retry_ms: Some(PROVISIONING_RETRY_MS) });
    }
}

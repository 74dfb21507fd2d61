//! Mode `client`: the board dials, says hello, echoes, dials again.

use crate::{
    Board, Place, Time,
    conn::{Conn, Role, Work},
    wifi::back_off_ms,
};
use core::net::SocketAddr;
use espalier_protocol::{DialFault, line::Event};

/// What the board says when it is connected.
pub const GREETING: &str = "Hello from Espalier\n";

/// The place that dials.
pub(crate) const DIAL_PLACE: Place = Place(0);
/// A connection that lived for so long resets the back-off, milliseconds.
const STABLE_MS: u64 = 10_000;

/// When to dial.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialler {
    state: State,
    attempt: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Dial at this time.
    At(Time),
    /// The glue is at it.
    Dialling,
    /// There is a connection.
    Connected,
}

impl Dialler {
    pub(crate) const fn new() -> Self {
        Self { state: State::At(Time::ZERO), attempt: 0 }
    }

    /// Dials as soon as it can, and forgets failures.
    pub(crate) const fn start_over(&mut self, now: Time) {
        *self = Self { state: State::At(now), attempt: 0 };
    }

    pub(crate) fn is_dialling(&self) -> bool {
        self.state == State::Dialling
    }

    fn due(&self) -> Option<Time> {
        match self.state {
            State::At(time) => Some(time),
            State::Dialling | State::Connected => None,
        }
    }

    /// Plans the next attempt; gives its delay in milliseconds.
    fn back_off(&mut self, now: Time) -> u32 {
        let delay = back_off_ms(self.attempt);
        self.state = State::At(now + u64::from(delay));
        delay
    }
}

impl Board {
    /// When to dial, if nothing but time is missing.
    pub(crate) fn dial_due(&self) -> Option<Time> {
        let ready = self.is_dialling_mode()
            && self.policy.is_online()
            && self.settings.target.is_some()
            && self.places.get(DIAL_PLACE).is_none();
        self.dialler.due().filter(|_| ready)
    }

    pub(crate) fn dial_if_due(&mut self, now: Time) {
        if self.dialler.is_dialling() && !self.policy.is_online() {
            self.dialler.start_over(now);
        }
        if self.dial_due().is_none_or(|due| now < due) {
            return;
        }
        let Some(target) = self.settings.target.clone() else { return };
        self.dialler.state = State::Dialling;
        self.dialler.attempt = self.dialler.attempt.saturating_add(1);
        let (host, port) = (target.host.as_str().into(), target.port);
        self.say(Event::Dialing { host, port, attempt: self.dialler.attempt }, now);
    }

    pub(crate) fn connected(&mut self, place: Place, peer: SocketAddr, now: Time) {
        let wanted = self.is_dialling_mode() && self.dialler.is_dialling() && place == DIAL_PLACE;
        let role = Role::Dialled(1);
        let Some(conn) = self.places.put(place, peer, role, now) else { return };
        if !wanted {
            conn.ending = Some(crate::conn::Ending::For(espalier_protocol::CloseCause::Mode));
            return;
        }
        conn.work = Work::new(now, GREETING.len());
        self.dialler.state = State::Connected;
        self.say(Event::Connected { peer, slot: 1 }, now);
    }

    /// Dials anew, because the target changed.
    pub(crate) fn redial(&mut self, now: Time) {
        let cause = espalier_protocol::CloseCause::Other;
        for conn in self.places.iter_mut().filter(|conn| conn.ending.is_none()) {
            conn.ending = Some(crate::conn::Ending::For(cause));
        }
        self.dialler.start_over(now);
    }

    pub(crate) fn dial_failed(&mut self, place: Place, reason: DialFault, now: Time) {
        if place != DIAL_PLACE || !self.dialler.is_dialling() {
            return;
        }
        let retry_ms = self.dialler.back_off(now);
        let Some(target) = self.settings.target.clone() else { return };
        let (host, port) = (target.host.as_str().into(), target.port);
        self.say(Event::DialFailed { host, port, reason, retry_ms }, now);
    }

    pub(crate) fn dialled_closed(&mut self, conn: &Conn, now: Time) {
        if now.since(conn.since) >= STABLE_MS {
            self.dialler.attempt = 1;
        }
        if self.dialler.state == State::Connected {
            self.dialler.back_off(now);
        }
    }
}

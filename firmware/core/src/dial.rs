//! When mode `client` dials: a pure state machine, told by inputs and driven by time.
//!
//! It dials at once, after a failure again after 1, 2, 4 … 30 s; a connection that lived for
//! [`STABLE_MS`] sets that back.

use crate::{api::SocketIndex, back_off::back_off_ms, time::Time};

/// The socket that dials.
pub(crate) const DIAL_SOCKET: SocketIndex = SocketIndex(0);
/// A connection that lived for so long resets the back-off, milliseconds.
const STABLE_MS: u64 = 10_000;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    /// Whom to dial has changed, or the mode.
    StartOver,
    /// Time passed, or what dialling needs may have changed.
    Tick {
        /// Whether the board can be reached.
        is_online: bool,
        /// Whether nothing but time is missing.
        is_ready: bool,
    },
    /// It is connected.
    Connected,
    /// It could not connect.
    Failed,
    /// The connection that there was since this moment is over.
    Closed { since: Time },
}

/// What is worth telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DialEvent {
    /// An attempt begins.
    Dialing { attempt: u32 },
    /// An attempt failed; the next comes after so many milliseconds.
    Failed { retry_ms: u32 },
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

/// When to dial.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialler {
    state: State,
    attempt: u32,
}

impl Dialler {
    pub(crate) const fn new() -> Self {
        Self { state: State::At(Time::ZERO), attempt: 0 }
    }

    pub(crate) fn is_dialling(&self) -> bool {
        self.state == State::Dialling
    }

    /// When [`Input::Tick`] is due, if nothing but time is missing.
    pub(crate) const fn poll_at(&self) -> Option<Time> {
        match self.state {
            State::At(time) => Some(time),
            State::Dialling | State::Connected => None,
        }
    }

    /// Takes what happened.
    pub(crate) fn on(&mut self, input: Input, now: Time) -> Option<DialEvent> {
        match (input, self.state) {
            (Input::StartOver, _) => self.start_over(now),
            (Input::Tick { is_online, is_ready }, _) => {
                if self.is_dialling() && !is_online {
                    self.start_over(now);
                }
                if is_ready && self.poll_at().is_some_and(|due| now >= due) {
                    self.state = State::Dialling;
                    self.attempt = self.attempt.saturating_add(1);
                    return Some(DialEvent::Dialing { attempt: self.attempt });
                }
            }
            (Input::Connected, _) => self.state = State::Connected,
            (Input::Failed, State::Dialling) => {
                return Some(DialEvent::Failed { retry_ms: self.back_off(now) });
            }
            (Input::Failed, _) => {}
            (Input::Closed { since }, state) => {
                if now.since(since) >= STABLE_MS {
                    self.attempt = 1;
                }
                if state == State::Connected {
                    self.back_off(now);
                }
            }
        }
        None
    }

    /// Dials as soon as it can, and forgets failures.
    const fn start_over(&mut self, now: Time) {
        *self = Self { state: State::At(now), attempt: 0 };
    }

    /// Plans the next attempt; gives its delay in milliseconds.
    fn back_off(&mut self, now: Time) -> u32 {
        let delay = back_off_ms(self.attempt);
        self.state = State::At(now + u64::from(delay));
        delay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: Input = Input::Tick { is_online: true, is_ready: true };

    fn at(ms: u64) -> Time {
        Time::from_ms(ms)
    }

    /// Dials when it is due, and when that is.
    fn dial(dialler: &mut Dialler) -> Time {
        let due = dialler.poll_at().expect("it waits to dial");
        assert!(matches!(dialler.on(READY, due), Some(DialEvent::Dialing { .. })));
        due
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut dialler = Dialler::new();
        for retry_ms in [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
            let now = dial(&mut dialler);
            assert_eq!(dialler.on(Input::Failed, now), Some(DialEvent::Failed { retry_ms }));
            assert_eq!(dialler.on(READY, now), None, "too early");
            assert_eq!(dialler.on(Input::Failed, now), None, "nobody dials");
        }
    }

    #[test]
    fn only_a_connection_that_lived_sets_the_pause_back() {
        let mut dialler = Dialler::new();
        for _ in 0..3 {
            let now = dial(&mut dialler);
            dialler.on(Input::Failed, now);
        }
        let since = dial(&mut dialler);
        dialler.on(Input::Connected, since);
        dialler.on(Input::Closed { since }, since + 9_999);
        assert_eq!(dialler.poll_at(), Some(since + 9_999 + 8_000));

        let since = dial(&mut dialler);
        dialler.on(Input::Connected, since);
        dialler.on(Input::Closed { since }, since + 10_000);
        assert_eq!(dialler.poll_at(), Some(since + 10_000 + 1_000));
    }

    #[test]
    fn an_attempt_ends_with_the_network_and_begins_anew_with_it() {
        let mut dialler = Dialler::new();
        dial(&mut dialler);
        assert_eq!(dialler.on(Input::Tick { is_online: false, is_ready: false }, at(5)), None);
        assert!(!dialler.is_dialling());
        assert_eq!(dialler.on(READY, at(5)), Some(DialEvent::Dialing { attempt: 1 }));
    }
}

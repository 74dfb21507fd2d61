//! One connection: where it stands, what it counts, what it sends and checks.

use crate::time::Time;
use core::net::SocketAddr;
use espalier_protocol::{CloseCause, Standing, pattern::Checker};

/// One connection.
#[derive(Debug, Clone)]
pub(crate) struct Conn {
    pub(crate) peer: SocketAddr,
    pub(crate) since: Time,
    /// Order of arrival.
    pub(crate) arrival: u32,
    pub(crate) role: Role,
    /// Why the board ends it, once it does.
    pub(crate) ending: Option<Ending>,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) work: Work,
}

/// What a connection is to the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A client with a slot, from 1.
    Served(u8),
    /// A client that waits for one.
    Waiting,
    /// The board dialled it; it counts as this slot.
    Dialled(u8),
}

/// Why the board ends a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It was never welcome, and `refused` was printed.
    Refused,
    /// For this cause, to be printed when it is over.
    For(CloseCause),
}

impl Conn {
    pub(crate) fn new(peer: SocketAddr, role: Role, arrival: u32, now: Time) -> Self {
        let (bytes_in, bytes_out) = (0, 0);
        let work = Work::new(now, 0);
        Self { peer, since: now, arrival, role, ending: None, bytes_in, bytes_out, work }
    }

    /// The slot that serves it.
    pub(crate) const fn slot(&self) -> Option<u8> {
        match self.role {
            Role::Served(slot) | Role::Dialled(slot) => Some(slot),
            Role::Waiting => None,
        }
    }

    /// What `clients` calls it.
    pub(crate) const fn standing(&self) -> Standing {
        match self.role {
            Role::Served(_) => Standing::Served,
            Role::Waiting => Standing::Waiting,
            Role::Dialled(_) => Standing::Dialled,
        }
    }
}

/// What a connection has to do in its mode; begun anew when the mode changes.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    /// Bytes of greeting still to be sent, counted from its end.
    pub(crate) greeting: usize,
    /// Position in the pattern that is sent.
    pub(crate) sent: u64,
    pub(crate) meter: Meter,
    pub(crate) checker: Checker,
    /// When the last wrong byte was told.
    pub(crate) told: Option<Time>,
    /// Errors that were told then.
    pub(crate) told_errors: u64,
}

impl Work {
    pub(crate) const fn new(now: Time, greeting: usize) -> Self {
        let (meter, checker) = (Meter::new(now), Checker::new());
        Self { greeting, sent: 0, meter, checker, told: None, told_errors: 0 }
    }
}

/// Lets bytes through at a rate: credit grows with time and is spent by sending.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meter {
    since: Time,
    /// Thousandths of a byte at `since`.
    credit: u64,
}

impl Meter {
    const fn new(now: Time) -> Self {
        Self { since: now, credit: 0 }
    }

    /// Least that is worth a packet at this rate: a tenth of a second, but at most 512 bytes.
    fn portion(rate: u32) -> u64 {
        u64::from(rate / 10).clamp(1, 512)
    }

    fn credit_at(&self, rate: u32, now: Time) -> u64 {
        // Half a second of credit is kept at most, so that a stalled peer is not flooded later.
        let most = (u64::from(rate) * 500).max(Self::portion(rate) * 1000);
        let earned = now.since(self.since).min(1_000) * u64::from(rate);
        (self.credit + earned).min(most)
    }

    /// Bytes that may be sent now; 0 until a portion is worth it. Rate 0 is without limit.
    pub(crate) fn allowed(&self, rate: u32, now: Time) -> usize {
        if rate == 0 {
            return usize::MAX;
        }
        let bytes = self.credit_at(rate, now) / 1000;
        if bytes < Self::portion(rate) { 0 } else { usize::try_from(bytes).unwrap_or(usize::MAX) }
    }

    /// When [`Meter::allowed`] is more than 0.
    pub(crate) fn due(&self, rate: u32, now: Time) -> Option<Time> {
        if rate == 0 || self.allowed(rate, now) > 0 {
            return None;
        }
        let missing = (Self::portion(rate) * 1000).saturating_sub(self.credit_at(rate, now));
        Some(now + missing.div_ceil(u64::from(rate)))
    }

    pub(crate) fn spend(&mut self, rate: u32, bytes: usize, now: Time) {
        if rate > 0 {
            let spent = (bytes as u64).saturating_mul(1000);
            *self = Self { since: now, credit: self.credit_at(rate, now).saturating_sub(spent) };
        }
    }
}

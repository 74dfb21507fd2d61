//! One connection: where it stands, and what it counts.

use crate::{api::Flow, time::Time, transfer::Transfer};
use core::net::SocketAddr;
use espalier_chat::room::RoomLink;
use espalier_protocol::{
    CloseCause, Mode, Standing,
    line::{LineEvent, Share},
};

/// One connection.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    peer: SocketAddr,
    since: Time,
    /// Order of arrival.
    arrival: u32,
    role: Role,
    /// Why the board ends it, once it does.
    close_plan: Option<ClosePlan>,
    bytes_in: u64,
    bytes_out: u64,
    transfer: Transfer,
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
enum ClosePlan {
    /// It was never welcome, and `refused` was printed.
    Refused,
    /// For this cause, to be printed when it is over.
    For(CloseCause),
    /// The same, and what was sent to it still arrives.
    InOrder(CloseCause),
}

impl Connection {
    pub(crate) const fn new(peer: SocketAddr, role: Role, arrival: u32, now: Time) -> Self {
        let (bytes_in, bytes_out) = (0, 0);
        let transfer = match role {
            Role::Dialled(_) => Transfer::greeting(now),
            Role::Served(_) | Role::Waiting => Transfer::new(now),
        };
        Self { peer, since: now, arrival, role, close_plan: None, bytes_in, bytes_out, transfer }
    }

    pub(crate) const fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The slot that serves it.
    pub(crate) const fn slot(&self) -> Option<u8> {
        match self.role {
            Role::Served(slot) | Role::Dialled(slot) => Some(slot),
            Role::Waiting => None,
        }
    }

    /// The greater, the later it came.
    pub(crate) const fn arrival(&self) -> u32 {
        self.arrival
    }

    /// What the chat room calls it.
    pub(crate) const fn room_link(&self) -> RoomLink {
        RoomLink(self.arrival)
    }

    /// Whether the board ends it.
    pub(crate) const fn is_closing(&self) -> bool {
        self.close_plan.is_some()
    }

    /// Whether the board ends it in order.
    pub(crate) const fn closes_in_order(&self) -> bool {
        matches!(self.close_plan, Some(ClosePlan::InOrder(_)))
    }

    /// Whether it is served, and goes on to be.
    pub(crate) const fn is_served(&self) -> bool {
        self.slot().is_some() && !self.is_closing()
    }

    /// Whether it waits for a slot, and is welcome to.
    pub(crate) fn is_waiting(&self) -> bool {
        self.role == Role::Waiting && !self.is_closing()
    }

    /// Whether the board dialled it.
    pub(crate) const fn is_dialled(&self) -> bool {
        matches!(self.role, Role::Dialled(_))
    }

    /// Since when there is this connection.
    pub(crate) const fn since(&self) -> Time {
        self.since
    }

    /// Serves it in this slot from now on.
    pub(crate) const fn promote(&mut self, slot: u8, now: Time) {
        self.role = Role::Served(slot);
        self.transfer = Transfer::new(now);
    }

    /// Begins its work anew, because the mode has changed.
    pub(crate) const fn begin_anew(&mut self, now: Time) {
        self.transfer = Transfer::new(now);
    }

    /// Ends it, because it was never welcome.
    pub(crate) const fn refuse(&mut self) {
        self.close_plan = Some(ClosePlan::Refused);
    }

    /// Ends it for this cause, unless it is being ended already.
    pub(crate) fn close(&mut self, cause: CloseCause) {
        self.close_plan.get_or_insert(ClosePlan::For(cause));
    }

    /// Ends it for this cause, and what was sent to it still arrives.
    pub(crate) fn close_in_order(&mut self, cause: CloseCause) {
        self.close_plan.get_or_insert(ClosePlan::InOrder(cause));
    }

    /// How bytes move now. `log_grant` is what mode `log` may read.
    pub(crate) fn flow(&self, mode: Mode, rate: u32, log_grant: usize, now: Time) -> Flow {
        if self.role == Role::Waiting {
            return Flow::HOLD;
        }
        self.transfer.flow(mode, rate, log_grant, now)
    }

    /// Counts bytes that were read.
    pub(crate) const fn count_in(&mut self, count: usize) {
        self.bytes_in += count as u64;
    }

    /// Counts bytes that were written.
    pub(crate) const fn count_out(&mut self, count: usize) {
        self.bytes_out += count as u64;
    }

    /// Fills `out` with what is sent next; gives how many bytes.
    pub(crate) fn produce(&mut self, mode: Mode, rate: u32, out: &mut [u8], now: Time) -> usize {
        if self.is_closing() || self.slot().is_none() {
            return 0;
        }
        self.transfer.produce(mode, rate, out, now)
    }

    /// When it may go on sending at this rate; `None` when that is now, or it may not.
    pub(crate) fn send_due(&self, rate: u32, now: Time) -> Option<Time> {
        let serves = self.slot().is_some() && !self.is_closing();
        serves.then(|| self.transfer.due(rate, now)).flatten()
    }

    /// Takes bytes that should be the check pattern; gives how many are wrong.
    pub(crate) fn check(&mut self, bytes: &[u8]) -> u64 {
        self.transfer.check(bytes)
    }

    /// What is to be told now about wrong bytes.
    pub(crate) fn check_failed(&mut self, now: Time) -> Option<LineEvent<'static>> {
        let slot = self.slot()?;
        let (totals, first) = self.transfer.wrong(now)?;
        let (peer, bytes, errors) = (self.peer, totals.bytes, totals.errors);
        Some(LineEvent::CheckFailed { peer, slot, bytes, errors, first })
    }

    /// What was checked in all; `None` if nothing was.
    pub(crate) fn checked(&self) -> Option<LineEvent<'static>> {
        let (slot, totals) = (self.slot()?, self.transfer.totals());
        let (peer, bytes, errors) = (self.peer, totals.bytes, totals.errors);
        (bytes > 0).then_some(LineEvent::Checked { peer, slot, bytes, errors })
    }

    /// What is told when it is over; `None` if it never was welcome. The board knows the cause better
    /// than `found` when it has ended the connection itself.
    pub(crate) const fn closed(
        &self,
        found: CloseCause,
        served: Share,
    ) -> Option<LineEvent<'static>> {
        let reason = match self.close_plan {
            Some(ClosePlan::Refused) => return None,
            Some(ClosePlan::For(cause) | ClosePlan::InOrder(cause)) => cause,
            None => found,
        };
        let Self { peer, bytes_in, bytes_out, .. } = *self;
        let slot = self.slot();
        Some(LineEvent::Closed { peer, slot, reason, bytes_in, bytes_out, served })
    }

    /// Its line in the answer to `clients`; `None` once it is being ended.
    pub(crate) fn listed(&self, now: Time) -> Option<LineEvent<'static>> {
        let state = match self.role {
            Role::Served(_) => Standing::Served,
            Role::Waiting => Standing::Waiting,
            Role::Dialled(_) => Standing::Dialled,
        };
        let Self { peer, bytes_in, bytes_out, .. } = *self;
        let (slot, age_ms) = (self.slot(), now.since(self.since));
        let line = LineEvent::Client { peer, slot, state, bytes_in, bytes_out, age_ms };
        (!self.is_closing()).then_some(line)
    }
}

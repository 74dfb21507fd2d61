//! Who is served, who waits, who is turned away: a pure state machine, told by inputs.
//!
//! Invariants: at most `limit` clients have a slot, each its own; at most [`WAITING`] wait; a free
//! slot and a waiting client never last beyond one event; who came first is promoted first.

use crate::{
    api::{SOCKETS_MAX, SocketIndex},
    connection::{Connection, Role},
    settings::WAITING,
    time::Time,
};
use core::net::SocketAddr;
use espalier_protocol::{
    CloseCause, Mode,
    command::KickTarget,
    line::{LineEvent, Share},
};
use heapless::Vec;

/// The slot of a connection that the board has dialled.
const DIALLED_SLOT: u8 = 1;

/// What decides who is welcome.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AdmissionRules {
    /// Clients that are served at once at most.
    pub(crate) limit: u8,
    /// Sockets that there are.
    pub(crate) sockets: u8,
    pub(crate) mode: Mode,
    /// Whether the board can be reached.
    pub(crate) is_online: bool,
    /// The port that clients connect to.
    pub(crate) port: u16,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    /// A client connected.
    Accepted { socket: SocketIndex, peer: SocketAddr },
    /// A client was turned away by the glue.
    TurnedAway { peer: SocketAddr },
    /// The board has dialled somebody; whether that is still wanted.
    Dialled { socket: SocketIndex, peer: SocketAddr, is_wanted: bool },
    /// A connection is over.
    Closed { socket: SocketIndex, cause: CloseCause },
    /// Everything that has happened was told: promote, listen, and say so.
    Settle,
}

/// What is to be told, and what it means to whom dials.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    /// In this order.
    pub(crate) lines: Vec<LineEvent<'static>, 2>,
    /// A dialled connection is over, and this is since when there was one.
    pub(crate) dialled_since: Option<Time>,
}

impl Outcome {
    fn tell(&mut self, line: LineEvent<'static>) {
        // Two is the most that one input makes: at most one client waits to be promoted.
        self.lines.push(line).ok();
    }
}

/// The connections, by socket.
#[derive(Debug, Clone)]
pub(crate) struct Slots {
    connections: [Option<Connection>; SOCKETS_MAX],
    /// Which free sockets listen.
    listening: [bool; SOCKETS_MAX],
    arrivals: u32,
    announced: Option<ListenState>,
    accepted: u32,
    refused: u32,
}

/// What was last said about listening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ListenState {
    Listening { port: u16, limit: u8 },
    Full { port: u16, limit: u8 },
    Stopped,
}

impl Slots {
    pub(crate) const fn new() -> Self {
        Self {
            connections: [const { None }; SOCKETS_MAX],
            listening: [false; SOCKETS_MAX],
            arrivals: 0,
            announced: None,
            accepted: 0,
            refused: 0,
        }
    }

    pub(crate) fn get(&self, socket: SocketIndex) -> Option<&Connection> {
        self.connections.get(usize::from(socket.0))?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, socket: SocketIndex) -> Option<&mut Connection> {
        self.connections.get_mut(usize::from(socket.0))?.as_mut()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Connection> {
        self.connections.iter().flatten()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Connection> {
        self.connections.iter_mut().flatten()
    }

    /// Whether this socket should listen.
    pub(crate) fn listens(&self, socket: SocketIndex) -> bool {
        self.listening.get(usize::from(socket.0)).is_some_and(|listens| *listens)
    }

    /// Clients that have a slot, of the limit. One that is being ended keeps it until its socket is
    /// free.
    pub(crate) fn served(&self, limit: u8) -> Share {
        let taken = self.iter().filter(|conn| conn.slot().is_some()).count();
        Share { taken: taken as u8, of: limit }
    }

    /// Clients that wait, and are welcome to, of the limit.
    pub(crate) fn waiting(&self) -> Share {
        Share { taken: self.iter().filter(|conn| conn.is_waiting()).count() as u8, of: WAITING }
    }

    /// Clients that were served or waited, since the start.
    pub(crate) const fn accepted(&self) -> u32 {
        self.accepted
    }

    /// Clients that were turned away, since the start.
    pub(crate) const fn refused(&self) -> u32 {
        self.refused
    }

    /// Ends the connection that `target` names, for cause `kicked`; whether there is one.
    pub(crate) fn kick(&mut self, target: KickTarget) -> bool {
        let named = |conn: &&mut Connection| match target {
            KickTarget::Slot(slot) => conn.slot() == Some(slot),
            KickTarget::Peer(peer) => conn.peer() == peer,
        };
        let welcome = |conn: &&mut Connection| !conn.is_closing();
        let conn = self.iter_mut().filter(welcome).find(named);
        conn.map(|conn| conn.close(CloseCause::Kicked)).is_some()
    }

    /// Takes what happened.
    pub(crate) fn on(&mut self, input: Input, rules: &AdmissionRules, now: Time) -> Outcome {
        let mut out = Outcome::default();
        match input {
            Input::Accepted { socket, peer } => self.admit(socket, peer, rules, &mut out, now),
            Input::TurnedAway { peer } => self.turn_away(peer, rules, &mut out),
            Input::Dialled { socket, peer, is_wanted } => {
                let Some(conn) = self.put(socket, peer, Role::Dialled(DIALLED_SLOT), now) else {
                    return out;
                };
                if is_wanted {
                    out.tell(LineEvent::Connected { peer, slot: DIALLED_SLOT });
                } else {
                    conn.close(CloseCause::Mode);
                }
            }
            Input::Closed { socket, cause } => self.end(socket, cause, rules, &mut out),
            Input::Settle => {
                self.promote(rules, &mut out, now);
                let vacancies = if rules.is_online { self.vacancies(rules) } else { 0 };
                self.listen(vacancies, rules.sockets);
                self.announce(rules, &mut out);
            }
        }
        out
    }

    fn put(
        &mut self,
        socket: SocketIndex,
        peer: SocketAddr,
        role: Role,
        now: Time,
    ) -> Option<&mut Connection> {
        let home = self.connections.get_mut(usize::from(socket.0))?;
        self.arrivals = self.arrivals.wrapping_add(1);
        Some(home.insert(Connection::new(peer, role, self.arrivals, now)))
    }

    fn admit(
        &mut self,
        socket: SocketIndex,
        peer: SocketAddr,
        rules: &AdmissionRules,
        out: &mut Outcome,
        now: Time,
    ) {
        if socket.0 >= rules.sockets || self.get(socket).is_some() {
            return self.turn_away(peer, rules, out);
        }
        let vacant = self.vacancies(rules) > 0;
        let slot = self.free_slot(rules.limit).filter(|_| vacant);
        let role = slot.map_or(Role::Waiting, Role::Served);
        let welcome = vacant && (slot.is_some() || self.waiting().taken < WAITING);
        let Some(conn) = self.put(socket, peer, role, now) else { return };
        if !welcome {
            conn.refuse();
            return self.turn_away(peer, rules, out);
        }
        self.accepted = self.accepted.wrapping_add(1);
        let (served, waiting) = (self.served(rules.limit), self.waiting());
        out.tell(match slot {
            Some(slot) => LineEvent::Accepted { peer, slot, served },
            None => LineEvent::Waiting { peer, served, waiting },
        });
    }

    fn turn_away(&mut self, peer: SocketAddr, rules: &AdmissionRules, out: &mut Outcome) {
        self.refused = self.refused.wrapping_add(1);
        let (served, waiting) = (self.served(rules.limit), self.waiting());
        out.tell(LineEvent::Refused { peer, served, waiting });
    }

    fn end(
        &mut self,
        socket: SocketIndex,
        cause: CloseCause,
        rules: &AdmissionRules,
        out: &mut Outcome,
    ) {
        let home = self.connections.get_mut(usize::from(socket.0));
        let Some(conn) = home.and_then(Option::take) else { return };
        let Some(closed) = conn.closed(cause, self.served(rules.limit)) else { return };
        if let (Mode::Check, Some(checked)) = (rules.mode, conn.checked()) {
            out.tell(checked);
        }
        out.tell(closed);
        out.dialled_since = conn.is_dialled().then(|| conn.since());
    }

    /// Clients that may still connect, were the board online.
    fn vacancies(&self, rules: &AdmissionRules) -> u8 {
        if rules.mode == Mode::Client {
            return 0;
        }
        let taken = self.iter().count() as u8;
        (rules.limit + WAITING).min(rules.sockets).saturating_sub(taken)
    }

    fn free_slot(&self, limit: u8) -> Option<u8> {
        if self.served(limit).taken >= limit {
            return None;
        }
        (1..=limit).find(|slot| self.iter().all(|conn| conn.slot() != Some(*slot)))
    }

    /// Gives free slots to those who wait, the longest first.
    fn promote(&mut self, rules: &AdmissionRules, out: &mut Outcome, now: Time) {
        if rules.mode == Mode::Client {
            return;
        }
        while let Some(slot) = self.free_slot(rules.limit) {
            let waiting = self.iter_mut().filter(|conn| conn.is_waiting());
            let Some(conn) = waiting.min_by_key(|conn| conn.arrival()) else { return };
            conn.promote(slot, now);
            let (peer, waited_ms) = (conn.peer(), now.since(conn.since()));
            let served = self.served(rules.limit);
            out.tell(LineEvent::Promoted { peer, slot, waited_ms, served });
        }
    }

    /// Lets so many of the first `sockets` listen. Those that do already go on first, so that no
    /// handshake under way is cut without need.
    fn listen(&mut self, vacancies: u8, sockets: u8) {
        let before = self.listening;
        let mut missing = vacancies;
        self.listening = [false; SOCKETS_MAX];
        for old in [true, false] {
            let each = self.connections.iter().zip(&mut self.listening).zip(before);
            for ((conn, listens), listened) in each.take(usize::from(sockets)) {
                if missing > 0 && conn.is_none() && listened == old {
                    *listens = true;
                    missing -= 1;
                }
            }
        }
    }

    /// Says whether the next client is welcome, when that has changed.
    fn announce(&mut self, rules: &AdmissionRules, out: &mut Outcome) {
        let AdmissionRules { port, limit, .. } = *rules;
        let state = if !rules.is_online {
            // The lost address says it already.
            self.announced = None;
            return;
        } else if rules.mode == Mode::Client {
            ListenState::Stopped
        } else if self.vacancies(rules) == 0 {
            ListenState::Full { port, limit }
        } else {
            ListenState::Listening { port, limit }
        };
        if self.announced == Some(state) {
            return;
        }
        let first = self.announced.replace(state).is_none();
        let (served, waiting) = (self.served(limit), self.waiting());
        match state {
            ListenState::Stopped if first => {}
            ListenState::Stopped => out.tell(LineEvent::Stopped {}),
            ListenState::Full { .. } => out.tell(LineEvent::Full { port, served, waiting }),
            ListenState::Listening { .. } => {
                out.tell(LineEvent::Listening { port, served, waiting });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: AdmissionRules =
        AdmissionRules { limit: 1, sockets: 3, mode: Mode::Echo, is_online: true, port: 7681 };
    const FIRST: SocketIndex = SocketIndex(0);
    const SECOND: SocketIndex = SocketIndex(1);
    const THIRD: SocketIndex = SocketIndex(2);

    fn peer(port: u16) -> SocketAddr {
        ([10, 0, 0, 2], port).into()
    }

    /// What is told when something happens and everything is settled.
    fn told(slots: &mut Slots, input: Input, rules: &AdmissionRules) -> Vec<LineEvent<'static>, 4> {
        let now = Time::from_ms(1_000);
        let outcomes = [slots.on(input, rules, now), slots.on(Input::Settle, rules, now)];
        outcomes.into_iter().flat_map(|outcome| outcome.lines).collect()
    }

    #[test]
    fn one_is_served_one_waits_and_the_next_is_turned_away() {
        let mut slots = Slots::new();
        told(&mut slots, Input::Settle, &RULES);
        let listening = [FIRST, SECOND, THIRD].map(|socket| slots.listens(socket));
        assert_eq!(listening, [true, true, false], "as many as are welcome");

        let lines = told(&mut slots, Input::Accepted { socket: SECOND, peer: peer(1) }, &RULES);
        assert!(matches!(lines[..], [LineEvent::Accepted { slot: 1, .. }]), "{lines:?}");
        let lines = told(&mut slots, Input::Accepted { socket: FIRST, peer: peer(2) }, &RULES);
        assert!(
            matches!(lines[..], [LineEvent::Waiting { .. }, LineEvent::Full { .. }]),
            "{lines:?}"
        );
        let lines = told(&mut slots, Input::Accepted { socket: THIRD, peer: peer(3) }, &RULES);
        assert!(matches!(lines[..], [LineEvent::Refused { .. }]), "{lines:?}");
        assert!(slots.get(THIRD).is_some_and(Connection::is_closing));
        assert_eq!((slots.accepted(), slots.refused()), (2, 1));
    }

    #[test]
    fn a_slot_that_gets_free_is_the_waiting_client_s() {
        let mut slots = Slots::new();
        for (socket, port) in [(FIRST, 1), (SECOND, 2)] {
            told(&mut slots, Input::Accepted { socket, peer: peer(port) }, &RULES);
        }
        let cause = CloseCause::Peer;
        let lines = told(&mut slots, Input::Closed { socket: FIRST, cause }, &RULES);
        let [LineEvent::Closed { .. }, LineEvent::Promoted { peer: promoted, slot: 1, .. }, ..] =
            lines[..]
        else {
            panic!("{lines:?}")
        };
        assert_eq!(promoted, peer(2));
        assert!(matches!(lines.last(), Some(LineEvent::Listening { .. })), "{lines:?}");
    }

    #[test]
    fn whoever_was_dialled_in_vain_is_ended_and_nothing_is_told() {
        let mut slots = Slots::new();
        let input = Input::Dialled { socket: FIRST, peer: peer(1), is_wanted: false };
        let offline = AdmissionRules { is_online: false, ..RULES };
        assert!(told(&mut slots, input, &offline).is_empty());
        assert!(slots.get(FIRST).is_some_and(Connection::is_closing));

        let since = Some(Time::from_ms(1_000));
        let closed = Input::Closed { socket: FIRST, cause: CloseCause::Peer };
        let outcome = slots.on(closed, &offline, Time::from_ms(2_000));
        assert_eq!(outcome.dialled_since, since, "the dialler hears of it");
    }
}

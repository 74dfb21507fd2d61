//! Who is served, who waits, who is turned away.
//!
//! Invariants: at most `limit` clients have a slot, each its own; at most [`WAITING`] wait; a free
//! slot and a waiting client never last beyond one event; who came first is promoted first.

use crate::{
    Board, PLACES_MAX, Place, Time, WAITING,
    conn::{Conn, Ending, Role},
};
use core::net::SocketAddr;
use espalier_protocol::{
    CloseCause, Mode,
    command::Target,
    line::{Event, Share},
};

/// The connections, by place.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    pub(crate) all: [Option<Conn>; PLACES_MAX],
    /// Which free places listen.
    listening: [bool; PLACES_MAX],
    arrivals: u32,
}

/// What was last said about listening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Announced {
    Listening { port: u16, limit: u8 },
    Full { port: u16, limit: u8 },
    Stopped,
}

impl Places {
    pub(crate) const fn new() -> Self {
        let listening = [false; PLACES_MAX];
        Self { all: [const { None }; PLACES_MAX], listening, arrivals: 0 }
    }

    pub(crate) fn get(&self, place: Place) -> Option<&Conn> {
        self.all.get(usize::from(place.0))?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, place: Place) -> Option<&mut Conn> {
        self.all.get_mut(usize::from(place.0))?.as_mut()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Conn> {
        self.all.iter().flatten()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Conn> {
        self.all.iter_mut().flatten()
    }

    /// Clients that have a slot. One that is being ended keeps it until its socket is free.
    pub(crate) fn served(&self) -> u8 {
        self.iter().filter(|conn| conn.slot().is_some()).count() as u8
    }

    /// Clients that wait, and are welcome to.
    pub(crate) fn waiting(&self) -> u8 {
        self.iter().filter(|conn| conn.role == Role::Waiting && conn.ending.is_none()).count() as u8
    }

    fn free_slot(&self, limit: u8) -> Option<u8> {
        if self.served() >= limit {
            return None;
        }
        (1..=limit).find(|slot| self.iter().all(|conn| conn.slot() != Some(*slot)))
    }

    pub(crate) fn put(
        &mut self,
        place: Place,
        peer: SocketAddr,
        role: Role,
        now: Time,
    ) -> Option<&mut Conn> {
        let home = self.all.get_mut(usize::from(place.0))?;
        self.arrivals = self.arrivals.wrapping_add(1);
        Some(home.insert(Conn::new(peer, role, self.arrivals, now)))
    }

    /// Lets so many of the first `sockets` places listen. Those that do already go on first, so that
    /// no handshake under way is cut without need.
    fn listen(&mut self, vacancies: u8, sockets: u8) {
        let before = self.listening;
        let mut missing = vacancies;
        self.listening = [false; PLACES_MAX];
        for old in [true, false] {
            let places = self.all.iter().zip(&mut self.listening).zip(before);
            for ((conn, listens), listened) in places.take(usize::from(sockets)) {
                if missing > 0 && conn.is_none() && listened == old {
                    *listens = true;
                    missing -= 1;
                }
            }
        }
    }

    pub(crate) fn take(&mut self, place: Place) -> Option<Conn> {
        self.all.get_mut(usize::from(place.0))?.take()
    }
}

impl Board {
    /// Clients served, of the limit.
    pub fn served(&self) -> Share {
        Share { taken: self.places.served(), of: self.settings.limit }
    }

    /// Clients waiting, of the limit.
    pub fn waiting(&self) -> Share {
        Share { taken: self.places.waiting(), of: WAITING }
    }

    pub(crate) fn is_dialling_mode(&self) -> bool {
        self.settings.mode == Mode::Client
    }

    /// Clients that may still connect, were the board online.
    pub(crate) fn vacancies(&self) -> u8 {
        if self.is_dialling_mode() {
            return 0;
        }
        let taken = self.places.iter().count() as u8;
        (self.settings.limit + WAITING).min(self.identity.places).saturating_sub(taken)
    }

    /// Whether this place should listen.
    pub(crate) fn listens(&self, place: Place) -> bool {
        self.places.listening.get(usize::from(place.0)).is_some_and(|listens| *listens)
    }

    /// As many free places listen as there are vacancies, while the board can be reached.
    pub(crate) fn listen(&mut self) {
        let vacancies = if self.policy.is_online() { self.vacancies() } else { 0 };
        self.places.listen(vacancies, self.identity.places);
    }

    pub(crate) fn accepted(&mut self, place: Place, peer: SocketAddr, now: Time) {
        if place.0 >= self.identity.places || self.places.get(place).is_some() {
            self.turned_away(peer, now);
            return;
        }
        let vacant = self.vacancies() > 0;
        let slot = self.places.free_slot(self.settings.limit).filter(|_| vacant);
        let role = slot.map_or(Role::Waiting, Role::Served);
        let welcome = vacant && (slot.is_some() || self.places.waiting() < WAITING);
        let Some(conn) = self.places.put(place, peer, role, now) else { return };
        if !welcome {
            conn.ending = Some(Ending::Refused);
            self.turned_away(peer, now);
            return;
        }
        self.counters.accepted = self.counters.accepted.wrapping_add(1);
        let (served, waiting) = (self.served(), self.waiting());
        self.say(
            match slot {
                Some(slot) => Event::Accepted { peer, slot, served },
                None => Event::Waiting { peer, served, waiting },
            },
            now,
        );
    }

    pub(crate) fn turned_away(&mut self, peer: SocketAddr, now: Time) {
        self.counters.refused = self.counters.refused.wrapping_add(1);
        let (served, waiting) = (self.served(), self.waiting());
        self.say(Event::Refused { peer, served, waiting }, now);
    }

    pub(crate) fn closed(&mut self, place: Place, cause: CloseCause, now: Time) {
        let Some(conn) = self.places.take(place) else { return };
        if conn.ending == Some(Ending::Refused) {
            return;
        }
        self.tell_checked(&conn, now);
        let reason = match conn.ending {
            Some(Ending::For(cause)) => cause,
            _ => cause,
        };
        let Conn { peer, bytes_in, bytes_out, .. } = conn;
        let (slot, served) = (conn.slot(), self.served());
        self.say(Event::Closed { peer, slot, reason, bytes_in, bytes_out, served }, now);
        if matches!(conn.role, Role::Dialled(_)) {
            self.dialled_closed(&conn, now);
        }
    }

    /// Gives free slots to those who wait, the longest first.
    pub(crate) fn promote(&mut self, now: Time) {
        if self.is_dialling_mode() {
            return;
        }
        while let Some(slot) = self.places.free_slot(self.settings.limit) {
            let waiting = |conn: &&mut Conn| conn.role == Role::Waiting && conn.ending.is_none();
            let next = self.places.iter_mut().filter(waiting).min_by_key(|conn| conn.arrival);
            let Some(conn) = next else { return };
            conn.role = Role::Served(slot);
            conn.work = crate::conn::Work::new(now, 0);
            let (peer, waited_ms) = (conn.peer, now.since(conn.since));
            let served = self.served();
            self.say(Event::Promoted { peer, slot, waited_ms, served }, now);
        }
    }

    /// Says whether the next client is welcome, when that has changed.
    pub(crate) fn announce(&mut self, now: Time) {
        let (port, limit) = (self.told_port(), self.settings.limit);
        let state = if !self.policy.is_online() {
            // The lost address says it already.
            self.announced = None;
            return;
        } else if self.is_dialling_mode() {
            Announced::Stopped
        } else if self.vacancies() == 0 {
            Announced::Full { port, limit }
        } else {
            Announced::Listening { port, limit }
        };
        if self.announced == Some(state) {
            return;
        }
        let first = self.announced.replace(state).is_none();
        let (served, waiting) = (self.served(), self.waiting());
        match state {
            Announced::Stopped if first => {}
            Announced::Stopped => self.say(Event::Stopped {}, now),
            Announced::Full { .. } => self.say(Event::Full { port, served, waiting }, now),
            Announced::Listening { .. } => {
                self.say(Event::Listening { port, served, waiting }, now);
            }
        }
    }

    /// Ends the connection that `kick` names.
    pub(crate) fn kick(&mut self, target: Target) -> bool {
        let named = |conn: &&mut Conn| match target {
            Target::Slot(slot) => conn.slot() == Some(slot),
            Target::Peer(peer) => conn.peer == peer,
        };
        let welcome = |conn: &&mut Conn| conn.ending.is_none();
        let conn = self.places.iter_mut().filter(welcome).find(named);
        conn.map(|conn| conn.ending = Some(Ending::For(CloseCause::Kicked))).is_some()
    }

    /// Takes a mode; what belongs to the other kind of mode is ended, the rest begins anew.
    pub(crate) fn change_mode(&mut self, mode: Mode, rate: u32, now: Time) {
        let before = core::mem::replace(&mut self.settings.mode, mode);
        self.settings.rate = rate;
        if before == mode {
            // Only the rate may have changed: the pattern goes on.
            return;
        }
        let swap = (before == Mode::Client) != (mode == Mode::Client);
        for index in 0..self.places.all.len() {
            let place = Place(index as u8);
            let Some(conn) = self.places.get(place).cloned() else { continue };
            if before == Mode::Check {
                self.tell_sum(&conn, now);
            }
            let Some(conn) = self.places.get_mut(place) else { continue };
            conn.work = crate::conn::Work::new(now, 0);
            if swap && conn.ending.is_none() {
                conn.ending = Some(Ending::For(CloseCause::Mode));
            }
        }
        self.dialler.start_over(now);
    }
}

//! What each place does now, and the bytes that pass through it.

use crate::{
    Board, Duty, Flow, Place, Time, Write,
    conn::{Conn, Role},
    dial::{DIAL_PLACE, GREETING},
    outbox::Weight,
};
use core::net::SocketAddr;
use espalier_protocol::{
    Level, Mode, Shown,
    line::{Bytes, DATA_MAX, Event, LINE_MAX},
    pattern,
};

/// The longest character, in bytes of UTF-8, less one.
const CHAR_MAX: usize = 3;

/// Cuts off what fits on a line, not within a character.
fn cut(bytes: &[u8]) -> (&[u8], &[u8]) {
    let inside = |at: &usize| bytes.get(*at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let most = bytes.len().min(DATA_MAX);
    let at = (most - most.min(CHAR_MAX)..=most).rev().find(|at| !inside(at));
    bytes.split_at(at.filter(|at| *at > 0).unwrap_or(most))
}

impl Board {
    /// What this place should do now.
    pub fn duty(&self, place: Place, now: Time) -> Duty<'_> {
        if let Some(conn) = self.places.get(place) {
            return if conn.ending.is_some() {
                Duty::Abort
            } else {
                Duty::Serve(self.flow(conn, now))
            };
        }
        if self.listens(place) {
            return Duty::Listen { port: self.settings.port };
        }
        match &self.settings.target {
            Some(target)
                if place == DIAL_PLACE && self.is_dialling_mode() && self.dialler.is_dialling() =>
            {
                Duty::Dial { host: &target.host, port: target.port }
            }
            _ => Duty::Idle,
        }
    }

    /// How bytes move on a connection that is welcome.
    fn flow(&self, conn: &Conn, now: Time) -> Flow {
        if conn.role == Role::Waiting {
            return Flow::HOLD;
        }
        if conn.work.greeting > 0 {
            return Flow { read: 0, write: Write::Produce(conn.work.greeting) };
        }
        let all = usize::MAX;
        match self.settings.mode {
            Mode::Echo | Mode::Client => Flow { read: all, write: Write::Echo },
            Mode::Discard | Mode::Check => Flow { read: all, write: Write::Nothing },
            Mode::Log if self.prints_data() => {
                Flow { read: self.log_grant(), write: Write::Nothing }
            }
            Mode::Log => Flow { read: all, write: Write::Nothing },
            Mode::Source => match conn.work.meter.allowed(self.settings.rate, now) {
                0 => Flow { read: all, write: Write::Nothing },
                most => Flow { read: all, write: Write::Produce(most) },
            },
        }
    }

    /// How much mode `log` may read on one connection, so that all of it fits on the console; the
    /// rest stays with the sender. Every connection may hold such a grant that it has not used yet,
    /// so there has to be room for all of them.
    fn log_grant(&self) -> usize {
        let served = usize::from(self.places.served()).max(1);
        let lines = (4 / served).max(1);
        let fits = self.outbox.room(Weight::Chatter) >= served * lines * LINE_MAX;
        if fits { lines * (DATA_MAX - CHAR_MAX) } else { 0 }
    }

    fn prints_data(&self) -> bool {
        self.settings.log >= Level::Info && self.settings.shown != Shown::Off
    }

    /// When a connection may go on sending at its rate.
    pub(crate) fn work_due(&self, now: Time) -> Option<Time> {
        if self.settings.mode != Mode::Source {
            return None;
        }
        let served =
            self.places.iter().filter(|conn| conn.slot().is_some() && conn.ending.is_none());
        served.filter_map(|conn| conn.work.meter.due(self.settings.rate, now)).min()
    }

    /// Bytes were read from this place, at most as many as its [`Flow::read`] allowed. With
    /// [`Write::Echo`] the glue writes the same bytes back.
    pub fn received(&mut self, place: Place, bytes: &[u8], now: Time) {
        let mode = self.settings.mode;
        let Some(conn) = self.places.get_mut(place) else { return };
        conn.bytes_in += bytes.len() as u64;
        self.counters.bytes_in += bytes.len() as u64;
        let (peer, Some(slot)) = (conn.peer, conn.slot()) else { return };
        match mode {
            Mode::Discard | Mode::Source => {}
            Mode::Check => {
                let errors = conn.work.checker.check(bytes);
                self.counters.check_errors += errors;
                self.tell_wrong(place, now);
            }
            Mode::Log => {
                let mut rest = bytes;
                while !rest.is_empty() {
                    let (piece, tail) = cut(rest);
                    self.show(peer, slot, piece, piece.len(), Weight::News, now);
                    rest = tail;
                }
            }
            Mode::Echo | Mode::Client => {
                let len = bytes.len();
                self.show(peer, slot, cut(bytes).0, len, Weight::Chatter, now);
            }
        }
    }

    /// Bytes were written to this place.
    pub fn sent(&mut self, place: Place, count: usize) {
        if let Some(conn) = self.places.get_mut(place) {
            conn.bytes_out += count as u64;
            self.counters.bytes_out += count as u64;
        }
    }

    /// Fills `out` with what this place sends next ([`Write::Produce`]); gives how many bytes. All of
    /// them have to be written before more is asked for.
    pub fn produce(&mut self, place: Place, out: &mut [u8], now: Time) -> usize {
        let (mode, rate) = (self.settings.mode, self.settings.rate);
        let Some(conn) = self.places.get_mut(place) else { return 0 };
        if conn.ending.is_some() || conn.slot().is_none() {
            return 0;
        }
        let work = &mut conn.work;
        if work.greeting > 0 {
            let rest = GREETING.as_bytes();
            let rest = rest.get(rest.len().saturating_sub(work.greeting)..).unwrap_or_default();
            let len = rest.len().min(out.len());
            for (slot, byte) in out.iter_mut().zip(rest) {
                *slot = *byte;
            }
            work.greeting -= len;
            return len;
        }
        if mode != Mode::Source {
            return 0;
        }
        let len = out.len().min(work.meter.allowed(rate, now));
        let Some(out) = out.get_mut(..len) else { return 0 };
        pattern::fill(work.sent, out);
        work.sent += len as u64;
        work.meter.spend(rate, len, now);
        len
    }

    /// Prints received bytes.
    fn show(
        &mut self,
        peer: SocketAddr,
        slot: u8,
        piece: &[u8],
        len: usize,
        weight: Weight,
        now: Time,
    ) {
        self.last = crate::screen::message(piece);
        if self.settings.log < Level::Info {
            return;
        }
        let data = match self.settings.shown {
            Shown::Text => Some(Bytes::Text(piece.into())),
            Shown::Hex => Some(Bytes::Hex(piece.into())),
            Shown::Off => None,
        };
        let bytes = u32::try_from(len).unwrap_or(u32::MAX);
        self.print(Event::Received { peer, slot, bytes, data }, weight, now);
    }

    /// Tells wrong bytes: the first at once, more of them each second.
    fn tell_wrong(&mut self, place: Place, now: Time) {
        let Some(conn) = self.places.get_mut(place) else { return };
        let (peer, Some(slot), work) = (conn.peer, conn.slot(), &mut conn.work) else { return };
        let (bytes, errors) = (work.checker.bytes(), work.checker.errors());
        let Some(first) = work.checker.first_error() else { return };
        let due = work.told.is_none_or(|told| now.since(told) >= 1_000);
        if errors == work.told_errors || !due {
            return;
        }
        work.told = Some(now);
        work.told_errors = errors;
        self.say(Event::CheckFailed { peer, slot, bytes, errors, first }, now);
    }

    /// Mode `check`: the sum, when a connection ends.
    pub(crate) fn tell_checked(&mut self, conn: &Conn, now: Time) {
        if self.settings.mode == Mode::Check {
            self.tell_sum(conn, now);
        }
    }

    pub(crate) fn tell_sum(&mut self, conn: &Conn, now: Time) {
        let checker = &conn.work.checker;
        if let (Some(slot), true) = (conn.slot(), checker.bytes() > 0) {
            let (bytes, errors) = (checker.bytes(), checker.errors());
            self.say(Event::Checked { peer: conn.peer, slot, bytes, errors }, now);
        }
    }
}

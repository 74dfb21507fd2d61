//! What a member is to be told, in order, and what of it has arrived.

use super::{limits::RESEND, line_of, queue::ChatQueue};
use crate::{ChatOutput, LINE_MAX, RoomLine, Told, Welcome};
use core::time::Duration;
use heapless::Vec;

/// What may stand in front of a line: `/lost N` on a line of its own, and a number; or all of
/// `/welcome` with `/fresh` behind it.
const STAGED_MAX: usize = 96;

/// The most bytes of a line with what stands in front of it.
pub const WHOLE_MAX: usize = STAGED_MAX + LINE_MAX + 1;

/// The lines to a member.
///
/// Those in front of `sent` have a number, and wait for their acknowledgement; those behind wait to be
/// sent. A number that is missing between two lines is a line that fell out, and is told as lost.
#[derive(Debug, Clone)]
pub(super) struct Outgoing<Q> {
    queue: Q,
    sent: usize,
    /// Of the next line that counts.
    next_number: u32,
    /// Of the last line that went over this connection.
    last_number: u32,
    receipts: Option<Receipts>,
    greeting: Option<(Welcome, bool)>,
    /// The first line without an acknowledgement goes again.
    resends: bool,
    current: Option<Current>,
}

/// What is known of lines that are to be acknowledged.
#[derive(Debug, Clone)]
struct Receipts {
    /// Up to here all have arrived.
    acked: u32,
    /// So many may be on their way.
    window: u32,
    /// Since when the next one is waited for, and how many waits were over before.
    waits: Option<(Duration, usize)>,
}

/// What is being sent: the staged bytes, then the line at `place` and its LF.
#[derive(Debug, Clone)]
struct Current {
    staged: Vec<u8, STAGED_MAX>,
    place: Option<usize>,
    /// Bytes of all that which are out.
    cursor: usize,
    /// It has been sent before.
    again: bool,
}

impl<Q: ChatQueue> Outgoing<Q> {
    pub(super) fn new() -> Self {
        Self {
            queue: Q::default(),
            sent: 0,
            next_number: 1,
            last_number: 0,
            receipts: None,
            greeting: None,
            resends: false,
            current: None,
        }
    }

    /// Whether another line can have a number.
    pub(super) const fn has_numbers(&self) -> bool {
        self.next_number < u32::MAX
    }

    /// Puts what needs not arrive behind the other lines.
    pub(super) fn push(&mut self, told: &Told<'_>) {
        self.push_line(&line_of(told), false);
    }

    /// Puts a line behind the others. `counts`: it is to arrive, and has a number. Gives how many lines
    /// that count fell out for it, itself perhaps.
    pub(super) fn push_line(&mut self, line: &[u8], counts: bool) -> u32 {
        let number = if counts { self.next_number } else { 0 };
        self.next_number += u32::from(counts);
        let mut lost = 0;
        while !self.queue.push(number, line) {
            // Nobody hears half a line: what is half sent stays.
            let oldest = usize::from(self.busy() == Some(0));
            let Some((old, _)) = self.queue.get(oldest) else {
                return lost + u32::from(counts);
            };
            lost += u32::from(old > 0);
            self.take_out(oldest);
        }
        lost
    }

    /// Numbers and acknowledgements from here on. What was sent in part, or without its number, makes
    /// numbers begin behind all that waits already.
    pub(super) fn begin_receipts(&mut self, welcome: Welcome, is_fresh: bool) {
        self.receipts = Some(Receipts { acked: 0, window: welcome.window, waits: None });
        self.greeting = Some((welcome, is_fresh));
        if self.last_number == 0 && self.current.is_none() {
            return;
        }
        let missing = self.missing();
        for _ in 0..self.queue.len() {
            let mut line = Vec::<u8, LINE_MAX>::new();
            if let Some((_, old)) = self.queue.get(0) {
                line.extend_from_slice(old).ok();
            }
            self.queue.remove(0);
            self.queue.push(0, &line);
        }
        // What fell out has the first numbers, and is told as any other.
        (self.next_number, self.last_number) = (1 + missing, 0);
    }

    /// Goes on over a new connection, behind the last number that was taken.
    pub(super) fn resume(&mut self, handled: u32, welcome: Welcome, now: Duration) {
        self.cut();
        self.acknowledge(handled, now);
        self.last_number = handled.min(self.next_number - 1);
        self.greeting = Some((welcome, false));
    }

    /// The connection is gone. What has no number was for that one only.
    pub(super) fn cut(&mut self) {
        (self.sent, self.resends, self.current, self.greeting) = (0, false, None, None);
        if let Some(receipts) = &mut self.receipts {
            receipts.waits = None;
        }
        for place in (0..self.queue.len()).rev() {
            if self.queue.get(place).is_some_and(|(number, _)| number == 0) {
                self.queue.remove(place);
            }
        }
    }

    /// All up to this number was taken.
    pub(super) fn acknowledge(&mut self, number: u32, now: Duration) {
        let Some(receipts) = &mut self.receipts else { return };
        // Nobody takes what was not said.
        if number <= receipts.acked || number >= self.next_number {
            return;
        }
        (receipts.acked, receipts.waits, self.resends) = (number, None, false);
        let mut place = 0;
        while let Some((found, _)) = self.queue.get(place)
            && found > 0
            && found <= number
        {
            match self.busy() == Some(place) {
                true => place += 1,
                false => self.take_out(place),
            }
        }
        self.begin_wait(now);
    }

    /// When [`Outgoing::tick`] is due.
    pub(super) fn poll_at(&self) -> Option<Duration> {
        let (since, waited) = self.receipts.as_ref()?.waits?;
        Some(since + *RESEND.get(waited)?)
    }

    /// Sends again what was not acknowledged in time; `false` when that was in vain too often.
    pub(super) fn tick(&mut self, now: Duration) -> bool {
        if self.poll_at().is_none_or(|due| now < due) {
            return true;
        }
        let Some(receipts) = &mut self.receipts else { return true };
        let waited = receipts.waits.map_or(0, |(_, waited)| waited) + 1;
        receipts.waits = Some((now, waited));
        self.resends = waited < RESEND.len();
        self.resends
    }

    /// Whether [`Outgoing::produce`] gives something.
    pub(super) fn is_pending(&self) -> bool {
        self.current.is_some()
            || self.greeting.is_some()
            || self.resends && self.sent > 0
            || self.next_place().is_some()
            || self.missing_at_end() > 0
    }

    /// Fills `out` with what is sent next; gives how many bytes. They are taken as sent. `whole`: a line
    /// that does not fit waits.
    pub(super) fn produce(&mut self, out: &mut [u8], now: Duration, whole: bool) -> usize {
        let mut filled = 0;
        while let Some(rest) = out.get_mut(filled..)
            && !rest.is_empty()
        {
            let Some(mut current) = self.current.take().or_else(|| self.stage()) else { break };
            let line = current.place.and_then(|place| self.queue.get(place));
            let line = line.map(|(_, line)| line);
            if whole && current.left(line) > rest.len() {
                self.current = Some(current);
                break;
            }
            let (copied, is_done) = current.copy(line, rest);
            filled += copied;
            if !is_done {
                self.current = Some(current);
                break;
            }
            self.finish(&current, now);
        }
        filled
    }

    /// Takes what is to be sent next.
    fn stage(&mut self) -> Option<Current> {
        let mut staged = Vec::new();
        let mut say = |told| {
            // All that is staged fits, see STAGED_MAX.
            RoomLine { number: None, told }.print(&mut staged);
        };
        if let Some((welcome, is_fresh)) = self.greeting.take() {
            say(Told::Welcome(welcome));
            if is_fresh {
                say(Told::Fresh);
            }
            return Some(Current { staged, place: None, cursor: 0, again: false });
        }
        let (place, again) = match first_or_next(self.resends && self.sent > 0, self.next_place()) {
            Some(next) => next,
            None => {
                let missing = self.missing_at_end();
                if missing == 0 {
                    return None;
                }
                say(Told::Lost(missing));
                self.last_number = self.next_number - 1;
                return Some(Current { staged, place: None, cursor: 0, again: false });
            }
        };
        let (number, _) = self.queue.get(place)?;
        if number > 0 && !again {
            let missing = number.saturating_sub(self.last_number.saturating_add(1));
            if missing > 0 {
                say(Told::Lost(missing));
            }
        }
        if number > 0 && self.receipts.is_some() {
            staged.put(b"#");
            core::fmt::Write::write_fmt(&mut staged, format_args!("{number} ")).ok();
        }
        Some(Current { staged, place: Some(place), cursor: 0, again })
    }

    /// This is out.
    fn finish(&mut self, current: &Current, now: Duration) {
        let Some(place) = current.place else { return };
        let Some((number, _)) = self.queue.get(place) else { return };
        if current.again {
            self.resends = false;
            let acked = self.receipts.as_ref().map_or(0, |receipts| receipts.acked);
            if number <= acked {
                self.take_out(place);
            }
            return;
        }
        if number > 0 {
            self.last_number = number;
        }
        if number == 0 || self.receipts.is_none() {
            return self.take_out(place);
        }
        self.sent += 1;
        self.begin_wait(now);
    }

    /// Waits for an acknowledgement, if there is one to come and it is not waited for already.
    fn begin_wait(&mut self, now: Duration) {
        if let Some(receipts) = &mut self.receipts
            && self.sent > 0
        {
            receipts.waits.get_or_insert((now, 0));
        }
    }

    /// The line that may be sent next.
    fn next_place(&self) -> Option<usize> {
        let (number, _) = self.queue.get(self.sent)?;
        // Lines count, not numbers: those that fell out are nowhere.
        let is_open = self.receipts.as_ref().is_none_or(|receipts| {
            number == 0 || self.sent < usize::try_from(receipts.window).unwrap_or(usize::MAX)
        });
        is_open.then_some(self.sent)
    }

    /// Lines that fell out and are not told yet.
    fn missing(&self) -> u32 {
        let held = (self.sent..self.queue.len())
            .filter(|place| self.queue.get(*place).is_some_and(|(number, _)| number > 0));
        let unsent = self.next_number - 1 - self.last_number.min(self.next_number - 1);
        unsent.saturating_sub(u32::try_from(held.count()).unwrap_or(u32::MAX))
    }

    /// The same, when nothing comes behind them.
    fn missing_at_end(&self) -> u32 {
        let is_at_end = self.queue.len() == self.sent;
        if is_at_end { (self.next_number - 1).saturating_sub(self.last_number) } else { 0 }
    }

    fn busy(&self) -> Option<usize> {
        self.current.as_ref().and_then(|current| current.place)
    }

    fn take_out(&mut self, place: usize) {
        self.queue.remove(place);
        self.sent -= usize::from(place < self.sent);
        if let Some(Current { place: Some(busy), .. }) = &mut self.current
            && *busy > place
        {
            *busy -= 1;
        }
    }
}

/// The first line again, or else the next one.
fn first_or_next(again: bool, next: Option<usize>) -> Option<(usize, bool)> {
    if again { Some((0, true)) } else { next.map(|place| (place, false)) }
}

impl Current {
    /// Bytes that are not out yet.
    fn left(&self, line: Option<&[u8]>) -> usize {
        self.staged.len() + line.map_or(0, |line| line.len() + 1) - self.cursor
    }

    /// Copies what is not out yet, as much as there is place for; how much, and whether that was all.
    fn copy(&mut self, line: Option<&[u8]>, out: &mut [u8]) -> (usize, bool) {
        let left = self.left(line);
        let end: &[u8] = if line.is_some() { b"\n" } else { b"" };
        let (mut skipped, mut copied) = (self.cursor, 0);
        for part in [&self.staged[..], line.unwrap_or_default(), end] {
            let passed = skipped.min(part.len());
            skipped -= passed;
            let part = part.get(passed..).unwrap_or_default();
            let place = out.get_mut(copied..).unwrap_or_default();
            let len = part.len().min(place.len());
            if let (Some(place), Some(part)) = (place.get_mut(..len), part.get(..len)) {
                place.copy_from_slice(part);
            }
            copied += len;
        }
        self.cursor += copied;
        (copied, copied == left)
    }
}

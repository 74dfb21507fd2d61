//! The board's part: from lengths of frames to credentials.

use super::{EXTRA, GUIDE, HEAD_LEN, INDICES, crc8};
use core::{fmt, net::Ipv4Addr};
use heapless::Vec;

/// What was received.
#[derive(Clone, PartialEq, Eq)]
pub struct Received {
    /// The network's name.
    pub ssid: Vec<u8, 32>,
    /// Its password.
    pub password: Vec<u8, 64>,
    /// The access point.
    pub bssid: [u8; 6],
    /// The sender, which waits for [`super::ack`].
    pub sender: Ipv4Addr,
    /// First byte of the answer.
    pub total: u8,
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Holds a password.
        f.debug_struct("Received").field("sender", &self.sender).finish_non_exhaustive()
    }
}

/// Transmitters whose guide packets are looked for at the same time.
const SOURCES: usize = 4;
/// Packets of one transmitter that have to be guide packets before it is believed.
const WINDOW: usize = 8;

/// Takes the lengths of frames as a sniffer sees them, in the order of arrival. Lost, doubled and
/// swapped frames only make it take longer. About 1.5 KiB, no allocation.
#[derive(Debug, Clone)]
pub struct Receiver {
    sources: Vec<Source, SOURCES>,
    locked: Option<Locked>,
}

/// The last lengths of one transmitter.
#[derive(Debug, Clone)]
struct Source {
    mac: [u8; 6],
    lengths: [u16; WINDOW],
    count: usize,
}

impl Source {
    /// Notes a length; gives the constant offset once the last ones were all guide packets.
    fn guide(&mut self, length: u16) -> Option<i32> {
        let at = self.count % WINDOW;
        if let Some(slot) = self.lengths.get_mut(at) {
            *slot = length;
        }
        self.count += 1;
        let low = *self.lengths.iter().min()?;
        let all_four = (0..4).all(|step| self.lengths.contains(&low.saturating_add(step)));
        let none_else = self.lengths.iter().all(|length| length - low < 4);
        (self.count >= WINDOW && all_four && none_else)
            .then(|| i32::from(low) - i32::from(GUIDE[3]))
    }
}

/// The transmitter that is listened to.
#[derive(Debug, Clone)]
struct Locked {
    mac: [u8; 6],
    offset: i32,
    /// The last values, oldest first.
    last: [Option<u16>; 5],
    /// The last index, and the halves since.
    before: Option<u8>,
    between: Vec<u16, 5>,
    votes: [Votes; INDICES],
    halves: [Halves; INDICES],
}

/// The two likeliest values of one byte, with how often they were seen. Eight bits of CRC let one
/// wrong combination in 256 pass, so a value that comes again wins.
#[derive(Debug, Clone, Copy, Default)]
struct Votes {
    best: (u8, u8),
    other: (u8, u8),
}

impl Votes {
    fn cast(&mut self, byte: u8, weight: u8) {
        if self.best.1 > 0 && self.best.0 == byte {
            self.best.1 = self.best.1.saturating_add(weight);
        } else if self.other.1 > 0 && self.other.0 == byte {
            self.other.1 = self.other.1.saturating_add(weight);
        } else if self.best.1 == 0 {
            self.best = (byte, weight);
        } else {
            self.other = (byte, weight);
        }
        if self.other.1 > self.best.1 {
            core::mem::swap(&mut self.best, &mut self.other);
        }
    }

    fn winner(&self) -> Option<u8> {
        (self.best.1 >= IN_ORDER).then_some(self.best.0)
    }
}

/// What a find counts whose three parts stood in order. A byte is believed when it has been found so, or twice in another way.
const IN_ORDER: u8 = 2;
/// What any other find counts.
const PIECED: u8 = 1;

/// What stood before an index and what behind it, most often, with how often it was seen more than others: from different
/// rounds they make a byte.
#[derive(Debug, Clone, Copy, Default)]
struct Halves {
    high: (u8, u8),
    low: (u8, u8),
}

impl Halves {
    fn note(half: &mut (u8, u8), value: Option<u16>) {
        let Some(value) = value.and_then(|value| u8::try_from(value).ok()) else { return };
        match half {
            (known, times) if *known == value => *times = times.saturating_add(1),
            (_, times @ 1..) => *times -= 1,
            _ => *half = (value, 1),
        }
    }

    fn known(half: (u8, u8)) -> Option<u16> {
        (half.1 > 0).then_some(half.0.into())
    }
}

impl Default for Receiver {
    fn default() -> Self {
        Self::new()
    }
}

impl Receiver {
    /// A receiver that has heard nothing.
    pub const fn new() -> Self {
        Self { sources: Vec::new(), locked: None }
    }

    /// Forgets everything: call it when the radio changes its channel.
    pub fn reset(&mut self) {
        *self = Self::new();
    }

    /// Whether a sender was found: the radio should stay on this channel.
    pub const fn is_locked(&self) -> bool {
        self.locked.is_some()
    }

    /// Whether it is this sender that was found.
    pub fn is_locked_on(&self, mac: [u8; 6]) -> bool {
        self.locked.as_ref().is_some_and(|locked| locked.mac == mac)
    }

    /// Takes the length of one frame from the transmitter `mac` (the address of the radio that sent
    /// it, so that the same packet repeated by an access point counts as another stream). Gives the
    /// credentials once all of them have arrived and agree with their checks.
    pub fn frame(&mut self, mac: [u8; 6], length: u16) -> Option<Received> {
        if let Some(offset) = self.source(mac)?.guide(length) {
            match &mut self.locked {
                Some(locked) if locked.mac == mac && locked.offset == offset => {
                    locked.last = [None; 5];
                    locked.before = None;
                }
                // Somebody else's guide does not take the receiver away from a sender at work.
                Some(locked) if locked.mac != mac => {}
                locked => {
                    *locked = Some(Locked {
                        mac,
                        offset,
                        last: [None; 5],
                        before: None,
                        between: Vec::new(),
                        votes: [Votes::default(); INDICES],
                        halves: [Halves::default(); INDICES],
                    });
                }
            }
        }
        let locked = self.locked.as_mut().filter(|locked| locked.mac == mac)?;
        locked.value(length)?;
        locked.received()
    }

    /// The transmitter with this address; the one heard least makes room.
    fn source(&mut self, mac: [u8; 6]) -> Option<&mut Source> {
        if let Some(at) = self.sources.iter().position(|source| source.mac == mac) {
            return self.sources.get_mut(at);
        }
        if self.sources.is_full() {
            let least = (0..).zip(&self.sources).min_by_key(|(_, source)| source.count)?.0;
            self.sources.swap_remove(least);
            // The others lose their lead, so that new ones get a chance later.
            self.sources.iter_mut().for_each(|source| source.count = source.count.min(WINDOW));
        }
        self.sources.push(Source { mac, lengths: [0; WINDOW], count: 0 }).ok()?;
        self.sources.last_mut()
    }
}

/// The byte of these halves, if their CRC is right.
fn decode(high: u16, index: u8, low: u16) -> Option<u8> {
    let (high, low) = (u8::try_from(high).ok()?, u8::try_from(low).ok()?);
    let byte = high << 4 | low & 0x0f;
    (crc8(&[byte, index]) == high & 0xf0 | low >> 4).then_some(byte)
}

/// The index that is sent after this one in a datum of this total. The six of the BSSID stand among the others, one in four
/// from the sixth place on; those for which there is no place follow at the end.
fn next_index(index: u8, total: u8) -> u8 {
    const FIRST: u8 = 5;
    const EACH: u8 = 3;
    const LAST: u8 = 5;
    let bssid = |number: u8| if number <= LAST { total.saturating_add(number) } else { 0 };
    if let Some(number) = index.checked_sub(total) {
        let other = FIRST.saturating_add(number.saturating_mul(EACH));
        return if other < total { other } else { bssid(number.saturating_add(1)) };
    }
    let after = index + 1;
    match after.checked_sub(FIRST) {
        Some(past) if past.is_multiple_of(EACH) && past / EACH <= LAST => bssid(past / EACH),
        _ if after < total => after,
        past => bssid(past.map_or(0, |past| past / EACH + 1)),
    }
}

impl Locked {
    /// Takes a length; something is told once it completes a byte.
    fn value(&mut self, length: u16) -> Option<()> {
        let value = i32::from(length) - self.offset - i32::from(EXTRA);
        let value = u16::try_from(value).ok().filter(|value| *value < 0x180)?;
        let [_, a, b, index, c] = self.last;
        if c == Some(value) {
            return None;
        }
        self.last = [a, b, index, c, Some(value)];
        let inferred = self.lost_index(value);
        let found = index.filter(|index| *index >= 0x100).and_then(|index| {
            let index = (index & 0x7f) as u8;
            self.around(index, [a, b, c, Some(value)])
        });
        inferred.or(found)
    }

    /// A byte from what stood around its index: `b` before it, `c` behind it.
    fn around(&mut self, index: u8, [a, b, c, d]: [Option<u16>; 4]) -> Option<()> {
        let halves = self.halves.get_mut(usize::from(index))?;
        Halves::note(&mut halves.high, b);
        Halves::note(&mut halves.low, c);
        let (high, low) = (Halves::known(halves.high), Halves::known(halves.low));
        // In order, the halves stand right before and behind the index. A swap of two neighbours
        // puts them elsewhere; such a find counts less, and so does one of halves from different rounds,
        // where one was lost in each.
        let places = [
            (b, c, IN_ORDER),
            (a, b, PIECED),
            (c, d, PIECED),
            (b, d, PIECED),
            (a, c, PIECED),
            (b, low, PIECED),
            (high, c, PIECED),
            (high, low, PIECED),
        ];
        let found = places
            .into_iter()
            .find_map(|(high, low, weight)| decode(high?, index, low?).map(|byte| (byte, weight)));
        let (byte, weight) = found?;
        self.votes.get_mut(usize::from(index))?.cast(byte, weight);
        Some(())
    }

    /// A byte whose index was lost: it is known by those around it. Between these stand four halves, if none was lost too, and
    /// the middle two are the byte's.
    fn lost_index(&mut self, value: u16) -> Option<()> {
        if value < 0x100 {
            if self.between.push(value).is_err() {
                self.before = None;
            }
            return None;
        }
        let index = (value & 0x7f) as u8;
        let between = core::mem::take(&mut self.between);
        let before = self.before.replace(index)?;
        let total = self.byte(0)?;
        let lost = next_index(before, total);
        if next_index(lost, total) != index {
            return None;
        }
        let (byte, weight) = match between[..] {
            [_, high, low, _] => (decode(high, lost, low)?, IN_ORDER),
            _ => {
                let mut pairs = between.windows(2);
                (pairs.find_map(|pair| decode(*pair.first()?, lost, *pair.last()?))?, PIECED)
            }
        };
        self.votes.get_mut(usize::from(lost))?.cast(byte, weight);
        Some(())
    }

    fn byte(&self, index: usize) -> Option<u8> {
        self.votes.get(index)?.winner()
    }

    /// The bytes of these indices, all of them.
    fn bytes<const N: usize>(&self, from: usize, len: usize) -> Option<Vec<u8, N>> {
        let mut bytes = Vec::new();
        for index in from..from + len {
            bytes.push(self.byte(index)?).ok()?;
        }
        Some(bytes)
    }

    /// The credentials, if all is there and agrees.
    fn received(&self) -> Option<Received> {
        let total = self.byte(0)?;
        let password_len = usize::from(self.byte(1)?);
        let ssid_len = usize::from(total).checked_sub(HEAD_LEN + password_len)?;
        if ssid_len == 0 {
            return None;
        }
        let all: Vec<u8, INDICES> = self.bytes(0, usize::from(total))?;
        // The fifth byte is the exclusive or of all the others.
        if all.iter().fold(0, |xor, byte| xor ^ byte) != 0 {
            return None;
        }
        let bssid: Vec<u8, 6> = self.bytes(usize::from(total), 6)?;
        let ip: Vec<u8, 4> = self.bytes(5, 4)?;
        let password = self.bytes(HEAD_LEN, password_len)?;
        let ssid: Vec<u8, 32> = self.bytes(HEAD_LEN + password_len, ssid_len)?;
        if Some(crc8(&ssid)) != self.byte(2) || Some(crc8(&bssid)) != self.byte(3) {
            return None;
        }
        let [a, b, c, d] = ip.into_array().ok()?;
        Some(Received {
            ssid,
            password,
            bssid: bssid.into_array().ok()?,
            sender: Ipv4Addr::new(a, b, c, d),
            total,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::esptouch::Datum;

    #[test]
    fn the_index_after_each_is_the_one_that_is_sent_after_it() {
        for length in 1..=32 {
            for password in [0, 1, 8, 20, 64] {
                let (ssid, password) = ([b's'; 32], &[b'p'; 64][..password]);
                let ip = Ipv4Addr::LOCALHOST;
                let datum = Datum::new(&ssid[..length], password, [7; 6], ip).unwrap();
                let indices = datum.lengths().skip(1).step_by(3);
                let mut indices = indices.map(|length| (length - EXTRA - 0x100) as u8);
                let mut index = indices.next().unwrap();
                for next in indices.chain([0]) {
                    assert_eq!(next_index(index, datum.total()), next, "after {index}");
                    index = next;
                }
            }
        }
    }
}

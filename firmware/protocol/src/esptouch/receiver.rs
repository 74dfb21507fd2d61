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
/// swapped frames only make it take longer. About 1 KiB, no allocation.
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
    votes: [Votes; INDICES],
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
        (self.best.1 > 0).then_some(self.best.0)
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
                }
                // Somebody else's guide does not take the receiver away from a sender at work.
                Some(locked) if locked.mac != mac => {}
                locked => {
                    *locked = Some(Locked {
                        mac,
                        offset,
                        last: [None; 5],
                        votes: [Votes::default(); INDICES],
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
        let index = index.filter(|index| *index >= 0x100)?;
        let index = (index & 0x7f) as u8;
        let d = Some(value);
        // In order, the halves stand right before and behind the index. A swap of two neighbours
        // puts them elsewhere; such a find counts less.
        let places = [(b, c, 2), (a, b, 1), (c, d, 1), (b, d, 1), (a, c, 1)];
        let found = places
            .into_iter()
            .find_map(|(high, low, weight)| decode(high?, index, low?).map(|byte| (byte, weight)));
        let (byte, weight) = found?;
        self.votes.get_mut(usize::from(index))?.cast(byte, weight);
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

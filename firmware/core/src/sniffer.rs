//! Listening for ESP-TOUCH: from channel to channel until a sender is heard, then staying with it. No I/O: told of frames
//! and time, it says which channel to listen on.
//!
//! A sender announces itself for 2 s of each 6 s. Channels on which networks were found come first, each for as long as
//! the round fits into the announcement, but no longer than [`DWELL_MAX_MS`]: access points that keep what goes to
//! everybody for a sleeping station (DTIM 3) send it in bursts 307 ms apart. Now and then the other channels are swept,
//! each for [`DWELL_MIN_MS`], for hidden and new networks. Where no network is known, that is the whole round.

use crate::Time;
use espalier_protocol::esptouch::{self, Received, Receiver};

/// The last channel; the first is 1.
pub(crate) const CHANNELS: u8 = 13;
/// Shortest time on a channel, milliseconds: 8 packets, 8 ms apart, fit in, and all channels into an announcement.
const DWELL_MIN_MS: u64 = 120;
/// Longest time on a channel, milliseconds: more than three beacon intervals of 102.4 ms.
const DWELL_MAX_MS: u64 = 330;
/// A round over the occupied channels takes no longer than this where that can be, milliseconds.
const ROUND_MS: u64 = 1_900;
/// After so long on the occupied channels the others are swept, milliseconds.
const SWEEP_EACH_MS: u64 = 6_000;
/// A sender that is silent for so long is gone, milliseconds.
const SILENCE_MS: u64 = 3_000;
/// A sender that has told nothing whole after so long is left, milliseconds. Senders give up after 45 s.
const LOCK_MAX_MS: u64 = 60_000;

/// A frame that may be a sender's, as the radio received it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SniffedFrame {
    transmitter: [u8; 6],
    length: u16,
    channel: u8,
}

impl SniffedFrame {
    /// The frame with this MAC header (24 bytes are enough) and length, whatever the radio counts into it, received on this
    /// channel. `None` for all that is no data for everybody; this is cheap, so ask before anything is kept.
    pub fn new(header: &[u8], length: u16, channel: u8) -> Option<Self> {
        esptouch::transmitter(header).map(|transmitter| Self { transmitter, length, channel })
    }
}

/// A set of channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ChannelSet(u16);

impl ChannelSet {
    pub(crate) const NONE: Self = Self(0);
    const ALL: Self = Self((1 << (CHANNELS + 1)) - 2);

    /// Puts a channel in; one that is not there is left out.
    pub(crate) fn insert(&mut self, channel: u8) {
        if (1..=CHANNELS).contains(&channel) {
            self.0 |= 1 << channel;
        }
    }

    pub(crate) const fn len(self) -> u8 {
        self.0.count_ones() as u8
    }

    const fn contains(self, channel: u8) -> bool {
        self.0 >> channel & 1 != 0
    }

    const fn others(self) -> Self {
        Self(Self::ALL.0 & !self.0)
    }

    /// The next one after this channel, and whether the first comes before it.
    fn after(self, channel: u8) -> Option<(u8, bool)> {
        let later = (channel + 1..=CHANNELS).find(|next| self.contains(*next));
        let first = || (1..=CHANNELS).find(|next| self.contains(*next)).map(|next| (next, true));
        later.map(|next| (next, false)).or_else(first)
    }
}

/// What is worth telling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SniffEvent {
    /// It listens on another channel.
    Hopped,
    /// A sender was found: it stays here.
    Locked { transmitter: [u8; 6] },
    /// The sender is gone, or has told nothing.
    Lost,
    /// The sender has told all.
    Received(Received),
}

/// Which channel to listen on, and what was heard there. About 1.5 KiB.
#[derive(Debug, Clone)]
pub(crate) struct Sniffer {
    receiver: Receiver,
    occupied: ChannelSet,
    channel: u8,
    /// Whether the channels without networks are being swept.
    sweeps: bool,
    /// When the next sweep begins.
    sweep_at: Time,
    /// When to go on, unless a sender is heard.
    until: Time,
    /// Since when there is a sender.
    locked: Option<Time>,
}

impl Sniffer {
    /// Begins on the first of these channels.
    pub(crate) fn new(occupied: ChannelSet, now: Time) -> Self {
        let mut it = Self {
            receiver: Receiver::new(),
            occupied,
            channel: 0,
            sweeps: false,
            sweep_at: now,
            until: now,
            locked: None,
        };
        it.begin(now);
        it
    }

    /// Other networks were found: they are listened to from now on, unless there is a sender.
    pub(crate) fn set_occupied(&mut self, occupied: ChannelSet, now: Time) {
        if occupied != self.occupied {
            self.occupied = occupied;
            if self.locked.is_none() {
                self.begin(now);
            }
        }
    }

    /// The channel to listen on, 1 to 13.
    pub(crate) const fn channel(&self) -> u8 {
        self.channel
    }

    /// Whether a sender is heard.
    pub(crate) const fn is_locked(&self) -> bool {
        self.locked.is_some()
    }

    /// When [`Sniffer::tick`] is due.
    pub(crate) const fn poll_at(&self) -> Time {
        self.until
    }

    /// Goes on to the next channel if it is time.
    pub(crate) fn tick(&mut self, now: Time) -> Option<SniffEvent> {
        if now < self.until {
            return None;
        }
        let event =
            if self.locked.take().is_some() { SniffEvent::Lost } else { SniffEvent::Hopped };
        let before = self.channel;
        self.receiver.reset();
        self.hop(now);
        (event == SniffEvent::Lost || self.channel != before).then_some(event)
    }

    /// Takes a frame.
    pub(crate) fn frame(&mut self, frame: SniffedFrame, now: Time) -> Option<SniffEvent> {
        let SniffedFrame { transmitter, length, channel } = frame;
        // Frames from before a hop arrive after it.
        if channel != self.channel {
            return None;
        }
        if let Some(received) = self.receiver.frame(transmitter, length) {
            return Some(SniffEvent::Received(received));
        }
        if !self.receiver.is_locked_on(transmitter) {
            return None;
        }
        let is_new = self.locked.is_none();
        let since = *self.locked.get_or_insert(now);
        self.until = (now + SILENCE_MS).min(since + LOCK_MAX_MS);
        is_new.then_some(SniffEvent::Locked { transmitter })
    }

    /// Begins a round.
    fn begin(&mut self, now: Time) {
        self.receiver.reset();
        self.channel = 0;
        self.sweeps = self.occupied.len() == 0;
        self.sweep_at = now + SWEEP_EACH_MS;
        self.hop(now);
    }

    fn hop(&mut self, now: Time) {
        let others = self.occupied.others();
        if !self.sweeps && now >= self.sweep_at && others.len() > 0 {
            (self.sweeps, self.channel) = (true, 0);
        }
        let set = if self.sweeps { others } else { self.occupied };
        match set.after(self.channel) {
            // The sweep is over.
            Some((_, true)) if self.sweeps && self.occupied.len() > 0 && self.channel > 0 => {
                (self.sweeps, self.sweep_at) = (false, now + SWEEP_EACH_MS);
                self.channel = self.occupied.after(0).map_or(1, |(first, _)| first);
            }
            Some((next, _)) => self.channel = next,
            None => self.channel = 1,
        }
        let round = if self.sweeps { u64::from(CHANNELS) } else { self.occupied.len().into() };
        let dwell = ROUND_MS / round.max(1);
        let most = if self.sweeps { DWELL_MIN_MS } else { DWELL_MAX_MS };
        self.until = now + dwell.clamp(DWELL_MIN_MS, most);
    }
}

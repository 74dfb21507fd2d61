//! Listening for ESP-TOUCH: from channel to channel until a sender is heard, then staying with it.
//!
//! The glue puts the radio into promiscuous mode while [`crate::Board::may_sniff`], sets the channels
//! that come from here, and hands in frames. What is received goes to the board as
//! [`crate::Event::Credentials`]; when that has led to an address, the glue answers the sender.

use crate::Time;
use espalier_protocol::esptouch::{self, Received, Receiver};

/// The first and last channel.
const CHANNELS: (u8, u8) = (1, 13);
/// Time on one channel, milliseconds. All of them take less than the 2 s that a sender announces
/// itself, and 8 of its packets, 8 ms apart, fit.
const DWELL_MS: u64 = 120;
/// A sender that is silent for so long is gone, milliseconds.
const SILENCE_MS: u64 = 3_000;

/// Which channel to listen on, and what was heard there.
#[derive(Debug, Clone)]
pub struct Sniffer {
    receiver: Receiver,
    channel: u8,
    /// When to go on, unless a sender is heard.
    until: Time,
}

impl Sniffer {
    /// Begins on the first channel.
    pub const fn new(now: Time) -> Self {
        let until = Time::from_ms(now.ms() + DWELL_MS);
        Self { receiver: Receiver::new(), channel: CHANNELS.0, until }
    }

    /// The channel to listen on.
    pub const fn channel(&self) -> u8 {
        self.channel
    }

    /// When [`Sniffer::tick`] is due.
    pub const fn poll_at(&self) -> Time {
        self.until
    }

    /// Goes on to the next channel if it is time; compare [`Sniffer::channel`] afterwards.
    pub fn tick(&mut self, now: Time) {
        if now < self.until {
            return;
        }
        self.receiver.reset();
        self.channel = if self.channel >= CHANNELS.1 { CHANNELS.0 } else { self.channel + 1 };
        self.until = now + DWELL_MS;
    }

    /// A frame was heard: its MAC header (24 bytes are enough) and its length. Gives the credentials
    /// when they are complete.
    pub fn frame(&mut self, header: &[u8], length: u16, now: Time) -> Option<Received> {
        let transmitter = esptouch::transmitter(header)?;
        let received = self.receiver.frame(transmitter, length);
        if self.receiver.is_locked_on(transmitter) {
            self.until = now + SILENCE_MS;
        }
        received
    }
}

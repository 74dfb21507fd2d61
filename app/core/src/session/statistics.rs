//! Counts, rates and the integrity line.

use crate::Timestamp;

/// Bytes and records one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    /// Bytes.
    pub bytes: u64,
    /// Reads or writes.
    pub records: u64,
}

impl Counter {
    /// Counts one record.
    pub const fn add(&mut self, bytes: u64) {
        self.bytes += bytes;
        self.records += 1;
    }
}

/// What moved both ways, with rates in bytes per second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Traffic {
    /// Received.
    pub received: Counter,
    /// Sent: taken by the operating system.
    pub sent: Counter,
    /// Received in the last second.
    pub receive_rate: f64,
    /// Highest `receive_rate` seen.
    pub receive_peak: f64,
    /// Sent in the last second.
    pub send_rate: f64,
    /// Highest `send_rate` seen.
    pub send_peak: f64,
}

/// Proof of what passed: SHA-256 (FIPS 180-4) and count of the bytes of each direction, over all connections in the
/// order of the capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Integrity {
    /// Digest of the received bytes.
    pub received: [u8; 32],
    /// How many bytes that digest covers.
    pub received_bytes: u64,
    /// Digest of the sent bytes.
    pub sent: [u8; 32],
    /// How many bytes that digest covers.
    pub sent_bytes: u64,
}

/// A rate over the last second, from counts at ten instants: exact, bounded, no thread.
#[derive(Clone, Debug, Default)]
pub struct RateMeter {
    slots: [(i64, u64); Self::SLOTS],
    peak: f64,
}

impl RateMeter {
    const SLOTS: usize = 10;
    const SLOT_NS: i64 = 100_000_000;

    /// Counts `bytes` at `now`.
    pub fn add(&mut self, now: Timestamp, bytes: u64) {
        let tick = now.0.div_euclid(Self::SLOT_NS);
        let slot = &mut self.slots[tick.rem_euclid(Self::SLOTS as i64) as usize];
        if slot.0 != tick {
            *slot = (tick, 0);
        }
        slot.1 += bytes;
        self.peak = self.peak.max(self.rate(now));
    }

    /// Bytes per second over the last second before `now`.
    pub fn rate(&self, now: Timestamp) -> f64 {
        let tick = now.0.div_euclid(Self::SLOT_NS);
        let recent = |at: i64| at <= tick && tick - at < Self::SLOTS as i64;
        self.slots.iter().filter(|(at, _)| recent(*at)).map(|(_, bytes)| *bytes as f64).sum()
    }

    /// The highest rate seen at any `add`.
    pub const fn peak(&self) -> f64 {
        self.peak
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_forgets_what_is_older_than_a_second() {
        let mut meter = RateMeter::default();
        let at = |ms: i64| Timestamp(1_700_000_000_000_000_000 + ms * 1_000_000);
        meter.add(at(0), 1000);
        meter.add(at(500), 500);
        assert_eq!(meter.rate(at(900)), 1500.0);
        assert_eq!(meter.rate(at(1200)), 500.0);
        assert_eq!(meter.rate(at(9000)), 0.0);
        assert_eq!(meter.peak(), 1500.0);
    }
}

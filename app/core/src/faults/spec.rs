//! Which faults there are to be.

use serde::{Deserialize, Serialize};

/// What a stream meets in one direction; nothing, as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FaultSpec {
    /// How much later everything arrives, in milliseconds.
    pub latency_ms: u32,
    /// By how much that varies, up and down, in milliseconds. What was first stays first, as in every stream.
    pub jitter_ms: u32,
    /// Bytes in a second (toxiproxy: bandwidth), at least 1; `None`: as fast as it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<u64>,
    /// Bytes in a piece, on average; `None`: as they come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slicer: Option<u32>,
    /// By how much that varies, up and down.
    pub slicer_variation: u32,
    /// Milliseconds between two pieces.
    pub slicer_delay_ms: u32,
    /// Bytes that are held until so many have come; `None`: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coalesce: Option<u32>,
    /// How long they are held at most, in milliseconds.
    pub coalesce_ms: u32,
    /// Which share of the bytes has one bit wrong, 0 to 1.
    pub corrupt: f64,
    /// After so many bytes the connection is closed (FIN).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_data: Option<u64>,
    /// After so many bytes the connection is reset (RST).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset_after: Option<u64>,
    /// After so many bytes nothing more arrives, and nobody is told (half-open).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silence_after: Option<u64>,
    /// How much later the end of the stream (FIN) arrives, in milliseconds.
    pub slow_close_ms: u32,
    /// Nothing passes, and after so many milliseconds the connection is closed; 0: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u32>,
    /// The connection is reset (RST) after so many milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset_peer_ms: Option<u32>,
    /// Nothing is read from who sends, so that its window closes.
    pub stop_reading: bool,
}

impl FaultSpec {
    /// How long bytes are held for others, where nobody says it.
    pub const COALESCE_MS: u32 = 100;

    /// Whether it does nothing.
    pub fn is_clear(&self) -> bool {
        let Self { coalesce_ms, slicer_variation, slicer_delay_ms, .. } = *self;
        // Without what they go with, these three do nothing.
        *self == Self { coalesce_ms, slicer_variation, slicer_delay_ms, ..Self::default() }
    }

    /// The share of corrupted bytes, in its range whatever was written.
    pub fn corrupt_share(&self) -> f64 {
        if self.corrupt.is_finite() { self.corrupt.clamp(0.0, 1.0) } else { 0.0 }
    }
}

impl Default for FaultSpec {
    fn default() -> Self {
        Self {
            latency_ms: 0,
            jitter_ms: 0,
            rate: None,
            slicer: None,
            slicer_variation: 0,
            slicer_delay_ms: 0,
            coalesce: None,
            coalesce_ms: Self::COALESCE_MS,
            corrupt: 0.0,
            limit_data: None,
            reset_after: None,
            silence_after: None,
            slow_close_ms: 0,
            timeout_ms: None,
            reset_peer_ms: None,
            stop_reading: false,
        }
    }
}

/// What a client or a server does wrong on purpose when it receives; nothing, as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReceiveFaults {
    /// Bytes that are read of each connection in a second (a slow reader), at least 1; `None`: as fast as they come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_rate: Option<u64>,
    /// Nothing is read, so that the window of who sends closes.
    pub stop_reading: bool,
    /// How long a client of a server waits before it is served, in milliseconds.
    pub accept_delay_ms: u32,
}

impl ReceiveFaults {
    /// Whether they do nothing.
    pub fn are_clear(&self) -> bool {
        *self == Self::default()
    }
}

/// The faults of a relay: of each direction, and of its door.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RelayFaults {
    /// What chance goes by: the same number makes the same faults.
    pub seed: u64,
    /// How long a client waits before it is served, in milliseconds.
    pub accept_delay_ms: u32,
    /// Each new client gets an RST.
    pub refuse: bool,
    /// From the client to the target.
    pub up: FaultSpec,
    /// From the target to the client.
    pub down: FaultSpec,
}

impl RelayFaults {
    /// Whether they do nothing.
    pub fn are_clear(&self) -> bool {
        self.accept_delay_ms == 0 && !self.refuse && self.up.is_clear() && self.down.is_clear()
    }

    /// The seed of one direction of one connection: other numbers for each, the same again in the next run. `connection` is
    /// its place among those of this run, from 1.
    pub const fn seed_of(&self, connection: u64, up: bool) -> u64 {
        // Numbers beside each other are far from each other then (the increment of SplitMix64).
        let place = connection.wrapping_mul(2).wrapping_add(up as u64);
        self.seed ^ place.wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

//! The figures of a connection as a table: what is shown, copied and printed is this, in this order.

use super::TcpFigures;

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FigureUnit {
    /// Microseconds.
    Time,
    /// Bytes.
    Bytes,
    /// Bytes per second.
    Rate,
    /// Things.
    Count,
}

/// One figure of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// The key of its name.
    pub key: &'static str,
    /// Its column in a table for programs.
    pub column: &'static str,
    /// What it counts.
    pub unit: FigureUnit,
    /// Its value; `None`: the system does not tell.
    pub get: fn(&TcpFigures) -> Option<u64>,
}

macro_rules! figures {
    ($($key:literal, $field:ident, $unit:ident;)*) => {
        /// All figures of a connection.
        pub const FIGURES: &[Figure] = &[$(Figure {
            key: $key,
            column: stringify!($field),
            unit: FigureUnit::$unit,
            get: |figures| figures.$field,
        },)*];
    };
}

figures! {
    "figure-round-trip", round_trip_us, Time;
    "figure-round-trip-variation", round_trip_variation_us, Time;
    "figure-least-round-trip", least_round_trip_us, Time;
    "figure-retransmission-timeout", retransmission_timeout_us, Time;
    "figure-retransmitted-segments", retransmitted_segments, Count;
    "figure-retransmitted-bytes", retransmitted_bytes, Bytes;
    "figure-unacknowledged", unacknowledged_bytes, Bytes;
    "figure-unsent", unsent_bytes, Bytes;
    "figure-send-buffer", send_buffer_bytes, Bytes;
    "figure-send-window", send_window_bytes, Bytes;
    "figure-receive-window", receive_window_bytes, Bytes;
    "figure-congestion-window", congestion_window_bytes, Bytes;
    "figure-slow-start-threshold", slow_start_threshold_bytes, Bytes;
    "figure-segment-size", segment_size_bytes, Bytes;
    "figure-path-mtu", path_mtu_bytes, Bytes;
    "figure-delivery-rate", delivery_rate, Rate;
    "figure-window-probes", window_probes, Count;
}

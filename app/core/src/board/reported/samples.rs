//! What the board told of itself over time, for small plots.

use std::collections::VecDeque;

use espalier_protocol::LineEvent;

use crate::Timestamp;

/// What the board said of itself in one answer to `status`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// When we read it.
    pub at: Timestamp,
    /// Free heap in bytes.
    pub heap: Option<u32>,
    /// Signal in dBm.
    pub rssi: Option<i8>,
    /// Bytes it has read since its start.
    pub bytes_in: u64,
    /// Bytes it has written since its start.
    pub bytes_out: u64,
}

/// The latest samples, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    all: VecDeque<Sample>,
    open: Sample,
}

impl Samples {
    /// How many are kept; the oldest goes first.
    pub const KEPT: usize = 600;

    /// Takes what one line says; the line of the server ends an answer.
    pub fn line(&mut self, event: &LineEvent<'_>, at: Timestamp) {
        match event {
            LineEvent::SystemStatus { heap, .. } => {
                self.open = Sample { heap: *heap, ..Sample::default() }
            }
            LineEvent::WifiStatus { rssi, .. } => self.open.rssi = *rssi,
            LineEvent::ServerStatus { bytes_in, bytes_out, .. } => {
                if self.all.len() >= Self::KEPT {
                    self.all.pop_front();
                }
                let (bytes_in, bytes_out) = (*bytes_in, *bytes_out);
                self.all.push_back(Sample { at, bytes_in, bytes_out, ..self.open });
            }
            _ => {}
        }
    }

    /// All that are kept, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Sample> {
        self.all.iter()
    }
}

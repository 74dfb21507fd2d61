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
    /// Least free heap since its start, in bytes.
    pub heap_min: Option<u32>,
    /// Least free stack of its main thread since its start, in bytes.
    pub stack_min: Option<u32>,
    /// Share of the last second in which its program was at work, in percent.
    pub busy: Option<u8>,
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
            LineEvent::SystemStatus { heap, heap_min, stack_min, busy, .. } => {
                let (heap, heap_min) = (*heap, *heap_min);
                let (stack_min, busy) = (*stack_min, *busy);
                self.open = Sample { heap, heap_min, stack_min, busy, ..Sample::default() };
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

    /// The latest.
    pub fn last(&self) -> Option<&Sample> {
        self.all.back()
    }

    /// All that are kept, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Sample> {
        self.all.iter()
    }
}

//! What a fault has done, for the log.

use crate::{Sentence, say};

/// A fault that did something. What would be told with each piece is told once for as long as it is as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Their names are those of the specification.
pub enum FiredFault {
    /// Everything is late from here on.
    Latency { latency_ms: u32, jitter_ms: u32 },
    /// Something had to wait for the rate.
    Rate { rate: u64 },
    /// The first piece was cut.
    Slicer { size: u32 },
    /// The first bytes were held for others.
    Coalesce { size: u32, within_ms: u32 },
    /// A byte is wrong: its place in the stream from 0, what it was and what it is.
    Corrupted { place: u64, was: u8, is: u8 },
    /// So many more are wrong than were told one by one.
    MoreCorrupted { count: u64 },
    /// Closed after so many bytes.
    LimitData { after: u64 },
    /// Reset after so many bytes.
    ResetAfter { after: u64 },
    /// Silent after so many bytes.
    SilenceAfter { after: u64 },
    /// The end is held back.
    SlowClose { delay_ms: u32 },
    /// Nothing is read from who sends.
    StopReading,
    /// Nothing passes.
    Blocked,
    /// Closed by its time.
    Timeout { after_ms: u32 },
    /// Reset by its time.
    ResetPeer { after_ms: u32 },
}

impl FiredFault {
    /// What it says, of bytes on their way up (to the target) or down.
    pub fn told(self, up: bool) -> Sentence {
        let way = if up { "up" } else { "down" };
        match self {
            Self::Latency { latency_ms, jitter_ms } => say!(
                "fault-latency",
                "fault ({way}): latency {latency} ms, jitter {jitter} ms",
                way = way,
                latency = latency_ms,
                jitter = jitter_ms,
            ),
            Self::Rate { rate } => say!(
                "fault-rate",
                "fault ({way}): rate limited to {rate} bytes a second",
                way = way,
                rate = rate,
            ),
            Self::Slicer { size } => say!(
                "fault-slicer",
                "fault ({way}): slicer, pieces of {size} bytes on average",
                way = way,
                size = size,
            ),
            Self::Coalesce { size, within_ms } => say!(
                "fault-coalesce",
                "fault ({way}): coalesce, held until {size} bytes or {time} ms",
                way = way,
                size = size,
                time = within_ms,
            ),
            Self::Corrupted { place, was, is } => say!(
                "fault-corrupted",
                "fault ({way}): corrupted byte {place}: {was} became {is}",
                way = way,
                place = place,
                was = format_args!("{was:02X}"),
                is = format_args!("{is:02X}"),
            ),
            Self::MoreCorrupted { count } => say!(
                "fault-more-corrupted",
                "fault ({way}): {count} more bytes were corrupted",
                way = way,
                count = count,
            ),
            Self::LimitData { after } => say!(
                "fault-limit-data",
                "fault ({way}): closed (FIN) after {bytes} bytes",
                way = way,
                bytes = after,
            ),
            Self::ResetAfter { after } => say!(
                "fault-reset-after",
                "fault ({way}): reset (RST) after {bytes} bytes",
                way = way,
                bytes = after,
            ),
            Self::SilenceAfter { after } => say!(
                "fault-silence-after",
                "fault ({way}): silent after {bytes} bytes: nothing more arrives, and nobody is told",
                way = way,
                bytes = after,
            ),
            Self::SlowClose { delay_ms } => say!(
                "fault-slow-close",
                "fault ({way}): slow close, FIN is held back for {time} ms",
                way = way,
                time = delay_ms,
            ),
            Self::StopReading => say!(
                "fault-stop-reading",
                "fault ({way}): nothing is read, so the window closes",
                way = way,
            ),
            Self::Blocked => {
                say!("fault-blocked", "fault ({way}): nothing passes (timeout)", way = way,)
            }
            Self::Timeout { after_ms } => say!(
                "fault-timeout",
                "fault ({way}): closed after {time} ms in which nothing passed (timeout)",
                way = way,
                time = after_ms,
            ),
            Self::ResetPeer { after_ms } => say!(
                "fault-reset-peer",
                "fault ({way}): reset (RST) after {time} ms",
                way = way,
                time = after_ms,
            ),
        }
    }
}

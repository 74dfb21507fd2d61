//! Captures that are kept: what the list of them shows, and how much of them is kept.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::capture::StampClock;
use crate::session::SessionSpec;
use crate::{CaptureId, Timestamp};

/// A capture in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct CaptureInfo {
    /// Which one.
    pub id: CaptureId,
    /// Where it is: a folder of segments.
    pub path: PathBuf,
    /// The name that the user gave it, or its session; empty: none.
    pub name: String,
    /// The session that wrote it, if that is known: captures of 0.1.0 do not say.
    pub session: Option<SessionSpec>,
    /// When its first record was made; `None`: it holds none.
    pub begun: Option<Timestamp>,
    /// When its last record was made.
    pub ended: Option<Timestamp>,
    /// Which clock gave these times; `None`: it does not say.
    pub clock: Option<StampClock>,
    /// Bytes on disk.
    pub bytes: u64,
    /// A session of this or another program writes it now.
    pub is_open: bool,
    /// When the capture will be deleted, unless the limits change or it is continued; `None`: no date is set.
    pub goes: Option<Timestamp>,
}

/// All captures that are kept, the latest first.
#[derive(Clone, Debug, Default)]
pub struct CaptureList {
    /// The folder was read; until then the list is empty.
    pub is_read: bool,
    /// The captures.
    pub captures: Vec<CaptureInfo>,
    /// Why the folder cannot be read.
    pub fault: Option<Arc<str>>,
}

impl CaptureList {
    /// Bytes on disk of all of them.
    pub fn bytes(&self) -> u64 {
        self.captures.iter().map(|capture| capture.bytes).sum()
    }
}

/// How much history is kept. What is over a limit is told first, and goes a day later; the oldest closed capture goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeepLimits {
    /// GiB of all captures together; 0: no limit.
    pub keep_gib: u32,
    /// Days since a capture's last record; 0: no limit.
    pub keep_days: u32,
}

impl Default for KeepLimits {
    fn default() -> Self {
        Self { keep_gib: 8, keep_days: 30 }
    }
}

impl KeepLimits {
    /// No limit: nothing is deleted.
    pub const ALL: Self = Self { keep_gib: 0, keep_days: 0 };

    /// How long what is over a limit is told before it goes, in nanoseconds.
    pub const NOTICE: i64 = 86_400_000_000_000;

    /// The places in `captures` of those over a limit at `now`: closed ones only, the oldest first. Age counts from the last
    /// record; a capture without any is as old as its name says, so it is left to whoever made it.
    pub fn over(&self, captures: &[CaptureInfo], now: Timestamp) -> Vec<usize> {
        const DAY: i64 = 86_400_000_000_000;
        const GIB: u64 = 1 << 30;
        let mut closed: Vec<(Timestamp, usize)> = captures
            .iter()
            .enumerate()
            .filter(|(_, capture)| !capture.is_open)
            .filter_map(|(index, capture)| Some((capture.ended?, index)))
            .collect();
        closed.sort_unstable();
        let mut bytes: u64 = captures.iter().map(|capture| capture.bytes).sum();
        let oldest = now.0.saturating_sub(DAY.saturating_mul(i64::from(self.keep_days)));
        let most = GIB * u64::from(self.keep_gib);
        let mut over = Vec::new();
        for (ended, index) in closed {
            let too_old = self.keep_days > 0 && ended.0 < oldest;
            let too_much = self.keep_gib > 0 && bytes > most;
            if too_old || too_much {
                bytes -= captures[index].bytes;
                over.push(index);
            }
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000_000_000;

    fn capture(ended: i64, gib: u64, is_open: bool) -> CaptureInfo {
        CaptureInfo {
            id: CaptureId::try_from(format!("c{ended}")).unwrap(),
            path: PathBuf::new(),
            name: String::new(),
            session: None,
            begun: Some(Timestamp(0)),
            ended: Some(Timestamp(ended * DAY)),
            clock: None,
            bytes: gib << 30,
            is_open,
            goes: None,
        }
    }

    #[test]
    fn age_counts_from_the_last_record_and_open_ones_stay() {
        let captures = [capture(1, 0, false), capture(2, 0, true), capture(71, 0, false)];
        let limits = KeepLimits { keep_gib: 0, keep_days: 30 };
        assert_eq!(limits.over(&captures, Timestamp(100 * DAY)), [0]);
        assert_eq!(limits.over(&captures, Timestamp(102 * DAY)), [0, 2]);
        assert!(KeepLimits::ALL.over(&captures, Timestamp(9999 * DAY)).is_empty());
    }

    #[test]
    fn of_too_much_the_oldest_closed_ones_go_until_it_fits() {
        let captures =
            [capture(5, 3, false), capture(3, 3, false), capture(1, 3, true), capture(4, 3, false)];
        let limits = KeepLimits { keep_gib: 8, keep_days: 0 };
        assert_eq!(limits.over(&captures, Timestamp(6 * DAY)), [1, 3]);
        let roomy = KeepLimits { keep_gib: 12, keep_days: 0 };
        assert!(roomy.over(&captures, Timestamp(6 * DAY)).is_empty());
    }
}

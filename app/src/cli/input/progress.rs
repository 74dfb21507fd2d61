//! What became of stdin: how much was read, and how much of that was sent.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use espalier_core::session::EndReason;
use espalier_engine::receipt::{Receipt, UnsentCounter};
use espalier_ui::number::grouped;
use parking_lot::{Condvar, Mutex};

use crate::print::{complain, reason, tell_more};

/// How long the rest of stdin is counted at most when nothing more can be sent, and how long nothing must have come from it to
/// be taken for idle then.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes, sent as they are.
    Bytes,
    /// Lines, of which each is sent whole or counts as not sent.
    Lines,
}

/// How much of stdin was read and sent, counted by the thread that reads it.
#[derive(Debug)]
pub struct InputProgress {
    unit: Unit,
    unsent: UnsentCounter,
    counts: Mutex<InputCounts>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct InputCounts {
    read: u64,
    given: u64,
    left_out: u64,
    /// Since when more is waited for.
    waiting: Option<Instant>,
    end: Option<End>,
}

/// How stdin ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Whole,
    /// The input could not be read any further.
    Cut,
}

impl InputProgress {
    /// Nothing was read yet.
    pub fn new(unit: Unit) -> Self {
        let (unsent, counts, changed) = Default::default();
        Self { unit, unsent, counts, changed }
    }

    /// A receipt for what is sent as a whole.
    pub fn receipt(&self) -> Receipt {
        self.unsent.receipt()
    }

    /// More is waited for.
    pub fn waits(&self) {
        self.note(|counts| counts.waiting = Some(Instant::now()));
    }

    /// So much more was read.
    pub fn reads(&self, count: usize) {
        self.note(|counts| {
            counts.waiting = None;
            counts.read += count as u64;
        });
    }

    /// So much of it was given away to be sent, with receipts.
    pub fn gives(&self, count: usize) {
        self.note(|counts| counts.given += count as u64);
    }

    /// A line was left out, or the rest of one; gives how many were until now.
    pub fn leaves_out(&self) -> u64 {
        let mut counts = self.counts.lock();
        counts.left_out += 1;
        counts.left_out
    }

    /// Stdin is at its end, or cannot be read any further.
    pub fn ends(&self, whole: bool) {
        self.note(|counts| counts.end = Some(if whole { End::Whole } else { End::Cut }));
    }

    fn note(&self, change: impl FnOnce(&mut InputCounts)) {
        change(&mut self.counts.lock());
        self.changed.notify_all();
    }

    /// Nothing more can be sent, and nothing is on its way any more: says how much was sent if that is not all. `why` the
    /// session ended; `None`: the user ended it. Whether all was sent, as far as there is any more.
    pub fn settle(&self, why: Option<EndReason>) -> bool {
        let mut counts = self.counts.lock();
        let until = Instant::now() + PATIENCE;
        // What is not typed yet is nothing that could have been sent.
        let is_terminal = std::io::stdin().is_terminal();
        while counts.end.is_none() && !is_terminal {
            let idle = counts.waiting.map_or(until, |since| since + PATIENCE);
            if self.changed.wait_until(&mut counts, idle.min(until)).timed_out() {
                break;
            }
        }
        let InputCounts { read, given, left_out, end, .. } = *counts;
        drop(counts);
        let missed = match self.unit {
            Unit::Bytes => self.unsent.missed_bytes(),
            Unit::Lines => self.unsent.missed(),
        };
        let unsent = (read - given) + missed;
        let lost = why.filter(|_| unsent > left_out);
        let why = match why {
            _ if unsent == 0 && end != Some(End::Cut) => return true,
            _ if unsent == 0 => "it cannot be read to its end".to_owned(),
            _ if unsent <= left_out => "see above".to_owned(),
            Some(why) => reason(why),
            None => "the program was ended first".to_owned(),
        };
        // That nothing could be read at all was told.
        if read > 0 {
            complain(sentence(self.unit, read - unsent, read, end == Some(End::Whole), &why));
        }
        if lost == Some(EndReason::ClosedByPeer) {
            tell_more("--stay-half-open goes on sending after the peer's FIN");
        }
        false
    }
}

fn sentence(unit: Unit, sent: u64, read: u64, is_all: bool, why: &str) -> String {
    let is_one = (read, sent) == (1, 0);
    let (sent, total) = (grouped(sent), grouped(read));
    match (unit, is_all, is_one) {
        (Unit::Bytes, true, true) => format!("the only byte of standard input was not sent: {why}"),
        (Unit::Lines, true, true) => format!("the only line of standard input was not sent: {why}"),
        (Unit::Bytes, false, true) => {
            format!("not even the first byte of standard input was sent: {why}")
        }
        (Unit::Lines, false, true) => {
            format!("not even the first line of standard input was sent: {why}")
        }
        (Unit::Bytes, true, false) => {
            format!("{sent} of the {total} bytes of standard input were sent: {why}")
        }
        (Unit::Lines, true, false) => {
            format!("{sent} of the {total} lines of standard input were sent: {why}")
        }
        (Unit::Bytes, false, false) => {
            format!("{sent} of at least {total} bytes of standard input were sent: {why}")
        }
        (Unit::Lines, false, false) => {
            format!("{sent} of at least {total} lines of standard input were sent: {why}")
        }
    }
}

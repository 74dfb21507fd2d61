//! The chip outside of its loader: booting, running or stopped.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::boot::{BootEnd, BootScript};

/// Lines that are due at their time, and what follows them.
#[derive(Debug)]
pub struct BootPlayback {
    lines: VecDeque<(Instant, String)>,
    ends: Instant,
    end: BootEnd,
}

impl BootPlayback {
    /// A boot that begins now.
    pub fn new(boot: BootScript, now: Instant) -> Self {
        let BootScript { lines, at, end } = boot;
        let due = |(after, text): (Duration, String)| (now + after, text);
        Self { lines: lines.into_iter().map(due).collect(), ends: now + at, end }
    }

    /// What is due to be printed.
    pub fn due(&mut self, now: Instant) -> String {
        let mut text = String::new();
        while let Some((at, _)) = self.lines.front()
            && *at <= now
            && let Some((_, line)) = self.lines.pop_front()
        {
            text.push_str(&line);
        }
        text
    }

    /// When there is something to do next.
    pub fn deadline(&self) -> Instant {
        self.lines.front().map_or(self.ends, |(at, _)| *at)
    }

    /// How it ends, once everything is said and the time has come.
    pub fn finished(&self, now: Instant) -> bool {
        self.lines.is_empty() && self.ends <= now
    }

    /// How it ends.
    pub fn into_end(self) -> BootEnd {
        self.end
    }
}

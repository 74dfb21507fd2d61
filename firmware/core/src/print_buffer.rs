//! What the console still has to print: whole lines and packets in a ring, never half of one.

use core::fmt::{self, Write};
use espalier_protocol::line::LINE_MAX;

/// Bytes that wait for the console at most.
pub const PRINT_BUFFER_MAX: usize = 6144;
/// Room that received bytes leave to the lines that tell what happened.
const RESERVE: usize = 2048;

/// A ring of whole lines.
#[derive(Debug, Clone)]
pub(crate) struct PrintBuffer {
    ring: [u8; PRINT_BUFFER_MAX],
    head: usize,
    len: usize,
    skipped: u32,
    told: u32,
}

/// How much a line matters when the console is slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Priority {
    /// It may use all the room.
    Event,
    /// It leaves room for events.
    Data,
}

impl PrintBuffer {
    pub(crate) const fn new() -> Self {
        Self { ring: [0; PRINT_BUFFER_MAX], head: 0, len: 0, skipped: 0, told: 0 }
    }

    /// The bytes that are next, as far as they lie together.
    pub(crate) fn peek(&self) -> &[u8] {
        let end = (self.head + self.len).min(PRINT_BUFFER_MAX);
        self.ring.get(self.head..end).unwrap_or_default()
    }

    /// Forgets the next `count` bytes: they are printed.
    pub(crate) fn consume(&mut self, count: usize) {
        let count = count.min(self.len);
        self.len -= count;
        self.head = if self.len == 0 { 0 } else { (self.head + count) % PRINT_BUFFER_MAX };
    }

    /// Room for lines of this priority, in bytes.
    pub(crate) const fn room(&self, priority: Priority) -> usize {
        let reserve = match priority {
            Priority::Event => 0,
            Priority::Data => RESERVE,
        };
        (PRINT_BUFFER_MAX - self.len).saturating_sub(reserve)
    }

    /// Lines left out since the start.
    pub(crate) const fn skipped(&self) -> u32 {
        self.skipped
    }

    /// Lines left out that were not told yet; telling makes them told.
    pub(crate) fn untold(&mut self) -> u32 {
        let untold = self.skipped.wrapping_sub(self.told);
        self.told = self.skipped;
        untold
    }

    /// Appends a line and its end, or nothing.
    pub(crate) fn line(&mut self, line: &impl fmt::Display, priority: Priority) {
        let before = self.len;
        let room = self.room(priority).min(LINE_MAX);
        if priority == Priority::Data && room < LINE_MAX {
            // Not worth the time to try.
            self.skipped = self.skipped.wrapping_add(1);
            return;
        }
        let mut tail = Tail { buffer: self, room };
        if write!(tail, "{line}\r\n").is_err() {
            self.len = before;
            self.skipped = self.skipped.wrapping_add(1);
        }
    }

    /// Appends a packet, or nothing.
    pub(crate) fn packet(&mut self, bytes: &[u8]) {
        if self.push(bytes, PRINT_BUFFER_MAX - self.len).is_err() {
            self.skipped = self.skipped.wrapping_add(1);
        }
    }

    fn push(&mut self, bytes: &[u8], room: usize) -> fmt::Result {
        if bytes.len() > room {
            return Err(fmt::Error);
        }
        let at = (self.head + self.len) % PRINT_BUFFER_MAX;
        let (first, second) = bytes.split_at(bytes.len().min(PRINT_BUFFER_MAX - at));
        for (from, part) in [(at, first), (0, second)] {
            if let Some(target) = self.ring.get_mut(from..from + part.len()) {
                target.copy_from_slice(part);
            }
        }
        self.len += bytes.len();
        Ok(())
    }
}

/// Writes behind the end of a buffer, within bounds.
struct Tail<'a> {
    buffer: &'a mut PrintBuffer,
    room: usize,
}

impl Write for Tail<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.buffer.push(text.as_bytes(), self.room)?;
        self.room -= text.len();
        Ok(())
    }
}

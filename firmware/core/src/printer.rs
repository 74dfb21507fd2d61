//! What is printed, and what is left out: by the log level, and by a console that is too slow.

use crate::{
    print_buffer::{PrintBuffer, Priority},
    time::Time,
};
use espalier_protocol::{Level, Line, line::LineEvent};

/// Lines left out are told so long after the first of them, milliseconds.
const SKIPPED_PAUSE_MS: u64 = 1_000;

/// The way of every line and packet to the consoles.
#[derive(Debug, Clone)]
pub(crate) struct Printer {
    buffer: PrintBuffer,
    /// The loudest level that is printed, as in the settings.
    level: Level,
    /// When left-out lines are told.
    skipped_due: Option<Time>,
}

impl Printer {
    pub(crate) const fn new(level: Level) -> Self {
        Self { buffer: PrintBuffer::new(), level, skipped_due: None }
    }

    /// Prints what is at most so loud from now on; answers are printed whatever it is.
    pub(crate) const fn set_level(&mut self, level: Level) {
        self.level = level;
    }

    /// Says what happened, if the log level lets it.
    pub(crate) fn say(&mut self, event: LineEvent<'_>, now: Time) {
        self.show(event, Priority::Event, now);
    }

    /// Prints, whatever the log level: answers.
    pub(crate) fn answer(&mut self, event: LineEvent<'_>, now: Time) {
        self.print(event, Priority::Event, now);
    }

    /// Says what happened with this priority, if the log level lets it.
    pub(crate) fn show(&mut self, event: LineEvent<'_>, priority: Priority, now: Time) {
        if event.level() <= self.level {
            self.print(event, priority, now);
        }
    }

    /// Prints an Improv packet.
    pub(crate) fn packet(&mut self, bytes: &[u8]) {
        self.buffer.packet(bytes);
    }

    /// The bytes that are next, as far as they lie together.
    pub(crate) fn peek(&self) -> &[u8] {
        self.buffer.peek()
    }

    /// Forgets the next `count` bytes: they are printed.
    pub(crate) fn consume(&mut self, count: usize) {
        self.buffer.consume(count);
    }

    /// Room for received bytes, in bytes.
    pub(crate) const fn room_for_data(&self) -> usize {
        self.buffer.room(Priority::Data)
    }

    /// Lines left out since the start.
    pub(crate) const fn skipped(&self) -> u32 {
        self.buffer.skipped()
    }

    /// When [`Printer::tick`] is due.
    pub(crate) const fn poll_at(&self) -> Option<Time> {
        self.skipped_due
    }

    /// Tells the lines that were left out, if it is time.
    pub(crate) fn tick(&mut self, now: Time) {
        if self.skipped_due.is_some_and(|due| now >= due) {
            self.skipped_due = None;
            match self.buffer.untold() {
                0 => {}
                lines => self.say(LineEvent::Skipped { lines }, now),
            }
        }
    }

    fn print(&mut self, event: LineEvent<'_>, priority: Priority, now: Time) {
        let skipped = self.buffer.skipped();
        self.buffer.line(&Line { ms: now.ms(), event }, priority);
        if self.buffer.skipped() != skipped && self.skipped_due.is_none() {
            self.skipped_due = Some(now + SKIPPED_PAUSE_MS);
        }
    }
}

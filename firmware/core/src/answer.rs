//! The last line of each answer on the console.

use crate::{printer::Printer, time::Time};
use espalier_protocol::{Command, CommandError, ErrorCode, line::LineEvent};

/// A command that is still to be answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PendingAnswer {
    id: Option<u32>,
    words: &'static str,
}

impl PendingAnswer {
    /// To a command with this number, if it has one.
    pub(crate) const fn new(id: Option<u32>, command: &Command) -> Self {
        Self { id, words: command.words() }
    }

    /// The command is done.
    pub(crate) fn ok(&self, printer: &mut Printer, now: Time) {
        printer.answer(LineEvent::Ok { command: self.words.into(), id: self.id }, now);
    }

    /// The command is not done.
    pub(crate) fn error(&self, code: ErrorCode, text: &str, printer: &mut Printer, now: Time) {
        let (command, id) = (Some(self.words.into()), self.id);
        printer.answer(LineEvent::Error { command, id, code, text: text.into() }, now);
    }
}

/// A line with this number, if it has one, was no command.
pub(crate) fn refuse(id: Option<u32>, error: &CommandError, printer: &mut Printer, now: Time) {
    let mut text = heapless::String::<192>::new();
    // What does not fit is cut: it is for people.
    core::fmt::write(&mut text, format_args!("{error}")).ok();
    let (code, command) = (error.code(), error.words().map(Into::into));
    printer.answer(LineEvent::Error { command, id, code, text: text.as_str().into() }, now);
}

//! What was answered then, and whether it has come by now.

use super::side::each_line_part;
use super::{AnswerUnits, PlayStepKind, ReplayScript};

/// The answers of then, read from the capture as far as they are compared.
#[derive(Debug)]
pub struct ExpectedAnswers<'s> {
    script: ReplayScript<'s>,
    /// What was read, and belongs to a later exchange than was asked for.
    held: Option<(u64, Vec<u8>)>,
    /// Up to this exchange; `None`: all.
    until: Option<u64>,
    read: u64,
}

impl<'s> ExpectedAnswers<'s> {
    /// Those of this script, up to and with that exchange (`None`: all of them).
    pub const fn new(script: ReplayScript<'s>, until: Option<u64>) -> Self {
        Self { script, held: None, until, read: 0 }
    }

    /// From now on up to and with this exchange; `None`: all of them.
    pub const fn go_to(&mut self, exchange: Option<u64>) {
        self.until = exchange;
    }

    /// Bytes that were read of them.
    pub const fn read(&self) -> u64 {
        self.read
    }

    /// The next piece, and to which exchange it belongs; `None`: there is none up to there.
    pub fn next_piece(&mut self) -> Option<(u64, Vec<u8>)> {
        while self.held.is_none() {
            let step = self.script.next()?;
            if step.kind == PlayStepKind::Expect {
                self.read += step.bytes.len() as u64;
                self.held = Some((step.exchange, step.bytes.to_vec()));
            }
        }
        let until = self.until;
        self.held.take_if(|(exchange, _)| until.is_none_or(|until| *exchange <= until))
    }
}

/// Counts how much of an answer there is: bytes, datagrams, or what of its lines counts.
#[derive(Debug)]
pub struct AnswerMeter {
    units: AnswerUnits,
    size: u64,
    line: Vec<u8>,
}

impl AnswerMeter {
    /// Nothing yet.
    pub const fn new(units: AnswerUnits) -> Self {
        Self { units, size: 0, line: Vec::new() }
    }

    /// More of it: one read, or one datagram.
    pub fn push(&mut self, bytes: &[u8]) {
        match &self.units {
            AnswerUnits::Bytes => self.size += bytes.len() as u64,
            AnswerUnits::Datagrams(_) => self.size += 1,
            AnswerUnits::Lines(ignored) => {
                let Self { size, line, .. } = self;
                each_line_part(line.len(), bytes, |part, ends| {
                    line.extend_from_slice(part);
                    if ends {
                        *size += ignored.counted(line).len() as u64;
                        line.clear();
                    }
                });
            }
        }
    }

    /// How much that is.
    pub fn size(&self) -> u64 {
        match &self.units {
            AnswerUnits::Lines(ignored) => self.size + ignored.counted(&self.line).len() as u64,
            AnswerUnits::Bytes | AnswerUnits::Datagrams(_) => self.size,
        }
    }

    /// The next answer begins.
    pub fn begin(&mut self) {
        self.size = 0;
        self.line.clear();
    }
}

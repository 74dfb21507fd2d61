//! A capture as a script: what is played, and what was answered then.

use super::ReplayChoice;
use crate::capture::{Cursor, Record, RecordBody, Source};
use crate::session::{EndReason, SessionEvent};
use crate::{Direction, PeerId, Position, Timestamp};

/// One step of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayStep<'a> {
    /// What it is.
    pub kind: PlayStepKind,
    /// When it was recorded.
    pub at: Timestamp,
    /// To which exchange it belongs: parts that are played one after the other and the answer to them. They count from 1; what was
    /// received before the first part belongs to 0.
    pub exchange: u64,
    /// The bytes that are played, or were answered.
    pub bytes: &'a [u8],
}

/// What a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlayStepKind {
    /// These bytes are sent.
    Play,
    /// These bytes came then.
    Expect,
    /// The one who is played said that it sends no more (FIN).
    Finish,
    /// It said so when the other one had.
    FinishAfter,
}

/// Reads a script from a capture, step by step.
#[derive(Debug)]
pub struct ReplayScript<'s> {
    cursor: Cursor<'s>,
    choice: ReplayChoice,
    peer: PeerId,
    end: Position,
    reader: StepReader,
    exchange: u64,
    /// An answer has come since a part was played.
    answered: bool,
    /// Those of the last step.
    bytes: Vec<u8>,
}

impl<'s> ReplayScript<'s> {
    /// The script of one connection in a capture, from the first record that was chosen to the last one before `end`.
    pub fn new(source: &'s dyn Source, choice: &ReplayChoice, peer: PeerId, end: Position) -> Self {
        let (from, end) = match &choice.places {
            Some(places) => (places.start, places.end.min(end)),
            None => (Position(0), end),
        };
        Self {
            cursor: Cursor::new(source, from),
            choice: choice.clone(),
            peer,
            end,
            reader: StepReader::default(),
            exchange: 0,
            answered: true,
            bytes: Vec::new(),
        }
    }

    /// The next step; `None` at the end.
    #[expect(clippy::should_implement_trait, reason = "a step borrows the script's buffer")]
    pub fn next(&mut self) -> Option<PlayStep<'_>> {
        let (kind, at) = loop {
            let record = self.cursor.next()?;
            if record.position >= self.end {
                return None;
            }
            if record.peer != self.peer || !is_chosen(&record, &self.choice) {
                continue;
            }
            let Some(kind) = self.reader.kind_of(&record, self.choice.direction) else { continue };
            self.bytes.clear();
            if let RecordBody::Data(bytes) = record.body {
                self.bytes.extend_from_slice(bytes);
            }
            break (kind, record.at);
        };
        match kind {
            PlayStepKind::Play if self.answered => {
                self.exchange += 1;
                self.answered = false;
            }
            PlayStepKind::Expect => self.answered = true,
            PlayStepKind::Play | PlayStepKind::Finish | PlayStepKind::FinishAfter => {}
        }
        Some(PlayStep { kind, at, exchange: self.exchange, bytes: &self.bytes })
    }
}

/// Tells of the records of one connection, one after the other, what each is to whom is played.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StepReader {
    /// The other side has said that it sends no more.
    pub other_is_over: bool,
    /// So has the one who is played.
    is_over: bool,
}

impl StepReader {
    /// What a record of the chosen part is; `None`: nothing.
    pub fn kind_of(&mut self, record: &Record<'_>, played: Direction) -> Option<PlayStepKind> {
        let event = match &record.body {
            RecordBody::Data(_) if record.direction == played => return Some(PlayStepKind::Play),
            RecordBody::Data(_) => return Some(PlayStepKind::Expect),
            RecordBody::Event(event) => event,
        };
        let kind = match (event, played) {
            (SessionEvent::HalfClosed, Direction::Out)
            | (SessionEvent::PeerHalfClosed, Direction::In) => PlayStepKind::Finish,
            (SessionEvent::HalfClosed | SessionEvent::PeerHalfClosed, _) => {
                self.other_is_over = true;
                return None;
            }
            // The second FIN of a connection is its end, and told as that.
            (SessionEvent::Ended { reason, .. }, _) => match reason {
                EndReason::ClosedByPeer | EndReason::ClosedByUs if self.other_is_over => {
                    PlayStepKind::FinishAfter
                }
                _ => return None,
            },
            _ => return None,
        };
        let is_first = !std::mem::replace(&mut self.is_over, true);
        is_first.then_some(kind)
    }
}

/// Whether a record is of the part that is played, whosoever it is.
pub(super) fn is_chosen(record: &Record<'_>, choice: &ReplayChoice) -> bool {
    choice.places.as_ref().is_none_or(|places| places.contains(&record.position))
        && choice.since.is_none_or(|since| record.at >= since)
        && choice.until.is_none_or(|until| record.at < until)
}

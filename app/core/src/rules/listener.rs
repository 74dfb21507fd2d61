//! What came from one peer, and how far each rule has looked at it.

use std::ops::Range;
use std::time::Duration;

use super::compiled::{Compiled, Matching};
use super::message::{Framing, MessageCursor};
use crate::Position;
use crate::matching::{HeldBytes, MatchGroups, StreamCursor};

/// What came from one peer.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) held: HeldBytes,
    pub(super) cursors: Vec<RuleCursor>,
    /// When something came last, or the connection.
    pub(super) heard: Duration,
    /// The record of what came last, and the place of its first byte.
    pub(super) record: (Position, u64),
    /// What is sent to it is sent after that.
    pub(super) last_due: Duration,
    /// Which of the run's encodings it speaks.
    pub(super) encoding: usize,
    /// When time ends something of what it says, or before.
    pub(super) timer: Option<Duration>,
}

/// How far a rule has looked.
#[derive(Clone, Debug, Default)]
pub(super) struct RuleCursor {
    stream: StreamCursor,
    message: MessageCursor,
    /// What it has found next.
    pub(super) found: Option<Found>,
    /// The silence has been told.
    pub(super) told: bool,
}

/// A match.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Its places in the stream.
    pub(super) content: Range<u64>,
    /// Behind what is looked at to know it: of matches that end at one place, the first rule's counts.
    pub(super) end: u64,
    pub(super) captures: MatchGroups,
}

impl Listener {
    pub(super) fn new(rules: usize, now: Duration, encoding: usize) -> Self {
        Self {
            held: HeldBytes::default(),
            cursors: vec![RuleCursor::default(); rules],
            heard: now,
            record: (Position(0), 0),
            last_due: Duration::ZERO,
            encoding,
            timer: None,
        }
    }

    /// Has a rule look for its next match, if it has none yet.
    pub(super) fn look(&mut self, index: usize, rule: &mut Compiled) -> Option<&Found> {
        let cursor = self.cursors.get_mut(index)?;
        if cursor.found.is_none() {
            cursor.found = cursor.next(rule, &self.held);
        }
        cursor.found.as_ref()
    }

    /// A rule took what stands before this place: the rules behind it begin anew there.
    pub(super) fn take(&mut self, index: usize, end: u64) {
        for cursor in self.cursors.iter_mut().skip(index + 1) {
            // What it has found behind that stays found.
            if cursor.found.as_ref().is_some_and(|found| found.content.start >= end) {
                continue;
            }
            cursor.found = None;
            cursor.stream.restart(end);
            cursor.message.take(end);
        }
    }

    /// A rule looks at what comes from now on only.
    pub(super) fn forget(&mut self, index: usize) {
        let end = self.held.end();
        if let Some(cursor) = self.cursors.get_mut(index) {
            cursor.stream.restart(end);
            cursor.message.restart(end);
            cursor.found = None;
        }
    }

    /// When time alone may bring a match of this rule.
    pub(super) fn due(&self, index: usize, rule: &Compiled) -> Option<Duration> {
        let cursor = self.cursors.get(index)?;
        match rule.matching {
            Matching::Silence(after) if !cursor.told => Some(self.heard + after),
            Matching::Message { framing: Framing::Pause(pause), .. }
                if cursor.message.is_open(&self.held) =>
            {
                Some(self.heard + pause)
            }
            _ => None,
        }
    }

    /// The time has come: the silence, or the message that it ends.
    pub(super) fn elapsed(&mut self, index: usize, rule: &Compiled) -> Option<Found> {
        let cursor = self.cursors.get_mut(index)?;
        let end = self.held.end();
        match &rule.matching {
            Matching::Silence(_) => {
                cursor.told = true;
                Some(Found { content: end..end, end, captures: MatchGroups::new() })
            }
            Matching::Message { test, .. } => {
                let content = cursor.message.end(&self.held)?;
                let message = self.held.between(content.clone());
                let captures = test.passes(message, rule.wants_captures)?;
                Some(Found { content, end, captures })
            }
            _ => None,
        }
    }
}

impl RuleCursor {
    fn next(&mut self, rule: &mut Compiled, held: &HeldBytes) -> Option<Found> {
        match &mut rule.matching {
            Matching::Stream(matcher) => {
                let content = matcher.next(&mut self.stream, held)?;
                let captures = match rule.wants_captures {
                    true => matcher.captures(&content, held),
                    false => MatchGroups::new(),
                };
                Some(Found { end: content.end, content, captures })
            }
            Matching::Message { framing: Framing::Line, test } => loop {
                let (content, end) = self.message.next_line(held)?;
                let message = held.between(content.clone());
                if let Some(captures) = test.passes(message, rule.wants_captures) {
                    return Some(Found { content, end, captures });
                }
            },
            _ => None,
        }
    }
}

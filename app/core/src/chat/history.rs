//! What was said in a chat, as a member has heard it.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{MessageId, MessageState};
use crate::Timestamp;

/// So many lines are kept; the oldest go first. The log of the session has all of them.
pub const HISTORY_MAX: usize = 5_000;

/// A line of a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatLine {
    /// When it came, or was said.
    pub at: Timestamp,
    /// Whom it is with, when it is between two.
    pub private: Option<Arc<str>>,
    /// What it is.
    pub kind: ChatLineKind,
    /// How far it has come, when it is ours.
    pub own: Option<(MessageId, MessageState)>,
}

/// What a line of a chat is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatLineKind {
    /// Somebody said this.
    Said {
        /// Who.
        name: Arc<str>,
        /// What.
        text: Arc<str>,
    },
    /// Somebody does this.
    Acts {
        /// Who.
        name: Arc<str>,
        /// What.
        text: Arc<str>,
    },
    /// Something happened: a sentence for people.
    Happened(crate::Sentence),
    /// A line that is nothing of what a room says.
    Text(Arc<str>),
}

/// The last lines of a chat.
#[derive(Clone, Debug, Default)]
pub struct ChatHistory {
    lines: VecDeque<ChatLine>,
    /// So many went before them.
    dropped: u64,
}

impl ChatHistory {
    /// Adds a line behind the others.
    pub fn push(&mut self, line: ChatLine) {
        if self.lines.len() >= HISTORY_MAX {
            self.lines.pop_front();
            self.dropped += 1;
        }
        self.lines.push_back(line);
    }

    /// A message of ours has come so far.
    pub fn set_state(&mut self, id: MessageId, state: MessageState) {
        // Ours are in the order of their numbers; the latest are asked for most.
        let line =
            self.lines.iter_mut().rev().find(|line| line.own.is_some_and(|(own, _)| own == id));
        if let Some(line) = line {
            line.own = Some((id, state));
        }
    }

    /// The lines, oldest first.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = &ChatLine> + DoubleEndedIterator {
        self.lines.iter()
    }

    /// How many lines there were in all.
    pub fn total(&self) -> u64 {
        self.dropped + self.lines.len() as u64
    }

    /// The line of this number, the first there ever was being 0; `None` when it went, or is not there yet.
    pub fn line(&self, number: u64) -> Option<&ChatLine> {
        self.lines.get(usize::try_from(number.checked_sub(self.dropped)?).ok()?)
    }

    /// How many lines went before the first.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(id: u64) -> ChatLine {
        let kind = ChatLineKind::Said { name: "me".into(), text: "hi".into() };
        let own = Some((MessageId(id), MessageState::Waiting));
        ChatLine { at: Timestamp(0), private: None, kind, own }
    }

    #[test]
    fn the_latest_lines_are_kept_and_know_how_far_they_came() {
        let mut history = ChatHistory::default();
        (1..=HISTORY_MAX as u64 + 3).for_each(|id| history.push(own(id)));
        assert_eq!((history.lines().len(), history.dropped()), (HISTORY_MAX, 3));
        assert_eq!(history.total(), HISTORY_MAX as u64 + 3);
        assert_eq!((history.line(2), history.line(3)), (None, history.lines().next()));
        history.set_state(MessageId(5), MessageState::Taken);
        history.set_state(MessageId(1), MessageState::Taken);
        let states: Vec<_> = history.lines().take(3).filter_map(|line| line.own).collect();
        let waiting = MessageState::Waiting;
        assert_eq!(
            states,
            [(MessageId(4), waiting), (MessageId(5), MessageState::Taken), (MessageId(6), waiting)]
        );
    }
}

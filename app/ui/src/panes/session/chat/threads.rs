//! Which line belongs to which conversation: where all talk, and those between two. Kept from frame to frame: only what is new is looked at.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use espalier_core::chat::{ChatHistory, ChatLine, ChatLineKind};

/// The conversations of a chat, by with whom they are; `None`: all.
#[derive(Debug, Default)]
pub(super) struct Threads {
    threads: BTreeMap<Option<Arc<str>>, Thread>,
    /// So many lines of the history were looked at.
    seen: u64,
}

#[derive(Debug, Default)]
struct Thread {
    /// The numbers of its lines.
    lines: VecDeque<u64>,
    unread: u64,
}

impl Threads {
    /// Looks at what is new, and forgets what the history has dropped.
    pub(super) fn follow(&mut self, history: &ChatHistory) {
        if history.total() < self.seen {
            // It is another chat.
            *self = Self::default();
        }
        let dropped = history.dropped();
        for number in self.seen.max(dropped)..history.total() {
            let Some(line) = history.line(number) else { continue };
            let thread = self.threads.entry(line.private.clone()).or_default();
            thread.lines.push_back(number);
            thread.unread += u64::from(is_message(line));
        }
        self.seen = history.total();
        self.threads.retain(|_, thread| {
            while thread.lines.pop_front_if(|number| *number < dropped).is_some() {}
            thread.unread = thread.unread.min(thread.lines.len() as u64);
            !thread.lines.is_empty()
        });
    }

    /// This one is looked at.
    pub(super) fn read(&mut self, thread: &Option<Arc<str>>) {
        if let Some(thread) = self.threads.get_mut(thread) {
            thread.unread = 0;
        }
    }

    /// The numbers of its lines; `None` when there are none.
    pub(super) fn lines(&self, thread: Option<&Arc<str>>) -> Option<&VecDeque<u64>> {
        self.threads.get(&thread.cloned()).map(|thread| &thread.lines)
    }

    /// All of them but that of all, with how many messages were not looked at.
    pub(super) fn private(&self) -> impl Iterator<Item = (&Arc<str>, u64)> {
        self.threads.iter().filter_map(|(name, thread)| Some((name.as_ref()?, thread.unread)))
    }

    /// How many messages to all were not looked at.
    pub(super) fn unread_of_all(&self) -> u64 {
        self.threads.get(&None).map_or(0, |thread| thread.unread)
    }
}

/// Whether it is something that somebody has said to us.
fn is_message(line: &ChatLine) -> bool {
    line.own.is_none() && matches!(line.kind, ChatLineKind::Said { .. } | ChatLineKind::Acts { .. })
}

#[cfg(test)]
mod tests {
    use espalier_core::Timestamp;
    use espalier_core::chat::HISTORY_MAX;

    use super::*;

    fn line(private: Option<&str>) -> ChatLine {
        let kind = ChatLineKind::Said { name: "bob".into(), text: "hi".into() };
        ChatLine { at: Timestamp(0), private: private.map(Into::into), kind, own: None }
    }

    #[test]
    fn what_is_new_is_unread_until_it_is_looked_at_and_what_is_dropped_is_gone() {
        let (mut history, mut threads) = (ChatHistory::default(), Threads::default());
        history.push(line(None));
        history.push(line(Some("bob")));
        threads.follow(&history);
        threads.follow(&history);
        let bob: Arc<str> = "bob".into();
        assert_eq!(threads.private().collect::<Vec<_>>(), [(&bob, 1)]);
        assert_eq!(threads.unread_of_all(), 1);
        threads.read(&Some(bob.clone()));
        assert_eq!(threads.private().collect::<Vec<_>>(), [(&bob, 0)]);
        (0..HISTORY_MAX).for_each(|_| history.push(line(None)));
        threads.follow(&history);
        assert_eq!(threads.lines(Some(&bob)), None);
        assert_eq!(threads.lines(None).map(VecDeque::len), Some(HISTORY_MAX));
        let mut another = ChatHistory::default();
        another.push(line(None));
        threads.follow(&another);
        assert_eq!(threads.lines(None), Some(&VecDeque::from([0])));
    }
}

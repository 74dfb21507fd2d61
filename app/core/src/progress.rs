//! A long action under way: how far it is, and the request to end it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

/// How far an action is, and whether it is to end. Whoever does it holds this; clones are of the same action.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Action>);

#[derive(Debug, Default)]
struct Action {
    done: AtomicU64,
    total: AtomicU64,
    is_cancelled: AtomicBool,
}

impl Progress {
    /// So much of so much is done, in any unit.
    pub fn set(&self, done: u64, total: u64) {
        self.0.done.store(done, Ordering::Relaxed);
        self.0.total.store(total, Ordering::Relaxed);
    }

    /// Which part is done, from 0 to 1; `None` as long as nobody knows how much there is.
    pub fn share(&self) -> Option<f32> {
        let total = self.0.total.load(Ordering::Relaxed);
        let done = self.0.done.load(Ordering::Relaxed).min(total);
        (total > 0).then(|| (done as f64 / total as f64) as f32)
    }

    /// Wishes that it ends: nothing of it is to stay.
    pub fn cancel(&self) {
        self.0.is_cancelled.store(true, Ordering::Release);
    }

    /// Whether somebody wishes that it ends.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled.load(Ordering::Acquire)
    }

    /// The same action for those who look at it.
    pub fn watch(&self) -> Watch {
        Watch(Arc::downgrade(&self.0))
    }
}

/// An action as others see it. It is over when whoever did it has let go of it, however that ended.
#[derive(Clone, Debug, Default)]
pub struct Watch(Weak<Action>);

impl Watch {
    /// The action, as long as it is not over.
    pub fn action(&self) -> Option<Progress> {
        self.0.upgrade().map(Progress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_watched_until_it_is_let_go() {
        let action = Progress::default();
        let watch = action.watch();
        assert_eq!(action.share(), None);
        action.set(3, 4);
        assert_eq!(watch.action().and_then(|it| it.share()), Some(0.75));
        action.set(9, 4);
        assert_eq!(action.share(), Some(1.0));
        watch.action().into_iter().for_each(|it| it.cancel());
        assert!(action.is_cancelled());
        drop(action);
        assert!(watch.action().is_none());
    }
}

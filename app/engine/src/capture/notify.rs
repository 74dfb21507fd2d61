//! Telling those who follow a capture that it has grown.

use std::sync::{Arc, Weak};

use parking_lot::RwLock;

type Listener = dyn Fn() + Send + Sync;

/// Who wants to know of appends.
#[derive(Default)]
pub(super) struct Listeners(RwLock<Vec<Weak<Listener>>>);

/// Ends the notifications when dropped.
#[must_use = "notifications end when this is dropped"]
pub struct Subscription {
    _listener: Arc<Listener>,
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Subscription")
    }
}

impl Listeners {
    pub fn add(&self, listener: impl Fn() + Send + Sync + 'static) -> Subscription {
        let listener: Arc<Listener> = Arc::new(listener);
        let mut all = self.0.write();
        all.retain(|it| it.strong_count() > 0);
        all.push(Arc::downgrade(&listener));
        Subscription { _listener: listener }
    }

    pub fn notify(&self) {
        self.0.read().iter().filter_map(Weak::upgrade).for_each(|listener| listener());
    }
}

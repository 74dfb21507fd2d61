//! The one coalescing waker between everything that changes and the window that draws.

use std::sync::atomic::{AtomicU8, Ordering};

use parking_lot::RwLock;

/// Nothing has changed since the window drew.
const QUIET: u8 = 0;
/// The window was woken and has not drawn yet.
const RUNG: u8 = 1;
/// Something changed after that; the frame under way may have missed it.
const RUNG_AGAIN: u8 = 2;

/// Wakes the window at most once per frame, and never loses the last change.
#[derive(Default)]
pub struct Bell {
    state: AtomicU8,
    wake: RwLock<Option<Box<dyn Fn() + Send + Sync>>>,
}

impl std::fmt::Debug for Bell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bell").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Bell {
    /// Sets who is woken.
    pub fn on_ring(&self, wake: Box<dyn Fn() + Send + Sync>) {
        *self.wake.write() = Some(wake);
    }

    /// Something to draw has changed. From any thread; cheap when the window is already awake.
    pub fn ring(&self) {
        let before =
            self.state.fetch_update(Ordering::AcqRel, Ordering::Acquire, |state| match state {
                QUIET => Some(RUNG),
                RUNG => Some(RUNG_AGAIN),
                _ => None,
            });
        if before == Ok(QUIET) {
            self.wake();
        }
    }

    /// A frame was drawn. What changed while it was being drawn asks for the next one.
    pub fn answered(&self) {
        if self.state.swap(QUIET, Ordering::AcqRel) == RUNG_AGAIN {
            self.ring();
        }
    }

    fn wake(&self) {
        if let Some(wake) = &*self.wake.read() {
            wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicU32;

    use super::*;

    fn counted() -> (Bell, Arc<AtomicU32>) {
        let (bell, wakes) = (Bell::default(), Arc::new(AtomicU32::new(0)));
        let count = wakes.clone();
        bell.on_ring(Box::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
        }));
        (bell, wakes)
    }

    #[test]
    fn a_thousand_changes_between_two_frames_wake_once() {
        let (bell, wakes) = counted();
        (0..1000).for_each(|_| bell.ring());
        assert_eq!(wakes.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_change_while_a_frame_is_drawn_asks_for_one_more_and_then_it_is_quiet() {
        let (bell, wakes) = counted();
        bell.ring();
        bell.ring();
        bell.answered();
        assert_eq!(wakes.load(Ordering::Relaxed), 2);
        bell.answered();
        assert_eq!(wakes.load(Ordering::Relaxed), 2);
        bell.ring();
        assert_eq!(wakes.load(Ordering::Relaxed), 3);
    }
}

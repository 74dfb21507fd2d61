//! The one coalescing waker between everything that changes and the window that draws.

use std::sync::atomic::{AtomicU8, Ordering};

use parking_lot::RwLock;

/// Nothing has changed since the window drew.
const IDLE: u8 = 0;
/// The window was woken and has not drawn yet.
const WOKEN: u8 = 1;
/// Something changed after that; the frame under way may have missed it.
const WOKEN_AGAIN: u8 = 2;

/// Wakes the window at most once per frame, and never loses the last change.
#[derive(Default)]
pub struct Waker {
    state: AtomicU8,
    wake: RwLock<Option<Box<dyn Fn() + Send + Sync>>>,
}

impl std::fmt::Debug for Waker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waker").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Waker {
    /// Sets who is woken.
    pub fn set(&self, wake: Box<dyn Fn() + Send + Sync>) {
        *self.wake.write() = Some(wake);
    }

    /// Something to draw has changed. From any thread; cheap when the window is already awake.
    pub fn wake(&self) {
        let before =
            self.state.fetch_update(Ordering::AcqRel, Ordering::Acquire, |state| match state {
                IDLE => Some(WOKEN),
                WOKEN => Some(WOKEN_AGAIN),
                _ => None,
            });
        if before == Ok(IDLE) {
            self.call();
        }
    }

    /// A frame was drawn. What changed while it was being drawn asks for the next one.
    pub fn drawn(&self) {
        if self.state.swap(IDLE, Ordering::AcqRel) == WOKEN_AGAIN {
            self.wake();
        }
    }

    fn call(&self) {
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

    fn counted() -> (Waker, Arc<AtomicU32>) {
        let (waker, wakes) = (Waker::default(), Arc::new(AtomicU32::new(0)));
        let count = wakes.clone();
        waker.set(Box::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
        }));
        (waker, wakes)
    }

    #[test]
    fn a_thousand_changes_between_two_frames_wake_once() {
        let (waker, wakes) = counted();
        (0..1000).for_each(|_| waker.wake());
        assert_eq!(wakes.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_change_while_a_frame_is_drawn_asks_for_one_more_and_then_it_is_quiet() {
        let (waker, wakes) = counted();
        waker.wake();
        waker.wake();
        waker.drawn();
        assert_eq!(wakes.load(Ordering::Relaxed), 2);
        waker.drawn();
        assert_eq!(wakes.load(Ordering::Relaxed), 2);
        waker.wake();
        assert_eq!(wakes.load(Ordering::Relaxed), 3);
    }
}

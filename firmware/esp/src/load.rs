//! How hard the program works, and how deep its stack went: figures for `status`.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

use esp_hal::time::Instant;
use esp_rtos::embassy::Callbacks;

/// What the stack is filled with where nothing was yet.
const UNTOUCHED: u32 = 0x5afe_57ac;
/// Bytes below the current frame that are left alone: what is called next, and registers that are saved there.
const MARGIN: usize = 1024;

unsafe extern "C" {
    /// The word at the stack's end that must not change; the hardware watches it.
    static __stack_chk_guard: u32;
}

/// Fills the free part of the main thread's stack. Called once, at the start.
#[inline(never)]
pub fn paint() {
    let here = 0_u32;
    let top = (&raw const here).addr().saturating_sub(MARGIN);
    let mut word = bottom();
    while word.addr() < top {
        // SAFETY: between the stack's end and what is in use of it there is nothing.
        unsafe { word.write_volatile(UNTOUCHED) };
        word = word.wrapping_add(1);
    }
}

/// Least free bytes of the main thread's stack since the start.
pub fn stack_min() -> u32 {
    let here = 0_u32;
    let top = (&raw const here).addr();
    let mut word = bottom().cast_const();
    // SAFETY: all of it is the stack.
    while word.addr() < top && unsafe { word.read_volatile() } == UNTOUCHED {
        word = word.wrapping_add(1);
    }
    u32::try_from(word.addr() - bottom().addr()).unwrap_or(u32::MAX)
}

/// The lowest word that may be used.
fn bottom() -> *mut u32 {
    (&raw const __stack_chk_guard).cast_mut().wrapping_add(1)
}

/// Whether there is a clock to read.
static RUNS: AtomicBool = AtomicBool::new(false);
/// Microseconds of work since the start; it wraps.
static WORKED: AtomicU32 = AtomicU32::new(0);

/// Begins to measure. The clock runs from now on.
pub fn begin() {
    RUNS.store(true, Relaxed);
}

/// Microseconds in which tasks were at work since the start; it wraps. The radio library's own threads count only where they
/// interrupt such work.
pub fn worked_us() -> u32 {
    WORKED.load(Relaxed)
}

/// Measures on behalf of the executor.
#[derive(Default)]
pub struct Meter {
    since: Option<Instant>,
}

impl Callbacks for Meter {
    fn before_poll(&mut self) {
        if self.since.is_none() && RUNS.load(Relaxed) {
            self.since = Some(Instant::now());
        }
    }

    fn on_idle(&mut self) {
        if let Some(since) = self.since.take() {
            let more = since.elapsed().as_micros() as u32;
            // Nobody else writes it.
            WORKED.store(WORKED.load(Relaxed).wrapping_add(more), Relaxed);
        }
    }
}

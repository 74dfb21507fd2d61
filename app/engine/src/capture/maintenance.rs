//! The one thread that looks after all captures which are written: once a second, and sleeping while nothing is written.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

/// How long captures that were written wait for the thread's next round.
const ROUND: Duration = Duration::from_secs(1);

/// The captures that the maintenance thread has to look after.
struct MaintenanceThread {
    waiting: Mutex<PendingCaptures>,
    called: Condvar,
}

/// What looks after one capture, once. It must not keep the capture open.
type Maintain = Box<dyn FnOnce() + Send>;

/// Captures that were written since the last round.
struct PendingCaptures {
    captures: Vec<Maintain>,
    /// Somebody has something to tell: the round begins now.
    urgent: bool,
}

static MAINTENANCE: MaintenanceThread = MaintenanceThread {
    waiting: Mutex::new(PendingCaptures { captures: Vec::new(), urgent: false }),
    called: Condvar::new(),
};

/// Has the thread look after a capture at its next round, or begin that now when it is `urgent`. The thread begins with the
/// first one.
pub fn schedule(maintain: impl FnOnce() + Send + 'static, urgent: bool) {
    static STARTED: OnceLock<bool> = OnceLock::new();
    let started = *STARTED.get_or_init(|| {
        let thread = std::thread::Builder::new().name("espalier-captures".to_owned());
        let spawned = thread.spawn(|| MAINTENANCE.run());
        spawned
            .inspect_err(|error| tracing::error!("no thread looks after captures: {error}"))
            .is_ok()
    });
    if !started {
        return;
    }
    let mut waiting = MAINTENANCE.waiting.lock();
    waiting.captures.push(Box::new(maintain));
    waiting.urgent |= urgent;
    drop(waiting);
    MAINTENANCE.called.notify_one();
}

impl MaintenanceThread {
    /// Sleeps while nothing is written.
    fn run(&self) {
        loop {
            let mut waiting = self.waiting.lock();
            while waiting.captures.is_empty() {
                self.called.wait(&mut waiting);
            }
            let until = Instant::now() + ROUND;
            while !waiting.urgent && !self.called.wait_until(&mut waiting, until).timed_out() {}
            waiting.urgent = false;
            let captures = std::mem::take(&mut waiting.captures);
            drop(waiting);
            captures.into_iter().for_each(|maintain| maintain());
        }
    }
}

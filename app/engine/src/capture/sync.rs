//! When the disk is told to take what was written, and the one thread that looks after all captures.
//!
//! A record is with the operating system when an append returns: the end of this program loses nothing. A power cut, or a
//! crash of the system, loses what the system still had in memory; that is what syncing bounds.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{OnceLock, Weak};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use serde::{Deserialize, Serialize};

use super::live::CaptureShared;

/// When the disk is told to take what was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum SyncPolicy {
    /// When the system likes: a power cut may take the last half minute, or more.
    Never,
    /// Once a second: a power cut takes a second and what the disk needs to write it. In the background, so that nothing
    /// waits for it.
    #[default]
    EachSecond,
    /// After every record, before anything else happens in its session: a power cut takes nothing. Each record waits for
    /// the disk.
    EachRecord,
}

static POLICY: AtomicU8 = AtomicU8::new(SyncPolicy::EachSecond as u8);

impl SyncPolicy {
    /// Uses this policy for all captures of the program, from their next record on.
    pub fn apply(self) {
        POLICY.store(self as u8, Ordering::Relaxed);
    }

    /// The policy in force.
    pub fn current() -> Self {
        match POLICY.load(Ordering::Relaxed) {
            0 => Self::Never,
            2 => Self::EachRecord,
            _ => Self::EachSecond,
        }
    }
}

/// How long captures that were written wait for the thread's next round.
const ROUND: Duration = Duration::from_secs(1);

/// The captures that the maintenance thread has to look after.
struct MaintenanceThread {
    waiting: Mutex<PendingCaptures>,
    called: Condvar,
}

/// Captures that were written since the last round.
struct PendingCaptures {
    captures: Vec<Weak<CaptureShared>>,
    /// Somebody has something to tell: the round begins now.
    urgent: bool,
}

static MAINTENANCE: MaintenanceThread = MaintenanceThread {
    waiting: Mutex::new(PendingCaptures { captures: Vec::new(), urgent: false }),
    called: Condvar::new(),
};

/// Has the thread look after a capture at its next round. The thread begins with the first one.
pub(super) fn schedule(capture: Weak<CaptureShared>, urgent: bool) {
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
    waiting.captures.push(capture);
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
            captures.iter().for_each(CaptureShared::maintain);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_name_the_policies() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct History {
            sync: SyncPolicy,
        }
        for (text, sync) in [
            ("never", SyncPolicy::Never),
            ("each-second", SyncPolicy::EachSecond),
            ("each-record", SyncPolicy::EachRecord),
        ] {
            let read: History = toml::from_str(&format!("sync = \"{text}\"")).unwrap();
            assert_eq!(read, History { sync });
        }
        assert_eq!(SyncPolicy::default(), SyncPolicy::EachSecond);
    }
}

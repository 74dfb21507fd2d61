//! The policy by which the disk is told to take what was written.

use std::sync::atomic::{AtomicU8, Ordering};

use espalier_core::settings::SyncPolicy;

static POLICY: AtomicU8 = AtomicU8::new(SyncPolicy::EachSecond as u8);

/// Uses this policy for all captures of the program, from their next record on.
pub fn set_sync_policy(policy: SyncPolicy) {
    POLICY.store(policy as u8, Ordering::Relaxed);
}

/// The policy in force.
pub(super) fn sync_policy() -> SyncPolicy {
    match POLICY.load(Ordering::Relaxed) {
        0 => SyncPolicy::Never,
        2 => SyncPolicy::EachRecord,
        _ => SyncPolicy::EachSecond,
    }
}

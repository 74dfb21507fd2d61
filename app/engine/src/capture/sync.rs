//! When the disk is told to take what was written.
//!
//! A record is with the operating system when an append returns: the end of this program loses nothing. A power cut, or a
//! crash of the system, loses what the system still had in memory; that is what syncing bounds.

use std::sync::atomic::{AtomicU8, Ordering};

use serde::{Deserialize, Serialize};

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

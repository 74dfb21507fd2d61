//! How much a capture may take on disk.

/// How much a capture may take on disk, and in what pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptureLimits {
    /// A segment does not grow above this many bytes (but holds one record at least).
    pub segment: u64,
    /// All segments together stay below this many bytes; the oldest goes first. At least two segments.
    pub retention: u64,
}

impl CaptureLimits {
    /// Segments of 64 MiB, and this much in all.
    pub const fn with_retention_mib(mib: u64) -> Self {
        Self { segment: 64 << 20, retention: mib.saturating_mul(1 << 20) }
    }

    /// One file without an end.
    pub(super) const UNLIMITED: Self = Self { segment: u64::MAX, retention: u64::MAX };
}

impl Default for CaptureLimits {
    fn default() -> Self {
        Self::with_retention_mib(4096)
    }
}

//! What is known of the frame under way in one direction of one peer.

use super::FrameFault;
use super::chars::CharState;

/// What a frame waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum FramePhase {
    #[default]
    Header = 0,
    Body = 1,
    /// It is none: the next header.
    Broken = 2,
}

impl FramePhase {
    pub(super) const fn of(value: u8) -> Self {
        match value {
            1 => Self::Body,
            2 => Self::Broken,
            _ => Self::Header,
        }
    }
}

/// What is known of the frame under way. Everything in it comes from the bytes of the frame so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FrameState {
    /// Bytes so far.
    pub(super) seen: u32,
    /// How many of them came before the header.
    pub(super) start: u32,
    pub(super) phase: FramePhase,
    /// Bytes of the header so far.
    pub(super) matched: u32,
    /// How long it is from its header on; 0: not known yet.
    pub(super) total: u32,
    /// The last 16 bytes, the newest in the low bits.
    pub(super) recent: u128,
    /// Which of the last 32 bytes begin a character, the newest in the lowest bit.
    pub(super) starts: u32,
    pub(super) chars: CharState,
    /// The checksum so far.
    pub(super) check: u128,
    pub(super) fault: Option<FrameFault>,
}

/// What goes on from a row that was full to the next one.
#[derive(Clone, Debug, Default)]
pub(super) struct Carry {
    /// How many bytes of the frame the rows so far have.
    pub(super) offset: u64,
    pub(super) frame: Option<Box<FrameState>>,
}

impl FrameState {
    /// Notes bytes of the frame.
    pub(super) fn remember(&mut self, bytes: &[u8]) {
        self.seen = self.seen.saturating_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        let tail = &bytes[bytes.len().saturating_sub(16)..];
        self.recent = tail.iter().fold(self.recent, |recent, byte| recent << 8 | u128::from(*byte));
    }

    /// Whether the frame so far and `then` end with `what`, of at most 16 bytes.
    pub(super) fn ends_with(&self, then: &[u8], what: &[u8]) -> bool {
        if then.len() >= what.len() {
            return then.ends_with(what);
        }
        let (before, after) = what.split_at(what.len() - then.len());
        let known = self.recent.to_be_bytes();
        after == then && before.len() <= self.seen as usize && known.ends_with(before)
    }
}

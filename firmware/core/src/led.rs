//! What a status LED shows: a blink pattern, as a value.

use crate::time::Time;
use espalier_protocol::WifiState;

/// On for a while, off for a while, again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedPattern {
    /// Milliseconds on.
    pub on_ms: u16,
    /// Milliseconds off; 0 is always on.
    pub off_ms: u16,
}

impl LedPattern {
    /// Asks for credentials: two short flashes a second would look like joining, so it is slow.
    pub const PROVISIONING: Self = Self { on_ms: 1000, off_ms: 1000 };
    /// Joining.
    pub const JOINING: Self = Self { on_ms: 100, off_ms: 150 };
    /// Reachable, nobody there.
    pub const READY: Self = Self { on_ms: 50, off_ms: 1950 };
    /// Somebody is there.
    pub const BUSY: Self = Self { on_ms: 1, off_ms: 0 };
    /// Somebody has to wait.
    pub const FULL: Self = Self { on_ms: 900, off_ms: 100 };

    /// Whether it is lit at this moment.
    pub const fn is_lit(self, now: Time) -> bool {
        let period = self.on_ms as u64 + self.off_ms as u64;
        period > 0 && now.ms() % period < self.on_ms as u64
    }

    /// For a board in this state.
    pub(crate) const fn of(state: WifiState, provisioning: bool, served: u8, waiting: u8) -> Self {
        match state {
            _ if provisioning => Self::PROVISIONING,
            WifiState::Online if waiting > 0 => Self::FULL,
            WifiState::Online if served > 0 => Self::BUSY,
            WifiState::Online => Self::READY,
            _ => Self::JOINING,
        }
    }
}

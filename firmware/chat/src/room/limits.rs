//! How much a room allows.

use core::time::Duration;

/// What a room allows its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomLimits {
    /// Lines to a member that may be without its acknowledgement at once.
    pub window: u32,
    /// How long a member is waited for whose connection is gone, seconds.
    pub expiry_s: u32,
    /// Lines that a member may say in a second; it is not read while it has said more.
    pub lines_per_s: u32,
    /// Lines that it may say at once after a silence.
    pub burst: u32,
}

impl RoomLimits {
    /// As a computer has them.
    pub const COMPUTER: Self = Self { window: 32, expiry_s: 300, lines_per_s: 1_000, burst: 2_000 };
    /// As a board has them.
    pub const BOARD: Self = Self { window: 4, expiry_s: 60, lines_per_s: 20, burst: 40 };
}

/// Silence after which text without a line ending is a line of its own. It is one only for those who
/// have never sent an ending: many assistants send none.
pub const QUIET: Duration = Duration::from_millis(500);

/// Silence after which a new connection is announced as a guest: who says `/hello` within this time
/// was never one.
pub const ARRIVAL: Duration = Duration::from_secs(1);

/// How long a connection that ends has for what it is still to be told.
pub const LINGER: Duration = Duration::from_secs(10);

/// Waits for an acknowledgement: after each the first line without one is sent again,
/// after the last the connection is dead.
pub const RESEND: [Duration; 3] =
    [Duration::from_secs(3), Duration::from_secs(6), Duration::from_secs(12)];

//! Pauses between attempts, at Wi-Fi and at dialling.

/// Longest pause between two attempts, milliseconds.
pub const BACK_OFF_MAX_MS: u32 = 30_000;

/// 1, 2, 4 … 30 s after the first, second, third … failure.
pub(crate) fn back_off_ms(attempt: u32) -> u32 {
    let doubled = 1_000u32.checked_shl(attempt.saturating_sub(1).min(16));
    doubled.unwrap_or(BACK_OFF_MAX_MS).min(BACK_OFF_MAX_MS)
}

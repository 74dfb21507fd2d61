//! Why the chip started, and the mark that tells a panic's restart from one that was asked for.

use espalier_board::protocol::Reset;

/// The reason, from the ROM's number; the numbers are the same on all chips (ESP-IDF `soc_reset_reason_t`).
/// A reset by the EN pin has the number of power coming on.
pub fn reason() -> Reset {
    let number = esp_hal::system::reset_reason().map_or(0, |reason| reason as u32);
    match number {
        0x01 => Reset::PowerOn,
        0x03 | 0x0c if crate::panic::was_last_time() => Reset::Panic,
        0x03 | 0x0c => Reset::Software,
        0x05 => Reset::DeepSleep,
        // 0x12 is the super watchdog, of the chips that have one.
        0x07..=0x0b | 0x0d | 0x10..=0x12 => Reset::Watchdog,
        0x0f => Reset::Brownout,
        0x15 | 0x16 => Reset::Usb,
        _ => Reset::Other,
    }
}

//! A chip without USB-Serial/JTAG: UART0 is its only console.

use embassy_executor::Spawner;

use crate::glue::Glue;

/// Nothing.
pub type Device = ();

/// Starts nothing.
pub fn start(_spawner: Spawner, _glue: &'static Glue, _device: Device) {}

/// Nobody takes anything.
pub fn last_words(_bytes: &[u8]) -> bool {
    false
}

//! What flashing asks of whoever owns the port.

use espalier_core::board::FlashStatus;

/// What flashing needs of whoever owns the port.
pub trait FlashHost {
    /// The user wants out. Asked at every block.
    fn is_cancelled(&mut self) -> bool;

    /// Something changed; the status is copied if wanted.
    fn publish(&mut self, status: &FlashStatus);

    /// The board said this before its loader took the line.
    fn heard(&mut self, bytes: &[u8]);

    /// Taps EN on a board with buttons of our own, holding BOOT meanwhile if the loader is wanted.
    fn press(&mut self, boot: bool) -> bool;
}

//! Ending a transfer from either side: CANs in a row.

/// CAN, the control character.
pub const CAN: u8 = 0x18;

/// What ends a transfer at the other end, as lrzsz sends it: ten CANs, and as many backspaces that wipe them from a terminal.
pub const CANCEL: [u8; 20] = {
    let mut bytes = [CAN; 20];
    let mut at = 10;
    while at < 20 {
        bytes[at] = 0x08;
        at += 1;
    }
    bytes
};

/// Counts CANs in a row.
#[derive(Clone, Copy, Debug)]
pub struct CancelCounter {
    needed: u8,
    run: u8,
}

impl CancelCounter {
    /// So many in a row are a cancel.
    pub const fn new(needed: u8) -> Self {
        Self { needed, run: 0 }
    }

    /// Whether the other end has cancelled with this byte.
    pub const fn heard(&mut self, byte: u8) -> bool {
        self.run = if byte == CAN { self.run.saturating_add(1) } else { 0 };
        self.run >= self.needed
    }
}

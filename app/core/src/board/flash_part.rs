//! A region of flash and what goes there: what images and files become, and what is written.

/// One region to write.
#[derive(Clone, PartialEq, Eq)]
pub struct FlashPart {
    /// What it is.
    pub name: String,
    /// Where it begins; a multiple of 4 KiB.
    pub address: u32,
    /// What goes there; a multiple of 4 bytes.
    pub bytes: Vec<u8>,
}

impl FlashPart {
    /// The address behind it.
    pub fn end(&self) -> u64 {
        u64::from(self.address) + self.bytes.len() as u64
    }
}

impl std::fmt::Debug for FlashPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, address, bytes } = self;
        write!(f, "Part({name:?}, {address:#x}, {} bytes)", bytes.len())
    }
}

//! A new program over the network, into the slot that does not run: which slot is started ([`BootSlots`]), whether an image is
//! whole ([`image`]), and the conversation ([`OtaSession`]). The flash is behind [`Flash`]; nothing here waits.

mod boot;
mod image;
mod session;
mod trial;

pub use boot::{BootSlots, OtaBoot, SECTOR};
pub use session::{BLOCK, OtaEvent, OtaPermit, OtaSession};
pub(crate) use trial::Trial;
pub use trial::{ALLOWED_S, TRIAL_S};

/// The flash refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlashFault;

/// The flash chip. Offsets are bytes from its beginning; offsets and lengths that are read and written are multiples of 4.
pub trait Flash {
    /// Reads.
    ///
    /// # Errors
    /// The flash refuses, or ends before.
    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashFault>;
    /// Clears the bits that are clear in `bytes`.
    ///
    /// # Errors
    /// The flash refuses, or ends before.
    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashFault>;
    /// Erases the sector of [`SECTOR`] bytes that begins there.
    ///
    /// # Errors
    /// The flash refuses, or ends before.
    fn erase(&mut self, offset: u32) -> Result<(), FlashFault>;
}

/// Bytes for the flash: a chip's driver copies what is not aligned to words through a buffer on the stack.
#[derive(Debug, Clone)]
#[repr(C, align(4))]
struct Aligned<const N: usize>([u8; N]);

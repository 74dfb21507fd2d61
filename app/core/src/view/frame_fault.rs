//! What is wrong with a frame.

/// What is wrong with the frame that a row is, or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FrameFault {
    /// It does not begin with the header.
    NoHeader = 1,
    /// Its length field says a length that no frame has.
    BadLength = 2,
    /// Its checksum is not that of its bytes.
    BadChecksum = 3,
    /// It is not there to its end: the rest did not come in time, or the connection ended.
    Incomplete = 4,
}

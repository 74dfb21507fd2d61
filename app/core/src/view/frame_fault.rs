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
    /// It has its length and does not end with the footer.
    NoFooter = 5,
}

impl FrameFault {
    /// What a table says of it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoHeader => "no-header",
            Self::BadLength => "bad-length",
            Self::BadChecksum => "bad-checksum",
            Self::Incomplete => "incomplete",
            Self::NoFooter => "no-footer",
        }
    }

    pub(super) const fn of(value: u8) -> Option<Self> {
        match value {
            1 => Some(Self::NoHeader),
            2 => Some(Self::BadLength),
            3 => Some(Self::BadChecksum),
            4 => Some(Self::Incomplete),
            5 => Some(Self::NoFooter),
            _ => None,
        }
    }
}

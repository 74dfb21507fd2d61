//! What can go wrong with a foreign capture.

use crate::capture::CaptureError;

/// Why a file cannot be opened as a foreign capture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForeignError {
    /// The file is neither pcap nor pcapng.
    #[error("the file is neither pcap nor pcapng")]
    NotACapture,
    /// The system does not let us read it.
    #[error("the file cannot be read")]
    Unreadable,
    /// There is nothing in it for us.
    #[error(
        "there is no TCP and no UDP in it that can be shown ({packets} packets, {unknown_links} of them of an unknown link type)"
    )]
    Nothing {
        /// Packets in the file.
        packets: u64,
        /// Those whose link type is not known.
        unknown_links: u64,
    },
    /// The import was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// A stream could not be written.
    #[error(transparent)]
    Capture(#[from] CaptureError),
}

//! What we send: text with escapes, hex, line endings, checksums.
//!
//! [`compose`] turns what stands in the send box into bytes. It never guesses: what cannot be sent as meant is an error that
//! points at the place.

mod checksum;
mod compose;
mod cut;
mod error;
mod escape;
pub(crate) mod hex;
mod outgoing_bytes;
mod placeholder;
mod spec;

pub use checksum::{Checksum, checksums};
pub use compose::{compose, compose_filled};
pub use cut::cut;
pub use error::{SendError, SendFault};
pub use escape::looks_escaped;
pub use outgoing_bytes::OutgoingBytes;
pub use placeholder::{PlaceholderValues, is_variable_name};
pub use spec::{ChecksumForm, ChecksumSpec, LineEnding, SendFormat, SendSpec};

//! Patterns in streams of bytes: found wherever they stand, however the stream is cut into reads.
//!
//! - [`BytePattern`]: text, hexadecimal with wildcards, or a regular expression, compiled
//! - [`HeldBytes`]: the latest bytes of a stream, which is as far back as a match can begin
//! - [`StreamMatcher`]: looks for one pattern in any number of streams, each with its [`StreamCursor`]

mod held;
mod pattern;
mod stream;

pub use held::HeldBytes;
pub use pattern::{BytePattern, MatchGroups, PatternFault, PatternFormat};
pub use stream::{StreamCursor, StreamMatcher};

//! A load test: one session as many clients of a server or a board.
//!
//! - [`LoadSpec`]: what is asked for, and within which bounds
//! - [`is_inside`]: which addresses may be loaded without asking
//! - [`LoadStatus`]: how it goes, in sum and for each client
//! - [`ClientWatch`]: one client, by what it sends and receives

mod figures;
mod reach;
mod spec;
mod watch;

pub use figures::{LoadClient, LoadClientState, LoadStatus, LoadSum, LoadVerdict};
pub use reach::is_inside;
pub use spec::{BadLoad, LoadSpec, LoadTraffic, PatternCheck};
pub use watch::{ClientWatch, ConnectionRest, HeardPiece};

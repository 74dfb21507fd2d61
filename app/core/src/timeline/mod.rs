//! Several sessions on one clock: their rows merged by time, and what a board says of them set in at the time when it happened.

mod correlator;
mod id;
mod lane;
mod merge;

pub use correlator::{BoardRow, Correlator};
pub use id::TimelineId;
pub use lane::LanePeer;
pub use merge::{MergeLane, Merged, merge};

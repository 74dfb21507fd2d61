//! One clock for both ends: rows of several sessions merged by time, and the board's milliseconds on our clock.

mod account;
mod both_ends;
mod clock;
mod lane;
mod merge;
mod samples;
mod settings;

pub use account::{
    BoardAccount, BoardConnection, Firmware, Place, REMEMBERED, ServerStanding, WifiStanding,
};
pub use both_ends::{BoardRow, BothEnds};
pub use clock::{BoardClock, ClockBounds};
pub use lane::{LanePeer, Origin};
pub use merge::{MergeLane, Merged, merge};
pub use samples::{SAMPLES, Sample, Samples};
pub use settings::{BoardSettings, ConsoleSettings, ServerSettings, WifiSettings};

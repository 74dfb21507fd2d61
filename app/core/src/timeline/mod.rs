//! One clock for both ends: rows of several sessions merged by time, and the board's milliseconds on our clock.

mod both_ends;
mod clock;
mod lane;
mod ledger;
mod merge;

pub use both_ends::{BoardRow, BothEnds};
pub use clock::{BoardClock, ClockBounds};
pub use lane::LanePeer;
pub use ledger::{
    BoardConnection, Firmware, Ledger, Place, REMEMBERED, ServerStanding, WifiStanding,
};
pub use merge::merge;

//! One clock for both ends: rows of several sessions merged by time, and the board's milliseconds on our clock.

mod clock;

pub use clock::{BoardClock, ClockBounds};

//! One clock for both ends: rows of several sessions merged by time, and the board's milliseconds on our clock.

mod clock;
mod correlator;
mod lane;
mod merge;
mod reported;
mod samples;
mod settings;

pub use clock::{BoardClock, ClockBounds};
pub use correlator::{BoardRow, Correlator};
pub use lane::{LanePeer, Origin};
pub use merge::{MergeLane, Merged, merge};
pub use reported::{
    BoardConnection, FirmwareInfo, REMEMBERED, ReportedServer, ReportedState, ReportedWifi,
    ServiceState,
};
pub use samples::{SAMPLES, Sample, Samples};
pub use settings::{BoardSettings, ConsoleSettings, ServerSettings, WifiSettings};

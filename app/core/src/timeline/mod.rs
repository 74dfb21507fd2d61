//! One clock for both ends: rows of several sessions merged by time, and the board's milliseconds on our clock.

mod clock;
mod connection_table;
mod correlator;
mod lane;
mod merge;
mod reported;
mod samples;
mod settings;

pub use clock::{BoardClock, ClockBounds};
pub use connection_table::{BoardConnection, ConnectionTable, REMEMBERED, ServiceState};
pub use correlator::{BoardRow, Correlator};
pub use lane::{LanePeer, Origin};
pub use merge::{MergeLane, Merged, merge};
pub use reported::{FirmwareInfo, ReportedServer, ReportedState, ReportedWifi};
pub use samples::{SAMPLES, Sample, Samples};
pub use settings::{BoardSettings, ConsoleSettings, ServerSettings, WifiSettings};

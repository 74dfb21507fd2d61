//! What a board of ours reports of itself on its console: how it is, its settings, its connections, and its clock on ours.

mod clock;
mod connection_table;
mod samples;
mod settings;
mod state;

pub use clock::{BoardClock, ClockBounds};
pub use connection_table::{BoardConnection, ConnectionTable, ServiceState};
pub use samples::{Sample, Samples};
pub use settings::{BoardSettings, ConsoleSettings, ServerSettings, WifiSettings};
pub use state::{
    FirmwareInfo, ReportedScreen, ReportedServer, ReportedSlots, ReportedState, ReportedWifi,
};

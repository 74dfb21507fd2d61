//! What TCP knows of its connections and its listener, and how long answers take.
//!
//! - [`TcpFigures`]: what a system tells of one connection, at one moment; [`FIGURES`]: that as a table
//! - [`changes`]: what happened between two such moments, as sentences for the log; [`summary`]: what is told at the end
//! - [`FigureSeries`]: such moments over time, bounded
//! - [`LatencyHistogram`]: how long answers take; [`LatencySummary`]: that in a few numbers
//! - [`SessionFigures`]: all of it for a session, as the window and the command line read it

mod change;
mod latency;
mod series;
mod snapshot;
mod table;
mod tcp;

pub use change::{changes, listener_changes, milliseconds, summary};
pub use latency::{LatencyBar, LatencyHistogram, LatencySummary};
pub use series::{FigureSample, FigureSeries};
pub use snapshot::{ConnectionFigures, SessionFigures};
pub use table::{FIGURES, Figure, FigureUnit};
pub use tcp::{ListenerFigures, TcpFigures, TcpState};

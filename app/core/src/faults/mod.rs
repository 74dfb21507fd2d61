//! Faults of a network, made on purpose: what a stream meets on its way.
//!
//! A [`FaultLine`] decides and does no I/O: it is given bytes and the time, and says what goes on when. The same seed and the same
//! input make the same faults, so that what went wrong once goes wrong again. Names are those of toxiproxy where it has one.
//!
//! Bytes pass in this order: held together (`coalesce`), delayed (`latency`, `jitter`), slowed (`rate`), cut (`slicer`), corrupted
//! (`corrupt`), counted, until something closes (`limit_data`, `reset_after`, `silence_after`).

mod fired;
mod gap;
mod line;
mod rate;
mod spec;
#[cfg(test)]
mod tests;

pub use fired::FiredFault;
pub use line::{FaultLine, FaultStep, LineEnd};
pub use rate::RateLimit;
pub use spec::{FaultSpec, ReceiveFaults, RelayFaults};

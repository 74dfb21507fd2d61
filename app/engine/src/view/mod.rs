//! Logs as rows: one named thread for each view cuts, searches and decodes, so that the window never does.
//!
//! [`ViewHandle`] is what the window holds; its calls only leave a request or take what was published last. The worker behind it
//! owns the history, looks at what the eye wants first, and works on in slices of a few milliseconds. It sleeps when there
//! is nothing to do, and publishes no more often than it is asked.

mod handle;
mod inbox;
mod pacing;
mod parallel_records;
mod published;
mod save;
mod snapshot;
#[cfg(test)]
mod tests;
mod worker;

pub use handle::ViewHandle;
pub use parallel_records::ParallelRecords;
pub(crate) use save::export;

/// Called, from the worker's thread, when something to draw has changed.
pub type Wake = std::sync::Arc<dyn Fn() + Send + Sync>;

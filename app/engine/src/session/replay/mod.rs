//! A capture played to a connection or a port of a session: a guest of it, as a transfer is. What moves is recorded as ever.
//!
//! - `guest`: what a session holds of one: its state, what is wished of it, what came for it
//! - `host`: what is asked of the session
//! - `run`: its thread; `player`: what that does

mod guest;
mod host;
mod player;
mod run;

pub use guest::{Replay, ReplayState};
pub use host::{NoTarget, ReplayHost, ReplayTarget};
pub use run::{ReplayTask, start};

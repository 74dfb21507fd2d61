//! A transfer of files: a guest of its session, which owns sending to its peers while it runs. What moves is recorded as ever.
//!
//! - `guest`: what a session holds of one: its state, what is wished of it, what came for it; `target`: the way out
//! - `host`: what is asked of the session
//! - `other_end`: what that has said before there was any
//! - `run`: its thread; `way`: what that has of the session; `raw_send`, `raw_receive`, `spoken`: what that does
//! - `outgoing_file`, `incoming_file`: files at either end

mod guest;
mod host;
mod incoming_file;
mod other_end;
mod outgoing_file;
mod raw_receive;
mod raw_send;
mod run;
mod spoken;
mod target;
mod way;

pub use guest::{Transfer, TransferState};
pub use host::TransferHost;
pub use other_end::OtherEnd;
pub use run::{TransferTask, start};
pub use target::{TransferTarget, byte_time};

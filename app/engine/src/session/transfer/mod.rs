//! A transfer of files: a guest of its session, which owns sending to its peers while it runs. What moves is recorded as ever.
//!
//! - `transfer`: what a session holds of one: its state, what is wished of it, what came for it; `target`: the way out
//! - `other_end`: what that has said before there was any
//! - `run`: its thread; `raw_send`, `raw_receive`, `spoken`: what that does
//! - `outgoing_file`, `incoming_file`: files at either end

mod incoming_file;
mod other_end;
mod outgoing_file;
mod raw_receive;
mod raw_send;
mod run;
mod spoken;
mod target;
mod transfer;

pub use other_end::OtherEnd;
pub use run::TransferTask;
pub use target::TransferTarget;
pub use transfer::{Transfer, TransferState};

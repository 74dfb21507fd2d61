//! What a chat room promises to its members, and bears from them.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod lines;
mod room;

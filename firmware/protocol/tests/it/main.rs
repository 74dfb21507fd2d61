//! What the protocol promises to those who use it.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod command;
mod esptouch;
mod improv;
mod ota;
mod pattern;
mod readme;

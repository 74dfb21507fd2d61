//! What the board does, seen from outside: through the same door that glue uses.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod chat;
mod console;
mod display;
mod glue;
mod improv;
mod mdns;
mod modes;
mod ota;
mod ota_board;
mod restart;
mod settings;
mod slots;
mod smartconfig;
mod storm;
mod wifi;

//! The simulated board against real tools and real sockets.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod boot;
mod espflash;
mod esptool;
mod esptool_program;
mod faults;
mod firmware;
mod fixture;
mod images;
#[cfg(target_os = "linux")]
mod lines;
mod mdns;
mod ota;
mod power;
mod smartconfig;
mod trial;

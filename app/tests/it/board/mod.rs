//! Boards on the command line: `ports`, `flash`, `monitor`, `board` and `go` as programs of their own, against simulated
//! boards in processes of their own. Each end has its documented exit code.

pub mod desk;
mod flash;
#[cfg(target_os = "linux")]
mod lines;
mod monitor;
mod ports;
mod provision;
#[cfg(target_os = "linux")]
mod shims;

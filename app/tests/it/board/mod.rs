//! Boards on the command line: `ports`, `flash`, `monitor`, `board` and `go` as programs of their own, against simulated
//! boards in processes of their own. Each end has its documented exit code.

pub mod desk;
mod flash;
mod flow;
#[cfg(target_os = "linux")]
mod lines;
mod monitor;
mod ports;
#[cfg(target_os = "linux")]
mod shims;

//! Boards on the command line: `ports`, `flash`, `monitor`, `board` and `go` as programs of their own, against simulated
//! boards in processes of their own. Each end has its documented exit code.

#[cfg(target_os = "linux")]
mod alike;
#[path = "../../../engine/tests/it/board/build_folders.rs"]
mod build_folders;
mod builds;
#[cfg(unix)]
mod console;
pub mod desk;
#[path = "../../../engine/tests/it/board/elf.rs"]
#[allow(dead_code, reason = "shared with the engine's tests, which make more of them")]
mod elf;
#[path = "../../../../firmware/simulator/tests/it/esptool_program.rs"]
pub mod esptool_program;
mod flash;
#[cfg(target_os = "linux")]
mod lines;
mod monitor;
mod ports;
mod provision;
mod region;
mod several;
#[cfg(target_os = "linux")]
mod shims;
#[cfg(unix)]
mod update;

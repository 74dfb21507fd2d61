//! Ports, the link and flashing, against simulated boards on pseudo-terminals.

mod bench;
mod cases;
mod elf;
mod faults;
mod files;
mod flash;
mod link;
mod options;
mod panics;
mod places;
mod region;
mod rules;
mod session;

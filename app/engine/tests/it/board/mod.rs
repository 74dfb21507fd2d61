//! Ports, the link and flashing, against simulated boards on pseudo-terminals.

mod bench;
mod faults;
mod flash;
mod link;
mod session;

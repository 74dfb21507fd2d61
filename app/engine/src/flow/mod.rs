//! From a bare board to a conversation: talking with our firmware over its console, giving it Wi-Fi, and the whole way in
//! one go; and ESP-TOUCH for a board without a cable.

mod console;
mod follow;
mod go;
mod guide;
mod networks;
mod over_air;
mod touch;
mod turn;

pub use console::{BoardConsole, ConsoleFault, Patience};
pub use follow::Follower;
pub use go::{BoardLink, GoSpec, fault_of, go, is_ours, join};
pub use guide::Guide;
pub use networks::scan;
pub use over_air::OverAir;
pub use touch::{Touch, TouchFault, TouchSpec, Touched};

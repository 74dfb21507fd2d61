//! Boards on serial ports: which ports there are, the one thread that owns a port, flashing, the bundled images, and what
//! an address in a panic means.

mod board_search;
pub mod build;
mod character_frame;
pub mod core_dump;
pub mod export;
mod file_fault;
pub mod flash;
pub mod images;
pub mod link;
mod port;
pub mod ports;
pub mod symbols;

pub use board_search::{BoardSearch, search_boards};
pub use port::Port;

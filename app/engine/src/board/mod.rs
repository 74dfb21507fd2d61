//! Boards on serial ports: which ports there are, the one thread that owns a port, flashing, updates over the network, the bundled images, and what
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
mod update;
mod update_service;

pub use board_search::{BoardSearch, search_boards};
pub use port::Port;
pub use update::{UpdateFault, UpdateReport, UpdateStage, update};
pub use update_service::UpdateService;

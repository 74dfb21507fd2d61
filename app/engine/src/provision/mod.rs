//! From a bare board to a conversation: talking with our firmware over its console, giving it Wi-Fi, and all of it in
//! one go; and ESP-TOUCH for a board without a cable.

mod console;
mod esp_touch;
mod esp_touch_service;
mod follow;
mod job;
mod networks;
mod provisioner;
mod run;

pub use console::{BoardConsole, ConsoleFault, Deadline};
pub use esp_touch::{EspTouchBoard, EspTouchFault, EspTouchSender, EspTouchSpec};
pub use esp_touch_service::EspTouchService;
pub use follow::Follower;
pub use networks::scan;
pub use provisioner::Provisioner;
pub use run::{BoardLink, ProvisionSpec, fault_of, is_ours, join, provision_board};

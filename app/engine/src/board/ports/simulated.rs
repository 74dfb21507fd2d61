//! Boards that are not there, offered beside those that are. Who simulates them is the program's business.

use espalier_core::board::{BoardFault, PortAccess, PortInfo};

/// A source of simulated boards.
pub trait SimulatedBoards: Send + Sync {
    /// What is offered, as ports named `simulated:…`.
    fn ports(&self) -> Vec<PortInfo>;

    /// Starts the board of this name, or finds it running, and tells the path of its port.
    ///
    /// # Errors
    /// Why it cannot be started.
    fn start(&self, name: &str) -> Result<String, BoardFault>;

    /// Taps its EN button, holding BOOT meanwhile if the loader is wanted. `false`: no such board runs.
    fn press(&self, name: &str, boot: bool) -> bool;

    /// Whether this system can have simulated boards at all.
    fn are_possible(&self) -> bool {
        true
    }

    /// Is it one of ours?
    fn knows(&self, name: &str) -> bool {
        name.starts_with("simulated:")
    }
}

/// None are offered.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSimulatedBoards;

impl SimulatedBoards for NoSimulatedBoards {
    fn ports(&self) -> Vec<PortInfo> {
        Vec::new()
    }

    fn start(&self, name: &str) -> Result<String, BoardFault> {
        Err(PortAccess::Gone.fault(name).unwrap_or_else(BoardFault::cancelled))
    }

    fn press(&self, _name: &str, _boot: bool) -> bool {
        false
    }
}

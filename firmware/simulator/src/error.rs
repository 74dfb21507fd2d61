//! What can go wrong before a board runs, and what to do about it.

use std::io;
use std::net::SocketAddrV4;
use std::path::PathBuf;

/// A simulated board could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulatorError {
    /// This system has no pseudo-terminals.
    #[error("{reason}")]
    Unavailable {
        /// Why, in a sentence for the user.
        reason: &'static str,
    },
    /// The pseudo-terminal could not be made.
    #[error(
        "the simulated board's serial port could not be made; close other terminals and try again"
    )]
    Port(#[source] io::Error),
    /// The state folder or a file in it could not be read or written.
    #[error(
        "the simulated board's state in {path:?} cannot be used; choose another folder or repair it"
    )]
    State {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another simulated board uses the state folder.
    #[error("another simulated board runs from {path:?}; stop it or choose another state folder")]
    StateBusy {
        /// The folder.
        path: PathBuf,
    },
    /// The state folder belongs to another chip.
    #[error(
        "the state in {path:?} is of an {found}, not of an {asked}; choose another state folder"
    )]
    StateOfOtherChip {
        /// The folder.
        path: PathBuf,
        /// The chip the folder was made for.
        found: String,
        /// The chip that was asked for.
        asked: &'static str,
    },
    /// The link to the port could not be made.
    #[error(
        "the link {path:?} to the simulated board's port cannot be made; remove what is there or choose another name"
    )]
    Link {
        /// The link.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The address for its TCP server could not be had.
    #[error("the simulated board cannot listen at {at}; choose another address or stop who has it")]
    Listen {
        /// The address.
        at: SocketAddrV4,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The address of its air could not be had.
    #[error(
        "the simulated board cannot hear SmartConfig at {at}; choose another address or stop who has it"
    )]
    Air {
        /// The address.
        at: SocketAddrV4,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The board's thread could not be started.
    #[error("the simulated board's thread could not be started")]
    Thread(#[source] io::Error),
}

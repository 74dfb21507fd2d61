//! What the board panel asks of the window, and the keyring of the system; and what that answers.

use espalier_core::board::{KeyringFault, ProvisionRequest, Secret};

/// What the panel asks of a board, beyond what a session is asked.
#[derive(Clone, Debug)]
pub enum BoardRequest {
    /// Provision the board.
    Go {
        /// Where to, and what may be done.
        request: ProvisionRequest,
        /// Open a conversation at its end.
        talk: bool,
    },
    /// Cancel the provisioning run.
    CancelGo,
    /// Look for networks.
    Scan,
    /// Say this to our firmware.
    Say(espalier_protocol::Command),
    /// Let a file be picked for flashing.
    PickFile,
    /// Let an ELF file be picked for decoding backtraces.
    PickElf,
}

/// What is asked of the keyring, about the password of a network.
#[derive(Clone, Debug)]
pub enum KeyringRequest {
    /// What is it?
    Recall,
    /// Keep it.
    Remember(Secret),
    /// Forget it.
    Forget,
}

/// What the keyring answered.
#[derive(Debug)]
pub enum KeyringAnswer {
    /// The keyring has this password, or none.
    Recalled(Result<Option<Secret>, KeyringFault>),
    /// The keyring keeps the password now, or refuses.
    Remembered(Result<(), KeyringFault>),
    /// The keyring has forgotten the password, or refuses.
    Forgotten(Result<(), KeyringFault>),
}

//! What the window asks the keyring of the system, and what that answers.

use espalier_core::board::{KeyringFault, Secret};

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

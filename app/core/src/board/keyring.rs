//! Why the system's keyring does not keep or know a password.

/// What a keyring answered instead. It never holds the password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringFault {
    /// The system has no keyring that we can reach.
    #[error("this system offers no keyring ({0})")]
    None(String),
    /// The keyring refused.
    #[error("the keyring says: {0}")]
    Refused(String),
}

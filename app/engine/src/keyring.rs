//! Passwords of networks in the system's keyring, for users who ask for that: the login keychain of macOS, the Credential
//! Manager of Windows, the Secret Service (GNOME Keyring, KWallet) elsewhere.
//!
//! Where there is none, nothing is remembered, and that is said. Every call may wait for the user to unlock the keyring, so
//! none belongs on a thread that draws.

use std::sync::Arc;

pub use espalier_core::board::KeyringFault;
use espalier_core::board::Secret;
use keyring_core::{CredentialStore, Entry, Error};

/// Under which our entries are found in the system's own program for them.
const SERVICE: &str = "espalier-wifi";

/// The system's keyring.
#[derive(Debug)]
pub struct Keyring(Arc<CredentialStore>);

impl Keyring {
    /// The keyring of the user.
    ///
    /// # Errors
    /// There is none, or it cannot be reached.
    pub fn of_user() -> Result<Self, KeyringFault> {
        system().map(Self).map_err(|error| KeyringFault::None(error.to_string()))
    }

    /// A keyring over this store; in tests, one that lives in memory.
    pub const fn over(store: Arc<CredentialStore>) -> Self {
        Self(store)
    }

    /// Keeps the password of this network; an older one is replaced.
    ///
    /// # Errors
    /// The keyring refused.
    pub fn remember(&self, ssid: &str, password: &Secret) -> Result<(), KeyringFault> {
        self.entry(ssid)?.set_password(&password.0).map_err(refused)
    }

    /// The password of this network; `None`: it is not in the keyring.
    ///
    /// # Errors
    /// The keyring refused.
    pub fn recall(&self, ssid: &str) -> Result<Option<Secret>, KeyringFault> {
        match self.entry(ssid)?.get_password() {
            Ok(password) => Ok(Some(Secret(password))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(refused(error)),
        }
    }

    /// Takes the password of this network out of the keyring, if it is there.
    ///
    /// # Errors
    /// The keyring refused.
    pub fn forget(&self, ssid: &str) -> Result<(), KeyringFault> {
        match self.entry(ssid)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(refused(error)),
        }
    }

    fn entry(&self, ssid: &str) -> Result<Entry, KeyringFault> {
        self.0.build(SERVICE, ssid, None).map_err(refused)
    }
}

/// The error's words only: some of these errors hold the password's bytes.
fn refused(error: Error) -> KeyringFault {
    KeyringFault::Refused(error.to_string())
}

#[cfg(target_os = "macos")]
fn system() -> Result<Arc<CredentialStore>, Error> {
    apple_native_keyring_store::keychain::Store::new().map(|store| store as Arc<CredentialStore>)
}

#[cfg(windows)]
fn system() -> Result<Arc<CredentialStore>, Error> {
    windows_native_keyring_store::Store::new().map(|store| store as Arc<CredentialStore>)
}

#[cfg(not(any(target_os = "macos", windows)))]
fn system() -> Result<Arc<CredentialStore>, Error> {
    zbus_secret_service_keyring_store::Store::new().map(|store| store as Arc<CredentialStore>)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_remembered_recalled_and_forgotten() {
        let keyring = Keyring(keyring_core::mock::Store::new().unwrap());
        let secret = |text: &str| Secret(text.to_owned());
        assert_eq!(keyring.recall("Home"), Ok(None));
        keyring.remember("Home", &secret("first try")).unwrap();
        keyring.remember("Home", &secret("correct horse")).unwrap();
        keyring.remember("Office", &secret("another")).unwrap();
        assert_eq!(keyring.recall("Home"), Ok(Some(secret("correct horse"))));
        keyring.forget("Home").unwrap();
        keyring.forget("Home").unwrap();
        assert_eq!(keyring.recall("Home"), Ok(None));
        assert_eq!(keyring.recall("Office"), Ok(Some(secret("another"))));
    }

    #[test]
    fn a_refusal_does_not_hold_the_password() {
        let fault = refused(Error::BadEncoding(b"correct horse".to_vec()));
        assert!(!format!("{fault:?} {fault}").contains("horse"));
        assert!(!format!("{fault:?}").contains("99, 111"), "nor as numbers");
    }
}

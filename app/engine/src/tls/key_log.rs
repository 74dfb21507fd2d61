//! The secrets of connections, written for Wireshark: the key log format of NSS.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use espalier_core::{hex, say};
use parking_lot::Mutex;

use super::TlsFault;
use crate::private;

/// A file of secrets, for its user alone; lines are added to what is there.
#[derive(Debug)]
pub struct KeyLogFile(Mutex<File>);

impl KeyLogFile {
    /// Opens it, or makes it.
    pub fn open(path: &Path) -> Result<Self, TlsFault> {
        let fault = |error: String| {
            TlsFault(say!(
                "tls-key-log-fault",
                "the secrets cannot be written to {path}: {error}",
                path = path.display(),
                error = error,
            ))
        };
        // A pipe would wait for its reader.
        if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            return Err(fault("it is no file".to_owned()));
        }
        let file = private::options().append(true).create(true).open(path);
        let file = file.map_err(|error| fault(error.to_string()))?;
        private::narrow(path);
        Ok(Self(Mutex::new(file)))
    }
}

impl rustls::KeyLog for KeyLogFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let line = format!("{label} {} {}\n", hex::lower(client_random), hex::lower(secret));
        // In one write: several sessions may share a file.
        if let Err(error) = self.0.lock().write_all(line.as_bytes()) {
            tracing::warn!(%error, "a secret was not written to the key log");
        }
    }
}

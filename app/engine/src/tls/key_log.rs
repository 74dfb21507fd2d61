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
        let fault = |error: std::io::Error| {
            TlsFault(say!(
                "tls-key-log-fault",
                "the secrets cannot be written to {path}: {error}",
                path = path.display(),
                error = error,
            ))
        };
        // A pipe would wait for its reader.
        if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            return Err(TlsFault(say!(
                "tls-key-log-no-file",
                "secrets cannot be written to what is no file: {path}",
                path = path.display(),
            )));
        }
        let file = private::options().append(true).create(true).open(path).map_err(fault)?;
        private::narrow(path);
        // Behind a link, of somebody else, or where files have no modes, it stays as wide as it is.
        if is_open_to_others(&file).map_err(fault)? {
            return Err(TlsFault(say!(
                "tls-key-log-open",
                "secrets cannot be written where others can read them: {path}",
                path = path.display(),
            )));
        }
        Ok(Self(Mutex::new(file)))
    }
}

/// Whether others than its user may do anything with it. On Windows the list that it inherits says that, and is not asked.
fn is_open_to_others(file: &File) -> std::io::Result<bool> {
    let permissions = file.metadata()?.permissions();
    #[cfg(unix)]
    let is_open = std::os::unix::fs::PermissionsExt::mode(&permissions) & 0o077 != 0;
    #[cfg(not(unix))]
    let is_open = {
        let _ = permissions;
        false
    };
    Ok(is_open)
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

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn secrets_are_for_their_user_alone_or_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("keys"), folder.path().join("link"));
        std::fs::write(&path, "# of another program\n").unwrap();
        let set = |mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        symlink(&path, &link).unwrap();
        set(0o644);
        let refused = KeyLogFile::open(&link).unwrap_err();
        assert!(refused.0.contains("where others can read them"), "{refused}");
        KeyLogFile::open(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        KeyLogFile::open(&link).unwrap();
    }
}

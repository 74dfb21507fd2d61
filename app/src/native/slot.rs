//! Several windows of one user: each has a state of its own, and what belongs to the first is never overwritten by another.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use espalier_engine::private;
use espalier_engine::workspace::Places;

/// The state of one window. The first window has `settings.toml` and `workspace.toml`, a second one that is open at the same
/// time `settings-2.toml` and `workspace-2.toml`, and so on. The lock goes with the process, however it ends.
#[derive(Debug)]
pub struct Slot {
    lock: File,
    places: Places,
    /// The last window of this state was killed, or crashed.
    ended_badly: bool,
}

impl Slot {
    /// More windows of one user have other reasons.
    const MOST: usize = 32;
    const RUNNING: &[u8] = b"running\n";

    /// Takes the first state that no window has.
    ///
    /// # Errors
    /// The folder cannot be written, or too many windows are open.
    pub fn take(places: &Places) -> io::Result<Self> {
        let folder = places.workspace.parent().unwrap_or(Path::new("."));
        private::own_folder(folder)?;
        for number in 1..=Self::MOST {
            let path = numbered(&folder.join("window.lock"), number);
            let mut lock = private::options()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)?;
            match lock.try_lock() {
                Ok(()) => {}
                Err(std::fs::TryLockError::WouldBlock) => continue,
                // Better one state for all than no window where there are no locks.
                Err(std::fs::TryLockError::Error(error)) => {
                    tracing::warn!("windows are not kept apart: {error}");
                }
            }
            let mut before = Vec::new();
            (&lock).take(64).read_to_end(&mut before)?;
            lock.set_len(0)?;
            lock.rewind()?;
            lock.write_all(Self::RUNNING)?;
            let places = of_number(places, number);
            return Ok(Self { lock, places, ended_badly: !before.is_empty() });
        }
        Err(io::Error::other(format!("{} windows are open already", Self::MOST)))
    }

    /// Where this window's files are.
    pub const fn places(&self) -> &Places {
        &self.places
    }

    /// The last window of this state was killed, or crashed: nobody said that it ended.
    pub const fn ended_badly(&self) -> bool {
        self.ended_badly
    }

    /// The window ends in order.
    pub fn end(self) {
        if let Err(error) = self.lock.set_len(0) {
            tracing::warn!("the next start will say that this one was killed: {error}");
        }
        // A program that was just started from here may hold the descriptor for a moment longer.
        self.lock.unlock().ok();
    }
}

/// The files of a state. One that is new begins with the settings of the first.
fn of_number(places: &Places, number: usize) -> Places {
    let own = Places {
        settings: numbered(&places.settings, number),
        workspace: numbered(&places.workspace, number),
        ..places.clone()
    };
    if number > 1 && !own.settings.exists() && places.settings.is_file() {
        // A window without them begins as the first one ever did.
        if let Err(error) = std::fs::copy(&places.settings, &own.settings) {
            tracing::warn!("a second window has no settings: {error}");
        }
    }
    own
}

/// `settings.toml`, `settings-2.toml`.
fn numbered(path: &Path, number: usize) -> PathBuf {
    if number == 1 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}-{number}.{extension}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_at_the_same_time_have_states_of_their_own() {
        let home = tempfile::tempdir().unwrap();
        let places = Places::within(home.path());
        std::fs::write(&places.settings, "schema = 2\n").unwrap();
        let first = Slot::take(&places).unwrap();
        let second = Slot::take(&places).unwrap();
        assert_eq!(first.places(), &places);
        assert_eq!(second.places().workspace, home.path().join("workspace-2.toml"));
        assert_eq!(std::fs::read_to_string(&second.places().settings).unwrap(), "schema = 2\n");
        assert_eq!(second.places().captures, places.captures, "histories are shared");
        first.end();
        let third = Slot::take(&places).unwrap();
        assert_eq!((third.places(), third.ended_badly()), (&places, false));
        third.lock.unlock().unwrap();
        drop(third);
        assert!(Slot::take(&places).unwrap().ended_badly(), "nobody said that it ended");
    }
}

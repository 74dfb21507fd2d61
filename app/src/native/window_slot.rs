//! Several windows of one user: each has a state of its own, and what belongs to the first is never overwritten by another.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use espalier_engine::private;
use espalier_engine::workspace::ProgramPaths;

/// The state of one window. The first window has `settings.toml` and `workspace.toml`, a second one that is open at the same
/// time `settings-2.toml` and `workspace-2.toml`, and so on. The lock goes with the process, however it ends.
#[derive(Debug)]
pub struct WindowSlot {
    lock: File,
    paths: ProgramPaths,
    /// The last window of this state was killed, or crashed.
    ended_badly: bool,
    /// States of later windows that no window has.
    left: Vec<Left>,
}

/// The state of a window that was open beside another one, and is no more. Nobody takes it as long as this is held.
#[derive(Debug)]
pub struct Left {
    lock: File,
    /// Where its files are.
    pub paths: ProgramPaths,
}

impl Drop for Left {
    fn drop(&mut self) {
        self.lock.unlock().ok();
    }
}

impl WindowSlot {
    /// More windows of one user have other reasons.
    const MOST: usize = 32;
    const RUNNING: &[u8] = b"running\n";

    /// Takes the first state that no window has.
    ///
    /// # Errors
    /// The folder cannot be written, or too many windows are open.
    pub fn take(paths: &ProgramPaths) -> io::Result<Self> {
        let folder = paths.workspace.parent().unwrap_or(Path::new("."));
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
            let left: Vec<Left> =
                (number + 1..=Self::MOST).filter_map(|later| Self::left(paths, later)).collect();
            // A window that was killed beside this one was killed, too.
            let ended_badly = !before.is_empty() || left.iter().any(|it| ran(&it.lock));
            let paths = of_number(paths, number);
            return Ok(Self { lock, paths, ended_badly, left });
        }
        Err(io::Error::other(format!("{} windows are open already", Self::MOST)))
    }

    /// Whether a window has the first state open now, in this or another program.
    pub fn is_open(paths: &ProgramPaths) -> bool {
        let folder = paths.workspace.parent().unwrap_or(Path::new("."));
        let lock = File::options().write(true).open(folder.join("window.lock"));
        let Ok(lock) = lock else { return false };
        let taken = matches!(lock.try_lock(), Err(std::fs::TryLockError::WouldBlock));
        lock.unlock().ok();
        taken
    }

    /// Where this window's files are.
    pub const fn paths(&self) -> &ProgramPaths {
        &self.paths
    }

    /// The state of this number, if it has sessions and no window has it.
    fn left(paths: &ProgramPaths, number: usize) -> Option<Left> {
        let paths = names(paths, number);
        if !paths.workspace.is_file() {
            return None;
        }
        let folder = paths.workspace.parent().unwrap_or(Path::new("."));
        let path = numbered(&folder.join("window.lock"), number);
        let options =
            private::options().read(true).write(true).create(true).truncate(false).open(path);
        let lock = options.ok()?;
        lock.try_lock().ok()?;
        Some(Left { lock, paths })
    }

    /// What windows that were open beside another one have left, to be asked for once.
    pub fn take_left(&mut self) -> Vec<Left> {
        std::mem::take(&mut self.left)
    }

    /// Where eframe keeps the window's place and size, for its user alone: eframe makes the file open to all and truncates one
    /// that is there, which keeps its mode.
    pub fn geometry(&self) -> PathBuf {
        let path = self.paths.settings.with_extension("ron");
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let path = path.with_file_name(name.replacen("settings", "window", 1));
        // The lock lies elsewhere: nobody has made the folder of the settings yet when the program starts for the first time.
        let made = private::make_folder(path.parent().unwrap_or(Path::new(".")))
            .and_then(|()| private::options().write(true).create_new(true).open(&path));
        match made.and_then(|mut file| file.write_all(b"{}")) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                tracing::warn!(%error, path = %path.display(), "cannot be made");
            }
            _ => private::narrow(&path),
        }
        path
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

/// Whether the window that had this lock never said that it ended.
fn ran(lock: &File) -> bool {
    lock.metadata().is_ok_and(|found| found.len() > 0)
}

/// The files of a state.
fn names(paths: &ProgramPaths, number: usize) -> ProgramPaths {
    ProgramPaths {
        settings: numbered(&paths.settings, number),
        workspace: numbered(&paths.workspace, number),
        ..paths.clone()
    }
}

/// The files of a state. One that is new begins with the settings of the first.
fn of_number(paths: &ProgramPaths, number: usize) -> ProgramPaths {
    let own = names(paths, number);
    if number > 1 && !own.settings.exists() && paths.settings.is_file() {
        // A window without them begins as the first one ever did.
        if let Err(error) = std::fs::copy(&paths.settings, &own.settings) {
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
        let paths = ProgramPaths::within(home.path());
        std::fs::write(&paths.settings, "schema = 2\n").unwrap();
        let first = WindowSlot::take(&paths).unwrap();
        let second = WindowSlot::take(&paths).unwrap();
        assert_eq!(first.paths(), &paths);
        assert_eq!(second.paths().workspace, home.path().join("workspace-2.toml"));
        assert_eq!(std::fs::read_to_string(&second.paths().settings).unwrap(), "schema = 2\n");
        assert_eq!(second.paths().captures, paths.captures, "histories are shared");
        assert!(WindowSlot::is_open(&paths));
        first.end();
        assert!(!WindowSlot::is_open(&paths));
        let third = WindowSlot::take(&paths).unwrap();
        assert_eq!((third.paths(), third.ended_badly()), (&paths, false));
        third.lock.unlock().unwrap();
        drop(third);
        assert!(WindowSlot::take(&paths).unwrap().ended_badly(), "nobody said that it ended");
    }

    #[test]
    fn the_first_window_ever_has_a_file_for_its_place_and_size() {
        let home = tempfile::tempdir().unwrap();
        let settings = home.path().join("config/espalier/settings.toml");
        let paths = ProgramPaths { settings, ..ProgramPaths::within(home.path()) };
        let first = WindowSlot::take(&paths).unwrap();
        assert_eq!(first.geometry(), home.path().join("config/espalier/window.ron"));
        assert!(first.geometry().is_file());
    }

    #[cfg(unix)]
    #[test]
    fn the_windows_place_and_size_are_for_its_user_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let paths = ProgramPaths::within(home.path());
        let wide = home.path().join("window.ron");
        std::fs::write(&wide, "{}").unwrap();
        std::fs::set_permissions(&wide, std::fs::Permissions::from_mode(0o644)).unwrap();
        let (first, second) =
            (WindowSlot::take(&paths).unwrap(), WindowSlot::take(&paths).unwrap());
        assert_eq!(first.geometry(), wide);
        assert_eq!(second.geometry(), home.path().join("window-2.ron"));
        for slot in [first, second] {
            // As eframe writes it.
            std::fs::write(slot.geometry(), "{\"a\":\"b\"}").unwrap();
            let mode = std::fs::metadata(slot.geometry()).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            assert_eq!(std::fs::read_to_string(slot.geometry()).unwrap(), "{\"a\":\"b\"}");
        }
    }
}

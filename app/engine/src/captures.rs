//! Where captures live on disk while their sessions do.
//!
//! Each run of the program has a folder of its own, with a file it holds locked. Sessions that are forgotten take their
//! captures with them; what a killed program left behind is kept for a week, so that it can be looked at.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use espalier_core::session::SessionId;

/// How long captures of a program that was killed are kept.
const LEFT_BEHIND: Duration = Duration::from_secs(7 * 86_400);

const LOCK: &str = "lock";

/// This run's folder of captures, made when the first one is.
#[derive(Debug)]
pub struct Captures {
    folder: PathBuf,
    lock: parking_lot::Mutex<Option<File>>,
}

impl Captures {
    /// A run that keeps its captures somewhere in `root`.
    pub fn new(root: &Path) -> Self {
        let seconds = crate::clock::now().0 / 1_000_000_000;
        let folder = root.join(format!("{seconds}-{}", std::process::id()));
        Self { folder, lock: parking_lot::Mutex::default() }
    }

    /// Makes the folder and locks it, so that other runs leave it alone.
    pub fn prepare(&self) -> io::Result<()> {
        let mut lock = self.lock.lock();
        if lock.is_none() {
            fs::create_dir_all(&self.folder)?;
            let file = File::create(self.folder.join(LOCK))?;
            file.lock()?;
            *lock = Some(file);
        }
        Ok(())
    }

    /// Where a session's capture goes.
    pub fn of(&self, id: SessionId) -> PathBuf {
        self.folder.join(id.0.to_string())
    }

    /// Lets go of the folder; it goes when nothing is left in it.
    pub fn close(&self) {
        if self.lock.lock().take().is_some() {
            fs::remove_file(self.folder.join(LOCK)).ok();
            fs::remove_dir(&self.folder).ok();
        }
    }
}

/// Deletes what programs that were killed left behind more than a week ago.
pub fn sweep(root: &Path) {
    sweep_older_than(root, LEFT_BEHIND);
}

fn sweep_older_than(root: &Path, age: Duration) {
    let Ok(entries) = fs::read_dir(root) else { return };
    for folder in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        if is_run(&folder) && is_older_than(&folder, age) && !is_alive(&folder) {
            match fs::remove_dir_all(&folder) {
                Ok(()) => tracing::info!("deleted old captures {}", folder.display()),
                Err(error) => tracing::warn!("{error}: old captures stay: {}", folder.display()),
            }
        }
    }
}

/// Named as we name them: two numbers.
fn is_run(folder: &Path) -> bool {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    folder.is_dir()
        && name.split_once('-').is_some_and(|(time, id)| is_number(time) && is_number(id))
}

fn is_older_than(folder: &Path, age: Duration) -> bool {
    let modified = fs::metadata(folder).and_then(|found| found.modified());
    modified.is_ok_and(|at| SystemTime::now().duration_since(at).unwrap_or_default() >= age)
}

fn is_alive(folder: &Path) -> bool {
    match File::open(folder.join(LOCK)) {
        Ok(file) => file.try_lock().is_err(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_dead_program_left_behind_is_swept() {
        let root = tempfile::tempdir().unwrap();
        let alive = Captures::new(root.path());
        alive.prepare().unwrap();
        let dead = root.path().join("1600000000-4711");
        fs::create_dir_all(dead.join("1")).unwrap();
        let stranger = root.path().join("holiday-pictures");
        fs::create_dir(&stranger).unwrap();
        sweep_older_than(root.path(), LEFT_BEHIND);
        assert!(dead.exists(), "a week has not passed");
        sweep_older_than(root.path(), Duration::ZERO);
        assert!(!dead.exists() && stranger.exists() && alive.folder.exists());
        alive.close();
        assert!(!alive.folder.exists());
    }
}

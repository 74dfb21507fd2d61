//! The one log of this process: takes in lines, and shows them to whoever looks.

use std::io::Write as _;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use espalier_core::Timestamp;
use espalier_core::program_log::{Alerts, LogEntry, LogPage, LogRing, Severity};
use parking_lot::{Mutex, MutexGuard};

use super::SeverityFilter;
use super::file::{LogFile, private};

/// The one log of this process.
static LOG: OnceLock<ProgramLog> = OnceLock::new();

/// The part of the program that what the log says of itself is from.
const OURS: &str = "espalier::program_log";

type Wake = Box<dyn Fn() + Send + Sync>;

/// The program's own log.
pub struct ProgramLog {
    filter: SeverityFilter,
    ring: Mutex<LogRing>,
    file: Option<Mutex<LogFile>>,
    stderr: bool,
    /// Somebody looked since the last line came, or since the last one that alerts.
    looked: AtomicBool,
    heard: AtomicBool,
    wake: OnceLock<Wake>,
}

/// The log of this process, once it was started.
pub fn get() -> Option<&'static ProgramLog> {
    LOG.get()
}

/// Makes this the log of this process; `false`: it has one.
pub fn set(log: ProgramLog) -> bool {
    LOG.set(log).is_ok()
}

impl ProgramLog {
    /// Nothing was said yet. Lines that pass the filter go to the file, too, and to stderr when asked for.
    pub fn new(filter: SeverityFilter, file: Option<LogFile>, stderr: bool) -> Self {
        Self {
            filter,
            ring: Mutex::default(),
            file: file.map(Mutex::new),
            stderr,
            looked: AtomicBool::new(false),
            heard: AtomicBool::new(true),
            wake: OnceLock::new(),
        }
    }

    /// What is taken in.
    pub const fn filter(&self) -> &SeverityFilter {
        &self.filter
    }

    /// The last lines that were said, unless somebody has held them for this long.
    pub fn try_lines(&self, patience: Duration) -> Option<MutexGuard<'_, LogRing>> {
        self.ring.try_lock_for(patience)
    }

    /// Whether a line of this level from this part is taken in.
    pub fn takes(&self, level: Severity, target: &str) -> bool {
        self.filter.takes(level, target)
    }

    /// A line of this level from this part.
    pub fn write(&self, level: Severity, target: &str, text: &str) {
        let line = Arc::new(LogEntry::new(now(), level, target, text));
        let mut failed = None;
        if let Some(file) = &self.file {
            failed = file.lock().write(&line).err();
        }
        if self.stderr {
            crate::print::say(line.written());
        }
        // What others warn of is often no business of a user's, and can be read in the pane.
        let alerts = level == Severity::Error || (level == Severity::Warn && is_ours(target));
        self.ring.lock().push(line, alerts);
        if let Some(error) = failed {
            let text = format!("the log's file cannot be written any more: {error}");
            let line = LogEntry::new(now(), Severity::Error, OURS, &text);
            self.ring.lock().push(Arc::new(line), true);
        }
        let wanted = self.looked.swap(false, Ordering::AcqRel);
        let unheard = alerts && self.heard.swap(false, Ordering::AcqRel);
        if (wanted || unheard)
            && let Some(wake) = self.wake.get()
        {
            wake();
        }
    }

    /// Says who is woken when there is something new to show. It is called by any thread, whatever locks that holds.
    pub fn on_line(&self, wake: Wake) {
        self.wake.set(wake).ok();
    }

    /// Lines for the window, which is woken when another one comes.
    pub fn look(&self, level: Severity, from: u64, rows: Range<usize>) -> LogPage {
        self.looked.store(true, Ordering::Release);
        self.ring.lock().select(level, from, rows)
    }

    /// What the user must hear of; the window is woken by the next one.
    pub fn alerts(&self) -> Alerts {
        self.heard.store(true, Ordering::Release);
        self.ring.lock().alerts()
    }

    /// Writes the lines of at least this level, from number `from` on, to a file.
    ///
    /// # Errors
    /// What the file system says.
    pub fn save(&self, path: &Path, level: Severity, from: u64) -> std::io::Result<()> {
        let lines = self.ring.lock().select(level, from, 0..usize::MAX).lines;
        let mut file = private().write(true).create(true).truncate(true).open(path)?;
        let text: String = lines.iter().map(|line| line.written() + "\n").collect();
        file.write_all(text.as_bytes())
    }
}

/// Whether a part is the program's own, or that which flashes for it.
fn is_ours(target: &str) -> bool {
    target.starts_with("espalier") || target.starts_with("espflash")
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

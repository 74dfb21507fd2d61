//! The program's own log: what `tracing` and `log` say ends here, in a bounded list for the window, in a file and on stderr
//! where asked for, and in the report of a crash.
//!
//! How much is taken in is said by `--log-level`, else `ESPALIER_LOG`, else `[log] level` in the settings.

mod bridge;
pub mod crash;
mod file;
mod filter;

use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use espalier_core::Timestamp;
use espalier_core::program_log::{Alerts, LogEntry, LogPage, LogRing, Severity};
use parking_lot::Mutex;

use file::LogFile;
pub use filter::{SeverityFilter, UnknownSeverity};

/// The one log of this process.
static LOG: OnceLock<ProgramLog> = OnceLock::new();

/// The name of the environment's variable that says how much is taken in.
pub const VARIABLE: &str = "ESPALIER_LOG";

/// What is asked of the log.
#[derive(Debug, Default)]
pub struct LogOptions {
    /// How much, as an argument said.
    pub level: Option<String>,
    /// How much, as the settings say.
    pub setting: Option<String>,
    /// A file that gets all of it, too.
    pub file: Option<PathBuf>,
}

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

/// Begins the log of this process; what was said before is not in it.
///
/// # Errors
/// When the file cannot be opened.
pub fn start(options: LogOptions) -> std::io::Result<()> {
    let file = options.file.as_deref().map(LogFile::open).transpose()?;
    let variable = std::env::var(VARIABLE).ok().filter(|text| !text.trim().is_empty());
    let stderr = variable.is_some() && file.is_none();
    let asked = [
        ("--log-level", options.level),
        (VARIABLE, variable),
        ("[log] level in the settings", options.setting),
    ];
    let mut troubles = Vec::new();
    let filter = asked.into_iter().find_map(|(source, text)| {
        let parsed = SeverityFilter::parse(&text?);
        parsed.map_err(|error| troubles.push(format!("{source} is passed over: {error}"))).ok()
    });
    let log = ProgramLog {
        filter: filter.unwrap_or_default(),
        ring: Mutex::default(),
        file: file.map(Mutex::new),
        stderr,
        looked: AtomicBool::new(false),
        heard: AtomicBool::new(true),
        wake: OnceLock::new(),
    };
    if LOG.set(log).is_ok() {
        bridge::install();
    }
    for trouble in troubles {
        tracing::warn!("{trouble}");
    }
    tracing::info!("Espalier {} begins, revision {}", crash::VERSION, crash::REVISION);
    Ok(())
}

/// The log of this process, once it was started.
pub fn get() -> Option<&'static ProgramLog> {
    LOG.get()
}

impl ProgramLog {
    /// Whether a line of this level from this part is taken in.
    fn takes(&self, level: Severity, target: &str) -> bool {
        self.filter.takes(level, target)
    }

    fn write(&self, level: Severity, target: &str, text: &str) {
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
            let line = LogEntry::new(now(), Severity::Error, module_path!(), &text);
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
        let mut file = file::private().write(true).create(true).truncate(true).open(path)?;
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

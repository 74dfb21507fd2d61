//! The program's own log: what `tracing` and `log` say ends here, in a bounded list for the window, in a file and on stderr
//! where asked for, and in the report of a crash.
//!
//! How much is taken in is said by `--log-level`, else `ESPALIER_LOG`, else `[log] level` in the settings.

mod bridge;
pub mod crash;
mod file;
mod process_log;

use std::path::PathBuf;

pub use espalier_core::severity_filter::{SeverityFilter, UnknownSeverity};
use file::LogFile;
pub use process_log::{ProgramLog, get};

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
    if process_log::set(ProgramLog::new(filter.unwrap_or_default(), file, stderr)) {
        bridge::install();
    }
    for trouble in troubles {
        tracing::warn!("{trouble}");
    }
    tracing::info!("Espalier {} begins, revision {}", crash::VERSION, crash::REVISION);
    Ok(())
}

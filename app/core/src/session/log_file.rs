//! A session's log in files, beside its capture.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{SessionSpec, TransportSpec};
use crate::Sentence;
use crate::file_name::{is_device_name, safe_file_name};

/// A session's log in files of a folder: it goes on over connections, restarts and days, and overwrites nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFileSpec {
    /// Where they are; made where it is missing.
    pub folder: PathBuf,
    /// What is in them.
    #[serde(default)]
    pub form: LogFileForm,
    /// How long one is written.
    #[serde(default)]
    pub every: LogFilePeriod,
    /// MiB after which the next one begins, 1 to [`Self::LARGEST_MIB`]; `None`: however large it gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest_mib: Option<u32>,
}

/// What log files hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFileForm {
    /// Rows as the log shows them, each with date, time and direction, in UTF-8.
    #[default]
    Text,
    /// The text of these rows alone.
    Plain,
    /// The received bytes as they came.
    Raw,
}

/// How long a log file is written, by the clock of this computer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFilePeriod {
    /// An hour.
    Hour,
    /// A day.
    #[default]
    Day,
    /// Until it is full.
    Always,
}

/// A log in files as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFileStatus {
    /// The file that was written last; empty before the first one.
    pub path: PathBuf,
    /// Bytes that were written since it was begun, over all files.
    pub bytes: u64,
    /// Why nothing can be written just now. What comes meanwhile waits in the capture, and is written when it can be.
    pub trouble: Option<Sentence>,
}

impl LogFileSpec {
    /// The largest size that a file can be limited to, in MiB.
    pub const LARGEST_MIB: u32 = 1 << 20;

    /// A log as text in this folder, a file a day.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            form: LogFileForm::default(),
            every: LogFilePeriod::default(),
            largest_mib: None,
        }
    }
}

/// What the log files of a session are called, before the date: by the user's name for it, else by what it is and where. A name
/// for a file only with something behind it: alone, it may be that of a device.
pub fn log_file_name(spec: &SessionSpec) -> String {
    let name = match &spec.transport {
        _ if !spec.name.is_empty() => spec.name.clone(),
        TransportSpec::TcpClient(client) => format!("{}-{}", client.host, client.port),
        TransportSpec::TcpServer(server) => format!("server-{}", server.port),
        TransportSpec::Serial(serial) => {
            let port = Path::new(&serial.port).file_name().unwrap_or_default();
            port.to_string_lossy().into_owned()
        }
        TransportSpec::Capture(_) => String::new(),
    };
    const LONGEST: usize = 60;
    let name: String = name.chars().take(LONGEST).collect();
    let safe = safe_file_name(&name);
    match safe.strip_prefix('_').filter(|rest| is_device_name(rest)) {
        Some(device) => device.to_owned(),
        None if safe.is_empty() => "log".to_owned(),
        None => safe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{SerialSpec, TcpClientSpec, TcpServerSpec};

    #[test]
    fn log_files_are_called_after_their_session() {
        let serial = TransportSpec::Serial(SerialSpec::new("/dev/ttyUSB0"));
        let mut spec = SessionSpec::new(serial);
        assert_eq!(log_file_name(&spec), "ttyUSB0");
        spec.name = "../lamp: 1".to_owned();
        assert_eq!(log_file_name(&spec), "_._lamp_ 1");
        spec.name = "..".to_owned();
        assert_eq!(log_file_name(&spec), "log");
        let port = TransportSpec::Serial(SerialSpec::new("COM3"));
        assert_eq!(log_file_name(&SessionSpec::new(port)), "COM3", "no device with a date");
        let client = TransportSpec::TcpClient(TcpClientSpec::new("::1", 80));
        assert_eq!(log_file_name(&SessionSpec::new(client)), "__1-80");
        let server = TransportSpec::TcpServer(TcpServerSpec::new(7000));
        assert_eq!(log_file_name(&SessionSpec::new(server)), "server-7000");
    }
}

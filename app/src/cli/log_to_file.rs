//! The log in files, as arguments ask for it: the same for `client`, `server`, `udp` and `monitor`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use espalier_core::session::{LogFileForm, LogFilePeriod, LogFileSpec};

use super::byte_count;

/// Where the log goes besides stdout.
#[derive(Clone, Debug, Args)]
pub struct LogToFileArgs {
    /// Write the log to files in DIR, too, named by target and date; what is there is never overwritten
    #[arg(long, value_name = "DIR")]
    log_dir: Option<PathBuf>,
    /// What stands in the files
    #[arg(long, value_name = "F", value_enum, default_value_t = LogFormat::Text, requires = "log_dir")]
    log_format: LogFormat,
    /// When the next file begins: each hour (1h) or day (1d), at a size (10M), at either (1d,10M), or never (off)
    #[arg(long, value_name = "WHEN", default_value = "1d", value_parser = rotation, requires = "log_dir")]
    log_rotate: LogRotation,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    /// Rows with date, time and direction
    Text,
    /// The text of rows alone
    Plain,
    /// The received bytes as they came
    Raw,
}

/// When the next file begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LogRotation {
    every: LogFilePeriod,
    largest_mib: Option<u32>,
}

impl LogToFileArgs {
    /// What is asked for; `None`: no log in files.
    pub fn spec(&self) -> Option<LogFileSpec> {
        let LogRotation { every, largest_mib } = self.log_rotate;
        let form = match self.log_format {
            LogFormat::Text => LogFileForm::Text,
            LogFormat::Plain => LogFileForm::Plain,
            LogFormat::Raw => LogFileForm::Raw,
        };
        self.log_dir.clone().map(|folder| LogFileSpec { folder, form, every, largest_mib })
    }
}

/// Reads `1h`, `1d`, `10M`, `1d,10M` or `off`.
fn rotation(text: &str) -> Result<LogRotation, String> {
    let mut read = LogRotation { every: LogFilePeriod::Always, largest_mib: None };
    if text.trim() == "off" {
        return Ok(read);
    }
    for part in text.split(',').map(str::trim) {
        match part {
            "1h" => read.every = LogFilePeriod::Hour,
            "1d" => read.every = LogFilePeriod::Day,
            size => {
                let mib = byte_count::bytes(size).ok().filter(|bytes| bytes % (1 << 20) == 0);
                let mib = mib.and_then(|bytes| u32::try_from(bytes >> 20).ok());
                let mib = mib.filter(|mib| (1..=LogFileSpec::LARGEST_MIB).contains(mib));
                let wrong = "1h, 1d, a size in whole MiB such as 10M or 1G, or off";
                read.largest_mib = Some(mib.ok_or_else(|| wrong.to_owned())?);
            }
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_is_a_time_a_size_or_both() {
        let of = |every, largest_mib| Ok(LogRotation { every, largest_mib });
        assert_eq!(rotation("1d"), of(LogFilePeriod::Day, None));
        assert_eq!(rotation("10M"), of(LogFilePeriod::Always, Some(10)));
        assert_eq!(rotation(" 1h , 2G "), of(LogFilePeriod::Hour, Some(2048)));
        assert_eq!(rotation("off"), of(LogFilePeriod::Always, None));
        for bad in ["", "2h", "10", "0M", "1.5M", "1d,", "9999999G", "week"] {
            assert!(rotation(bad).is_err(), "{bad}");
        }
    }
}

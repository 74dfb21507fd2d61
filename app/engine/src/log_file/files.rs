//! Log files: named by session and date, and never overwritten. Only one whose place was remembered is gone on with.

use std::fs::File;
use std::io::{Error, ErrorKind, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use espalier_core::Timestamp;
use espalier_core::file_name::safe_file_name;
use espalier_core::session::{LogFileForm, LogFilePeriod, LogFileSpec};
use jiff::tz::TimeZone;
use jiff::{ToSpan as _, Unit, ZonedRound};

/// Files of one period; who fills more is told.
const MOST: u32 = 100_000;

/// The files of one log.
#[derive(Debug)]
pub struct LogFiles {
    spec: LogFileSpec,
    name: String,
    place: Option<LogPlace>,
    file: Option<File>,
}

/// A file, and how far it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPlace {
    /// The file.
    pub path: PathBuf,
    /// How many bytes of it are ours.
    pub length: u64,
    /// The times whose rows it takes.
    pub period: Range<i64>,
}

impl LogFiles {
    /// Nothing is made on disk yet.
    pub const fn new(spec: LogFileSpec, name: String) -> Self {
        Self { spec, name, place: None, file: None }
    }

    /// The file that is written, and how far.
    pub const fn place(&self) -> Option<&LogPlace> {
        self.place.as_ref()
    }

    /// Goes on in this file if it is one of these, still there, and nobody else writes it. What is behind the place was written
    /// before a kill, and will be again; so was what is in files that were `begun` since.
    pub fn go_on(&mut self, place: LogPlace, begun: &[PathBuf]) {
        for path in begun.iter().filter(|path| self.are_of_these(path)) {
            let whole = LogPlace { path: path.clone(), length: 0, period: place.period.clone() };
            if reopen(&whole).is_ok()
                && let Err(error) = std::fs::remove_file(path)
            {
                tracing::warn!(%error, path = %path.display(), "an empty log file stays behind");
            }
        }
        let is_of_period = place.period == period(self.spec.every, Timestamp(place.period.start));
        if is_of_period
            && self.are_of_these(&place.path)
            && let Ok(file) = reopen(&place)
        {
            (self.place, self.file) = (Some(place), Some(file));
        }
    }

    /// Whether a path is that of a file of this log: only such are touched.
    fn are_of_these(&self, path: &Path) -> bool {
        let any = file_name(&self.spec, &self.name, Timestamp(0), 1);
        let extension = Path::new(&any).extension();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        path.parent() == Some(&self.spec.folder)
            && path.extension() == extension
            // One that would be a device has a mark before it.
            && name.trim_start_matches('_').starts_with(self.name.trim_start_matches('_'))
    }

    /// Whether rows of this time still go into the present file.
    pub fn takes(&self, at: Timestamp) -> bool {
        let has_room = |it: &LogPlace| it.period.contains(&at.0) && it.length < self.largest();
        self.place.as_ref().is_some_and(has_room)
    }

    fn largest(&self) -> u64 {
        self.spec.largest_mib.map_or(u64::MAX, |mib| u64::from(mib.max(1)) << 20)
    }

    /// How many of these bytes, at least one, go into the present file: its last row is the one that fills it. Bytes as they came
    /// fill it exactly.
    pub fn share(&self, bytes: &[u8]) -> usize {
        let length = self.place.as_ref().map_or(0, |place| place.length);
        let room = usize::try_from(self.largest().saturating_sub(length)).unwrap_or(usize::MAX);
        let room = room.clamp(1, bytes.len().max(1));
        if self.spec.form == LogFileForm::Raw {
            return room;
        }
        let end = bytes.iter().skip(room - 1).position(|byte| *byte == b'\n');
        end.map_or(bytes.len(), |end| room + end)
    }

    /// Begins the next file, for rows of this time.
    ///
    /// # Errors
    /// What the system says.
    pub fn begin(&mut self, at: Timestamp) -> Result<(), Error> {
        crate::private::make_folder(&self.spec.folder)?;
        let period = period(self.spec.every, at);
        for number in 1..=MOST {
            let path = self.spec.folder.join(file_name(&self.spec, &self.name, at, number));
            match options().create_new(true).open(&path) {
                Ok(file) => {
                    lock(&file)?;
                    self.file = Some(file);
                    self.place = Some(LogPlace { path, length: 0, period });
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    /// Whether there is a present file, opened again if need be: what was taken away or changed by others is left alone.
    ///
    /// # Errors
    /// What the system says of one that is there and cannot be opened.
    pub fn is_open(&mut self) -> Result<bool, Error> {
        let Some(place) = &self.place else { return Ok(false) };
        if std::fs::symlink_metadata(&place.path).is_err_and(|it| it.kind() == ErrorKind::NotFound)
        {
            (self.place, self.file) = (None, None);
            return Ok(false);
        }
        if self.file.is_none() {
            match reopen(place) {
                Ok(file) => self.file = Some(file),
                Err(error) if error.kind() == ErrorKind::InvalidData => self.place = None,
                Err(error) => return Err(error),
            }
        }
        Ok(self.file.is_some())
    }

    /// Writes these bytes at the end of the present file; how many of them, and why not more.
    pub fn append(&mut self, bytes: &[u8]) -> (usize, Result<(), Error>) {
        let (Some(file), Some(place)) = (&mut self.file, &mut self.place) else {
            return (0, Err(ErrorKind::NotFound.into()));
        };
        let mut written = 0;
        while written < bytes.len() {
            let fault = match file.write(&bytes[written..]) {
                Ok(0) => ErrorKind::StorageFull.into(),
                Ok(count) => {
                    written += count;
                    place.length += count as u64;
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => error,
            };
            // The medium may be gone: it is opened anew.
            self.file = None;
            return (written, Err(fault));
        }
        (written, Ok(()))
    }
}

/// `lamp_2026-11-27.txt`, and `lamp_2026-11-27.2.txt` where that is there.
fn file_name(spec: &LogFileSpec, name: &str, at: Timestamp, number: u32) -> String {
    let date = match spec.every {
        LogFilePeriod::Hour => "_%Y-%m-%d_%H",
        LogFilePeriod::Day => "_%Y-%m-%d",
        LogFilePeriod::Always => "",
    };
    let date = zoned(at).strftime(date);
    let extension = match spec.form {
        LogFileForm::Text | LogFileForm::Plain => "txt",
        LogFileForm::Raw => "bin",
    };
    let number = if number == 1 { String::new() } else { format!(".{number}") };
    safe_file_name(&format!("{name}{date}{number}.{extension}"))
}

fn zoned(at: Timestamp) -> jiff::Zoned {
    let time = jiff::Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or_default();
    time.to_zoned(TimeZone::system())
}

/// The hour or the day of this time, in nanoseconds since 1970.
fn period(every: LogFilePeriod, at: Timestamp) -> Range<i64> {
    let always = i64::MIN..i64::MAX;
    let whole = |unit| ZonedRound::new().smallest(unit).mode(jiff::RoundMode::Floor);
    let bounds = match every {
        LogFilePeriod::Always => return always,
        LogFilePeriod::Hour => zoned(at)
            .round(whole(Unit::Hour))
            .and_then(|start| Ok((start.checked_add(1.hour())?, start))),
        LogFilePeriod::Day => zoned(at)
            .start_of_day()
            .and_then(|start| Ok((start.checked_add(1.day())?.start_of_day()?, start))),
    };
    let nanoseconds = |time: jiff::Zoned| i64::try_from(time.timestamp().as_nanosecond());
    match bounds.map(|(end, start)| (nanoseconds(start), nanoseconds(end))) {
        Ok((Ok(start), Ok(end))) if (start..end).contains(&at.0) => start..end,
        _ => always,
    }
}

fn options() -> std::fs::OpenOptions {
    let mut options = crate::private::options();
    options.write(true);
    // Who reads it may, who writes it may not.
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, 1);
    options
}

/// Nobody else who is one of us writes it. On Windows, where a lock keeps readers out, how it is opened says so.
fn lock(file: &File) -> Result<(), Error> {
    match file.try_lock() {
        _ if cfg!(windows) => Ok(()),
        Err(std::fs::TryLockError::WouldBlock) => Err(ErrorKind::WouldBlock.into()),
        // Where the file system has no locks.
        Err(std::fs::TryLockError::Error(_)) | Ok(()) => Ok(()),
    }
}

/// The same, when whoever had it is about to go: a program that was killed ends a moment later, and a process that is just being
/// made holds what its parent had until it is another program. Begun elsewhere, rows behind the mark would be there twice.
fn lock_soon(file: &File) -> Result<(), Error> {
    const LONGEST: Duration = Duration::from_secs(2);
    let begun = Instant::now();
    loop {
        match lock(file) {
            Err(error) if error.kind() == ErrorKind::WouldBlock && begun.elapsed() < LONGEST => {
                std::thread::sleep(Duration::from_millis(10));
            }
            done => return done,
        }
    }
}

/// Opens a file to go on with it behind what is ours.
fn reopen(place: &LogPlace) -> Result<File, Error> {
    if !std::fs::symlink_metadata(&place.path)?.is_file() {
        return Err(ErrorKind::InvalidData.into());
    }
    let mut file = options().open(&place.path)?;
    lock_soon(&file)?;
    // Somebody has shortened it: what is ours is not there any more.
    if file.metadata()?.len() < place.length {
        return Err(ErrorKind::InvalidData.into());
    }
    file.set_len(place.length)?;
    file.seek(SeekFrom::End(0))?;
    Ok(file)
}

//! The thread of a log in files.

use std::io::{Error, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use espalier_core::capture::Source as _;
use espalier_core::session::{LogFileSpec, LogFileStatus};
use espalier_core::view::ViewSpec;
use espalier_core::{Position, Sentence, Timestamp, say};
use parking_lot::{Condvar, Mutex};

use super::files::{LogFiles, LogPlace};
use super::mark::{LogMark, MarkFile, forget};
use super::reader::{LogPart, LogReader, PATIENCE_NS, missing};
use crate::capture::{Capture, Subscription};
use crate::clock::now;

/// How long what comes is gathered, so that a byte at a time does not make a write each.
const BEAT: Duration = Duration::from_millis(100);

/// How often a disk that does not take it is tried again.
const RETRY: Duration = Duration::from_secs(2);

/// How long what is left may take when it ends.
const PARTING: Duration = Duration::from_secs(3);

/// What is to be written where.
pub struct LogFileTask {
    /// What was asked for.
    pub spec: LogFileSpec,
    /// How rows are cut and written.
    pub view: ViewSpec,
    /// What the files are called, before the date.
    pub name: String,
    /// What is written.
    pub capture: Capture,
    /// Where it begins when it is not known how far it was written.
    pub from: Position,
    /// Where it is remembered how far it was written; `None`: nowhere.
    pub mark: Option<PathBuf>,
    /// Hears from the thread what the user should know, and with `None` that the status has changed.
    pub hear: Box<dyn Fn(Option<Sentence>) + Send>,
}

impl std::fmt::Debug for LogFileTask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogFileTask").field("spec", &self.spec).finish_non_exhaustive()
    }
}

/// A log in files that is written. When this is dropped it ends; [`Self::wait`] waits until what is left was written.
#[derive(Debug)]
pub struct LogFileRun {
    capture: Capture,
    shared: Arc<RunShared>,
    thread: Option<JoinHandle<LogFileEnd>>,
    _told: Subscription,
}

/// What the thread shares with who holds it.
#[derive(Debug, Default)]
pub(super) struct RunShared {
    state: Mutex<RunState>,
    changed: Condvar,
}

/// How far a log in files has come.
#[derive(Clone, Debug)]
pub struct LogFileEnd {
    /// The next record of its capture.
    pub next: Position,
    /// The file that was written last, if any was.
    pub path: Option<PathBuf>,
    /// Why what was left of it is in no file, if so.
    pub cut: Option<Sentence>,
}

#[derive(Debug, Default)]
struct RunState {
    grown: bool,
    ends: bool,
    /// It is not gone on with.
    forgets: bool,
    status: LogFileStatus,
}

impl Drop for LogFileRun {
    fn drop(&mut self) {
        self.end(false);
    }
}

impl LogFileRun {
    /// Begins, behind one `before` it that ends now.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn start(task: LogFileTask, before: Option<Self>) -> std::io::Result<Self> {
        let shared = Arc::new(RunShared::default());
        let told = task.capture.on_append({
            let shared = Arc::downgrade(&shared);
            move || {
                let Some(shared) = shared.upgrade() else { return };
                let known = std::mem::replace(&mut shared.state.lock().grown, true);
                if !known {
                    shared.changed.notify_all();
                }
            }
        });
        shared.state.lock().grown = true;
        let capture = task.capture.clone();
        let in_thread = shared.clone();
        let thread =
            std::thread::Builder::new().name("espalier-log-file".to_owned()).spawn(move || {
                let before = before.and_then(|before| {
                    // Of another capture, or of what is forgotten, it says nothing.
                    let is_gone_on = before.capture.is_same(&task.capture)
                        && !before.shared.state.lock().forgets;
                    before.wait().filter(|_| is_gone_on).map(|end| end.next)
                });
                LogFileWriter::new(task, before).run(&in_thread)
            })?;
        Ok(Self { capture, shared, thread: Some(thread), _told: told })
    }

    /// Whether it is of this capture, and goes on.
    pub fn follows(&self, capture: &Capture) -> bool {
        self.capture.is_same(capture) && !self.shared.state.lock().ends
    }

    /// Has it end; what was read of the capture by then is written, as far as the disk takes it. When it `forgets`, it is not gone on
    /// with later.
    pub fn end(&self, forgets: bool) {
        let mut state = self.shared.state.lock();
        state.ends = true;
        state.forgets |= forgets;
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Waits until it has ended; how far it has come, if that is known.
    pub fn wait(mut self) -> Option<LogFileEnd> {
        self.end(false);
        self.thread.take().and_then(|thread| thread.join().ok())
    }

    /// How it goes; `None` when it ends.
    pub fn status(&self) -> Option<LogFileStatus> {
        let state = self.shared.state.lock();
        (!state.ends).then(|| state.status.clone())
    }
}

impl RunShared {
    /// Waits until there is something to do; whether it ends, and whether it is forgotten then.
    fn wait(&self, failed: bool, rests: bool) -> (bool, bool) {
        let begun = Instant::now();
        let patience = Duration::from_nanos(PATIENCE_NS.unsigned_abs());
        let mut state = self.state.lock();
        while !state.ends {
            let due = match (failed, state.grown) {
                (true, _) => Some(RETRY),
                (false, true) => Some(BEAT),
                // What is under way then is a row by itself.
                (false, false) if !rests => Some(patience),
                (false, false) => None,
            };
            match due.map(|due| begun + due) {
                Some(until) if Instant::now() >= until => break,
                Some(until) => drop(self.changed.wait_until(&mut state, until)),
                None => self.changed.wait(&mut state),
            }
        }
        state.grown = false;
        (state.ends, state.forgets)
    }
}

/// What the thread does.
pub(super) struct LogFileWriter {
    task: LogFileTask,
    reader: LogReader,
    files: LogFiles,
    mark_file: Option<MarkFile>,
    /// What was remembered last.
    mark: Option<LogMark>,
    /// What was read last, and how much of it was written; nothing more is read before all of it is.
    part: LogPart,
    written: usize,
    failed: bool,
}

impl LogFileWriter {
    pub(super) fn new(task: LogFileTask, before: Option<Position>) -> Self {
        let mut task = task;
        // What this program is told in a relative way stays where it was when the folder of the process changes.
        if let Ok(folder) = std::path::absolute(&task.spec.folder) {
            task.spec.folder = folder;
        }
        let extent = task.capture.extent();
        let mut files = LogFiles::new(task.spec.clone(), task.name.clone());
        let known = task.mark.as_deref().and_then(LogMark::read);
        // A mark behind the end is of a capture that was replaced.
        let known = known.filter(|known| known.next.0 <= extent.end);
        let mut from = before.unwrap_or(task.from);
        if let Some(LogMark { next, place, begun }) = &known {
            files.go_on(place.clone(), begun);
            from = *next;
        }
        let reader = LogReader::new(task.spec.form, &task.view, from);
        let mark_file = task.mark.clone().map(MarkFile::at);
        let (part, written, failed) = Default::default();
        // What goes on is remembered as it was until it has come further.
        let mark = known.filter(|known| files.place() == Some(&known.place));
        let mark = mark.map(|mark| LogMark { begun: Vec::new(), ..mark });
        Self { task, reader, files, mark_file, mark, part, written, failed }
    }

    fn run(mut self, shared: &RunShared) -> LogFileEnd {
        loop {
            let (ends, forgets) = shared.wait(self.failed, self.reader.rests());
            let unwritten = self.write(shared, ends);
            if ends {
                if forgets && let Some(mark) = &self.task.mark {
                    forget(mark);
                }
                let path = self.files.place().map(|place| place.path.clone());
                let cut = unwritten.map(|error| {
                    say!(
                        "told-log-file-cut",
                        "the log could not be written to its end: {folder}: {error}",
                        folder = self.task.spec.folder.display(),
                        error = error
                    )
                });
                return LogFileEnd { next: self.reader.next(), path, cut };
            }
        }
    }

    /// Writes what there is, as far as the disk takes it; why some of it is left, if so.
    pub(super) fn write(&mut self, shared: &RunShared, ends: bool) -> Option<Error> {
        let begun = Instant::now();
        let mut more = true;
        loop {
            let done = self.write_part(shared);
            self.tell(shared, done.as_ref().err());
            let is_late = ends && begun.elapsed() > PARTING;
            if done.is_err() || !more {
                return done.err();
            }
            if is_late {
                return Some(ErrorKind::TimedOut.into());
            }
            let Self { reader, files, task, .. } = self;
            let part = reader.read(&task.capture, &|at| files.takes(at), now(), ends);
            if part.missing > 0 {
                (task.hear)(Some(missing(part.missing)));
            }
            more = part.more || part.turns.is_some();
            self.part = part;
        }
    }

    /// Writes what was read last.
    fn write_part(&mut self, shared: &RunShared) -> Result<(), Error> {
        while self.written < self.part.bytes.len() {
            if !self.files.is_open()? {
                // It was taken away, or another program has changed it.
                self.begin(now())?;
            }
            let rest = &self.part.bytes[self.written..];
            let share = self.files.share(rest);
            let (written, done) = self.files.append(&rest[..share]);
            self.written += written;
            shared.state.lock().status.bytes += written as u64;
            done?;
            if self.written < self.part.bytes.len() {
                self.turn_within()?;
            }
        }
        let LogPart { bytes, rests, .. } = &mut self.part;
        let (length, rests) = (bytes.len(), rests.take());
        *bytes = Vec::new();
        self.written = 0;
        if let Some((next, within)) = rests {
            // What of the part is behind that place is written again after a kill.
            self.remember(next, (length - within) as u64);
        }
        if let Some(at) = self.part.turns {
            self.begin(at)?;
            self.part.turns = None;
        }
        Ok(())
    }

    /// The present file is full, and there is more of the part: that goes into the next one.
    fn turn_within(&mut self) -> Result<(), Error> {
        let written = self.written;
        if let Some((next, within)) = self.part.rests.filter(|(_, within)| *within <= written) {
            self.part.rests = None;
            self.remember(next, (written - within) as u64);
        }
        self.begin(self.part.last.unwrap_or_else(now))
    }

    /// Begins the next file, and remembers that before anything is in it.
    fn begin(&mut self, at: Timestamp) -> Result<(), Error> {
        self.files.begin(at)?;
        let is_all_written = self.written == self.part.bytes.len() && self.reader.rests();
        match (&mut self.mark, self.files.place()) {
            (Some(mark), Some(place)) if !is_all_written => {
                mark.begun.push(place.path.clone());
                self.save_mark();
            }
            _ => self.remember(self.reader.next(), 0),
        }
        Ok(())
    }

    /// Remembers that all before this record is in the present file, with so many bytes behind it.
    fn remember(&mut self, next: Position, behind: u64) {
        let Some(place) = self.files.place().cloned() else { return };
        let length = place.length.saturating_sub(behind);
        let place = LogPlace { length, ..place };
        self.mark = Some(LogMark { next, place, begun: Vec::new() });
        self.save_mark();
    }

    /// From now on nothing is remembered, as if it was killed just before.
    #[cfg(test)]
    pub(super) fn lose_mark(&mut self) -> Option<MarkFile> {
        self.mark_file.take()
    }

    fn save_mark(&mut self) {
        if let (Some(file), Some(mark)) = (&mut self.mark_file, &self.mark)
            && let Err(error) = file.write(mark)
        {
            tracing::warn!(%error, "how far the log was written to its file is not remembered");
        }
    }

    /// Says where it goes now, and that it does not.
    fn tell(&mut self, shared: &RunShared, error: Option<&Error>) {
        let mut told = Vec::new();
        {
            let status = &mut shared.state.lock().status;
            let path = self.files.place().map(|place| &place.path);
            if let Some(path) = path.filter(|path| **path != status.path) {
                status.path.clone_from(path);
                told.push(say!("note-log-file", "the log goes into {file}", file = path.display()));
            }
            status.trouble = error.map(|error| {
                say!(
                    "note-log-file-trouble",
                    "the log file in {folder} cannot be written: {error}; it is tried again",
                    folder = self.task.spec.folder.display(),
                    error = error
                )
            });
            match (&status.trouble, self.failed) {
                (Some(trouble), false) => told.push(trouble.clone()),
                (None, true) => {
                    told.push(say!("note-log-file-again", "the log file is written again"));
                }
                _ => {}
            }
        }
        self.failed = error.is_some();
        for sentence in told {
            (self.task.hear)(Some(sentence));
        }
        (self.task.hear)(None);
    }
}

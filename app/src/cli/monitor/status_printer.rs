//! What happens to the board, said on stderr as it becomes known.

use std::path::Path;

use espalier_core::Timestamp;
use espalier_core::board::{BoardStatus, BootLine, Frame, ModemLines, Panic, ReportKind, Symbols};

use crate::cli::core_dumps::CoreDumpSaver;
use crate::print::{say, translated};

/// Which report: when it came, and its number.
type Report = (Timestamp, u64);

/// What was printed of the board already, so that each thing is printed once.
#[derive(Default)]
pub struct StatusPrinter {
    notice: Option<BootLine>,
    /// The latest notice that was told.
    reason: Option<BootLine>,
    /// How often the board had started when it was said that it starts over and over.
    looping: Option<u64>,
    starts: u64,
    /// Panics by their time, and whether they had no names yet.
    panics: Vec<(Report, bool)>,
    /// Where core dumps are saved.
    core_dumps: Option<CoreDumpSaver>,
    /// The lines as they were told last; the outer `None`: they are not to be told.
    lines: Option<Option<ModemLines>>,
}

impl StatusPrinter {
    /// One that also saves core dumps in this folder, which is made where it is missing.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn new(core_dumps: Option<&Path>) -> anyhow::Result<Self> {
        let core_dumps = core_dumps.map(CoreDumpSaver::new).transpose()?;
        Ok(Self { core_dumps, ..Self::default() })
    }

    /// Whether every core dump that was to be saved was saved whole.
    pub fn saved_all(&self) -> bool {
        self.core_dumps.as_ref().is_none_or(CoreDumpSaver::saved_all)
    }

    /// From now on the other side's lines are told, too.
    pub fn tell_lines(&mut self) {
        self.lines.get_or_insert_default();
    }

    pub fn tell(&mut self, status: &BoardStatus) {
        let starts = std::mem::replace(&mut self.starts, status.starts);
        if let (true, Some(boot), None) = (status.starts != starts, &status.boot, self.looping) {
            told_line(format_args!("{} ({})", boot.explanation(), boot.reset_name));
        }
        // In a loop the reason goes and comes with every start.
        if status.notice != self.notice && (self.looping.is_none() || status.notice.is_some()) {
            let known = self.looping.is_some() && status.notice == self.reason;
            self.notice = status.notice.clone();
            if let Some(notice) = status.notice.as_ref().filter(|_| !known) {
                self.reason = status.notice.clone();
                told_line(notice.explanation());
            }
        }
        match (status.restart_loop, self.looping) {
            (Some(cause), None) => {
                self.looping = Some(status.starts);
                let why = match &self.notice {
                    Some(_) => "for the reason above",
                    None => cause.explanation(),
                };
                let times = status.starts;
                told_line(format_args!(
                    "The board starts over and over ({times} times so far): {why}"
                ));
            }
            (None, Some(_)) => {
                self.looping = None;
                told_line(format_args!("It started {} times in all", status.starts));
            }
            _ => {}
        }
        if let Some(known) = self.lines.as_mut().filter(|known| **known != Some(status.lines)) {
            let lines = status.lines;
            let theirs = |it: ModemLines| (it.cts, it.dsr, it.dcd, it.ri);
            if lines.present && known.map(theirs) != Some(theirs(lines)) {
                let on = |on: bool| if on { "on" } else { "off" };
                let (cts, dsr, dcd, ri) =
                    (on(lines.cts), on(lines.dsr), on(lines.dcd), on(lines.ri));
                told_line(format_args!("CTS {cts}, DSR {dsr}, DCD {dcd}, RI {ri}"));
            }
            *known = Some(lines);
        }
        for panic in status.panics.iter() {
            self.panic(panic);
        }
        self.panics.retain(|told| status.panics.iter().any(|panic| report(panic) == told.0));
    }

    /// One that has got its names later is told again.
    fn panic(&mut self, panic: &Panic) {
        let nameless = panic.is_nameless();
        if self.panics.iter().any(|told| told.0 == report(panic) && (nameless || !told.1)) {
            return;
        }
        let again = self.panics.iter().any(|told| told.0 == report(panic));
        self.panics.retain(|told| told.0 != report(panic));
        self.panics.push((report(panic), nameless));
        tell_panic(panic);
        match (&mut self.core_dumps, &panic.dump) {
            (Some(saver), Some(_)) if !again => saver.save(panic),
            (None, Some(dump)) if !again => CoreDumpSaver::offer(dump),
            _ => {}
        }
    }
}

fn report(panic: &Panic) -> Report {
    (panic.from, panic.number)
}

fn tell_panic(panic: &Panic) {
    let what = match panic.kind {
        ReportKind::Panic => "Panic",
        ReportKind::Trace => "Backtrace",
        ReportKind::LastCrash => "Before this start",
        ReportKind::CoreDump => "Core dump",
    };
    // A core dump on its own has no message; what is to be said of it comes with it.
    if !panic.message.is_empty() || panic.dump.is_none() {
        told_line(format_args!("{what}: {}", panic.message));
    }
    if let Some(other @ Symbols::OtherElf(_)) = &panic.symbols {
        say(format_args!("   {}", translated(format_args!("Names from {other}"))));
    }
    for trace in &panic.traces {
        if let Some(core) = panic.core_of(trace) {
            say(format_args!("   {}", translated(format_args!("Core {core}:"))));
        }
        trace.frames.iter().for_each(tell_frame);
    }
}

fn tell_frame(frame: &Frame) {
    let Frame { address, function, location, guess } = frame;
    let function = match function.as_str() {
        "" if frame.is_nowhere() => "nothing there: a call through a bad function pointer",
        function => function,
    };
    let place = location.as_ref().map(|(file, line)| format!("  {file}:{line}"));
    let place = place.unwrap_or_default();
    let guess = if *guess { "  (a guess)" } else { "" };
    say(format_args!("   {address:#010x} {function}{place}{guess}"));
}

/// Says on stderr what happens, apart from what is said by the board.
pub fn told_line(what: impl std::fmt::Display) {
    say(format_args!("-- {}", translated(what)));
}

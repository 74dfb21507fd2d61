//! What happens to the board, said on stderr as it becomes known.

use espalier_core::Timestamp;
use espalier_core::board::{BoardStatus, BootLine, Frame, Panic, ReportKind, Symbols};

use super::told_line;
use crate::print::{say, told};

/// Which report: when it came, and its number.
type Report = (Timestamp, u64);

/// What was told of the board already.
#[derive(Default)]
pub(super) struct Story {
    notice: Option<BootLine>,
    looping: bool,
    starts: u64,
    /// Panics by their time, and whether they had no names yet.
    panics: Vec<(Report, bool)>,
}

impl Story {
    pub(super) fn tell(&mut self, status: &BoardStatus) {
        if status.starts != self.starts {
            self.starts = status.starts;
            if let Some(boot) = &status.boot {
                told_line(format_args!("{} ({})", boot.cause.explanation(), boot.reset_name));
            }
        }
        if status.notice != self.notice {
            self.notice = status.notice.clone();
            let sentence = status.notice.as_ref().map(BootLine::explanation);
            sentence.iter().for_each(told_line);
        }
        if status.restart_loop.is_some() != self.looping {
            self.looping = status.restart_loop.is_some();
            if let Some(cause) = status.restart_loop {
                let why = cause.explanation();
                told_line(format_args!("The board restarts over and over. {why}"));
            }
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
        self.panics.retain(|told| told.0 != report(panic));
        self.panics.push((report(panic), nameless));
        tell_panic(panic);
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
    told_line(format_args!("{what}: {}", panic.message));
    if let Some(other @ Symbols::OtherElf(_)) = &panic.symbols {
        say(format_args!("   {}", told(format_args!("Names from {other}"))));
    }
    for trace in &panic.traces {
        if let (Some(core), true) = (trace.core, panic.traces.len() > 1) {
            say(format_args!("   {}", told(format_args!("Core {core}:"))));
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

//! The modem lines of an open port, and BREAK.

use std::time::{Duration, Instant};

use espalier_core::board::ModemLines;
use espalier_core::say;

use super::report::LinkReport;
use crate::board::port::{self, Port};

/// How often the modem lines are looked at.
const LINES_EVERY: Duration = Duration::from_millis(100);
/// How long a BREAK lasts: what POSIX asks of `tcsendbreak` at least.
const BREAK: Duration = Duration::from_millis(250);

/// Sets the modem lines, looks at them, and holds the line at zero for the time of a BREAK.
pub struct LineControl {
    looked: Instant,
    /// When the BREAK under way ends.
    break_until: Option<Instant>,
}

impl LineControl {
    /// No BREAK is under way.
    pub fn new() -> Self {
        Self { looked: Instant::now(), break_until: None }
    }

    /// Sets both lines, and says so.
    pub fn set(port: &mut Port, dtr: bool, rts: bool, report: &mut LinkReport) {
        let lines = port::set_lines(port, dtr, rts);
        report.set_lines(lines);
        if lines.present {
            report.note(say!(
                "note-lines",
                "DTR {dtr}, RTS {rts}",
                dtr = on_off(dtr),
                rts = on_off(rts),
            ));
        } else {
            report.note(say!("note-no-lines", "This port has no modem lines"));
        }
    }

    /// Both lines are off after a reset by them.
    pub fn released(report: &mut LinkReport) {
        report.set_lines(ModemLines { dtr: false, rts: false, ..report.lines() });
    }

    /// Looks at the other side's lines when it is time to.
    pub fn look(&mut self, port: &mut Port, report: &mut LinkReport) {
        let lines = report.lines();
        if lines.present && self.looked.elapsed() >= LINES_EVERY {
            self.looked = Instant::now();
            report.set_lines(port::look_at_lines(port, lines));
        }
    }

    /// Holds the line at zero from now on, for a while in which reading goes on and nothing is sent.
    pub fn begin_break(&mut self, port: &Port, report: &mut LinkReport) {
        if !report.lines().present {
            return report.note(say!("note-no-lines", "This port has no modem lines"));
        }
        match port::hold_break(port, true) {
            Ok(()) => {
                self.break_until = Some(Instant::now() + BREAK);
                report.note(say!("note-break", "BREAK by us"));
            }
            Err(error) => report.note(say!(
                "note-no-break",
                "BREAK is not possible on this port: {error}",
                error = error
            )),
        }
    }

    /// Lets the line go when the time of a BREAK is over, or at once.
    pub fn end_break(&mut self, port: &Port, at_once: bool) {
        if self.break_until.is_some_and(|until| at_once || Instant::now() >= until) {
            self.break_until = None;
            // It was taken, so it is let go; a port that is gone holds nothing.
            port::hold_break(port, false).ok();
        }
    }

    /// Whether the line is held at zero.
    pub const fn is_break(&self) -> bool {
        self.break_until.is_some()
    }
}

const fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

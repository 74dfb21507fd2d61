//! Flashing through espflash, below its high-level writers: progress in bytes, a way out at every block, no reset in
//! between, and the port handed back whatever happens.
//!
//! The way of a port:
//!
//! - `connect`: into the loader, by lines, buttons or hands; who is the chip; `classic`: the chip that espflash is slow with
//! - `plan`: which parts go where; `elf`: those of an ELF
//! - `table`: the partition table on the board; `write`: compare, erase, write, verify
//! - `region`: instead of writing, what is there is kept in a file (`backup`) or erased; `read`: how it is read
//! - `finish`: starting the program, or leaving the loader where it can be found again
//!
//! What the steps stand on:
//!
//! - `rom`: what is said to the loader in the chip's ROM; `loader`: what is asked of a loader that answers
//! - `link_mode`: by which loader, how fast, and in what order that is tried
//! - `failure`: what went wrong, and whether a slower link could help
//! - `tracker`: the published status; `host`: whoever owns the port

mod backup;
mod classic;
mod connect;
mod elf;
mod failure;
mod finish;
mod host;
mod link_mode;
mod loader;
mod plan;
mod read;
mod region;
mod rom;
mod table;
mod tracker;
mod write;

use espalier_core::board::{
    AfterFlash, BeforeFlash, BoardFault, FlashAction, FlashOutcome, FlashPlan, FlashSpec,
    FlashStatus, FlashTask, UsbIdentity,
};

use super::port::{self, Port};
use backup::BackupFile;
use failure::FlashFailure;
use link_mode::{LinkMode, link_modes};
use loader::ActiveLoader;
use tracker::Tracker;

pub use backup::check_place;
pub use espalier_core::board::FlashPart;
pub use host::FlashHost;

/// How flashing ended, and the port to go on with.
#[derive(Debug)]
pub struct FlashResult {
    /// The port, still open; its speed and framing are the loader's.
    pub port: Port,
    /// The last status, with the outcome.
    pub status: FlashStatus,
    /// The ELF that was written, if it was one: its symbols fit what runs now.
    pub elf: Option<std::path::PathBuf>,
}

/// Flashes as asked. Blocks until it is over; the port is never closed.
pub fn flash(
    port: Port,
    usb: Option<&UsbIdentity>,
    spec: &FlashSpec,
    host: &mut dyn FlashHost,
) -> FlashResult {
    let mut run = FlashRun { usb, spec, file: None, tracker: Tracker::new(host, spec.writes()) };
    let (port, result) = match run.prepare() {
        Ok(()) => run.try_modes(port),
        Err(fault) => (port, Err(fault)),
    };
    let has_written = run.tracker.has_written();
    let result = match &spec.task {
        Some(task) => result.map_err(|fault| region::worded(fault, task, has_written)),
        None => result,
    };
    let wrote = result.is_ok() && spec.writes();
    let elf = if wrote { plan::elf_of(&spec.source) } else { None };
    FlashResult { port, status: run.tracker.finish(result), elf }
}

struct FlashRun<'a> {
    usb: Option<&'a UsbIdentity>,
    spec: &'a FlashSpec,
    /// What flash is read into, from one link mode to the next.
    file: Option<BackupFile>,
    tracker: Tracker<'a>,
}

impl FlashRun<'_> {
    /// Finds out what cannot be before the board is disturbed.
    fn prepare(&self) -> Result<(), BoardFault> {
        match &self.spec.task {
            Some(FlashTask::Read { file, replace, .. }) => check_place(file, *replace),
            _ => Ok(()),
        }
    }

    /// Tries every link mode until flashing succeeds, or fails in a way that a slower link would not cure.
    fn try_modes(&mut self, mut port: Port) -> (Port, Result<FlashOutcome, BoardFault>) {
        let mut link_modes = link_modes(self.spec.baud).into_iter().peekable();
        // A single byte that is lost while the stub is uploaded costs one more try, not the stub.
        let mut uploaded_again = false;
        let mut retried = None;
        while let Some(mode) = retried.take().or_else(|| link_modes.next()) {
            let (back, result) = self.try_mode(port, mode);
            port = back;
            let failure = match result {
                Ok(outcome) => return (port, Ok(outcome)),
                Err(FlashFailure::Fault(fault)) => return (self.undo(port), Err(fault)),
                Err(FlashFailure::Link { what, stub: true }) => {
                    // It is uploaded at the ROM's own speed, whatever speed was to follow.
                    let uploading = LinkMode { stub: true, baud: rom::BAUD };
                    self.tracker.attempt(format!("{uploading} failed: {what}"));
                    if !uploaded_again {
                        uploaded_again = true;
                        self.tracker.attempt(format!("Trying {mode}"));
                        retried = Some(mode);
                        continue;
                    }
                    while link_modes.peek().is_some_and(|next| next.stub) {
                        // The stub never ran: another speed would not change that.
                        link_modes.next();
                    }
                    what
                }
                Err(FlashFailure::Link { what, stub: false }) => {
                    self.tracker.attempt(format!("{mode} failed: {what}"));
                    what
                }
            };
            match link_modes.peek() {
                Some(next) => self.tracker.attempt(format!("Trying {next}")),
                None => return (port, Err(failure::broken_link(&failure))),
            }
        }
        (port, Err(failure::broken_link("no speed to try")))
    }

    /// When nothing was changed, the program that was there goes on, where that takes nobody's hands.
    fn undo(&mut self, port: Port) -> Port {
        let FlashSpec { before, after, .. } = self.spec;
        let asked = *before == BeforeFlash::Auto && *after == AfterFlash::Auto;
        if self.tracker.has_written() || !asked {
            return port;
        }
        let (port, done) = match self.tracker.press(false) {
            true => (port, true),
            false => port::reset_by_lines(port, self.usb, rom::BAUD),
        };
        let (port, done) = match done || !self.tracker.has_answered() {
            true => (port, done),
            false => finish::ask_rom(port, self.usb, &mut self.tracker),
        };
        if done {
            self.tracker.attempt("Nothing was changed: the board was restarted with what it had");
        }
        port
    }

    fn try_mode(
        &mut self,
        port: Port,
        mode: LinkMode,
    ) -> (Port, Result<FlashOutcome, FlashFailure>) {
        let mut reached = match connect::connect(port, self.usb, self.spec, mode, &mut self.tracker)
        {
            Ok(reached) => reached,
            Err(lost) => {
                let (port, failure) = *lost;
                return (port, Err(failure));
            }
        };
        match self.work(&mut reached) {
            Ok(()) => finish::start_program(reached, self.usb, self.spec.after, &mut self.tracker),
            Err(failure) => {
                let failure = failure.unless_gone(|| reached.is_gone());
                // A half-written program must not run: the chip waits in its ROM, where anybody can find it.
                (finish::leave_in_rom(reached, self.usb, &mut self.tracker), Err(failure))
            }
        }
    }

    fn work(&mut self, reached: &mut ActiveLoader) -> Result<(), FlashFailure> {
        let tracker = &mut self.tracker;
        if let Some(wanted) = self.spec.chip.filter(|wanted| *wanted != reached.info.chip) {
            return Err(loader::wrong_chip(reached.info.chip.name(), wanted).into());
        }
        if let Some(task) = &self.spec.task {
            return region::perform(reached, task, self.spec.table_at, &mut self.file, tracker);
        }
        reached.check_locks()?;
        let blobs = plan::blobs(self.spec, &reached.info)?;
        // What is erased says nothing of what comes.
        let on_board = self.spec.action != FlashAction::EraseFirst && plan::needs_table(&blobs);
        let found =
            if on_board { table::find(reached, self.spec.table_at, tracker)? } else { None };
        let table = found.as_ref().map(|found| &found.table);
        let FlashPlan { parts, boots, remarks } =
            plan::plan(blobs, self.spec, &reached.info, found.as_ref())?;
        remarks.into_iter().for_each(|remark| tracker.attempt(remark));
        tracker.parts(&parts, boots, table);
        match self.spec.action {
            FlashAction::VerifyOnly => write::compare_only(reached, &parts, tracker),
            FlashAction::DryRun => write::look(reached, &parts, tracker),
            FlashAction::Install => write::install(reached, &parts, tracker, true),
            FlashAction::EraseFirst => {
                write::erase_all(reached, tracker)?;
                write::install(reached, &parts, tracker, false)
            }
        }
    }
}

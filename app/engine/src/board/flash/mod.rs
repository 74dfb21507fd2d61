//! Flashing through espflash, below its high-level writers: progress in bytes, a way out at every block, no reset in
//! between, and the port handed back whatever happens.
//!
//! - `connect`: into the loader, by lines, buttons or hands; who is the chip
//! - `plan`: which parts go where; `elf`: those of an ELF
//! - `write`: compare, erase, write, verify
//! - `finish`: starting the program, or leaving the loader where it can be found again
//! - `failure`: what went wrong, and whether a slower link could help
//! - `tracker`: the published status

mod connect;
mod elf;
mod failure;
mod finish;
mod loader;
mod plan;
mod tracker;
mod write;

use espalier_core::board::{
    AfterFlash, BeforeFlash, BoardFault, FaultKind, FlashAction, FlashOutcome, FlashSpec,
    FlashStatus, UsbIdentity,
};
use espalier_core::say;

use super::port::{self, Port};
use failure::FlashFailure;
use loader::ActiveLoader;
use tracker::Tracker;

pub use plan::FlashPart;

/// The speed of every loader before it is told another.
const ROM_BAUD: u32 = 115_200;

/// What flashing needs of whoever owns the port.
pub trait FlashHost {
    /// The user wants out. Asked at every block.
    fn is_cancelled(&mut self) -> bool;

    /// Something changed; the status is copied if wanted.
    fn publish(&mut self, status: &FlashStatus);

    /// The board said this before its loader took the line.
    fn heard(&mut self, bytes: &[u8]);

    /// Taps EN on a board with buttons of our own, holding BOOT meanwhile if the loader is wanted.
    fn press(&mut self, boot: bool) -> bool;
}

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
    let mut run = FlashRun { usb, spec, tracker: Tracker::new(host) };
    let (port, result) = run.try_modes(port);
    let elf = match (&result, spec.action) {
        (Ok(_), FlashAction::Install | FlashAction::EraseFirst) => plan::elf_of(&spec.source),
        _ => None,
    };
    FlashResult { port, status: run.tracker.finish(result), elf }
}

/// How the loader is talked to: by which loader, and how fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LinkMode {
    stub: bool,
    baud: u32,
}

impl std::fmt::Display for LinkMode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { stub, baud } = self;
        write!(
            f,
            "{baud} baud {}",
            if *stub { "with the stub loader" } else { "with the ROM's own loader" }
        )
    }
}

/// Fast first; without the stub last, because the ROM writes uncompressed and slowly.
fn link_modes(fastest: u32) -> Vec<LinkMode> {
    let slower = [921_600, 460_800, ROM_BAUD].into_iter().filter(|baud| *baud < fastest);
    let with_stub =
        std::iter::once(fastest).chain(slower).map(|baud| LinkMode { stub: true, baud });
    with_stub.chain([LinkMode { stub: false, baud: ROM_BAUD.min(fastest) }]).collect()
}

struct FlashRun<'a> {
    usb: Option<&'a UsbIdentity>,
    spec: &'a FlashSpec,
    tracker: Tracker<'a>,
}

impl FlashRun<'_> {
    /// Tries every link mode until flashing succeeds, or fails in a way that a slower link would not cure.
    fn try_modes(&mut self, mut port: Port) -> (Port, Result<FlashOutcome, BoardFault>) {
        let mut link_modes = link_modes(self.spec.baud).into_iter().peekable();
        while let Some(mode) = link_modes.next() {
            let (back, result) = self.try_mode(port, mode);
            port = back;
            let failure = match result {
                Ok(outcome) => return (port, Ok(outcome)),
                Err(FlashFailure::Fault(fault)) => return (self.undo(port), Err(fault)),
                Err(FlashFailure::Link { what, stub }) => {
                    self.tracker.attempt(format!("{mode} failed: {what}"));
                    while stub && link_modes.peek().is_some_and(|next| next.stub) {
                        // The stub never ran: another speed would not change that.
                        link_modes.next();
                    }
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
            false => port::reset_by_lines(port, self.usb, ROM_BAUD),
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
                let failure = failure.unless_gone(&mut reached);
                // A half-written program must not run: the chip waits in its ROM, where anybody can find it.
                (finish::leave_in_rom(reached, self.usb, &mut self.tracker), Err(failure))
            }
        }
    }

    fn work(&mut self, reached: &mut ActiveLoader) -> Result<(), FlashFailure> {
        let tracker = &mut self.tracker;
        if let Some(wanted) = self.spec.chip.filter(|wanted| *wanted != reached.info.chip) {
            let what = say!(
                "told-other-chip",
                "The board has an {chip}, not an {wanted}",
                chip = reached.info.chip,
                wanted = wanted,
            );
            let hint = say!(
                "hint-other-chip",
                "Choose the other board, or leave the choice of the chip to the program."
            );
            return Err(BoardFault::new(FaultKind::WrongChip, what, hint).into());
        }
        reached.check_locks()?;
        let parts = plan::plan(&self.spec.source, &reached.info)?;
        tracker.parts(&parts);
        match self.spec.action {
            FlashAction::VerifyOnly => write::compare_only(reached, &parts, tracker),
            FlashAction::Install => write::install(reached, &parts, tracker, true),
            FlashAction::EraseFirst => {
                write::erase_all(reached, tracker)?;
                write::install(reached, &parts, tracker, false)
            }
        }
    }
}

/// Checked at every block.
fn check_cancelled(tracker: &mut Tracker<'_>) -> Result<(), FlashFailure> {
    match (tracker.is_cancelled(), tracker.has_written()) {
        (false, _) => Ok(()),
        (true, false) => Err(BoardFault::cancelled().into()),
        (true, true) => Err(BoardFault::cancelled_halfway().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ladder_goes_from_fast_to_slow_and_ends_without_the_stub() {
        let text: Vec<_> = link_modes(921_600).iter().map(|mode| (mode.baud, mode.stub)).collect();
        assert_eq!(text, [(921_600, true), (460_800, true), (115_200, true), (115_200, false)]);
        let text: Vec<_> = link_modes(230_400).iter().map(|mode| (mode.baud, mode.stub)).collect();
        assert_eq!(text, [(230_400, true), (115_200, true), (115_200, false)]);
    }
}

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
    AfterFlash, BeforeFlash, BoardFault, FaultKind, FlashAction, FlashSpec, FlashStatus, Outcome,
    UsbIdentity,
};
use espalier_core::say;

use super::port::{self, Port};
use failure::Failure;
use loader::Reached;
use tracker::Tracker;

pub use plan::Part;

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
pub struct Flashed {
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
) -> Flashed {
    let mut run = Run { usb, spec, tracker: Tracker::new(host) };
    let (port, result) = run.ladder(port);
    let elf = match (&result, spec.action) {
        (Ok(_), FlashAction::Install | FlashAction::EraseFirst) => plan::elf_of(&spec.source),
        _ => None,
    };
    Flashed { port, status: run.tracker.finish(result), elf }
}

/// One rung of the ladder: how the loader is talked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rung {
    stub: bool,
    baud: u32,
}

impl std::fmt::Display for Rung {
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
fn rungs(fastest: u32) -> Vec<Rung> {
    let slower = [921_600, 460_800, ROM_BAUD].into_iter().filter(|baud| *baud < fastest);
    let with_stub = std::iter::once(fastest).chain(slower).map(|baud| Rung { stub: true, baud });
    with_stub.chain([Rung { stub: false, baud: ROM_BAUD.min(fastest) }]).collect()
}

struct Run<'a> {
    usb: Option<&'a UsbIdentity>,
    spec: &'a FlashSpec,
    tracker: Tracker<'a>,
}

impl Run<'_> {
    /// Tries every rung until one carries to the end, or the failure is none that a slower link would cure.
    fn ladder(&mut self, mut port: Port) -> (Port, Result<Outcome, BoardFault>) {
        let mut rungs = rungs(self.spec.baud).into_iter().peekable();
        while let Some(rung) = rungs.next() {
            let (back, result) = self.climb(port, rung);
            port = back;
            let failure = match result {
                Ok(outcome) => return (port, Ok(outcome)),
                Err(Failure::Fault(fault)) => return (self.undo(port), Err(fault)),
                Err(Failure::Link { what, stub }) => {
                    self.tracker.attempt(format!("{rung} failed: {what}"));
                    while stub && rungs.peek().is_some_and(|next| next.stub) {
                        // The stub never ran: another speed would not change that.
                        rungs.next();
                    }
                    what
                }
            };
            match rungs.peek() {
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

    fn climb(&mut self, port: Port, rung: Rung) -> (Port, Result<Outcome, Failure>) {
        let mut reached = match connect::connect(port, self.usb, self.spec, rung, &mut self.tracker)
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

    fn work(&mut self, reached: &mut Reached) -> Result<(), Failure> {
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
fn check_cancelled(tracker: &mut Tracker<'_>) -> Result<(), Failure> {
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
        let text: Vec<_> = rungs(921_600).iter().map(|rung| (rung.baud, rung.stub)).collect();
        assert_eq!(text, [(921_600, true), (460_800, true), (115_200, true), (115_200, false)]);
        let text: Vec<_> = rungs(230_400).iter().map(|rung| (rung.baud, rung.stub)).collect();
        assert_eq!(text, [(230_400, true), (115_200, true), (115_200, false)]);
    }
}

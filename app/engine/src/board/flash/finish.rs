//! The end: the program starts, or the loader stays where it can be found again.

use espalier_core::board::{AfterFlash, FlashOutcome, FlashStep, UsbIdentity};

use super::failure::FlashFailure;
use super::loader::ActiveLoader;
use super::rom;
use super::tracker::Tracker;
use crate::board::port::{self, Port};

/// Starts what was written. The port comes back at the ROM's speed.
pub fn start_program(
    reached: ActiveLoader,
    usb: Option<&UsbIdentity>,
    after: AfterFlash,
    tracker: &mut Tracker<'_>,
) -> (Port, Result<FlashOutcome, FlashFailure>) {
    if after == AfterFlash::None {
        return (slow_down(reached), Ok(FlashOutcome::InLoader));
    }
    tracker.step(FlashStep::Restarting);
    if after == AfterFlash::Auto {
        if tracker.press(false) {
            tracker.attempt("Restarted by the EN button");
            return (rom::calm(reached.into_port()), Ok(FlashOutcome::Restarted));
        }
        return match reset_by_lines(reached) {
            Ok(port) => {
                tracker.attempt("Restarted by the modem lines");
                (port, Ok(FlashOutcome::Restarted))
            }
            Err(reached) => soft(*reached, usb, tracker),
        };
    }
    soft(reached, usb, tracker)
}

/// Leaves the chip in its ROM's loader at the ROM's speed, after a failure or a cancel.
pub fn leave_in_rom(
    reached: ActiveLoader,
    usb: Option<&UsbIdentity>,
    tracker: &mut Tracker<'_>,
) -> Port {
    let ActiveLoader { loader, .. } = reached;
    let port = reached.into_port();
    if tracker.press(true) {
        return rom::calm(port);
    }
    let (port, done) = port::download_by_lines(port, usb, loader.baud);
    match loader.stub && !done {
        true => rom::stub_to_rom(port, usb, loader.baud),
        false => rom::calm(port),
    }
}

/// Resets by RTS; the loader comes back when the port has no such line.
fn reset_by_lines(mut reached: ActiveLoader) -> Result<Port, Box<ActiveLoader>> {
    // The speed is changed before the reset, so that not one byte of the boot log is read at the wrong one.
    let loader = reached.loader;
    if reached.connection().set_baud(rom::BAUD).is_err() {
        return Err(Box::new(reached));
    }
    if reached.connection().reset().is_ok() {
        return Ok(reached.into_port());
    }
    reached.connection().set_baud(loader.baud).ok();
    Err(Box::new(reached))
}

/// Leaves the loader running, at the speed at which everybody looks for it.
fn slow_down(mut reached: ActiveLoader) -> Port {
    if reached.loader.baud != rom::BAUD
        && let Err(error) = reached.flasher.change_baud(rom::BAUD)
    {
        tracing::debug!("the stub stays at {} baud: {error}", reached.loader.baud);
    }
    rom::calm(reached.into_port())
}

/// The loader is asked: a stub goes back to the ROM, and the ROM's loader runs "user code".
fn soft(
    reached: ActiveLoader,
    usb: Option<&UsbIdentity>,
    tracker: &mut Tracker<'_>,
) -> (Port, Result<FlashOutcome, FlashFailure>) {
    let loader = reached.loader;
    let mut port = reached.into_port();
    if loader.stub {
        port = rom::stub_to_rom(port, usb, loader.baud);
    }
    let (port, done) = ask_rom(port, usb, tracker);
    (port, Ok(if done { FlashOutcome::Restarted } else { FlashOutcome::PressReset }))
}

/// Asks the ROM's loader to start the program; whether it was heard.
pub fn ask_rom(port: Port, usb: Option<&UsbIdentity>, tracker: &mut Tracker<'_>) -> (Port, bool) {
    let (port, said) = rom::start_program(port, usb);
    match &said {
        Ok(said) => {
            tracker.heard(said);
            tracker.attempt("The loader was asked to start the program");
        }
        Err(failure) => tracker
            .attempt(format!("The loader could not be asked to start the program: {failure:?}")),
    }
    (port, said.is_ok())
}

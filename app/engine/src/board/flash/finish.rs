//! The end: the program starts, or the loader stays where it can be found again.

use std::time::Duration;

use espalier_core::board::{AfterFlash, FlashOutcome, FlashStep, UsbIdentity};
use espflash::command::Command;
use espflash::connection::Connection;
use serialport::SerialPort as _;

use super::failure::FlashFailure;
use super::loader::ActiveLoader;
use super::tracker::Tracker;
use super::{ROM_BAUD, connect};
use crate::board::port::{self, Port};

/// How long a loader may take to act on a command.
const LIMIT: Duration = Duration::from_millis(500);
/// How long a chip needs from its software reset until its ROM listens.
const ROM_STARTS: Duration = Duration::from_millis(150);

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
            return (calm(reached.into_port()), Ok(FlashOutcome::Restarted));
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
        return calm(port);
    }
    let (port, done) = port::download_by_lines(port, usb, loader.baud);
    match loader.stub && !done {
        true => stub_to_rom(port, usb, loader.baud),
        false => calm(port),
    }
}

/// Asks a stub to reset the chip. The straps still say "loader", so the ROM's own comes up, at its own speed.
pub fn stub_to_rom(port: Port, usb: Option<&UsbIdentity>, baud: u32) -> Port {
    let mut connection = port::connection(port, usb, baud);
    let ended = end(&mut connection, true);
    if let Err(failure) = ended {
        tracing::debug!("the stub does not go: {failure:?}");
    }
    std::thread::sleep(ROM_STARTS);
    calm(connection.into_serial())
}

fn calm(mut port: Port) -> Port {
    port.set_baud_rate(ROM_BAUD).ok();
    port
}

/// Resets by RTS; the loader comes back when the port has no such line.
fn reset_by_lines(mut reached: ActiveLoader) -> Result<Port, Box<ActiveLoader>> {
    // The speed is changed before the reset, so that not one byte of the boot log is read at the wrong one.
    let loader = reached.loader;
    if reached.connection().set_baud(ROM_BAUD).is_err() {
        return Err(Box::new(reached));
    }
    if reached.connection().reset().is_ok() {
        return Ok(reached.into_port());
    }
    reached.connection().set_baud(loader.baud).ok();
    Err(Box::new(reached))
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
        port = stub_to_rom(port, usb, loader.baud);
    }
    let mut connection = port::connection(port, usb, ROM_BAUD);
    let sync = connection.with_timeout(LIMIT, |connection| connection.command(Command::Sync));
    let started = sync.map_err(FlashFailure::from).and_then(|_| end(&mut connection, false));
    let mut port = calm(connection.into_serial());
    let outcome = match started {
        Ok(()) => {
            // The loader may still answer before it goes; what the program says then is for the log.
            let said = connect::hear(&mut port);
            tracker.heard(without_answer(&said));
            tracker.attempt("The loader was asked to start the program");
            FlashOutcome::Restarted
        }
        Err(failure) => {
            tracker.attempt(format!(
                "The loader could not be asked to start the program: {failure:?}"
            ));
            FlashOutcome::PressReset
        }
    };
    (port, Ok(outcome))
}

/// FLASH_BEGIN of nothing and FLASH_END: what esptool calls a soft reset.
fn end(connection: &mut Connection, reboot: bool) -> Result<(), FlashFailure> {
    connection.with_timeout(LIMIT, |connection| {
        connection.command(Command::FlashBegin {
            size: 0,
            blocks: 0,
            block_size: 0x400,
            offset: 0,
            supports_encryption: false,
        })
    })?;
    // A chip that resets itself may not get around to answering.
    Ok(connection.write_command(Command::FlashEnd { reboot })?)
}

/// What was said after a loader's last answer (a SLIP frame), if there is one.
fn without_answer(said: &[u8]) -> &[u8] {
    const END: u8 = 0xC0;
    let Some(frame) = said.strip_prefix(&[END]) else { return said };
    let length = frame.iter().take(64).position(|byte| *byte == END);
    length.and_then(|length| frame.get(length + 1..)).unwrap_or(said)
}

/// Leaves the loader running, at the speed at which everybody looks for it.
fn slow_down(mut reached: ActiveLoader) -> Port {
    if reached.loader.baud != ROM_BAUD
        && let Err(error) = reached.flasher.change_baud(ROM_BAUD)
    {
        tracing::debug!("the stub stays at {} baud: {error}", reached.loader.baud);
    }
    calm(reached.into_port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loaders_last_answer_does_not_get_into_the_log() {
        let answer = [0xC0, 1, 4, 0, 0, 0, 0xC0];
        let said: Vec<u8> = answer.into_iter().chain(*b"ESP-ROM").collect();
        assert_eq!(without_answer(&said), b"ESP-ROM");
        assert_eq!(without_answer(b"ESP-ROM"), b"ESP-ROM");
        assert_eq!(without_answer(&[0xC0; 1]), [0xC0]);
        assert_eq!(without_answer(b""), b"");
    }
}

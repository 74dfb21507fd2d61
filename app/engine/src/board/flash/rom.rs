//! The conversation with the loader in a chip's ROM, and with a stub that an earlier attempt left behind: are you there,
//! what was said, go back to the ROM, start the program.

use std::io::Read as _;
use std::time::Duration;

use espalier_core::board::UsbIdentity;
use espflash::command::{Command, CommandResponseValue};
use espflash::connection::Connection;
use serialport::SerialPort as _;

use super::failure::FlashFailure;
use crate::board::port::{self, Port};

/// The speed of every loader before it is told another, in bits per second.
pub const BAUD: u32 = 115_200;
/// How long one SYNC waits for its answer.
pub const SYNC: Duration = Duration::from_millis(100);
/// How often it is sent at each speed that a stub may have been left at.
const STALE_SYNCS: u32 = 2;
/// How long a loader may take to act on a command.
const LIMIT: Duration = Duration::from_millis(500);
/// How long a chip needs from its software reset until its ROM listens.
const ROM_STARTS: Duration = Duration::from_millis(150);

/// What every loader expects: 115200 baud, 8N1, no flow control.
pub fn configure(port: &mut Port) -> serialport::Result<()> {
    let spec = espalier_core::session::SerialSpec::new("");
    port::configure(port, &spec)
}

/// Who answered.
#[derive(Clone, Copy)]
pub enum LoaderKind {
    /// The one in the chip's ROM.
    Rom,
    /// One that was put into the chip's memory.
    Stub,
}

/// One SYNC: who answers.
pub fn sync(connection: &mut Connection) -> Result<LoaderKind, FlashFailure> {
    let answer = connection.with_timeout(SYNC, |connection| connection.command(Command::Sync))?;
    Ok(match answer {
        // The ROM answers with something, the stub with zero.
        CommandResponseValue::ValueU32(0) => LoaderKind::Stub,
        _ => LoaderKind::Rom,
    })
}

/// What has arrived, up to a few milliseconds of silence.
pub fn hear(port: &mut Port) -> Vec<u8> {
    let mut said = Vec::new();
    let mut buffer = [0; 1024];
    port.set_timeout(Duration::from_millis(20)).ok();
    while let Ok(count @ 1..) = port.read(&mut buffer) {
        said.extend_from_slice(&buffer[..count]);
        if said.len() > 16 * 1024 {
            break;
        }
    }
    said
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

/// Looks for a stub at the speeds that we would have told it, and sends it back to the ROM.
///
/// Somebody may start the ROM's loader just then: it takes the speed of the first SYNC that it hears for its own, and
/// would be deaf at every other. So it is listened for too, and told the usual speed.
pub fn stale_stub(mut port: Port, usb: Option<&UsbIdentity>, fastest: u32) -> Port {
    for baud in [fastest, 921_600, 460_800] {
        if baud == BAUD || port.set_baud_rate(baud).is_err() {
            continue;
        }
        let mut connection = port::connection(port, usb, baud);
        let answer = (0..STALE_SYNCS).find_map(|_| sync(&mut connection).ok());
        if let Some(LoaderKind::Rom) = answer {
            let told = connection.with_timeout(SYNC, |connection| {
                connection.command(Command::ChangeBaudrate { new_baud: BAUD, prior_baud: 0 })
            });
            tracing::debug!("a ROM at {baud} baud is told {BAUD}: {told:?}");
        }
        port = connection.into_serial();
        if let Some(LoaderKind::Stub) = answer {
            port = stub_to_rom(port, usb, baud);
        }
        if answer.is_some() {
            break;
        }
    }
    port.set_baud_rate(BAUD).ok();
    port
}

/// Has the ROM's loader run the program, and gives what that says first. The port comes back at the ROM's speed.
pub fn start_program(
    port: Port,
    usb: Option<&UsbIdentity>,
) -> (Port, Result<Vec<u8>, FlashFailure>) {
    let mut connection = port::connection(port, usb, BAUD);
    let sync = connection.with_timeout(LIMIT, |connection| connection.command(Command::Sync));
    let started = sync.map_err(FlashFailure::from).and_then(|_| end(&mut connection, false));
    let mut port = calm(connection.into_serial());
    // The loader may still answer before it goes; what the program says then is for the log.
    let said = started.map(|()| without_answer(&hear(&mut port)).to_vec());
    (port, said)
}

/// The port at the ROM's speed.
pub fn calm(mut port: Port) -> Port {
    port.set_baud_rate(BAUD).ok();
    port
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

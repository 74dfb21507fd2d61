//! The classic ESP32, found and given its stub by us: its ROM answers a question that it does not know under another number,
//! and espflash waits for the right one, three seconds each time it asks.

use std::time::Duration;

use espflash::command::{Command, CommandResponseValue, CommandType};
use espflash::connection::{Connection, ResetAfterOperation, ResetBeforeOperation};
use espflash::flasher::{Flasher, SpiAttachParams, SpiSetParams};
use espflash::target::Chip;

use super::failure::FlashFailure;

/// How long the first question waits: every ROM answers within a few milliseconds.
const QUESTION: Duration = Duration::from_millis(300);
/// How long anything else may take.
const LIMIT: Duration = Duration::from_secs(3);
/// What tells the chips apart that cannot say which they are (esptool, `CHIP_DETECT_MAGIC_REG_ADDR`).
const MAGIC_AT: u32 = 0x4000_1000;
/// What it holds in this one.
const MAGIC: u32 = 0x00F0_1D83;

/// The stub: where it starts, and its pieces with their addresses (`stub/README.md`).
const ENTRY: u32 = 0x400A_902C;
const PIECES: [(u32, &[u8]); 2] = [
    (0x400A_8000, include_bytes!("stub/esp32-text.bin")),
    (0x3FFD_ED6C, include_bytes!("stub/esp32-data.bin")),
];
/// Bytes of a block on its way into memory (esptool, `ESP_RAM_BLOCK`).
const BLOCK: usize = 0x1800;

/// Whether a classic ESP32 answers: it does not know what every later chip does.
pub fn answers(connection: &mut Connection) -> bool {
    let asked = connection.with_timeout(QUESTION, |connection| {
        connection.write_command(Command::GetSecurityInfo)?;
        connection.read_response_for_command(CommandType::GetSecurityInfo)
    });
    match asked {
        // The answer of a chip that knows the question.
        Ok(Some(answer)) if answer.return_op == CommandType::GetSecurityInfo as u8 => false,
        // A number of its own, or none.
        _ => {
            let read = Command::ReadReg { address: MAGIC_AT };
            let magic = connection.with_timeout(QUESTION, |connection| connection.command(read));
            matches!(magic, Ok(CommandResponseValue::ValueU32(MAGIC)))
        }
    }
}

/// Uploads the stub and finds the flash.
///
/// # Errors
/// The link does not carry, or the flash does not answer; the connection comes back where there still is one.
pub fn connect(mut connection: Connection) -> Result<Flasher, Box<(Connection, FlashFailure)>> {
    if let Err(failure) = upload(&mut connection) {
        return Err(Box::new((connection, failure)));
    }
    // From here on espflash talks to the stub, which knows what it does not know.
    let usb = serialport::UsbPortInfo {
        vid: 0,
        pid: connection.usb_pid(),
        serial_number: None,
        manufacturer: None,
        product: None,
    };
    let baud = connection.baud().unwrap_or(super::rom::BAUD);
    let connection = Connection::new(
        connection.into_serial(),
        usb,
        ResetAfterOperation::NoResetNoStub,
        ResetBeforeOperation::NoResetNoSync,
        baud,
    );
    let connected = Flasher::try_connect(connection, true, false, false, Some(Chip::Esp32), None);
    let mut flasher = connected.map_err(|lost| {
        let (error, connection) = *lost;
        Box::new((connection, FlashFailure::from(error)))
    })?;
    match find_flash(&mut flasher) {
        Ok(()) => Ok(flasher),
        Err(failure) => Err(Box::new((flasher.into(), failure))),
    }
}

fn upload(connection: &mut Connection) -> Result<(), FlashFailure> {
    let mut ask = |command: Command<'_>| {
        connection.with_timeout(LIMIT, |connection| connection.command(command)).map(drop)
    };
    for (address, bytes) in PIECES {
        ask(Command::MemBegin {
            size: bytes.len() as u32,
            blocks: bytes.len().div_ceil(BLOCK) as u32,
            block_size: BLOCK as u32,
            offset: address,
            supports_encryption: false,
        })?;
        for (sequence, data) in bytes.chunks(BLOCK).enumerate() {
            let sequence = sequence as u32;
            ask(Command::MemData { data, pad_to: 4, pad_byte: 0, sequence })?;
        }
    }
    ask(Command::MemEnd { no_entry: false, entry: ENTRY })?;
    let greeting = connection.with_timeout(LIMIT, |connection| connection.read_flash_response())?;
    match greeting.map(|greeting| greeting.value) {
        Some(CommandResponseValue::Vector(said)) if said == b"OHAI" => Ok(()),
        said => {
            let what = format!("the stub does not greet: {said:?}");
            Err(FlashFailure::Link { what, stub: true })
        }
    }
}

/// Attaches the flash where it is, and tells the stub how large it is.
fn find_flash(flasher: &mut Flasher) -> Result<(), FlashFailure> {
    for spi_params in [SpiAttachParams::default(), SpiAttachParams::esp32_pico_d4()] {
        let attach = Command::SpiAttachStub { spi_params };
        // Whether it is there, its answer tells, and not whether this went well.
        flasher.connection().with_timeout(LIMIT, |connection| connection.command(attach)).ok();
        if let Some(size) = flasher.flash_detect()? {
            flasher.set_flash_size(size);
            let spi_params = SpiSetParams::default(size.size());
            flasher.connection().with_timeout(LIMIT, |connection| {
                connection.command(Command::SpiSetParams { spi_params })
            })?;
            return Ok(());
        }
    }
    Err(espflash::Error::FlashConnect.into())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use serialport::{SerialPort as _, TTYPort};

    use super::*;
    use crate::board::port;

    /// What a ROM was asked, frame by frame, until nobody asks any more.
    fn asked(answer: fn(u8) -> Vec<u8>) -> (bool, Vec<u8>) {
        let (ours, mut rom) = TTYPort::pair().unwrap();
        // Longer than anything takes on a loaded machine; it ends when the other end is closed.
        rom.set_timeout(Duration::from_secs(60)).unwrap();
        let answering = std::thread::Builder::new().name("rom".to_owned());
        let answering = answering.spawn(move || {
            let mut asked = Vec::new();
            let (mut frame, mut byte) = (Vec::new(), [0]);
            while rom.read_exact(&mut byte).is_ok() {
                match byte[0] {
                    0xC0 if frame.len() > 1 => {
                        let command: u8 = frame[1];
                        asked.push(command);
                        rom.write_all(&[&[0xC0], answer(command).as_slice(), &[0xC0]].concat())
                            .ok();
                        frame.clear();
                    }
                    0xC0 => {}
                    byte => frame.push(byte),
                }
            }
            asked
        });
        let mut connection = port::connection(ours, None, 115_200);
        let is_classic = answers(&mut connection);
        drop(connection);
        (is_classic, answering.unwrap().join().unwrap())
    }

    const SECURITY_INFO: u8 = CommandType::GetSecurityInfo as u8;
    const READ_REG: u8 = CommandType::ReadReg as u8;

    #[test]
    fn a_classic_esp32_is_known_after_one_question_that_it_does_not_know() {
        // Direction, command, two bytes of length, four of value, four of status, of the ROM.
        let (is_classic, asked) = asked(|command| match command {
            READ_REG => [&[1, READ_REG, 4, 0][..], &MAGIC.to_le_bytes(), &[0; 4]].concat(),
            _ => vec![1, 0, 4, 0, 0, 0, 0, 0, 1, 5, 0, 0],
        });
        assert!(is_classic);
        assert_eq!(asked, [SECURITY_INFO, READ_REG]);
    }

    #[test]
    fn a_chip_that_knows_the_question_is_none() {
        let (is_classic, asked) = asked(|command| {
            let mut answer = vec![1, command, 24, 0, 0, 0, 0, 0];
            answer.extend([0; 24]);
            answer
        });
        assert!(!is_classic);
        assert_eq!(asked, [SECURITY_INFO]);
    }
}

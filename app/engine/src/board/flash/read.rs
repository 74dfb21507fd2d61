//! Reading flash back: through the stub in blocks, through the ROM in small steps.

use std::time::Duration;

use espflash::command::{Command, CommandResponseValue, CommandType};
use md5::{Digest as _, Md5};

use super::failure::FlashFailure;
use super::loader::ActiveLoader;

/// Bytes of a block that the stub sends.
const BLOCK: u32 = 0x1000;
/// Bytes that the ROM sends at most.
const STEP: u32 = 64;
/// How long a block may take.
const LIMIT: Duration = Duration::from_secs(3);

/// So many bytes from this address on; `got` is told the bytes that came, in order, and may stop it.
///
/// # Errors
/// The link breaks, or `got` says why not to go on. What was read whole is checked by MD5.
pub fn read(
    reached: &mut ActiveLoader,
    address: u32,
    length: u32,
    got: &mut dyn FnMut(&[u8]) -> Result<(), FlashFailure>,
) -> Result<(), FlashFailure> {
    match reached.loader.stub {
        true => by_stub(reached, address, length, got),
        false => by_rom(reached, address, length, got),
    }
}

fn by_stub(
    reached: &mut ActiveLoader,
    address: u32,
    length: u32,
    got: &mut dyn FnMut(&[u8]) -> Result<(), FlashFailure>,
) -> Result<(), FlashFailure> {
    // One block at a time: espflash throws away what has arrived whenever it confirms one.
    let begin =
        Command::ReadFlash { offset: address, size: length, block_size: BLOCK, max_in_flight: 1 };
    reached.command(LIMIT, begin)?;
    let mut done = 0_u32;
    let mut digest = Md5::new();
    // Whoever stops in the middle leaves the stub waiting: what it still sends is taken, and not looked at.
    let mut stopped = None;
    while done < length {
        let block = frame(reached)?;
        let expected = BLOCK.min(length - done);
        if block.len() != expected as usize {
            return Err(broken(format!("{} bytes came instead of {expected}", block.len())));
        }
        done += expected;
        digest.update(&block);
        if stopped.is_none() {
            stopped = got(&block).err();
        }
        reached.connection().write_raw(done)?;
    }
    let told = frame(reached)?;
    match stopped {
        Some(why) => Err(why),
        None if told[..] == digest.finalize()[..] => Ok(()),
        None => Err(broken("what was read has another MD5 than the flash".to_owned())),
    }
}

fn frame(reached: &mut ActiveLoader) -> Result<Vec<u8>, FlashFailure> {
    let response =
        reached.connection().with_timeout(LIMIT, |connection| connection.read_flash_response())?;
    match response.map(|response| response.value) {
        Some(CommandResponseValue::Vector(bytes)) => Ok(bytes),
        _ => Err(broken("nothing came".to_owned())),
    }
}

fn by_rom(
    reached: &mut ActiveLoader,
    address: u32,
    length: u32,
    got: &mut dyn FnMut(&[u8]) -> Result<(), FlashFailure>,
) -> Result<(), FlashFailure> {
    for done in (0..length).step_by(STEP as usize) {
        let size = STEP.min(length - done);
        let step = Command::ReadFlashSlow {
            offset: address + done,
            size,
            block_size: STEP,
            max_in_flight: 1,
        };
        let answer = reached.command(CommandType::ReadFlashSlow.timeout(), step)?;
        let CommandResponseValue::Vector(frame) = answer else {
            return Err(broken("the ROM answers without data".to_owned()));
        };
        // It always sends 64 bytes, and the state of the command behind them.
        let bytes = frame.get(..size as usize);
        got(bytes.ok_or_else(|| broken("the ROM answers with too little".to_owned()))?)?;
    }
    Ok(())
}

fn broken(what: String) -> FlashFailure {
    FlashFailure::Link { what, stub: false }
}

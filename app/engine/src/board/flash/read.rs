//! Reading flash back: through the stub in blocks, through the ROM in small steps.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use espflash::command::{Command, CommandResponseValue, CommandType};
use md5::{Digest as _, Md5};
use serialport::SerialPort as _;

use super::failure::FlashFailure;
use super::loader::ActiveLoader;

/// Bytes of a block that the stub sends.
const BLOCK: u32 = 0x1000;
/// Bytes that the ROM sends at most.
const STEP: u32 = 64;
/// Bytes of a frame at most: a block with each of its bytes escaped.
const LONGEST: usize = 2 * BLOCK as usize;
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
    let ActiveLoader { flasher, reader, .. } = reached;
    reader.set_timeout(LIMIT).map_err(|error| broken(error.to_string()))?;
    let mut frames = Frames { source: reader, waiting: Vec::new() };
    let mut done = 0_u32;
    let mut digest = Md5::new();
    // Whoever stops in the middle leaves the stub waiting: what it still sends is taken, and not looked at.
    let mut stopped = None;
    while done < length {
        let block = frames.next()?;
        let expected = BLOCK.min(length - done);
        if block.len() != expected as usize {
            return Err(broken(format!("{} bytes came instead of {expected}", block.len())));
        }
        done += expected;
        digest.update(&block);
        if stopped.is_none() {
            stopped = got(&block).err();
        }
        flasher.connection().write_raw(done)?;
    }
    let told = frames.next()?;
    match stopped {
        Some(why) => Err(why),
        None if told[..] == digest.finalize()[..] => Ok(()),
        None => Err(another_md5()),
    }
}

/// Frames of SLIP (RFC 1055). espflash asks the system for each byte of them, which for a whole flash takes the better part of
/// a processor.
struct Frames<R> {
    source: R,
    /// What was read and belongs to no frame yet.
    waiting: Vec<u8>,
}

impl<R: Read> Frames<R> {
    /// The next frame that is not empty.
    fn next(&mut self) -> Result<Vec<u8>, FlashFailure> {
        const END: u8 = 0xC0;
        let mut buffer = [0; 8192];
        let mut looked = 0;
        loop {
            if let Some(end) = self.waiting[looked..].iter().position(|byte| *byte == END) {
                let end = looked + end;
                looked = 0;
                let rest = self.waiting.split_off(end + 1);
                let mut frame = std::mem::replace(&mut self.waiting, rest);
                frame.truncate(end);
                if frame.is_empty() {
                    continue;
                }
                return unescaped(&frame).ok_or_else(|| broken("a frame is damaged".to_owned()));
            }
            looked = self.waiting.len();
            if looked > LONGEST {
                return Err(broken("a frame has no end".to_owned()));
            }
            match self.source.read(&mut buffer) {
                Ok(0) => return Err(broken("nothing came".to_owned())),
                Ok(count) => self.waiting.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(broken(error.to_string())),
            }
        }
    }
}

/// What a frame stands for; `None`: it is damaged.
fn unescaped(frame: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(frame.len());
    let mut bytes = frame.iter();
    while let Some(byte) = bytes.next() {
        plain.push(match (byte, byte == &0xDB) {
            (byte, false) => *byte,
            (_, true) => match bytes.next()? {
                0xDC => 0xC0,
                0xDD => 0xDB,
                _ => return None,
            },
        });
    }
    Some(plain)
}

fn by_rom(
    reached: &mut ActiveLoader,
    address: u32,
    length: u32,
    got: &mut dyn FnMut(&[u8]) -> Result<(), FlashFailure>,
) -> Result<(), FlashFailure> {
    let mut digest = Md5::new();
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
        let bytes = bytes.ok_or_else(|| broken("the ROM answers with too little".to_owned()))?;
        digest.update(bytes);
        got(bytes)?;
    }
    match reached.md5(address, length)? == digest.finalize()[..] {
        true => Ok(()),
        false => Err(another_md5()),
    }
}

fn another_md5() -> FlashFailure {
    broken("what was read has another MD5 than the flash".to_owned())
}

fn broken(what: String) -> FlashFailure {
    FlashFailure::Link { what, stub: false }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn framed(bytes: &[u8]) -> Vec<u8> {
        let mut frame = vec![0xC0];
        for byte in bytes {
            match byte {
                0xC0 => frame.extend([0xDB, 0xDC]),
                0xDB => frame.extend([0xDB, 0xDD]),
                byte => frame.push(*byte),
            }
        }
        frame.push(0xC0);
        frame
    }

    /// Gives what it has in pieces of these lengths.
    struct Pieces(Vec<u8>, usize);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(self.0.len()).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0.drain(..count);
            Ok(count)
        }
    }

    proptest! {
        #[test]
        fn frames_are_what_was_sent_however_they_come(
            sent in prop::collection::vec(prop::collection::vec(prop_oneof![any::<u8>(), Just(0xC0), Just(0xDB)], 1..300), 1..5),
            cut in 1..700_usize,
        ) {
            let line = sent.iter().flat_map(|frame| framed(frame)).collect();
            let mut frames = Frames { source: Pieces(line, cut), waiting: Vec::new() };
            for frame in &sent {
                prop_assert_eq!(&frames.next().unwrap(), frame);
            }
            prop_assert!(frames.next().is_err(), "nothing more comes");
        }

        #[test]
        fn noise_ends(noise in prop::collection::vec(any::<u8>(), 0..20_000)) {
            let mut frames = Frames { source: Pieces(noise, 1000), waiting: Vec::new() };
            while frames.next().is_ok() {}
        }
    }
}

//! The ROM loader and the flasher stub, without I/O: frames in, effects out.
//!
//! Facts: Espressif's "Serial protocol" pages, and what esptool 5 and espflash 4.7 send and expect.
//! A stub that a tool uploads is not run; it is recognised, and from then on the loader behaves as
//! the stub does.

mod command;
mod effect;
mod ram_upload;
mod read;
mod registers;
#[cfg(test)]
mod tests;
mod write;

use md5::{Digest as _, Md5};

use self::command::{CommandResult, LoaderError, LoaderRequest, LoaderResponse, op};
pub use self::effect::{Effect, LoaderExit};
use self::ram_upload::{RamUpload, UploadEnd};
use self::read::FlashRead;
use self::registers::Registers;
use self::write::FlashWrite;
use crate::Faults;
use crate::chip::{ChipFacts, SecurityInfo};
use crate::flash::{Flash, SECTOR, SIZE};

/// The flag for secure boot, among those of GET_SECURITY_INFO.
const SECURE_BOOT: u8 = 1;
/// The flag for the secure download mode, among those of GET_SECURITY_INFO.
const SECURE_DOWNLOAD: u8 = 1 << 2;

/// What the loader works on.
#[derive(Debug)]
pub struct LoaderContext<'a> {
    /// The flash chip.
    pub flash: &'a mut Flash,
    /// What is to go wrong.
    pub faults: &'a mut Faults,
    /// Baud rate of the line.
    pub rate: u32,
}

/// The loader of one chip, from its reset on.
#[derive(Debug)]
pub struct Loader {
    chip: ChipFacts,
    stub: bool,
    registers: Registers,
    upload: RamUpload,
    write: Option<FlashWrite>,
    read: Option<FlashRead>,
    /// Bytes of flash data taken since the reset.
    taken: u64,
}

impl Loader {
    /// The ROM loader after a reset.
    pub fn new(chip: ChipFacts, mac: [u8; 6]) -> Self {
        Self {
            chip,
            stub: false,
            registers: Registers::new(chip, mac),
            upload: RamUpload::default(),
            write: None,
            read: None,
            taken: 0,
        }
    }

    /// Whether the stub runs, rather than the ROM.
    pub fn is_stub(&self) -> bool {
        self.stub
    }

    /// Takes one frame.
    pub fn on_frame(&mut self, frame: &[u8], context: &mut LoaderContext<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        if let Some(read) = &mut self.read {
            let done = read.on_ack(frame, context.flash, &mut effects);
            if done {
                self.read = None;
            }
            return effects;
        }
        let Some(request) = LoaderRequest::parse(frame) else {
            return effects;
        };
        if context.faults.secure_download && self.chip.security == SecurityInfo::Unknown {
            return effects;
        }
        let outcome = self.apply(&request, context, &mut effects);
        let vanished = effects.contains(&Effect::Vanish);
        // Whoever runs the user's code does not answer.
        let silent = self.stub && request.op == op::RUN_USER_CODE && outcome.is_ok();
        if !vanished && !silent {
            let Faults { slow_detect, secure_download, .. } = *context.faults;
            // Esptool takes it for "no such command" only under another number.
            let odd = (slow_detect || secure_download) && !self.stub;
            let op = match outcome {
                Err(LoaderError::UnknownCommand) if odd => 0,
                _ => request.op,
            };
            let answer = LoaderResponse::frame(op, outcome.as_ref(), self.stub);
            let times = if request.op == op::SYNC && outcome.is_ok() { 8 } else { 1 };
            // The answer goes out before what the command brings about, but after a busy time.
            let at = effects.iter().take_while(|e| matches!(e, Effect::Pause(_))).count();
            for _ in 0..times {
                effects.insert(at, Effect::Send(answer.clone()));
            }
        }
        if outcome.is_ok() {
            self.after(&request, context, &mut effects);
        }
        effects
    }

    fn apply(
        &mut self,
        request: &LoaderRequest<'_>,
        context: &mut LoaderContext<'_>,
        effects: &mut Vec<Effect>,
    ) -> CommandResult {
        if context.faults.secure_download && !op::IN_SECURE_DOWNLOAD.contains(&request.op) {
            return Err(LoaderError::UnknownCommand);
        }
        match request.op {
            // The ROM says something with its answers, the stub zero: esptool tells them apart by it.
            op::SYNC => {
                let as_stub = self.stub || context.faults.sticky_stub;
                Ok(LoaderResponse::value(if as_stub { 0 } else { 0x2012_0707 }))
            }
            op::READ_REG => {
                let [address] = request.words()?;
                let Faults { encrypted, secure_boot, .. } = *context.faults;
                let fuses =
                    [(encrypted, self.chip.crypt_count), (secure_boot, self.chip.secure_boot)];
                let burnt = fuses
                    .into_iter()
                    .filter(|(on, (word, _))| *on && *word == address)
                    .fold(0, |all, (_, (_, bit))| all | bit);
                Ok(LoaderResponse::value(self.registers.read(address, context.rate) | burnt))
            }
            op::WRITE_REG => self.write_registers(request),
            op::MEM_BEGIN => {
                let [size, _, _, address] = request.words()?;
                self.upload.begin(address, size)
            }
            op::MEM_DATA if context.faults.bad_crc > 0 => {
                context.faults.bad_crc -= 1;
                Err(LoaderError::BadChecksum)
            }
            op::MEM_DATA => self.upload.data(request.block()?),
            op::MEM_END => Ok(LoaderResponse::default()),
            op::SPI_ATTACH | op::SPI_SET_PARAMS => {
                // Both take a word at least; the pins and sizes they set are what this board has.
                let [_] = request.words()?;
                Ok(LoaderResponse::default())
            }
            op::CHANGE_BAUDRATE => match request.words()? {
                [0, _] => Err(LoaderError::Refused),
                [rate, _] => {
                    effects.push(Effect::Rate(rate));
                    Ok(LoaderResponse::default())
                }
            },
            op::GET_SECURITY_INFO => self.security_info(context.faults),
            op::FLASH_BEGIN | op::FLASH_DEFL_BEGIN => self.write_begin(request, context, effects),
            op::FLASH_DATA | op::FLASH_DEFL_DATA => self.write_data(request, context, effects),
            op::FLASH_END | op::FLASH_DEFL_END => self.write_end(request, effects),
            op::SPI_FLASH_MD5 => self.md5(request, context),
            op::READ_FLASH_SLOW if !self.stub => read_slow(request, context.flash),
            op::READ_FLASH if self.stub => {
                let [offset, len, block, window] = request.words()?;
                self.read = Some(FlashRead::new(context.flash, offset, len, block, window)?);
                Ok(LoaderResponse::default())
            }
            op::ERASE_FLASH if self.stub => self.erase(0, SIZE, context, effects),
            op::ERASE_REGION if self.stub => {
                let [offset, len] = request.words()?.map(|word| word as usize);
                match (offset % SECTOR, len % SECTOR) {
                    (0, 0) => self.erase(offset, len, context, effects),
                    (0, _) => Err(LoaderError::UnalignedLength),
                    _ => Err(LoaderError::UnalignedOffset),
                }
            }
            op::RUN_USER_CODE if self.stub => {
                effects.push(Effect::Leave(LoaderExit::Application));
                Ok(LoaderResponse::default())
            }
            _ => Err(LoaderError::UnknownCommand),
        }
    }

    /// What follows an answer.
    fn after(
        &mut self,
        request: &LoaderRequest<'_>,
        context: &mut LoaderContext<'_>,
        effects: &mut Vec<Effect>,
    ) {
        match request.op {
            op::MEM_END => match self.upload.end(request) {
                UploadEnd::Stay => {}
                UploadEnd::Stub => {
                    self.stub = true;
                    self.write = None;
                    effects.push(Effect::Send(b"OHAI".to_vec()));
                }
                UploadEnd::Program(len) => effects.push(Effect::Leave(LoaderExit::Program(len))),
            },
            op::READ_FLASH => {
                if let Some(read) = &mut self.read {
                    read.start(context.flash, effects);
                }
            }
            op::WRITE_REG if self.registers.take_watchdog() => effects.push(Effect::Watchdog),
            _ => {}
        }
    }

    fn write_registers(&mut self, request: &LoaderRequest<'_>) -> CommandResult {
        if request.data.is_empty() || !request.data.len().is_multiple_of(16) {
            return Err(LoaderError::BadLength);
        }
        for entry in request.data.chunks_exact(16) {
            let [address, value, mask, _delay] = command::words(entry)?;
            self.registers.write(address, value, mask);
        }
        Ok(LoaderResponse::default())
    }

    fn security_info(&self, faults: &Faults) -> CommandResult {
        let len = match self.chip.security {
            SecurityInfo::Unknown => return Err(LoaderError::UnknownCommand),
            SecurityInfo::WithoutId => 12,
            SecurityInfo::WithId => 20,
        };
        // Flags, encryption count, no keys; then the chip id and API version 0.
        let mut data = vec![0; len];
        let flags = [(faults.secure_boot, SECURE_BOOT), (faults.secure_download, SECURE_DOWNLOAD)];
        data[0] = flags.into_iter().filter(|(on, _)| *on).fold(0, |all, (_, flag)| all | flag);
        data[4] = u8::from(faults.encrypted);
        if let Some(id) = data.get_mut(12..14) {
            id.copy_from_slice(&self.chip.image_id.to_le_bytes());
        }
        Ok(LoaderResponse::data(data))
    }

    fn write_begin(
        &mut self,
        request: &LoaderRequest<'_>,
        context: &mut LoaderContext<'_>,
        effects: &mut Vec<Effect>,
    ) -> CommandResult {
        let [size, blocks, block_size, offset] = request.words()?;
        let deflated = request.op == op::FLASH_DEFL_BEGIN;
        let mut write = FlashWrite::new(self.stub, deflated, [size, blocks, block_size, offset])?;
        let erased = write.begin(context.flash)?;
        self.write = Some(write);
        pause_for_erase(erased, context.faults, effects);
        Ok(LoaderResponse::default())
    }

    fn write_data(
        &mut self,
        request: &LoaderRequest<'_>,
        context: &mut LoaderContext<'_>,
        effects: &mut Vec<Effect>,
    ) -> CommandResult {
        let block = request.block()?;
        if context.faults.bad_write > 0 {
            context.faults.bad_write -= 1;
            return Err(LoaderError::FlashWrite);
        }
        let deflated = request.op == op::FLASH_DEFL_DATA;
        let write = self.write.as_mut().filter(|write| write.is_deflated() == deflated);
        let done = write.ok_or(LoaderError::NotInFlashMode)?.data(block, context.flash)?;
        let before = self.taken;
        self.taken += done.written as u64;
        let crossed = |mark: Option<u64>| mark.is_some_and(|m| before <= m && m < self.taken);
        if crossed(context.faults.vanish_after) {
            context.faults.vanish_after = None;
            effects.push(Effect::Vanish);
        }
        if crossed(context.faults.stall_after) {
            context.faults.stall_after = None;
            effects.push(Effect::Pause(context.faults.stall_for));
        }
        pause_for_erase(done.erased, context.faults, effects);
        Ok(LoaderResponse::default())
    }

    fn write_end(
        &mut self,
        request: &LoaderRequest<'_>,
        effects: &mut Vec<Effect>,
    ) -> CommandResult {
        let [stay] = request.words()?;
        if self.stub && self.write.is_none() {
            return Err(LoaderError::NotInFlashMode);
        }
        self.write = None;
        match (stay, self.stub) {
            // A software reset does not look at the straps again, so it ends in the ROM loader.
            (0, _) => effects.push(Effect::Leave(LoaderExit::Rom)),
            (_, false) => effects.push(Effect::Leave(LoaderExit::Application)),
            (_, true) => {}
        }
        Ok(LoaderResponse::default())
    }

    fn md5(&self, request: &LoaderRequest<'_>, context: &mut LoaderContext<'_>) -> CommandResult {
        let [offset, len, ..]: [u32; 4] = request.words()?;
        let bytes = context.flash.read(offset as usize, len as usize);
        let mut digest: [u8; 16] = Md5::digest(bytes.map_err(|_| LoaderError::FlashRead)?).into();
        if context.faults.bad_md5 > 0 {
            context.faults.bad_md5 -= 1;
            digest[0] ^= 0xff;
        }
        Ok(LoaderResponse::data(match self.stub {
            true => digest.to_vec(),
            false => digest.map(|byte| format!("{byte:02x}")).concat().into_bytes(),
        }))
    }

    fn erase(
        &mut self,
        offset: usize,
        len: usize,
        context: &mut LoaderContext<'_>,
        effects: &mut Vec<Effect>,
    ) -> CommandResult {
        let erased = context.flash.erase(offset, len).map_err(|_| LoaderError::FlashWrite)?;
        pause_for_erase(erased, context.faults, effects);
        Ok(LoaderResponse::default())
    }
}

fn pause_for_erase(sectors: usize, faults: &Faults, effects: &mut Vec<Effect>) {
    if let Some(each) = faults.slow_erase
        && sectors > 0
    {
        let sectors = u32::try_from(sectors).unwrap_or(u32::MAX);
        effects.push(Effect::Pause(each.saturating_mul(sectors)));
    }
}

/// The ROM's way: 64 bytes at a time, however few were asked for.
fn read_slow(request: &LoaderRequest<'_>, flash: &Flash) -> CommandResult {
    let [offset, len] = request.words()?;
    if len > 64 {
        return Err(LoaderError::ReadLength);
    }
    let bytes = flash.read(offset as usize, len as usize).map_err(|_| LoaderError::FlashRead)?;
    let mut data = bytes.to_vec();
    data.resize(64, 0);
    Ok(LoaderResponse::data(data))
}

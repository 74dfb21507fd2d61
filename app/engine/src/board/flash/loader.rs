//! A loader that answers, and the chip behind it.

use std::time::Duration;

use espalier_core::board::{BoardFault, Chip, ChipInfo, FaultKind, Loader};
use espflash::command::{Command, CommandResponseValue, CommandType};
use espflash::connection::Connection;
use espflash::flasher::Flasher;

use super::failure::Failure;
use super::tracker::Tracker;
use crate::board::port::Port;

/// A register that every chip lets everybody read.
const ALWAYS_READABLE: u32 = 0x4000_1000;
/// BLK0_RDATA0 of the ESP32's eFuses (TRM chapter 20): FLASH_CRYPT_CNT is in bits 20 to 26.
const ESP32_FUSES: u32 = 0x3FF5_A000;

/// A loader that answers.
pub struct Reached {
    pub flasher: Flasher,
    pub info: ChipInfo,
    pub loader: Loader,
}

impl Reached {
    /// Asks the chip who it is.
    pub fn new(
        mut flasher: Flasher,
        stub: bool,
        baud: u32,
    ) -> Result<Self, Box<(Flasher, Failure)>> {
        match identify(&mut flasher) {
            Ok(info) => {
                let loader = Loader { stub: stub && !flasher.secure_download_mode(), baud };
                Ok(Self { flasher, info, loader })
            }
            Err(failure) => Err(Box::new((flasher, failure))),
        }
    }

    pub fn connection(&mut self) -> &mut Connection {
        self.flasher.connection()
    }

    pub fn into_port(self) -> Port {
        self.flasher.into()
    }

    /// Sends a command and waits for its answer.
    pub fn command(
        &mut self,
        limit: Duration,
        command: Command<'_>,
    ) -> Result<CommandResponseValue, Failure> {
        Ok(self.connection().with_timeout(limit, |connection| connection.command(command))?)
    }

    /// Does the loader still understand us?
    pub fn answers(&mut self) -> Result<(), Failure> {
        let read = Command::ReadReg { address: ALWAYS_READABLE };
        self.command(Duration::from_millis(500), read).map(drop)
    }

    /// MD5 of a region of flash.
    pub fn md5(&mut self, address: u32, length: u32) -> Result<[u8; 16], Failure> {
        let limit = CommandType::FlashMd5.timeout_for_size(length);
        let digest = self.command(limit, Command::FlashMd5 { offset: address, size: length })?;
        let digest: u128 = digest.try_into().map_err(Failure::from)?;
        Ok(digest.to_be_bytes())
    }

    /// Refuses chips that would not run, or not even take, what we write.
    pub fn check_locks(&mut self, tracker: &mut Tracker<'_>) -> Result<(), Failure> {
        let chip = self.info.chip;
        let locked = |what: String, hint: &str| {
            Failure::Fault(BoardFault::new(FaultKind::Locked, what, hint))
        };
        if self.flasher.secure_download_mode() {
            return Err(locked(
                format!(
                    "This {chip} is in secure download mode: it cannot be read, verified or given a loader"
                ),
                "The mode is burnt into its eFuses by whoever made the device. Use another board.",
            ));
        }
        let count = match chip {
            Chip::Esp32 => (self.connection().read_reg(ESP32_FUSES)? >> 20) & 0x7f,
            _ => match self.flasher.security_info() {
                Ok(info) => u32::from(info.flash_crypt_cnt),
                Err(error) => {
                    let text = super::failure::chain(&error);
                    tracker.attempt(format!("The {chip} does not tell its security state: {text}"));
                    0
                }
            },
        };
        // An odd number of burnt bits means "encrypted" (esp-idf, flash encryption).
        if count.count_ones() % 2 == 1 {
            return Err(locked(
                format!("The flash of this {chip} is encrypted: a plain program would not start"),
                "Flash encryption is burnt into its eFuses. Use another board, or the tools of whoever holds its key.",
            ));
        }
        Ok(())
    }

    /// The handle reports that the port is no more.
    pub fn is_gone(&mut self) -> bool {
        self.connection().baud().is_err()
    }
}

fn identify(flasher: &mut Flasher) -> Result<ChipInfo, Failure> {
    let device = flasher.device_info()?;
    let id = device.chip.id();
    let chip = Chip::from_image_id(id).ok_or_else(|| {
        let what =
            format!("The chip says that it is number {id}, which this program does not know");
        BoardFault::new(FaultKind::WrongChip, what, "A newer version of this program may know it.")
    })?;
    let crystal = device.crystal_frequency.to_string();
    Ok(ChipInfo {
        chip,
        revision: device.revision,
        mac: device.mac_address,
        flash_size: device.flash_size.size().into(),
        features: device.features,
        crystal: crystal.split(' ').next().and_then(|mhz| mhz.parse().ok()),
    })
}

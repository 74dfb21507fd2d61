//! A loader that answers, and the chip behind it.

use std::time::Duration;

use espalier_core::board::{BoardFault, Chip, ChipInfo, FaultKind, LoaderInfo};
use espalier_core::say;
use espflash::command::{Command, CommandResponseValue, CommandType};
use espflash::connection::Connection;
use espflash::flasher::Flasher;
use espflash::target::efuse::{self, EfuseField};

use super::failure::FlashFailure;
use crate::board::port::Port;

/// A register that every chip lets everybody read.
const ALWAYS_READABLE: u32 = 0x4000_1000;
/// SECURE_DOWNLOAD_ENABLE among the flags of GET_SECURITY_INFO (esptool, `SECURITY_INFO_FLAG_MAP`).
const SECURE_DOWNLOAD: u32 = 1 << 2;

/// A loader that answers.
pub struct ActiveLoader {
    pub flasher: Flasher,
    /// The same port once more, to read much from it at once.
    pub reader: Port,
    pub info: ChipInfo,
    pub loader: LoaderInfo,
}

impl ActiveLoader {
    /// Asks the chip who it is.
    pub fn new(
        mut flasher: Flasher,
        reader: Port,
        stub: bool,
        baud: u32,
    ) -> Result<Self, Box<(Flasher, FlashFailure)>> {
        if flasher.secure_download_mode() {
            // It would refuse even to say more of itself.
            let fault = secure_download(&flasher.chip().to_string());
            return Err(Box::new((flasher, fault.into())));
        }
        match identify(&mut flasher) {
            Ok(info) => Ok(Self { flasher, reader, info, loader: LoaderInfo { stub, baud } }),
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
    ) -> Result<CommandResponseValue, FlashFailure> {
        Ok(self.connection().with_timeout(limit, |connection| connection.command(command))?)
    }

    /// Ends the watchdog of chips that have one beside their own USB. The ESP32 has none, and would be told where its flash
    /// is by somebody who did not look for it.
    pub fn disable_watchdog(&mut self) -> Result<(), FlashFailure> {
        match self.info.chip {
            Chip::Esp32 => Ok(()),
            _ => Ok(self.flasher.disable_watchdog()?),
        }
    }

    /// Does the loader still understand us?
    pub fn answers(&mut self) -> Result<(), FlashFailure> {
        let read = Command::ReadReg { address: ALWAYS_READABLE };
        self.command(Duration::from_millis(500), read).map(drop)
    }

    /// MD5 of a region of flash.
    pub fn md5(&mut self, address: u32, length: u32) -> Result<[u8; 16], FlashFailure> {
        let limit = CommandType::FlashMd5.timeout_for_size(length);
        let digest = self.command(limit, Command::FlashMd5 { offset: address, size: length })?;
        let digest: u128 = digest.try_into().map_err(FlashFailure::from)?;
        Ok(digest.to_be_bytes())
    }

    /// Refuses chips that would not run what we write.
    pub fn check_locks(&mut self) -> Result<(), FlashFailure> {
        let chip = self.info.chip;
        if self.is_encrypted()? {
            let what = say!(
                "told-encrypted",
                "The flash of this {chip} is encrypted: a plain program would not start",
                chip = chip,
            );
            let hint = say!(
                "hint-encrypted",
                "Flash encryption is burnt into its eFuses. Use another board, or the tools of whoever holds its key."
            );
            return Err(BoardFault::new(FaultKind::Locked, what, hint).into());
        }
        Ok(())
    }

    /// Whether what the flash holds is encrypted.
    pub fn is_encrypted(&mut self) -> Result<bool, FlashFailure> {
        // An odd number of burnt bits means "encrypted" (esp-idf, flash encryption).
        Ok(self.fuse(crypt_count(self.info.chip))?.count_ones() % 2 == 1)
    }

    /// Whether the ROM starts signed bootloaders alone.
    pub fn has_secure_boot(&mut self) -> Result<bool, FlashFailure> {
        for field in secure_boot(self.info.chip) {
            if self.fuse(field.clone())? != 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn fuse(&mut self, field: EfuseField) -> Result<u32, FlashFailure> {
        let theirs = self.flasher.chip();
        Ok(theirs.read_efuse_le(self.connection(), field)?)
    }

    /// The handle reports that the port is no more.
    pub fn is_gone(&mut self) -> bool {
        self.connection().baud().is_err()
    }
}

/// Where a chip's eFuses count how often flash encryption was turned on and off.
const fn crypt_count(chip: Chip) -> EfuseField {
    match chip {
        Chip::Esp32 => efuse::esp32::FLASH_CRYPT_CNT,
        Chip::Esp32S2 => efuse::esp32s2::SPI_BOOT_CRYPT_CNT,
        Chip::Esp32S3 => efuse::esp32s3::SPI_BOOT_CRYPT_CNT,
        Chip::Esp32C2 => efuse::esp32c2::SPI_BOOT_CRYPT_CNT,
        Chip::Esp32C3 => efuse::esp32c3::SPI_BOOT_CRYPT_CNT,
        Chip::Esp32C5 => efuse::esp32c5::SPI_BOOT_CRYPT_CNT,
        Chip::Esp32C6 => efuse::esp32c6::SPI_BOOT_CRYPT_CNT,
        Chip::Esp32C61 => efuse::esp32c61::SPI_BOOT_CRYPT_CNT,
        Chip::Esp32H2 => efuse::esp32h2::SPI_BOOT_CRYPT_CNT,
        Chip::Esp32H4 => efuse::esp32h4::SPI_BOOT_CRYPT_CNT,
        Chip::Esp32P4 => efuse::esp32p4::SPI_BOOT_CRYPT_CNT,
        Chip::Esp32S31 => efuse::esp32s31::SPI_BOOT_CRYPT_CNT,
    }
}

/// Where a chip's eFuses turn secure boot on; the ESP32 has a bit for each of its versions.
const fn secure_boot(chip: Chip) -> &'static [EfuseField] {
    match chip {
        Chip::Esp32 => &[efuse::esp32::ABS_DONE_0, efuse::esp32::ABS_DONE_1],
        Chip::Esp32S2 => &[efuse::esp32s2::SECURE_BOOT_EN],
        Chip::Esp32S3 => &[efuse::esp32s3::SECURE_BOOT_EN],
        Chip::Esp32C2 => &[efuse::esp32c2::SECURE_BOOT_EN],
        Chip::Esp32C3 => &[efuse::esp32c3::SECURE_BOOT_EN],
        Chip::Esp32C5 => &[efuse::esp32c5::SECURE_BOOT_EN],
        Chip::Esp32C6 => &[efuse::esp32c6::SECURE_BOOT_EN],
        Chip::Esp32C61 => &[efuse::esp32c61::SECURE_BOOT_EN],
        Chip::Esp32H2 => &[efuse::esp32h2::SECURE_BOOT_EN],
        Chip::Esp32H4 => &[efuse::esp32h4::SECURE_BOOT_EN],
        Chip::Esp32P4 => &[efuse::esp32p4::SECURE_BOOT_EN],
        Chip::Esp32S31 => &[efuse::esp32s31::SECURE_BOOT_EN],
    }
}

/// Whether a loader that refused to be identified did so because of secure download mode: an ESP32-S2 tells that, but not
/// who it is, and nothing else may be read.
pub fn refused_in_secure_download(connection: &mut Connection) -> Option<BoardFault> {
    let info = connection.security_info(false).ok()?;
    (info.flags & SECURE_DOWNLOAD != 0).then(|| secure_download("ESP32-S2"))
}

fn secure_download(chip: &str) -> BoardFault {
    let chip = chip.parse::<Chip>().map_or(chip.to_owned(), |chip| chip.to_string());
    BoardFault::new(
        FaultKind::Locked,
        say!(
            "told-secure-download",
            "This {chip} is in secure download mode: it cannot be read, verified or given a loader",
            chip = chip,
        ),
        say!(
            "hint-secure-download",
            "The mode is burnt into its eFuses by whoever made the device. Use another board."
        ),
    )
}

/// The chip as espflash calls it.
pub fn theirs(chip: Option<Chip>) -> Option<espflash::target::Chip> {
    espflash::target::Chip::try_from(chip?.image_id()).ok()
}

/// Whether a loader was left alone because its chip is not the one that is `wanted`.
pub fn other_chip(error: &espflash::Error, wanted: Option<Chip>) -> Option<BoardFault> {
    let espflash::Error::ChipMismatch(_, found) = error else { return None };
    let found = found.parse::<Chip>().map_or_else(|_| found.clone(), |chip| chip.to_string());
    Some(wrong_chip(&found, wanted?))
}

/// The board has another chip than was asked for.
pub fn wrong_chip(found: &str, wanted: Chip) -> BoardFault {
    let what = say!(
        "told-other-chip",
        "The board has an {chip}, not an {wanted}",
        chip = found,
        wanted = wanted,
    );
    let hint = say!(
        "hint-other-chip",
        "Choose the other board, or leave the choice of the chip to the program."
    );
    BoardFault::new(FaultKind::WrongChip, what, hint)
}

fn identify(flasher: &mut Flasher) -> Result<ChipInfo, FlashFailure> {
    let device = flasher.device_info()?;
    let id = device.chip.id();
    let chip = Chip::from_image_id(id).ok_or_else(|| {
        let what = say!(
            "told-unknown-chip",
            "The chip says that it is number {number}, which this program does not know",
            number = id,
        );
        let hint = say!("hint-newer-program", "A newer version of this program may know it.");
        BoardFault::new(FaultKind::WrongChip, what, hint)
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

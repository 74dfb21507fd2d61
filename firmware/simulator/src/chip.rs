//! The chips the simulator can be, and what differs between them, as data.

mod table;

use std::fmt;
use std::str::FromStr;

pub use table::facts;

/// A chip that the simulator can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Chip {
    /// ESP32 (Xtensa, two cores): found by its magic register.
    Esp32,
    /// ESP32-S2 (Xtensa): answers for its security, but without a chip id.
    Esp32s2,
    /// ESP32-S3 (Xtensa, two cores).
    Esp32s3,
    /// ESP32-C2, also called ESP8684 (RISC-V).
    Esp32c2,
    /// ESP32-C3 (RISC-V).
    Esp32c3,
    /// ESP32-C6 (RISC-V).
    Esp32c6,
}

impl Chip {
    /// Every chip, in the order in which a list should show them.
    pub const ALL: [Self; 6] =
        [Self::Esp32, Self::Esp32s2, Self::Esp32s3, Self::Esp32c2, Self::Esp32c3, Self::Esp32c6];
}

impl fmt::Display for Chip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name is of no chip that the simulator knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no simulated chip is called {name:?}; there are esp32, esp32s2, esp32s3, esp32c2, esp32c3 and esp32c6"
)]
pub struct UnknownChip {
    /// What was asked for.
    pub name: String,
}

impl FromStr for Chip {
    type Err = UnknownChip;

    fn from_str(name: &str) -> Result<Self, UnknownChip> {
        let plain: String =
            name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        Self::ALL
            .into_iter()
            .find(|chip| chip.name() == plain)
            .ok_or_else(|| UnknownChip { name: name.to_owned() })
    }
}

/// What a chip answers to GET_SECURITY_INFO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityInfo {
    /// The ROM does not know the command (ESP32).
    Unknown,
    /// Flags and keys only, 12 bytes (ESP32-S2).
    WithoutId,
    /// Flags, keys, chip id and API version, 20 bytes.
    WithId,
}

/// Where the SPI controller of the flash chip keeps its registers.
#[derive(Clone, Copy, Debug)]
pub struct SpiRegisters {
    /// CMD; bit 18 starts a user command.
    pub cmd: u32,
    /// USR2; its low byte is the command.
    pub usr2: u32,
    /// W0, the first data word.
    pub w0: u32,
}

/// Why the chip starts, in the words of its ROM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetCause {
    /// Power or the EN button.
    PowerOn,
    /// The application, or the loader, asked for it.
    Software,
    /// The application panicked and restarted: for the ROM that is a software reset.
    Panic,
    /// The watchdog that catches a boot that gets nowhere.
    BootWatchdog,
    /// The RTC watchdog, which tools use as a reset without lines.
    RtcWatchdog,
    /// The supply voltage fell too low.
    BrownOut,
}

/// Address, mask and value of each word that holds a part of a revision.
pub type RevisionWords = [(u32, u32, u32); 3];

/// What differs between chips.
#[derive(Clone, Copy, Debug)]
pub struct ChipFacts {
    /// `esp32c3`.
    pub name: &'static str,
    /// `ESP32-C3`.
    pub title: &'static str,
    /// Chip id in image headers and in the security info.
    pub image_id: u16,
    /// What reads at 0x4000_1000, by which older tools know the chip.
    pub magic: u32,
    /// What GET_SECURITY_INFO answers.
    pub security: SecurityInfo,
    /// Where the ROM looks for the bootloader in flash.
    pub boot_offset: u32,
    /// Addresses where flash is mapped, data and code: segments there are not loaded but mapped.
    pub mapped: [(u32, u32); 2],
    /// Revision of the silicon, major and minor.
    pub revision: (u8, u8),
    /// How the eFuses say which revision it is, major and minor.
    pub revision_words: fn(u32, u32) -> RevisionWords,
    /// SPI controller of the flash.
    pub spi: SpiRegisters,
    /// UART0 clock divider: the crystal, 40 MHz, over the loader's baud rate.
    pub uart_clkdiv: u32,
    /// eFuse word with the low 32 bits of the MAC; the high 16 are in the next one.
    pub mac: u32,
    /// Whether a CRC-8 of the MAC stands above those 16 bits.
    pub mac_checksum: bool,
    /// eFuse word with the flash encryption count, and the lowest of its bits: an odd number of them means "encrypted".
    pub crypt_count: (u32, u32),
    /// Where the eFuses turn secure boot on: the word, and the bit in it.
    pub secure_boot: (u32, u32),
    /// Registers that read as something other than zero: eFuses and dates.
    pub presets: &'static [(u32, u32)],
    /// RTC watchdog: its CONFIG0 and its write protection.
    pub watchdog: (u32, u32),
    /// First lines of the ROM, without the reset line.
    pub banner: &'static str,
    /// Words of the ROM for power-on, software, boot-watchdog, RTC-watchdog and brown-out resets.
    pub causes: [(u8, &'static str); 5],
    /// Strapping word and name of a boot from flash.
    pub strap_flash: (u8, &'static str),
    /// Strapping word and name of the download mode.
    pub strap_download: (u8, &'static str),
    /// What the ROM prints between the reset line and the first `load:`.
    pub preload: &'static str,
    /// Whether the ROM prints segment lengths in decimal (ESP32) or as `0x…`.
    pub decimal_lengths: bool,
    /// Whether the ROM looks at the bootloader's chip id and SHA-256.
    pub checks_bootloader: bool,
}

impl ChipFacts {
    /// The same chip in another revision, with the words of its ROM.
    pub fn of_revision(self, revision: (u8, u8)) -> Self {
        let old = self.name == "esp32" && revision.0 < 3;
        let banner = if old { "ets Jun  8 2016 00:22:57\n" } else { self.banner };
        Self { revision, banner, ..self }
    }

    /// Whether this is the first ROM of the ESP32, which has other words for an empty flash.
    pub fn has_first_rom(&self) -> bool {
        self.name == "esp32" && self.revision.0 < 3
    }

    /// Number and name that the ROM prints for `cause`.
    pub fn cause(&self, cause: ResetCause) -> (u8, &'static str) {
        let [power_on, software, boot_watchdog, rtc_watchdog, brown_out] = self.causes;
        match cause {
            ResetCause::PowerOn => power_on,
            ResetCause::Software | ResetCause::Panic => software,
            ResetCause::BootWatchdog => boot_watchdog,
            ResetCause::RtcWatchdog => rtc_watchdog,
            ResetCause::BrownOut => brown_out,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chip_is_found_by_both_its_names() {
        for chip in Chip::ALL {
            assert_eq!(chip.name().parse(), Ok(chip));
            assert_eq!(chip.title().parse(), Ok(chip));
        }
        assert!("esp8266".parse::<Chip>().is_err());
    }
}

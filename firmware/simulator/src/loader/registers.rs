//! The few registers that tools look at: identity, SPI flash commands, watchdog.

use std::collections::BTreeMap;

use crate::chip::ChipFacts;
use crate::flash::JEDEC_ID;

/// Where a constant of the ROM tells the chips apart.
const MAGIC: u32 = 0x4000_1000;
const CRYSTAL: u32 = 40_000_000;
/// What unlocks the RTC watchdog.
const WATCHDOG_KEY: u32 = 0x50d8_3aa1;
const WATCHDOG_ON: u32 = 1 << 31;
/// Starts a user command of the SPI controller; reads as 0 once that is done.
const SPI_USR: u32 = 1 << 18;
/// Memory that tools may write; beyond this the oldest is not kept any more.
const MOST: usize = 4096;

/// Registers by address; what was never written reads as zero.
#[derive(Debug)]
pub struct Registers {
    chip: ChipFacts,
    words: BTreeMap<u32, u32>,
    watchdog_loose: bool,
}

impl Registers {
    pub fn new(chip: ChipFacts, mac: [u8; 6]) -> Self {
        let mut words: BTreeMap<u32, u32> = chip.presets.iter().copied().collect();
        let [a, b, c, d, e, f] = mac;
        words.insert(chip.mac, u32::from_be_bytes([c, d, e, f]));
        *words.entry(chip.mac + 4).or_default() |= u32::from(u16::from_be_bytes([a, b]));
        if chip.mac_checksum {
            *words.entry(chip.mac + 4).or_default() |= u32::from(crc8(&mac)) << 16;
        }
        let (major, minor) = chip.revision;
        for (address, mask, value) in (chip.revision_words)(major.into(), minor.into()) {
            let word = words.entry(address).or_default();
            *word = *word & !mask | value;
        }
        words.insert(MAGIC, chip.magic);
        Self { chip, words, watchdog_loose: false }
    }

    /// The word at `address`, while the line runs at `rate`.
    pub fn read(&self, address: u32, rate: u32) -> u32 {
        if address == self.chip.uart_clkdiv {
            return CRYSTAL / rate.max(1);
        }
        self.words.get(&address).copied().unwrap_or(0)
    }

    pub fn write(&mut self, address: u32, value: u32, mask: u32) {
        let (config, protection) = self.chip.watchdog;
        let spi = self.chip.spi;
        let old = self.words.get(&address).copied().unwrap_or(0);
        let new = old & !mask | value & mask;
        if address == spi.cmd && new & SPI_USR != 0 {
            self.spi_command();
            return;
        }
        if address == config && new & WATCHDOG_ON != 0 {
            self.watchdog_loose |= self.words.get(&protection) == Some(&WATCHDOG_KEY);
        }
        if self.words.len() < MOST || self.words.contains_key(&address) {
            self.words.insert(address, new);
        }
    }

    /// Whether the RTC watchdog was let loose since this was last asked.
    pub fn take_watchdog(&mut self) -> bool {
        std::mem::take(&mut self.watchdog_loose)
    }

    /// Runs what USR2 says on the flash chip; what it answers is in W0 afterwards.
    fn spi_command(&mut self) {
        let spi = self.chip.spi;
        let command = self.words.get(&spi.usr2).copied().unwrap_or(0) & 0xff;
        let answer = match command {
            0x9f => JEDEC_ID,
            // Status registers: never busy, nothing protected.
            0x05 | 0x35 | 0x15 => 0,
            // No SFDP and no unique id, as on an old chip: the lines stay high.
            _ => u32::MAX,
        };
        self.words.insert(spi.w0, answer);
    }
}

/// CRC-8 of Dallas/Maxim, which stands beside the MAC in the eFuses of the ESP32.
fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc, _| if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0x8c })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum_has_its_published_check_value() {
        assert_eq!(crc8(b"123456789"), 0xa1);
    }
}

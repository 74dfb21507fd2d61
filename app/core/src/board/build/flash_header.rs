//! How the flash is connected, as a bootloader's header says it: `--flash-mode`, `--flash-freq` and `--flash-size` of
//! `esptool write-flash` change it on the way to the board (esptool, `_update_image_flash_params`).

use sha2::{Digest as _, Sha256};

use crate::board::{Chip, Contents, EspImage};

/// What the header of the bootloader is to say of the flash, in the words of esptool; `None` and `keep`: what it says already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlashHeader {
    /// `qio`, `qout`, `dio`, `dout`.
    pub mode: Option<String>,
    /// `80m`, `40m` …
    pub frequency: Option<String>,
    /// `4MB` …, or `detect`: what the board has.
    pub size: Option<String>,
}

impl FlashHeader {
    /// Whether an option of esptool belongs here: its name without dashes in front, with dashes within.
    pub(super) fn is_option(name: &str) -> bool {
        matches!(name, "flash-mode" | "fm" | "flash-freq" | "ff" | "flash-size" | "fs")
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        let value = Some(value.to_owned());
        match name {
            "flash-mode" | "fm" => self.mode = value,
            "flash-freq" | "ff" => self.frequency = value,
            "flash-size" | "fs" => self.size = value,
            _ => {}
        }
    }

    /// Changes the header of the bootloader at the beginning of `image`, and the SHA-256 behind it. `flash_size`: what the
    /// board has, in bytes. What is no whole bootloader stays as it is, and so does what says something that no chip knows.
    pub fn apply(&self, chip: Chip, flash_size: u64, image: &mut [u8]) {
        let whole = match EspImage::read(image) {
            Some(found) if found.flaw.is_none() => found,
            _ => return,
        };
        let given = |value: &Option<String>| value.clone().filter(|value| value != "keep");
        let mode = given(&self.mode).and_then(|mode| mode_number(&mode));
        let frequency = given(&self.frequency).and_then(|speed| frequency_number(chip, &speed));
        let size = given(&self.size).and_then(|size| match size.as_str() {
            "detect" => size_number(flash_size),
            size => size_number(u64::from(parse_size(size)?)),
        });
        let before = [image[2], image[3]];
        image[2] = mode.unwrap_or(image[2]);
        image[3] = size.unwrap_or(image[3] >> 4) << 4 | frequency.unwrap_or(image[3] & 0xF);
        if [image[2], image[3]] == before || !whole.header.hashed {
            return;
        }
        let Some(body) = whole.length.checked_sub(32) else { return };
        let hash = Sha256::digest(&image[..body]);
        image[body..whole.length].copy_from_slice(&hash);
    }

    /// The bytes of flash that it names.
    pub fn size_in_bytes(&self) -> Option<u32> {
        parse_size(self.size.as_deref()?)
    }

    /// Nothing is changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// [`Self::apply`] where the contents are a bootloader, alone or in front of a merged image.
    pub fn apply_to_bootloader(&self, chip: Chip, flash_size: u64, bytes: &mut [u8]) {
        if !self.is_empty() && Contents::of(bytes).is_bootloader() {
            self.apply(chip, flash_size, bytes);
        }
    }
}

fn mode_number(mode: &str) -> Option<u8> {
    let modes = ["qio", "qout", "dio", "dout"];
    Some(modes.iter().position(|known| known.eq_ignore_ascii_case(mode))? as u8)
}

/// `FLASH_FREQUENCY` of esptool's targets.
fn frequency_number(chip: Chip, frequency: &str) -> Option<u8> {
    let known: &[(&str, u8)] = match chip {
        Chip::Esp32C2 => &[("60m", 0xF), ("30m", 0), ("20m", 1), ("15m", 2)],
        // The ROM of the C6 divides 80 MHz wrongly, so that is told as 40.
        Chip::Esp32C6 => &[("80m", 0), ("40m", 0), ("20m", 2)],
        Chip::Esp32C5 | Chip::Esp32C61 => &[("80m", 0xF), ("40m", 0), ("20m", 2)],
        Chip::Esp32H2 => &[("48m", 0xF), ("24m", 0), ("16m", 1), ("12m", 2)],
        Chip::Esp32H4 => &[("48m", 0xF), ("24m", 0)],
        _ => &[("80m", 0xF), ("40m", 0), ("26m", 1), ("20m", 2)],
    };
    Some(known.iter().find(|(name, _)| name.eq_ignore_ascii_case(frequency))?.1)
}

/// `4MB`.
fn parse_size(size: &str) -> Option<u32> {
    let number = size.strip_suffix("MB").or_else(|| size.strip_suffix("mb"))?;
    number.parse::<u32>().ok().filter(|megabytes| (1..=256).contains(megabytes)).map(|it| it << 20)
}

/// The power of two, in megabytes.
fn size_number(bytes: u64) -> Option<u8> {
    let megabytes = bytes >> 20;
    (megabytes.is_power_of_two() && megabytes <= 128).then(|| megabytes.trailing_zeros() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::contents::samples::Made;

    fn header(mode: &str, frequency: &str, size: &str) -> FlashHeader {
        let given = |text: &str| Some(text.to_owned());
        FlashHeader { mode: given(mode), frequency: given(frequency), size: given(size) }
    }

    #[test]
    fn a_bootloader_says_what_the_build_wants_and_is_whole_still() {
        let image = Made::bootloader(Chip::Esp32C3).bytes();
        for (wanted, bytes) in [
            (header("qio", "80m", "4MB"), [0, 0x2F]),
            (header("dout", "20m", "detect"), [3, 0x32]),
            (header("keep", "keep", "keep"), [image[2], image[3]]),
            (header("octal", "1m", "3MB"), [image[2], image[3]]),
        ] {
            let mut changed = image.clone();
            wanted.apply_to_bootloader(Chip::Esp32C3, 8 << 20, &mut changed);
            assert_eq!(changed[2..4], bytes, "{wanted:?}");
            assert_eq!(EspImage::read(&changed).unwrap().flaw, None);
        }
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        let wanted = header("qio", "80m", "4MB");
        let mut damaged = Made::bootloader(Chip::Esp32C3).bytes();
        damaged[100] ^= 1;
        for bytes in [Made::application(Chip::Esp32C3).bytes(), damaged, b"\xE9text".to_vec()] {
            let mut after = bytes.clone();
            wanted.apply_to_bootloader(Chip::Esp32C3, 4 << 20, &mut after);
            assert_eq!(after, bytes);
        }
    }
}

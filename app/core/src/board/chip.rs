//! The chips of the ESP32 family, as data.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Sentence, say};

/// A chip of the ESP32 family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // Their names say all there is to say.
pub enum Chip {
    Esp32,
    Esp32S2,
    Esp32S3,
    Esp32C2,
    Esp32C3,
    Esp32C5,
    Esp32C6,
    Esp32C61,
    Esp32H2,
    Esp32H4,
    Esp32P4,
    Esp32S31,
}

/// The instruction set of a chip: what a backtrace's addresses mean depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// ESP32, S2, S3.
    Xtensa,
    /// All others.
    RiscV,
}

/// What differs from chip to chip.
struct ChipProperties {
    slug: &'static str,
    name: &'static str,
    /// `chip_id` of the image header (esp_image_format.h) and of GET_SECURITY_INFO.
    image_id: u16,
    /// Strap that selects the loader when low at reset, and what its partner must be (esptool documentation, "Boot Mode
    /// Selection").
    boot_pin: u8,
    partner: &'static str,
    /// Where the ROM looks for the second-stage bootloader.
    bootloader_at: u32,
    wifi: bool,
}

const fn properties(
    slug: &'static str,
    name: &'static str,
    image_id: u16,
    (boot_pin, partner): (u8, &'static str),
    bootloader_at: u32,
    wifi: bool,
) -> ChipProperties {
    ChipProperties { slug, name, image_id, boot_pin, partner, bootloader_at, wifi }
}

impl Chip {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Esp32,
        Self::Esp32S2,
        Self::Esp32S3,
        Self::Esp32C2,
        Self::Esp32C3,
        Self::Esp32C5,
        Self::Esp32C6,
        Self::Esp32C61,
        Self::Esp32H2,
        Self::Esp32H4,
        Self::Esp32P4,
        Self::Esp32S31,
    ];

    const fn properties(self) -> ChipProperties {
        match self {
            Self::Esp32 => {
                properties("esp32", "ESP32", 0, (0, "GPIO2 low or unconnected"), 0x1000, true)
            }
            Self::Esp32S2 => {
                properties("esp32s2", "ESP32-S2", 2, (0, "GPIO46 low or unconnected"), 0x1000, true)
            }
            Self::Esp32S3 => {
                properties("esp32s3", "ESP32-S3", 9, (0, "GPIO46 low or unconnected"), 0, true)
            }
            Self::Esp32C2 => properties("esp32c2", "ESP32-C2", 12, (9, "GPIO8 high"), 0, true),
            Self::Esp32C3 => properties("esp32c3", "ESP32-C3", 5, (9, "GPIO8 high"), 0, true),
            Self::Esp32C5 => {
                properties("esp32c5", "ESP32-C5", 23, (28, "GPIO27 high"), 0x2000, true)
            }
            Self::Esp32C6 => properties("esp32c6", "ESP32-C6", 13, (9, "GPIO8 high"), 0, true),
            Self::Esp32C61 => properties("esp32c61", "ESP32-C61", 20, (9, "GPIO8 high"), 0, true),
            Self::Esp32H2 => properties("esp32h2", "ESP32-H2", 16, (9, "GPIO8 high"), 0, false),
            // Its straps are not in the documentation we have; the BOOT button is wired to the right pin anyway.
            Self::Esp32H4 => properties("esp32h4", "ESP32-H4", 28, (u8::MAX, ""), 0x2000, false),
            Self::Esp32P4 => {
                properties("esp32p4", "ESP32-P4", 18, (35, "GPIO36 high"), 0x2000, false)
            }
            Self::Esp32S31 => {
                properties("esp32s31", "ESP32-S31", 32, (61, "GPIO60 high"), 0x2000, true)
            }
        }
    }

    /// The chip's name as it is typed: `esp32c3`.
    pub const fn slug(self) -> &'static str {
        self.properties().slug
    }

    /// The chip's name as it is printed on it: `ESP32-C3`.
    pub const fn name(self) -> &'static str {
        self.properties().name
    }

    /// The chip's instruction set.
    pub const fn architecture(self) -> Architecture {
        match self {
            Self::Esp32 | Self::Esp32S2 | Self::Esp32S3 => Architecture::Xtensa,
            _ => Architecture::RiscV,
        }
    }

    /// The chip's number in image headers.
    pub const fn image_id(self) -> u16 {
        self.properties().image_id
    }

    /// Where in flash its ROM looks for the bootloader.
    pub const fn bootloader_at(self) -> u32 {
        self.properties().bootloader_at
    }

    /// The chip has Wi-Fi, so our firmware could run on it.
    pub const fn has_wifi(self) -> bool {
        self.properties().wifi
    }

    /// The chip with this number in image headers.
    pub fn from_image_id(id: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|chip| chip.image_id() == id)
    }

    /// What to press so that the loader starts, for a board that cannot do it by itself.
    pub fn download_mode_help(self) -> Sentence {
        let ChipProperties { boot_pin, partner, .. } = self.properties();
        match boot_pin {
            u8::MAX => say!("hands-buttons", "Hold BOOT, tap RST (EN), release BOOT."),
            pin => say!(
                "hands-pins",
                "Hold BOOT, tap RST (EN), release BOOT. No buttons: connect GPIO{pin} to GND (with {partner}) while EN goes low and high again.",
                pin = pin,
                partner = partner,
            ),
        }
    }

    /// [`Self::download_mode_help`] for a chip that is not known yet.
    pub fn any_download_mode_help() -> Sentence {
        say!(
            "hands-any",
            "Hold BOOT, tap RST (EN), release BOOT. No buttons: connect the boot pin to GND while EN goes low and high again. \
             It is GPIO0 on ESP32, S2 and S3; GPIO9 on C2, C3, C6, C61 and H2; GPIO28 on C5; GPIO35 on P4; GPIO61 on S31."
        )
    }
}

impl fmt::Display for Chip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No chip of that name is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no chip that can be flashed; there are esp32, esp32s2, esp32s3, esp32c2, esp32c3, esp32c5, esp32c6, \
     esp32c61, esp32h2, esp32h4, esp32p4, esp32s31"
)]
pub struct UnknownChip(pub String);

impl FromStr for Chip {
    type Err = UnknownChip;

    /// `esp32c3`, `ESP32-C3` and `esp32_c3` are one.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain: String =
            text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        Self::ALL
            .into_iter()
            .find(|chip| chip.slug() == plain)
            .ok_or_else(|| UnknownChip(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chip_is_found_by_both_its_names_and_by_its_number() {
        for chip in Chip::ALL {
            assert_eq!(chip.slug().parse(), Ok(chip));
            assert_eq!(chip.name().parse(), Ok(chip));
            assert_eq!(Chip::from_image_id(chip.image_id()), Some(chip));
        }
        assert!("esp8266".parse::<Chip>().is_err());
    }
}

//! Image headers (ESP-IDF `esp_app_format.h`): which chip an image is for, and who it says it is.

use serde::Serialize;

use super::Chip;

/// The header of a bootloader or application image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageHeader {
    /// The chip it is for; `Err` holds a number that we do not know.
    pub chip: Result<Chip, u16>,
    /// How many segments follow.
    pub segments: u8,
    /// Bytes of flash that it was built for; `None`: a size that is not known.
    pub flash_size: Option<u64>,
    /// The lowest chip revision it runs on, as major × 100 + minor.
    pub min_revision: u16,
    /// The highest chip revision that it was built for, in the same way; `None`: not said.
    pub max_revision: Option<u16>,
    /// A SHA-256 of it follows it.
    pub hashed: bool,
}

impl ImageHeader {
    /// The first byte of every image.
    pub const MAGIC: u8 = 0xE9;
    /// The image's length in bytes.
    pub const LENGTH: usize = 24;

    /// Reads the header at the beginning of `image`; `None` when there is none.
    pub fn parse(image: &[u8]) -> Option<Self> {
        let header = image.get(..Self::LENGTH).filter(|header| header[0] == Self::MAGIC)?;
        let id = u16::from_le_bytes([header[12], header[13]]);
        let max = u16::from_le_bytes([header[17], header[18]]);
        let min_revision = match u16::from_le_bytes([header[15], header[16]]) {
            // Before ESP-IDF 5.0 there was one number: the ESP32's major, everybody else's minor revision.
            0 if max == 0 && id == Chip::Esp32.image_id() => u16::from(header[14]) * 100,
            0 if max == 0 => header[14].into(),
            u16::MAX => 0,
            min => min,
        };
        Some(Self {
            chip: Chip::from_image_id(id).ok_or(id),
            segments: header[1],
            // `esp_image_flash_size_t`: 1, 2, 4 … 128 MB.
            flash_size: Some(header[3] >> 4).filter(|size| *size <= 7).map(|size| 1 << 20 << size),
            min_revision,
            max_revision: Some(max).filter(|max| ![0, u16::MAX].contains(max)),
            hashed: header[23] == 1,
        })
    }
}

/// What an application says of itself (`esp_app_desc_t`, at offset 0x20 of its image).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AppDescription {
    /// Project name.
    pub name: String,
    /// Version.
    pub version: String,
    /// First bytes of the ELF's SHA-256, in hexadecimal.
    pub elf: String,
}

impl AppDescription {
    const MAGIC: [u8; 4] = 0xABCD_5432_u32.to_le_bytes();
    /// Where it stands in an image: behind the image header and the first segment's header.
    pub const AT: usize = 0x20;
    /// How many bytes of it are read.
    pub const LENGTH: usize = 0xB0;

    /// Reads the description of an application image.
    pub fn parse(image: &[u8]) -> Option<Self> {
        let body = image.get(Self::AT..Self::AT + Self::LENGTH)?;
        let text = |from: usize| {
            let field = &body[from..from + 32];
            let end = field.iter().position(|b| *b == 0).unwrap_or(field.len());
            String::from_utf8_lossy(&field[..end]).into_owned()
        };
        (body[..4] == Self::MAGIC).then(|| Self {
            version: text(0x10),
            name: text(0x30),
            elf: crate::hex::lower(&body[0x90..0x98]),
        })
    }
}

/// A firmware image that the program carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImageInfo {
    /// The chip it is for.
    pub chip: Chip,
    /// The application's version.
    pub version: String,
    /// Bytes over all its parts.
    pub size: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chip_and_revision_are_read_from_the_header() {
        let mut image = vec![0_u8; 24];
        image[0] = 0xE9;
        image[12] = 5;
        image[15..17].copy_from_slice(&101_u16.to_le_bytes());
        let header = ImageHeader::parse(&image).unwrap();
        assert_eq!((header.chip, header.min_revision), (Ok(Chip::Esp32C3), 101));
        image[12] = 0xEE;
        assert_eq!(ImageHeader::parse(&image).unwrap().chip, Err(0xEE));
        image[0] = 0xFF;
        assert_eq!(ImageHeader::parse(&image), None);
        assert_eq!(ImageHeader::parse(&[0xE9]), None);
    }

    #[test]
    fn an_application_says_who_it_is() {
        let mut image = vec![0_u8; 0x120];
        image[0x20..0x24].copy_from_slice(&0xABCD_5432_u32.to_le_bytes());
        image[0x30..0x35].copy_from_slice(b"1.2.3");
        image[0x50..0x58].copy_from_slice(b"espalier");
        let app = AppDescription::parse(&image).unwrap();
        assert_eq!((app.name.as_str(), app.version.as_str()), ("espalier", "1.2.3"));
        image[0x20] = 0;
        assert_eq!(AppDescription::parse(&image), None);
        assert_eq!(AppDescription::parse(&image[..0x40]), None);
    }
}

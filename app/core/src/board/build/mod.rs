//! Programs that other tools have built, as they lie on this computer: what is to be written where, and the ELF that names
//! its functions. Finding and reading the files is the engine's.
//!
//! - `flash_args`: the arguments of esptool that build tools leave beside their files
//! - `flash_header`: what esptool changes in a bootloader's header

mod flash_args;
mod flash_header;

use std::path::PathBuf;

use super::Chip;
pub use flash_args::{FlashArgs, FlashArgsFault, parse_address};
pub use flash_header::FlashHeader;

/// A program that another tool has built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// Who built it, or what kind of file it is.
    pub kind: BuildKind,
    /// The folder or file that it was found in.
    pub path: PathBuf,
    /// What it calls itself; empty when it does not say.
    pub name: String,
    /// What goes onto a board, one for each chip that it was built for; at least one.
    pub images: Vec<BuildImage>,
    /// The ELF whose symbols belong to it.
    pub elf: Option<PathBuf>,
}

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundBuild {
    /// A program.
    One(Build),
    /// Several, each in a folder of its own: which one is meant must be said.
    Several(Vec<PathBuf>),
}

impl FoundBuild {
    /// The build is one file that stands for itself: a program's ELF, or an image.
    pub fn is_file(&self) -> bool {
        let Self::One(build) = self else { return false };
        matches!(build.kind, BuildKind::File | BuildKind::Merged)
            || build.kind == BuildKind::Elf && build.elf.as_ref() == Some(&build.path)
    }
}

/// Who built a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BuildKind {
    /// ESP-IDF: a folder with `flasher_args.json`.
    EspIdf,
    /// Arduino: `SKETCH.ino.bin` and its companions.
    Arduino,
    /// PlatformIO: `.pio/build/ENV`.
    PlatformIo,
    /// A program's ELF, of Rust or another language.
    Elf,
    /// `manifest.json` of ESP Web Tools.
    WebTools,
    /// A file with the arguments of esptool.
    FlashArgs,
    /// A whole flash in one file.
    Merged,
    /// One file for one place.
    File,
}

impl BuildKind {
    /// What it is called in every language.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EspIdf => "ESP-IDF",
            Self::Arduino => "Arduino",
            Self::PlatformIo => "PlatformIO",
            Self::Elf => "ELF",
            Self::WebTools => "ESP Web Tools",
            Self::FlashArgs => "flash_args",
            Self::Merged => "merged image",
            Self::File => "file",
        }
    }
}

/// What goes onto a board.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildImage {
    /// The chip it was built for; `None`: it does not say.
    pub chip: Option<Chip>,
    /// The files, in the order of their addresses.
    pub parts: Vec<BuildPart>,
    /// What the build wants the bootloader to be told of the flash.
    pub header: FlashHeader,
    /// For an ELF: the partition table to put with it, as CSV or binary.
    pub table: Option<PathBuf>,
    /// For an ELF: the bootloader to put with it.
    pub bootloader: Option<PathBuf>,
    /// For an ELF: where the table goes; `None`: where the bootloader looks that is put with it.
    pub table_at: Option<u32>,
    /// For an ELF: the partition that it goes into; `None`: the one that a table is made for.
    pub partition: Option<String>,
}

/// A file of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildPart {
    /// `bootloader`, `partition table`, `application`, or the file's name.
    pub name: String,
    /// Where it lies on this computer.
    pub path: PathBuf,
    /// Where it goes; `None`: where it belongs by its contents and the partition table.
    pub address: Option<u32>,
    /// The part's bytes.
    pub size: u64,
    /// The label of its partition, when the build brings the table that tells.
    pub partition: Option<String>,
}

impl Build {
    /// What goes onto a board with this chip; what does not say for which chip it is counts for any.
    ///
    /// # Errors
    /// The build is for these chips only.
    pub fn image_for(&self, chip: Chip) -> Result<&BuildImage, Vec<Chip>> {
        let fits = |image: &&BuildImage| image.chip.is_none_or(|built_for| built_for == chip);
        self.images.iter().find(fits).ok_or_else(|| self.chips())
    }

    /// The chips that it was built for, as far as it says.
    pub fn chips(&self) -> Vec<Chip> {
        self.images.iter().filter_map(|image| image.chip).collect()
    }

    /// Every file that it consists of, once: when one of them changes, it was built again.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> = self
            .images
            .iter()
            .flat_map(|image| {
                let parts = image.parts.iter().map(|part| part.path.clone());
                parts.chain(image.table.clone()).chain(image.bootloader.clone())
            })
            .collect();
        files.sort();
        files.dedup();
        files
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_for_several_chips_gives_each_its_own_and_refuses_all_others() {
        let image = |chip| BuildImage { chip, ..BuildImage::default() };
        let build = |images| Build {
            kind: BuildKind::WebTools,
            path: PathBuf::new(),
            name: String::new(),
            images,
            elf: None,
        };
        let two = build(vec![image(Some(Chip::Esp32)), image(Some(Chip::Esp32C3))]);
        assert_eq!(two.image_for(Chip::Esp32C3).unwrap().chip, Some(Chip::Esp32C3));
        assert_eq!(two.image_for(Chip::Esp32S3), Err(vec![Chip::Esp32, Chip::Esp32C3]));
        assert!(build(vec![image(None)]).image_for(Chip::Esp32S3).is_ok());
    }
}

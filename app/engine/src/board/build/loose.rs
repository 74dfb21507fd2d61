//! Files that stand for themselves: an ELF, an image, the arguments of esptool, a manifest.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use espalier_core::board::{BoardFault, BuildKind, FlashArgs, FlashHeader};

use super::{Guess, Sketch, Sketched, idf, rust, text, told, web_tools};
use crate::board::file_fault::unreadable;
use crate::untrusted;

/// What the arguments of esptool are called: by ESP-IDF and Arduino, and by ESP-IDF until 4.
const ARGS: [&str; 2] = ["flash_args", "flash_project_args"];

/// What a file is, by its first bytes.
pub fn file(path: &Path) -> Result<Sketch, BoardFault> {
    let mut start = Vec::new();
    let opened = untrusted::open(path).map_err(|error| unreadable(path, &error))?;
    opened.take(64).read_to_end(&mut start).map_err(|error| unreadable(path, &error))?;
    if start.starts_with(b"\x7fELF") {
        return Ok(rust::elf(path));
    }
    if looks_like_text(&start) {
        let first = text::read(path)?;
        if first.trim_start().starts_with('{') {
            let value = text::json(path)?;
            return match web_tools::is_manifest(&value) {
                true => web_tools::read(path, value),
                false => idf::args(path),
            };
        }
        let extension = path.extension().unwrap_or_default();
        if extension != "bin" {
            return flash_args(path);
        }
    }
    Ok(Sketch::of(BuildKind::File, path, FlashHeader::default(), [(None, path.to_owned())]))
}

/// Whether these could be the first bytes of a text, with or without a mark of byte order.
fn looks_like_text(start: &[u8]) -> bool {
    let wide = start.starts_with(&[0xFF, 0xFE]) || start.starts_with(&[0xFE, 0xFF]);
    let plain = |byte: &u8| *byte >= 0x20 || byte.is_ascii_whitespace();
    // A character may be cut at the end of what was read.
    let is_utf8 =
        std::str::from_utf8(start).map_or_else(|error| error.error_len().is_none(), |_| true);
    !start.is_empty()
        && (wide && start.len() > 2 && start[2] != 0xFF || is_utf8 && start.iter().all(plain))
}

/// The arguments of esptool in this folder.
pub fn flash_args_in(folder: &Path) -> Option<PathBuf> {
    ARGS.iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

/// A folder with nothing but them.
pub fn flash_args_folder(folder: &Path) -> Guess {
    Some(flash_args(&flash_args_in(folder)?).map(Sketched::One))
}

/// The arguments of esptool; the rest of an ESP-IDF build is used when it is there.
pub fn flash_args(path: &Path) -> Result<Sketch, BoardFault> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let args =
        FlashArgs::parse(&text::read(path)?).map_err(|fault| told::not_flashable(path, &fault))?;
    let file =
        |(address, file): (u32, String)| (Some(address), text::tidy(text::path(folder, &file)));
    let files: Vec<_> = args.files.into_iter().map(file).collect();
    let mut sketch = Sketch::of(BuildKind::FlashArgs, path, args.header, files);
    if let Ok(whole) = idf::args(&folder.join("flasher_args.json")) {
        sketch.name = whole.name;
        sketch.elf = whole.elf;
        let chip = whole.images.first().and_then(|image| image.chip);
        for image in &mut sketch.images {
            image.chip = chip;
        }
    }
    Ok(sketch)
}

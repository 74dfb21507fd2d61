//! ESP-IDF: `build/flasher_args.json` says what goes where, `project_description.json` beside it names project and ELF.

use std::path::{Path, PathBuf};

use espalier_core::board::{BoardFault, BuildKind, Chip, FlashHeader, parse_address};
use serde_json::Value;

use super::{Guess, Sketch, Sketched, folders, text, told};

const ARGS: &str = "flasher_args.json";
const DESCRIPTION: &str = "project_description.json";
/// Files of one board.
const MOST_FILES: usize = 64;

/// The folder that was built into, or the project above it.
pub fn folder(folder: &Path) -> Guess {
    if folder.join(ARGS).is_file() {
        return Some(args(&folder.join(ARGS)).map(Sketched::One));
    }
    let is_built = |folder: &PathBuf| folder.join(ARGS).is_file();
    let is_project = || {
        let lists = text::read(&folder.join("CMakeLists.txt")).unwrap_or_default();
        lists.contains("tools/cmake/project.cmake")
    };
    let inner = folder.join("build");
    if is_built(&inner) {
        return Some(args(&inner.join(ARGS)).map(Sketched::One));
    }
    if !is_project() {
        return None;
    }
    // `idf.py -B build-s3` builds beside the others.
    let mut built: Vec<_> = folders(folder).into_iter().filter(is_built).collect();
    Some(match (built.len(), built.pop()) {
        (1, Some(only)) => args(&only.join(ARGS)).map(Sketched::One),
        (_, Some(last)) => {
            built.push(last);
            Ok(Sketched::Several(built))
        }
        (_, None) => Err(told::not_built(folder, BuildKind::EspIdf)),
    })
}

/// `flasher_args.json` itself.
pub fn args(path: &Path) -> Result<Sketch, BoardFault> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let args = text::json(path)?;
    let files = args.get("flash_files").and_then(Value::as_object);
    let files = files.ok_or_else(|| told::not_flashable(path, &"it has no flash_files"))?;
    let mut placed = Vec::new();
    for (address, file) in files.iter().take(MOST_FILES) {
        let at = parse_address(address)
            .ok_or_else(|| told::not_flashable(path, &format!("{address:?} is no address")))?;
        let file = file.as_str();
        let file = file.ok_or_else(|| told::not_flashable(path, &"flash_files holds no names"))?;
        placed.push((Some(at), text::tidy(text::path(folder, file))));
    }
    if placed.is_empty() {
        return Err(told::not_flashable(path, &"its flash_files are empty"));
    }
    let setting = |name: &str| Some(args.get("flash_settings")?.get(name)?.as_str()?.to_owned());
    let header = FlashHeader {
        mode: setting("flash_mode"),
        frequency: setting("flash_freq"),
        size: setting("flash_size"),
    };
    let mut sketch = Sketch::of(BuildKind::EspIdf, folder, header, placed);
    let chip = args.get("extra_esptool_args").and_then(|extra| extra.get("chip")?.as_str());
    let about = description(folder);
    let chip = chip.or(about.as_ref().and_then(|about| about.get("target")?.as_str()));
    if let Some(name) = chip {
        let chip: Chip = name.parse().map_err(|_| told::unknown_chip(path, name))?;
        if let Some(image) = sketch.images.first_mut() {
            image.chip = Some(chip);
        }
    }
    if let Some(about) = &about {
        let text = |name: &str| about.get(name).and_then(Value::as_str);
        sketch.name = text("project_name").unwrap_or_default().to_owned();
        sketch.elf = text("app_elf").map(|elf| text::path(folder, elf));
    }
    Ok(sketch)
}

/// What the project says of itself; without it a build can be flashed all the same.
fn description(folder: &Path) -> Option<Value> {
    let path = folder.join(DESCRIPTION);
    if !path.exists() {
        return None;
    }
    let read = text::json(&path);
    if let Err(fault) = &read {
        tracing::warn!("{fault}");
    }
    read.ok()
}

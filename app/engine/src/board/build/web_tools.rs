//! `manifest.json` of ESP Web Tools: for each chip, which file goes where.

use std::path::Path;

use espalier_core::board::{BoardFault, BuildImage, BuildKind, Chip};
use serde::Deserialize;
use serde_json::Value;

use super::{Guess, Sketch, Sketched, look, text, told};

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    name: String,
    builds: Vec<Built>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Built {
    chip_family: String,
    parts: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    path: String,
    offset: u32,
}

/// Builds and parts of one manifest.
const MOST: usize = 64;

/// A folder with a manifest.
pub fn folder(folder: &Path) -> Guess {
    let path = folder.join("manifest.json");
    let manifest = text::json(&path).ok()?;
    is_manifest(&manifest).then(|| read(&path, manifest).map(Sketched::One))
}

/// Whether this is one; other things are called that, too.
pub fn is_manifest(value: &Value) -> bool {
    value.get("builds").is_some_and(Value::is_array)
}

/// The manifest itself.
pub fn read(path: &Path, value: Value) -> Result<Sketch, BoardFault> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let manifest: Manifest =
        serde_json::from_value(value).map_err(|error| told::not_flashable(path, &error))?;
    let mut images = Vec::new();
    let mut unknown = None;
    for built in manifest.builds.into_iter().take(MOST) {
        // ESP8266 is none of ours, and the others are there all the same.
        let Ok(chip) = built.chip_family.parse::<Chip>() else {
            unknown.get_or_insert(built.chip_family);
            continue;
        };
        let mut parts = Vec::new();
        for part in built.parts.into_iter().take(MOST) {
            if part.path.contains("://") {
                return Err(told::remote(path, &part.path));
            }
            // What stands behind it is for the browser's cache.
            let file = part.path.split(['?', '#']).next().unwrap_or_default();
            parts.push(look::part(Some(part.offset), text::tidy(text::path(folder, file))));
        }
        if parts.is_empty() {
            return Err(told::not_flashable(path, &format!("no parts for {chip}")));
        }
        images.push(BuildImage { chip: Some(chip), parts, ..BuildImage::default() });
    }
    match (images.is_empty(), unknown) {
        (true, Some(chip)) => Err(told::unknown_chip(path, &chip)),
        (true, None) => Err(told::not_flashable(path, &"it has no builds")),
        (false, _) => Ok(Sketch {
            kind: BuildKind::WebTools,
            path: path.to_owned(),
            name: manifest.name,
            images,
            elf: None,
        }),
    }
}

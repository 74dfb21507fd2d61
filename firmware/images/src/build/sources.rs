//! One hash for the sources that an image is made of.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use espalier_images::pack;

/// What decides the bytes of an image, below the repository.
const SOURCES: [&str; 16] = [
    "firmware/Cargo.lock",
    "firmware/Cargo.toml",
    "firmware/chat/Cargo.toml",
    "firmware/chat/src",
    "firmware/core/Cargo.toml",
    "firmware/core/src",
    "firmware/esp/.cargo",
    "firmware/esp/Cargo.toml",
    "firmware/esp/partitions-2mb.csv",
    "firmware/esp/partitions.csv",
    "firmware/esp/src",
    "firmware/protocol/Cargo.toml",
    "firmware/protocol/src",
    "firmware/screen/Cargo.toml",
    "firmware/screen/font",
    "firmware/screen/src",
];

/// SHA-256 over names and contents, with line ends as `\n` whatever the checkout made of them.
pub fn hash(root: &Path) -> anyhow::Result<String> {
    let mut files = Vec::new();
    for source in SOURCES {
        walk(root, Path::new(source), &mut files)?;
    }
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let name = file.to_string_lossy().replace('\\', "/");
        let mut content =
            std::fs::read(root.join(&file)).with_context(|| format!("{name} cannot be read"))?;
        content.retain(|&byte| byte != b'\r');
        all.extend_from_slice(format!("{name}\0{}\0", content.len()).as_bytes());
        all.extend_from_slice(&content);
    }
    Ok(pack::hash(&all))
}

fn walk(root: &Path, path: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let full = root.join(path);
    if full.is_dir() {
        for entry in std::fs::read_dir(&full)? {
            walk(root, &path.join(entry?.file_name()), files)?;
        }
    } else if full.is_file() {
        files.push(path.to_path_buf());
    }
    Ok(())
}

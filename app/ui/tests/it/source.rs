//! Our own source, read as text.

use std::path::Path;

/// All files of the crate: path and content.
pub fn files() -> Vec<(String, String)> {
    files_of(&["src"])
}

/// Those that have sentences for the window to word.
pub fn files_of_the_engine() -> Vec<(String, String)> {
    files_of(&["../core/src", "../engine/src", "../src"])
}

fn files_of(folders: &[&str]) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<_> = folders.iter().map(|folder| here.join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a text");
                all.push((path.display().to_string(), text));
            }
        }
    }
    all
}

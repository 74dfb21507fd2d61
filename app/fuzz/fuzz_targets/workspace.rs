//! Any text as a workspace file: it is read or refused with a sentence, and what was read is the same once it is saved.
#![no_main]

use std::fs;

use espalier_engine::workspace::{Document, SettingsFile, Workspace};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("workspace.toml");
    fs::write(&path, text).expect("a file");
    if let Ok(workspace) = Workspace::read(&path) {
        workspace.save(&path).expect("a file");
        assert_eq!(Workspace::read(&path).expect("our own file"), workspace);
    }
    fs::write(&path, text).expect("a file");
    let mut document = Document::load(&path, Workspace::SCHEMA);
    drop(SettingsFile::take(document.root()));
    drop(document.root().tables("session"));
    for trouble in document.finish().troubles {
        assert!(!trouble.to_string().is_empty());
    }
});

//! Small text files of build tools, from whatever system they come.

use std::path::{Path, PathBuf};

use espalier_core::board::BoardFault;
use serde_json::Value;

use crate::board::file_fault::unreadable;
use crate::untrusted;

/// No file that tells what goes where has more bytes; ESP-IDF's largest, `project_description.json`, has some hundred thousand.
const LARGEST: u64 = 4 << 20;

/// The text of a file; marks of byte order are taken off. What is no Unicode is replaced.
pub fn read(path: &Path) -> Result<String, BoardFault> {
    let bytes = untrusted::read(path, LARGEST).map_err(|error| unreadable(path, &error))?;
    Ok(decode(&bytes))
}

fn decode(bytes: &[u8]) -> String {
    let wide = |bytes: &[u8], word: fn([u8; 2]) -> u16| {
        let words: Vec<u16> = bytes.chunks_exact(2).map(|two| word([two[0], two[1]])).collect();
        String::from_utf16_lossy(&words)
    };
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        // What a shell of Windows makes of `>`.
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        bytes => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// The same as JSON.
pub fn json(path: &Path) -> Result<Value, BoardFault> {
    let text = read(path)?;
    serde_json::from_str(&text).map_err(|error| unreadable(path, &error))
}

/// The same as TOML.
pub fn toml(path: &Path) -> Result<toml::Table, BoardFault> {
    let text = read(path)?;
    text.parse().map_err(|error: toml::de::Error| unreadable(path, &error.message()))
}

/// A path as a build tool writes it, which may have done so on Windows; relative ones begin at `folder`.
pub fn path(folder: &Path, told: &str) -> PathBuf {
    let as_told = folder.join(told);
    if !told.contains('\\') || as_told.exists() {
        return as_told;
    }
    folder.join(told.replace('\\', "/"))
}

/// The same without what would only lengthen it in a table: `a/b/../c`.
pub fn tidy(path: PathBuf) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            part => tidy.push(part),
        }
    }
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_system_are_read() {
        let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "\u{feff}{\"a\": 1}".encode_utf16().flat_map(bytes).collect()
        };
        for bytes in [
            b"{\"a\": 1}".to_vec(),
            b"\xEF\xBB\xBF{\"a\": 1}".to_vec(),
            utf16(u16::to_le_bytes),
            utf16(u16::to_be_bytes),
        ] {
            assert_eq!(decode(&bytes), "{\"a\": 1}");
        }
    }

    #[test]
    fn paths_from_windows_lead_somewhere() {
        let folder = tempfile::tempdir().unwrap();
        let expected = folder.path().join("a/b.bin");
        assert_eq!(path(folder.path(), "a\\b.bin"), expected);
        assert_eq!(path(folder.path(), "a/b.bin"), expected);
    }
}

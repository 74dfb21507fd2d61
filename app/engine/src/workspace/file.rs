//! TOML files with a schema number: never overwritten while they cannot be read, never half written.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::culprit::{self, Misfit};
use super::parser_message;
use super::recover;
use super::tree::{Node, Tree};
use espalier_core::{Sentence, say};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::in_place;
use crate::untrusted::{self, ReadError};

/// The most a file of ours holds; anything larger is something else.
const LARGEST: u64 = 128 << 20;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The file system refuses.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file was written by a later version of this program.
    #[error(
        "{} was written by a newer version (schema {found}, this version knows {known}): update Espalier to use it",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The file's schema.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// The file makes no sense.
    #[error("{} cannot be used: {what}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Where and why.
        what: String,
    },
}

impl FileError {
    /// What the system or the parser said.
    fn detail(&self) -> String {
        match self {
            Self::Io { source, .. } => source.to_string(),
            Self::Newer { found, known, .. } => format!("schema {found} > {known}"),
            Self::Broken { what, .. } => what.clone(),
        }
    }

    /// The same as a sentence that can be worded in other languages; what the parser or the system said stays.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::Io { action: "read", path, source } => say!(
                "told-file-unread",
                "Cannot read {path}: {error}",
                path = path.display(),
                error = source,
            ),
            Self::Io { path, source, .. } => say!(
                "told-file-unwritten",
                "Cannot write {path}: {error}",
                path = path.display(),
                error = source,
            ),
            Self::Newer { path, .. } => say!(
                "told-file-newer",
                "{path} was written by a newer version: update Espalier to use it",
                path = path.display(),
            ),
            Self::Broken { path, what } => say!(
                "told-file-broken",
                "{path} cannot be used: {error}",
                path = path.display(),
                error = what,
            ),
        }
    }
}

#[derive(Deserialize)]
struct SchemaHeader {
    schema: u32,
}

#[derive(Serialize)]
struct WithSchema<'a, T> {
    schema: u32,
    #[serde(flatten)]
    value: &'a T,
}

/// All of a file.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, FileError> {
    untrusted::read(path, LARGEST).map_err(|error| match error {
        ReadError::Io(source) => FileError::Io { action: "read", path: path.to_owned(), source },
        other => FileError::Broken { path: path.to_owned(), what: other.to_string() },
    })
}

/// The whole text of a file.
pub(super) fn read_text(path: &Path) -> Result<String, FileError> {
    let broken = |what: String| FileError::Broken { path: path.to_owned(), what };
    let bytes = read_bytes(path)?;
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(broken("it is UTF-16 text: save it as UTF-8".to_owned()));
    }
    let not_utf8 = |_| broken("it is not UTF-8 text, but perhaps GBK: save it as UTF-8".to_owned());
    let text = String::from_utf8(bytes).map_err(not_utf8)?;
    // Some editors put a byte-order mark before UTF-8, too.
    Ok(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned))
}

pub(crate) fn read<T: DeserializeOwned>(path: &Path, known: u32) -> Result<T, FileError> {
    let broken = |what: String| FileError::Broken { path: path.to_owned(), what };
    let text = read_text(path)?;
    let SchemaHeader { schema } =
        toml::from_str(&text).map_err(|error| broken(parser_message::with_line(&text, &error)))?;
    if schema > known {
        return Err(FileError::Newer { path: path.to_owned(), found: schema, known });
    }
    toml::from_str(&text).map_err(|error| {
        let (tree, _) = recover::parse(&text);
        broken(match culprit::read::<T>(&tree) {
            Err(Misfit { message, path }) if !path.is_empty() => {
                format!("line {}: {message}", tree.at(&path).line)
            }
            _ => parser_message::with_line(&text, &error),
        })
    })
}

/// Reads a file that is written by hand: a key that nobody knows is no part of it, but a word that is spelled wrong. Keys in
/// `besides` are somebody else's.
pub(super) fn read_strictly<T: DeserializeOwned + Serialize>(
    path: &Path,
    known: u32,
    besides: &[&str],
) -> Result<T, FileError> {
    let value: T = read(path, known)?;
    let text = read_text(path)?;
    let (tree, _) = recover::parse(&text);
    // What was read is written again: what is not in that was not read.
    let written = toml::Value::try_from(&value).ok();
    match written.as_ref().and_then(|written| unknown(&tree, written, besides)) {
        None => Ok(value),
        Some((key, line)) => Err(FileError::Broken {
            path: path.to_owned(),
            what: format!("line {line}: there is no key {key} here: is it spelled wrong?"),
        }),
    }
}

/// The first key that is not among those which were read, and its line. What says nothing is left out when it is written.
fn unknown<'a>(
    tree: &'a Tree,
    written: &toml::Value,
    besides: &[&str],
) -> Option<(&'a str, usize)> {
    match (&tree.node, written) {
        (Node::Table(entries), toml::Value::Table(table)) => {
            let meant = entries.iter().filter(|(key, _)| !besides.contains(&key.as_str()));
            meant.into_iter().find_map(|(key, inner)| match table.get(key) {
                Some(value) => unknown(inner, value, besides),
                None => (!says_nothing(inner)).then_some((key.as_str(), inner.line)),
            })
        }
        (Node::List(items), toml::Value::Array(values)) => {
            items.iter().zip(values).find_map(|(item, value)| unknown(item, value, besides))
        }
        _ => None,
    }
}

fn says_nothing(tree: &Tree) -> bool {
    match &tree.node {
        Node::Table(entries) => entries.iter().all(|(_, inner)| says_nothing(inner)),
        Node::List(items) => items.is_empty(),
        Node::Leaf(toml::Value::String(text)) => text.is_empty(),
        Node::Leaf(_) => false,
    }
}

/// Sets a file aside that cannot be used, and says so; no file yet is no trouble.
pub(super) fn set_aside_and_tell(path: &Path, error: &FileError) -> Option<Sentence> {
    if matches!(error, FileError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound) {
        return None;
    }
    Some(match set_aside(path) {
        Ok(aside) => say!(
            "told-set-aside",
            "{path} cannot be used: {error}; it was set aside as {aside}",
            path = path.display(),
            error = error.detail(),
            aside = aside.display(),
        ),
        Err(refused) => say!(
            "told-not-set-aside",
            "{path} cannot be used: {error}; it could not be set aside either: {refused}",
            path = path.display(),
            error = error.detail(),
            refused = refused,
        ),
    })
}

/// Renames to a name beside it that is free.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let free = free_name(path)?;
    fs::rename(path, &free)?;
    Ok(free)
}

/// Copies to a name beside it that is free.
pub(super) fn copy_aside(path: &Path) -> io::Result<PathBuf> {
    let free = free_name(path)?;
    fs::copy(path, &free)?;
    Ok(free)
}

/// `NAME.bad`, or `NAME.bad2` and so on: an earlier one is not overwritten.
fn free_name(path: &Path) -> io::Result<PathBuf> {
    let name = |number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(".bad");
        if number > 1 {
            name.push(number.to_string());
        }
        PathBuf::from(name)
    };
    let free = (1..=u32::MAX).map(name).find(|name| !name.exists());
    free.ok_or_else(|| io::ErrorKind::AlreadyExists.into())
}

pub(crate) fn save<T: Serialize>(path: &Path, schema: u32, value: &T) -> Result<(), FileError> {
    let refused = |source| FileError::Io { action: "write", path: path.to_owned(), source };
    let text = toml::to_string_pretty(&WithSchema { schema, value })
        .map_err(|error| refused(io::Error::other(error)))?;
    write_whole(path, text.as_bytes())
}

/// Writes a file, so that a crash leaves either the old or the new one whole.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let refused = |source| FileError::Io { action: "write", path: path.to_owned(), source };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    crate::private::make_folder(folder).map_err(refused)?;
    let mut file = in_place::begin(folder).map_err(refused)?;
    file.write_all(bytes).map_err(refused)?;
    file.as_file().sync_all().map_err(refused)?;
    in_place::put(file, path).map(drop).map_err(refused)
}

//! A file of ours that is read part by part: what cannot be read is left out by itself and told with its line, its
//! neighbours stay, and the file as it was is kept beside it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use espalier_core::{Sentence, say};
use parking_lot::Mutex;
use serde::de::DeserializeOwned;

use super::culprit::{self, Misfit};
use super::file::{self, FileError};
use super::recover;
use super::tree::{Node, PathSegment, Tree};

/// A file that was read. None yet, or one that cannot be used at all: an empty one.
#[derive(Debug)]
pub struct Document {
    root: Section,
    path: PathBuf,
    /// The file was there, and makes sense as a whole.
    usable: bool,
    /// Why it could not be used at all, and where it is now.
    trouble: Option<Sentence>,
    left_out: Arc<Mutex<Vec<LeftOut>>>,
}

/// What came of reading it.
#[derive(Debug, Default)]
pub struct ReadReport {
    /// What the user must know: one sentence for each thing that could not be read, at most [`ReadReport::TOLD`] and one.
    pub troubles: Vec<Sentence>,
    /// Something was left out, and the file as it was has a copy: it should be written anew.
    pub left_out: bool,
}

impl ReadReport {
    /// How many troubles of one file are told one by one.
    pub const TOLD: usize = 4;
}

/// Something that could not be read.
#[derive(Debug)]
struct LeftOut {
    /// Where it stands in the file, from 1.
    line: usize,
    /// The entry's name: `recent[2].port`.
    entry: String,
    /// Why, in the parser's words.
    error: String,
}

/// A table of the file, of which one thing after the other is taken.
#[derive(Debug)]
pub struct Section {
    name: String,
    line: usize,
    entries: Vec<(String, Tree)>,
    left_out: Arc<Mutex<Vec<LeftOut>>>,
}

impl Document {
    /// Reads the program's own file, of this schema at most. One that cannot be used at all is set aside (`.bad`).
    pub fn load(path: &Path, known: u32) -> Self {
        match file::read_text(path).and_then(|text| Self::of_text(path, &text, known)) {
            Ok(document) => document,
            Err(error) => {
                let mut empty = Self::empty(path);
                empty.trouble = file::set_aside_and_tell(path, &error);
                empty
            }
        }
    }

    fn empty(path: &Path) -> Self {
        let left_out: Arc<Mutex<Vec<LeftOut>>> = Arc::default();
        let root = Section {
            name: String::new(),
            line: 1,
            entries: Vec::new(),
            left_out: Arc::clone(&left_out),
        };
        Self { root, path: path.to_owned(), usable: false, trouble: None, left_out }
    }

    /// Reads a file that is only looked at: it is left as it is, whatever is in it.
    pub(super) fn look(path: &Path, known: u32) -> Result<Self, FileError> {
        Self::of_text(path, &file::read_text(path)?, known)
    }

    /// What of that which was taken so far makes no sense: its line, its name, and why.
    pub(super) fn faults(&self) -> Vec<(usize, String, String)> {
        let left_out = self.left_out.lock();
        left_out.iter().map(|it| (it.line, it.entry.clone(), it.error.clone())).collect()
    }

    fn of_text(path: &Path, text: &str, known: u32) -> Result<Self, FileError> {
        let (tree, errors) = recover::parse(text);
        let mut document = Self::empty(path);
        if let Node::Table(entries) = tree.node {
            document.root.entries = entries;
        }
        let broken = |what| FileError::Broken { path: path.to_owned(), what };
        let Some(schema) = document.root.take::<u32>("schema") else {
            return Err(broken(errors.first().map_or_else(
                || "it has no schema number".to_owned(),
                |error| format!("line {}: {}", error.line, error.message),
            )));
        };
        if schema > known {
            return Err(FileError::Newer { path: path.to_owned(), found: schema, known });
        }
        document.left_out.lock().extend(errors.into_iter().map(|error| LeftOut {
            line: error.line,
            entry: error.entry,
            error: error.message,
        }));
        document.usable = true;
        Ok(document)
    }

    /// The file's outermost table.
    pub const fn root(&mut self) -> &mut Section {
        &mut self.root
    }

    /// All that is known of was taken: what is left is not known here. When anything was left out, a copy of the file as it
    /// was is made (`.bad`).
    pub fn finish(mut self) -> ReadReport {
        self.root.end();
        let mut left_out = std::mem::take(&mut *self.left_out.lock());
        left_out.sort_by_key(|left| left.line);
        let mut reading =
            ReadReport { troubles: self.trouble.into_iter().collect(), left_out: false };
        if !self.usable || left_out.is_empty() {
            return reading;
        }
        reading.left_out = true;
        let path = self.path.display();
        let aside = match file::copy_aside(&self.path) {
            Ok(aside) => aside.display().to_string(),
            Err(error) => format!("no copy of it could be made: {error}"),
        };
        let more = left_out.len().saturating_sub(ReadReport::TOLD);
        reading.troubles.extend(left_out.into_iter().take(ReadReport::TOLD).map(|left| {
            say!(
                "told-left-out",
                "{path}, line {line}: {error}; {entry} was left out, and the file as it was is kept ({aside})",
                path = path,
                line = left.line,
                error = left.error,
                entry = left.entry,
                aside = aside,
            )
        }));
        if more > 0 {
            reading.troubles.push(say!(
                "told-more-left-out",
                "{path}: {count} more entries were left out",
                path = path,
                count = more,
            ));
        }
        reading
    }
}

impl Section {
    /// How often one value is read anew without a part of it that makes no sense; then it is left out as a whole.
    const TRIES: usize = 64;

    fn inner(&self, name: String, line: usize, entries: Vec<(String, Tree)>) -> Self {
        Self { name, line, entries, left_out: Arc::clone(&self.left_out) }
    }

    fn remove(&mut self, key: &str) -> Option<Tree> {
        let at = self.entries.iter().position(|(name, _)| name == key)?;
        Some(self.entries.remove(at).1)
    }

    /// Takes what stands under this key. The innermost entries of it that make no sense are left out and told; `None` when
    /// nothing stands there, or nothing of it is left.
    pub fn take<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let tree = self.remove(key)?;
        self.read(&self.named(key), tree)
    }

    /// Takes what stands under this key, if `check` finds that it makes sense; otherwise its sentence is told.
    pub fn take_checked<T: DeserializeOwned>(
        &mut self,
        key: &str,
        check: impl FnOnce(T) -> Result<(), Sentence>,
    ) {
        let Some(line) = self.entries.iter().find(|(name, _)| name == key).map(|it| it.1.line)
        else {
            return;
        };
        if let Some(Err(error)) = self.take(key).map(check) {
            self.tell(key, line, &error);
        }
    }

    /// What is left is not known here: it is told.
    pub fn end(&mut self) {
        for (key, tree) in std::mem::take(&mut self.entries) {
            self.tell(&key, tree.line, "this version does not know it");
        }
    }

    /// Takes the table that stands under this key, to be taken apart.
    pub fn part(&mut self, key: &str) -> Option<Self> {
        let Tree { line, node } = self.remove(key)?;
        match node {
            Node::Table(entries) => Some(self.inner(self.named(key), line, entries)),
            _ => {
                self.tell(key, line, "it is no table");
                None
            }
        }
    }

    /// Takes the tables of a list (`[[session]]`), each to be taken apart by itself; `None` stands for what is no table.
    pub fn tables(&mut self, key: &str) -> Vec<Option<Self>> {
        let Some(Tree { line, node }) = self.remove(key) else { return Vec::new() };
        let Node::List(list) = node else {
            self.tell(key, line, "it is no list of tables");
            return Vec::new();
        };
        let part = |(index, Tree { line, node }): (usize, Tree)| {
            let name = format!("{key}[{}]", index + 1);
            match node {
                Node::Table(entries) => Some(self.inner(self.named(&name), line, entries)),
                _ => {
                    self.tell(&name, line, "it is no table");
                    None
                }
            }
        };
        list.into_iter().enumerate().map(part).collect()
    }

    /// Takes what stands under this key if it is a text in JSON, as 0.1.0 wrote it: the same as a part of its own.
    pub fn old_json(&mut self, key: &str) -> Option<Self> {
        let at = self.entries.iter().position(|(name, _)| name == key)?;
        let Node::Leaf(toml::Value::String(json)) = &self.entries[at].1.node else { return None };
        let (line, json) = (self.entries[at].1.line, serde_json::from_str(json));
        self.entries.remove(at);
        match json.map(|json| Tree::of_json(json, line).node) {
            Ok(Node::Table(entries)) => Some(self.inner(self.named(key), line, entries)),
            Ok(_) => {
                self.tell(key, line, "it is no table");
                None
            }
            Err(error) => {
                self.tell(key, line, &error.to_string());
                None
            }
        }
    }

    /// Takes all that is left as one value.
    pub fn rest<T: DeserializeOwned>(mut self) -> Option<T> {
        let node = Node::Table(std::mem::take(&mut self.entries));
        self.read(&self.name, Tree { line: self.line, node })
    }

    fn named(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    fn tell(&self, key: &str, line: usize, error: &str) {
        let (entry, error) = (self.named(key), error.to_owned());
        self.left_out.lock().push(LeftOut { line, entry, error });
    }

    fn read<T: DeserializeOwned>(&self, name: &str, mut tree: Tree) -> Option<T> {
        // What was left out so far: the way to it, its line, and why.
        let mut gone: Vec<(Vec<PathSegment>, usize, String)> = Vec::new();
        let mut read = None;
        for tries in 1..=Self::TRIES {
            let Misfit { message: mut error, mut path } = match culprit::read(&tree) {
                Ok(value) => {
                    read = Some(value);
                    break;
                }
                Err(misfit) => misfit,
            };
            if tries == Self::TRIES {
                path.clear();
            }
            let mut line = tree.at(&path).line;
            // What makes no sense any more because of what was left out of it is told by its first cause.
            if let Some(first) = gone.iter().position(|(inner, ..)| inner.starts_with(&path)) {
                (line, error) = (gone[first].1, gone[first].2.clone());
                gone.retain(|(inner, ..)| !inner.starts_with(&path));
            }
            tree.remove(&path);
            let whole = path.is_empty();
            gone.push((path, line, error));
            if whole {
                break;
            }
        }
        self.left_out.lock().extend(gone.into_iter().map(|(path, line, error)| LeftOut {
            line,
            entry: path.iter().fold(name.to_owned(), append),
            error,
        }));
        read
    }
}

fn append(name: String, step: &PathSegment) -> String {
    match step {
        PathSegment::Key(key) => format!("{name}.{key}"),
        // People count from one.
        PathSegment::Item(index) => format!("{name}[{}]", index + 1),
    }
}

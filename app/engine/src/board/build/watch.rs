//! When a build was made again: its files are looked at now and then, because that works on every system and every disk.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use espalier_core::board::Build;

/// What is known of each file: when it was written, and how many bytes it has.
type Stamps = Vec<Option<(SystemTime, u64)>>;

/// The files of a build, and how they were when it was flashed.
#[derive(Clone, Debug)]
pub struct BuildWatch {
    files: Vec<PathBuf>,
    flashed: Stamps,
    /// How they were at the last look.
    seen: Stamps,
}

impl BuildWatch {
    /// How often to look. A build is over when its files are the same at two looks.
    pub const EVERY: Duration = Duration::from_millis(500);

    /// Begins with the files as they are.
    pub fn new(build: &Build) -> Self {
        let files = build.files();
        let stamps = stamps(&files);
        Self { files, flashed: stamps.clone(), seen: stamps }
    }

    /// Looks; `true`, once, when other files are there than before, all of them, and nobody writes them any more.
    pub fn look(&mut self) -> bool {
        let now = stamps(&self.files);
        let is_still = now == self.seen;
        self.seen = now;
        let is_new = is_still && self.seen != self.flashed && self.seen.iter().all(Option::is_some);
        if is_new {
            self.flashed.clone_from(&self.seen);
        }
        is_new
    }
}

fn stamps(files: &[PathBuf]) -> Stamps {
    let stamp = |path: &PathBuf| {
        let about = std::fs::metadata(path).ok().filter(|about| about.len() > 0)?;
        Some((about.modified().ok()?, about.len()))
    };
    files.iter().map(stamp).collect()
}

#[cfg(test)]
mod tests {
    use espalier_core::board::{BuildImage, BuildKind, BuildPart};

    use super::*;

    #[test]
    fn a_build_is_new_when_all_its_files_are_there_and_rest() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let part = |name: &str| BuildPart {
            name: name.to_owned(),
            path: at(name),
            address: None,
            size: 1,
            partition: None,
        };
        std::fs::write(at("a"), "one").unwrap();
        std::fs::write(at("b"), "one").unwrap();
        let image = BuildImage { parts: vec![part("a"), part("b")], ..BuildImage::default() };
        let mut watch = BuildWatch::new(&Build {
            kind: BuildKind::EspIdf,
            path: folder.path().to_owned(),
            name: String::new(),
            images: vec![image],
            elf: None,
        });
        assert!(!watch.look());
        // A linker that writes for a while, and a tool that takes the old file away first.
        std::fs::write(at("a"), "three").unwrap();
        assert!(!watch.look());
        std::fs::write(at("a"), "seventeen").unwrap();
        std::fs::remove_file(at("b")).unwrap();
        assert!(!watch.look() && !watch.look());
        std::fs::write(at("b"), "").unwrap();
        assert!(!watch.look() && !watch.look());
        std::fs::write(at("b"), "two").unwrap();
        assert!(!watch.look());
        assert!(watch.look());
        assert!(!watch.look());
    }
}

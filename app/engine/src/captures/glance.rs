//! What was seen of captures that nobody has written since: looked at once, and again when one of its files changed.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use espalier_core::capture_list::{CaptureInfo, CaptureList};
use parking_lot::Mutex;

use super::list::{capture_info, is_open, list_with};

/// The captures of the list as they were looked at last.
#[derive(Debug, Default)]
pub(super) struct Glances(Mutex<HashMap<PathBuf, Glance>>);

#[derive(Debug)]
struct Glance {
    stamp: Stamp,
    /// `None`: it is no capture.
    found: Option<CaptureInfo>,
}

/// Name, length and time of every file in a folder: what is the same was not written.
type Stamp = Vec<(OsString, u64, Option<SystemTime>)>;

impl Glances {
    /// All captures in this folder, as [`list`](super::list()) gives them. Of those that have not changed no file is read.
    pub fn list(&self, root: &Path) -> CaptureList {
        self.list_looking(root, capture_info)
    }

    fn list_looking(
        &self,
        root: &Path,
        mut info_of: impl FnMut(&Path, String) -> Option<CaptureInfo>,
    ) -> CaptureList {
        let mut known = self.0.lock();
        let mut seen = HashMap::new();
        let list = list_with(root, |folder, name| {
            // Before it is looked at: what is written meanwhile is looked at the next time.
            let stamp = stamp(folder)?;
            let open = is_open(folder);
            let before = known.remove(folder).filter(|it| !open && it.stamp == stamp);
            let found = match before {
                Some(Glance { found, .. }) => found,
                None => info_of(folder, name),
            };
            let found = found.map(|found| CaptureInfo { is_open: open, ..found });
            seen.insert(folder.to_owned(), Glance { stamp, found: found.clone() });
            found
        });
        *known = seen;
        list
    }
}

fn stamp(folder: &Path) -> Option<Stamp> {
    let entries = fs::read_dir(folder).ok()?.flatten();
    let files = entries.filter_map(|entry| {
        let found = entry.metadata().ok()?;
        Some((entry.file_name(), found.len(), found.modified().ok()))
    });
    let mut stamp: Stamp = files.collect();
    stamp.sort_unstable();
    Some(stamp)
}

#[cfg(test)]
mod tests {
    use espalier_core::{Direction, PeerId, Timestamp};

    use super::super::CaptureMetadata;
    use super::*;
    use crate::capture::{Capture, CaptureLimits};

    #[test]
    fn only_what_has_changed_is_looked_at_again() {
        let root = tempfile::tempdir().unwrap();
        let record = |name: &str| {
            let limits = CaptureLimits::with_retention_mib(128);
            let capture = Capture::open(&root.path().join(name), limits).unwrap();
            capture.append_data(Timestamp(5), Direction::In, PeerId(7), None, b"hello").unwrap();
            capture
        };
        for name in ["a", "b", "c"] {
            drop(record(name));
        }
        fs::create_dir(root.path().join("no capture")).unwrap();
        let glances = Glances::default();
        let mut names = Vec::new();
        let mut listed = || {
            names.clear();
            let list = glances.list_looking(root.path(), |folder, name| {
                names.push(name.clone());
                capture_info(folder, name)
            });
            names.sort();
            (list.captures, names.join(" "))
        };
        let (first, all) = listed();
        assert_eq!((first.len(), all.as_str()), (3, "a b c no capture"));
        assert_eq!(listed(), (first, String::new()));
        CaptureMetadata::update(&root.path().join("b"), |about| about.name = "lamp".to_owned())
            .unwrap();
        let written = record("c");
        let (found, again) = listed();
        assert_eq!(again, "b c");
        let open: Vec<bool> = ["a", "b", "c"]
            .map(|id| found.iter().find(|it| it.id.as_str() == id).unwrap().is_open)
            .into();
        assert_eq!(open, [false, false, true]);
        assert_eq!(found.iter().filter(|it| it.name == "lamp").count(), 1);
        drop(written);
        fs::remove_dir_all(root.path().join("a")).unwrap();
        let (left, _) = listed();
        assert!(left.len() == 2 && left.iter().all(|it| !it.is_open), "{left:?}");
    }
}

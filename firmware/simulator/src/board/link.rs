//! A symbolic link to the port, under a name that stays.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// The link; removed when dropped, unless somebody else has taken the name meanwhile.
#[derive(Debug)]
pub struct PortLink {
    path: PathBuf,
    target: PathBuf,
}

impl PortLink {
    /// Links `path` to `target`. An older link is replaced, since a board that was killed leaves one;
    /// anything else is not touched.
    pub fn new(path: &Path, target: &Path) -> io::Result<Self> {
        if fs::symlink_metadata(path).is_ok_and(|old| old.is_symlink()) {
            fs::remove_file(path)?;
        }
        symlink(target, path)?;
        Ok(Self { path: path.to_owned(), target: target.to_owned() })
    }
}

impl Drop for PortLink {
    fn drop(&mut self) {
        if fs::read_link(&self.path).is_ok_and(|target| target == self.target) {
            fs::remove_file(&self.path).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_replaces_a_stale_link_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("board");
        symlink("/nowhere", &path).unwrap();
        let link = PortLink::new(&path, Path::new("/dev/null")).unwrap();
        assert_eq!(fs::read_link(&path).unwrap(), Path::new("/dev/null"));
        drop(link);
        assert!(fs::symlink_metadata(&path).is_err());
        fs::write(&path, "precious").unwrap();
        assert!(PortLink::new(&path, Path::new("/dev/null")).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }
}

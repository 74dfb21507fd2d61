//! Files and folders for their user alone: captures hold what passed, settings and simulated flashes what was typed.
//!
//! On Unix that is mode 0600 and 0700, set when a file is made, so that it is never wider for a moment. On Windows what lies
//! in the user's profile is closed to other users by the list it inherits, and nothing is changed.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Options that make files for their user alone; a file that exists keeps its own mode.
#[cfg_attr(not(unix), allow(unused_mut))]
pub fn options() -> OpenOptions {
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a folder and those above it that are missing, for their user alone. A folder that exists is left as it is: it may
/// be the user's own.
///
/// # Errors
/// What the system says.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes a folder that is the program's own, as [`make_folder`] does, and closes it to others when it was open to them.
///
/// # Errors
/// What the system says. A folder that belongs to somebody else stays as wide as it is.
pub fn own_folder(folder: &Path) -> io::Result<()> {
    make_folder(folder)?;
    narrow(folder);
    Ok(())
}

/// Takes away what others may do with a file or folder of ours; what cannot be narrowed stays, with a word in the log.
pub fn narrow(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let narrowed = std::fs::symlink_metadata(path).and_then(|found| {
            let mode = found.permissions().mode();
            if found.is_symlink() || mode & 0o077 == 0 {
                return Ok(());
            }
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode & 0o7700))
        });
        if let Err(error) = narrowed {
            tracing::warn!(%error, path = %path.display(), "stays open to others");
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).expect("a test that cannot go on fails").permissions().mode()
            & 0o777
    }

    #[test]
    fn what_is_made_is_for_its_user_alone_and_what_is_ours_is_narrowed() {
        let root = tempfile::tempdir().expect("a test that cannot go on fails");
        let wide = root.path().join("wide");
        std::fs::create_dir(&wide).expect("a test that cannot go on fails");
        std::fs::set_permissions(&wide, std::fs::Permissions::from_mode(0o755))
            .expect("a test that cannot go on fails");
        let deep = wide.join("a/b");
        own_folder(&deep).expect("a test that cannot go on fails");
        assert_eq!((mode(&wide.join("a")), mode(&deep), mode(&wide)), (0o700, 0o700, 0o755));
        own_folder(&wide).expect("a test that cannot go on fails");
        assert_eq!(mode(&wide), 0o700);
        let file = deep.join("file");
        options().write(true).create_new(true).open(&file).expect("a test that cannot go on fails");
        assert_eq!(mode(&file), 0o600);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o664))
            .expect("a test that cannot go on fails");
        narrow(&file);
        assert_eq!(mode(&file), 0o600);
    }
}

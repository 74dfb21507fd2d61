//! Whether a port can be opened, told without opening it: opening may reset the board.

use espalier_core::board::PortAccess;

/// Looks at a port from outside. Where the system tells nothing (Windows), every port is free until it is opened.
pub fn check(path: &str) -> PortAccess {
    system::check(path)
}

#[cfg(unix)]
mod system {
    use std::fs;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;

    use espalier_core::board::{Holder, PortAccess};
    use rustix::fs::{Access, access};

    pub(super) fn check(path: &str) -> PortAccess {
        let Ok(device) = fs::canonicalize(path) else { return PortAccess::Gone };
        let Ok(metadata) = fs::metadata(&device) else { return PortAccess::Gone };
        if access(&device, Access::READ_OK | Access::WRITE_OK).is_err() {
            return PortAccess::Forbidden { group: group_name(metadata.gid()) };
        }
        match holder(&device) {
            Some(holder) if holder.pid == std::process::id() => PortAccess::Ours,
            Some(holder) => PortAccess::Busy { by: Some(holder) },
            None => PortAccess::Free,
        }
    }

    /// The name of a group in `/etc/group`.
    fn group_name(gid: u32) -> Option<String> {
        let groups = fs::read_to_string("/etc/group").ok()?;
        groups.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)?.parse() == Ok(gid)).then(|| name.to_owned())
        })
    }

    /// A process that has the device open, this one last. Sees our own user's processes only, except for root.
    fn holder(device: &Path) -> Option<Holder> {
        let mut ours = None;
        for process in fs::read_dir("/proc").ok()?.flatten() {
            let Some(pid) = process.file_name().to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            let Ok(files) = fs::read_dir(process.path().join("fd")) else { continue };
            let holds =
                |file: fs::DirEntry| fs::read_link(file.path()).is_ok_and(|to| to == device);
            if !files.flatten().any(holds) {
                continue;
            }
            let program = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            let holder = Holder { pid, program: program.trim().to_owned() };
            if pid != std::process::id() {
                return Some(holder);
            }
            ours = Some(holder);
        }
        ours
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_port_that_we_hold_is_ours_and_a_missing_one_is_gone() {
            use serialport::SerialPort as _;
            let (_master, slave) = serialport::TTYPort::pair().unwrap();
            assert_eq!(check(&slave.name().unwrap()), PortAccess::Ours);
            assert_eq!(check("/dev/no-such-port"), PortAccess::Gone);
        }
    }
}

#[cfg(not(unix))]
mod system {
    use espalier_core::board::PortAccess;

    pub(super) fn check(_path: &str) -> PortAccess {
        PortAccess::Free
    }
}

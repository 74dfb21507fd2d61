//! Whether a port can be opened, told without opening it: opening may reset the board.

use std::collections::HashMap;

use espalier_core::board::{Holder, PortAccess};

/// Who has which port open, by the port's name.
pub type Holders = HashMap<String, Holder>;

/// Looks at a port from outside. Where the system tells nothing (Windows), every port is free until it is opened.
pub fn check(path: &str) -> PortAccess {
    check_with(path, &holders(&[path]))
}

/// The same, with what [`holders`] has told.
pub fn check_with(path: &str, holders: &Holders) -> PortAccess {
    match system::check(path) {
        PortAccess::Free => match holders.get(path) {
            Some(holder) if holder.pid == std::process::id() => PortAccess::Ours,
            Some(holder) => PortAccess::Busy { by: Some(holder.clone()) },
            None => PortAccess::Free,
        },
        other => other,
    }
}

/// Who has these ports open, as far as the system tells: on Linux, processes of our own user (of all, for root). Looks at
/// every open file of every process, so it takes milliseconds.
pub fn holders(paths: &[&str]) -> Holders {
    system::holders(paths)
}

#[cfg(unix)]
mod system {
    use std::collections::HashMap;
    use std::fs;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::PathBuf;

    use espalier_core::board::{Holder, PortAccess};
    use rustix::fs::{Access, access};

    pub(super) fn check(path: &str) -> PortAccess {
        let Ok(device) = fs::canonicalize(path) else { return PortAccess::Gone };
        let Ok(metadata) = fs::metadata(&device) else { return PortAccess::Gone };
        if access(&device, Access::READ_OK | Access::WRITE_OK).is_err() {
            return PortAccess::Forbidden { group: group_name(metadata.gid()) };
        }
        PortAccess::Free
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

    pub(super) fn holders(paths: &[&str]) -> HashMap<String, Holder> {
        let device = |path: &&str| Some((fs::canonicalize(path).ok()?, (*path).to_owned()));
        let devices: HashMap<PathBuf, String> = paths.iter().filter_map(device).collect();
        let mut found = HashMap::new();
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        for process in processes.take_while(|_| !devices.is_empty()) {
            let pid = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
            let files =
                pid.and_then(|pid| Some((pid, fs::read_dir(process.path().join("fd")).ok()?)));
            let Some((pid, files)) = files else { continue };
            let open = files.flatten().filter_map(|file| fs::read_link(file.path()).ok());
            for name in open.filter_map(|file| devices.get(&file)) {
                // Another program's hold says more than our own.
                if pid == std::process::id() && found.contains_key(name) {
                    continue;
                }
                let program = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
                found.insert(name.clone(), Holder { pid, program: program.trim().to_owned() });
            }
        }
        found
    }

    #[cfg(test)]
    mod tests {
        use espalier_core::board::PortAccess;

        use crate::board::ports::access::check;

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
    use std::collections::HashMap;

    use espalier_core::board::{Holder, PortAccess};

    pub(super) fn check(_path: &str) -> PortAccess {
        PortAccess::Free
    }

    pub(super) fn holders(_paths: &[&str]) -> HashMap<String, Holder> {
        HashMap::new()
    }
}

//! Datagrams that the system dropped because they came faster than they were taken: Linux counts them for each socket.

use tokio::net::UdpSocket;

/// How many datagrams the system dropped before a socket; elsewhere than on Linux nothing tells.
#[derive(Debug)]
pub struct DropCounter {
    inode: Option<String>,
    seen: u64,
}

impl DropCounter {
    /// From now on.
    pub fn of(socket: &UdpSocket) -> Self {
        let mut counter = Self { inode: inode(socket), seen: 0 };
        counter.since_last();
        counter
    }

    /// How many since this was asked last.
    pub fn since_last(&mut self) -> u64 {
        let now = self.inode.as_deref().and_then(dropped).unwrap_or(self.seen);
        now.saturating_sub(std::mem::replace(&mut self.seen, now))
    }
}

#[cfg(target_os = "linux")]
fn inode(socket: &UdpSocket) -> Option<String> {
    use std::os::fd::AsRawFd as _;
    // `socket:[12345]`
    let link = std::fs::read_link(format!("/proc/self/fd/{}", socket.as_raw_fd())).ok()?;
    let inode = link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
    Some(inode.to_owned())
}

#[cfg(not(target_os = "linux"))]
fn inode(_: &UdpSocket) -> Option<String> {
    None
}

/// The drops of the socket with this inode.
fn dropped(inode: &str) -> Option<u64> {
    ["/proc/net/udp", "/proc/net/udp6"].into_iter().find_map(|path| {
        let table = std::fs::read_to_string(path).ok()?;
        drops_in(&table, inode)
    })
}

/// The same in a table such as `/proc/net/udp`: the inode is its tenth column, the drops its last (proc(5)).
fn drops_in(table: &str, inode: &str) -> Option<u64> {
    let row = table.lines().find(|row| row.split_whitespace().nth(9) == Some(inode))?;
    row.split_whitespace().next_back()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_are_read_from_the_table_of_the_system() {
        let table = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 2156: 0100007F:1F90 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 424242 2 ffff8881 17
 2157: 0100007F:1F91 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 424243 2 ffff8882 0
";
        assert_eq!(drops_in(table, "424242"), Some(17));
        assert_eq!(drops_in(table, "424243"), Some(0));
        assert_eq!(drops_in(table, "4242"), None);
    }
}

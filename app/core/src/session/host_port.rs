//! A host and a port in one text: `192.168.1.5:7681`, `[fe80::1%eth0]:7681`, `board.local:7681`.

use std::fmt::Display;

/// Both as one text, with brackets around an IPv6 address.
pub fn host_and_port(host: &str, port: impl Display) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// The host, without brackets, and the port of such a text; `None`: it is none.
pub fn split_host_and_port(text: &str) -> Option<(&str, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let port = port.parse().ok()?;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_bare_v6 = bare.is_none() && host.contains(':');
    let host = bare.unwrap_or(host);
    let is_plain = |c: char| !c.is_control() && c != '[' && c != ']';
    let is_host = !is_bare_v6 && !host.is_empty() && host.chars().all(is_plain);
    is_host.then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for (host, port, text) in
            [("board.local", 7681, "board.local:7681"), ("fe80::1%eth0", 0, "[fe80::1%eth0]:0")]
        {
            assert_eq!(host_and_port(host, port), text);
            assert_eq!(split_host_and_port(text), Some((host, port)));
        }
        for bad in ["", "host", "host:", "host:65536", ":7", "[]:7", "::1:7", "[a:7", "a\nb:7"] {
            assert_eq!(split_host_and_port(bad), None, "{bad:?}");
        }
    }
}

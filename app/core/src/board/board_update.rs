//! A new program for a board over the network, as asked for and how it goes.

use std::net::Ipv6Addr;

use espalier_protocol::command::Token;
use espalier_protocol::ota::PORT;

use crate::Sentence;
use crate::session::{host_and_port, split_host_and_port};

/// Which board is to get a new program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardUpdateRequest {
    /// Its name or address, without brackets.
    pub host: String,
    /// Its port for updates.
    pub port: u16,
    /// What was set by `ota token` on its console; `None`: one update was allowed there.
    pub token: Option<Token>,
}

impl BoardUpdateRequest {
    /// For the board at `HOST`, `HOST:PORT`, `ADDRESS` or `[ADDRESS]:PORT`; `None`: that is none.
    pub fn to(place: &str, token: Option<Token>) -> Option<Self> {
        let place = place.trim();
        let bare = place.strip_prefix('[').and_then(|place| place.strip_suffix(']'));
        let bare = bare.unwrap_or(place);
        let is_v6 = bare.split('%').next().is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok());
        let whole = match is_v6 || !bare.contains(':') {
            true => host_and_port(bare, PORT),
            false => place.to_owned(),
        };
        let (host, port) = split_host_and_port(&whole).filter(|(_, port)| *port != 0)?;
        Some(Self { host: host.to_owned(), port, token })
    }
}

/// How it goes, or how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardUpdateStatus {
    /// The board, as it was asked for.
    pub host: String,
    /// Bytes that are in its flash.
    pub written: u32,
    /// Bytes that there are to be; 0 before that is known.
    pub total: u32,
    /// Whether all is written, and its return is waited for.
    pub restarts: bool,
    /// How it ended: the version that runs now, or why it was not done; `None` while it goes on.
    pub outcome: Option<Result<String, Sentence>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boards_are_named_as_people_name_them() {
        let to = |place| BoardUpdateRequest::to(place, None).map(|it| (it.host, it.port));
        for (place, host, port) in [
            (" desk.local ", "desk.local", PORT),
            ("10.0.0.7:9000", "10.0.0.7", 9000),
            ("fe80::1", "fe80::1", PORT),
            ("fe80::1%eth0", "fe80::1%eth0", PORT),
            ("[fe80::1]:9", "fe80::1", 9),
            ("[fe80::1]", "fe80::1", PORT),
        ] {
            assert_eq!(to(place), Some((host.to_owned(), port)), "{place}");
        }
        for bad in ["", ":9", "desk:0", "desk:99999", "[]", "[desk", "a\nb"] {
            assert_eq!(to(bad), None, "{bad:?}");
        }
    }
}

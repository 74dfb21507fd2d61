//! Two sessions that are bridged: what one receives the other sends.

use super::spec::{SessionSpec, TransportSpec};

/// Why two sessions cannot be bridged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoBridge {
    /// It has gone.
    #[error("the session has gone")]
    Gone,
    /// There are not two.
    #[error("a session cannot be bridged with itself")]
    Itself,
    /// Nothing can be sent there, or it forwards by itself.
    #[error("{0} cannot be bridged: a client, a server, UDP or a serial port can")]
    OtherKind(String),
    /// A session has one bridge: with two of them, what comes might go around.
    #[error("{0} is bridged already: end that bridge first")]
    Bridged(String),
    /// What one sends the other receives.
    #[error(
        "these two sessions talk with each other, themselves or over others: what one receives would go around without end"
    )]
    Circle,
    /// No session has this name.
    #[error("there is no session of the name {0} to be bridged with")]
    NoSuchName(String),
    /// Several sessions have it.
    #[error("several sessions have the name {0}: the one to be bridged with needs one of its own")]
    SeveralOfThatName(String),
}

impl TransportSpec {
    /// Whether it can be bridged with another session.
    pub const fn can_be_bridged(&self) -> bool {
        match self {
            Self::TcpClient(_) | Self::TcpServer(_) | Self::Udp(_) | Self::Serial(_) => true,
            Self::Relay(_) | Self::Load(_) | Self::Capture(_) => false,
        }
    }
}

/// The bridges of the sessions of a file: which one, and with which, by their places from 0; or why there is none.
pub fn bridges(sessions: &[SessionSpec]) -> Vec<(usize, Result<usize, NoBridge>)> {
    let mut found: Vec<(usize, Result<usize, NoBridge>)> = Vec::new();
    for (at, name) in
        sessions.iter().enumerate().filter_map(|(at, it)| Some((at, it.bridge.as_ref()?)))
    {
        let mut named = sessions.iter().enumerate().filter(|(_, other)| other.name == *name);
        let with = match (named.next(), named.next()) {
            (None, _) => Err(NoBridge::NoSuchName(name.clone())),
            (Some(_), Some(_)) => Err(NoBridge::SeveralOfThatName(name.clone())),
            (Some((with, _)), None) => Ok(with),
        };
        // Each may say so of the other.
        let is_known = with.as_ref().is_ok_and(|with| found.contains(&(*with, Ok(at))));
        if !is_known {
            found.push((at, with));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::TcpClientSpec;

    #[test]
    fn bridges_are_found_by_the_names_of_sessions() {
        let session = |name: &str, bridge: Option<&str>| {
            let transport = TransportSpec::TcpClient(TcpClientSpec::new("h", 1));
            let bridge = bridge.map(str::to_owned);
            SessionSpec { name: name.to_owned(), bridge, ..SessionSpec::new(transport) }
        };
        let both = [session("a", Some("b")), session("b", Some("a")), session("", None)];
        assert_eq!(bridges(&both), [(0, Ok(1))]);
        let unknown = [session("a", Some("c")), session("b", None)];
        assert_eq!(bridges(&unknown), [(0, Err(NoBridge::NoSuchName("c".to_owned())))]);
        let twice = [session("a", None), session("a", None), session("", Some("a"))];
        assert_eq!(bridges(&twice), [(2, Err(NoBridge::SeveralOfThatName("a".to_owned())))]);
    }
}

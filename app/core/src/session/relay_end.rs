//! One side of a relay, as it is written.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{host_and_port, split_host_and_port};

/// One side of a relay, as it is written: `ADDR:PORT`, `tls:ADDR:PORT`, `rfc2217:ADDR:PORT`, `serial:PORT@BAUD`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum RelayEnd {
    /// A TCP port: listened on, or connected to.
    Tcp {
        /// Host name or IP address, without brackets.
        host: String,
        /// The port; 0 takes any free one, where it is listened on.
        port: u16,
    },
    /// The same, secured by TLS.
    Tls {
        /// Host name or IP address, without brackets.
        host: String,
        /// The port; 0 takes any free one, where it is listened on.
        port: u16,
    },
    /// A TCP port at which a serial port is spoken to (RFC 2217): listened on, or connected to.
    Rfc2217 {
        /// Host name or IP address, without brackets.
        host: String,
        /// The port; 0 takes any free one, where it is listened on.
        port: u16,
        /// How fast the serial port is to be, where it is connected to; `None`: as it is.
        baud: Option<u32>,
    },
    /// A serial port of this computer: forwarded to, or from.
    Serial {
        /// Name or path.
        port: String,
        /// Bits per second.
        baud: u32,
    },
}

/// What was written is no side of a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRelayEnd {
    /// It is nothing of what can be written.
    #[error(
        "ADDR:PORT, tls:ADDR:PORT, rfc2217:ADDR:PORT or serial:PORT@BAUD is needed, such as 127.0.0.1:7000 or serial:COM3@115200"
    )]
    Unknown,
    /// This kind is not there yet.
    #[error(
        "a relay does not know this kind: ADDR:PORT, tls:ADDR:PORT, rfc2217:ADDR:PORT and serial:PORT@BAUD are known"
    )]
    OtherKind,
    /// It is no address of this computer.
    #[error("a relay listens on an address of this computer, such as 127.0.0.1, [::1] or *")]
    NotOurs,
    /// There is no such port.
    #[error("a port is 0 to 65535, that of the target at least 1")]
    PortRange,
    /// Nothing can be forwarded to port 0.
    #[error("the port of the target is 1 to 65535")]
    NoPort,
    /// A serial port has no clients that come.
    #[error("a serial port has no clients")]
    SerialListens,
    /// Both sides are the same serial port.
    #[error("both sides are the same serial port")]
    SamePort,
    /// There is no serial port behind it.
    #[error("RFC 2217 offers a serial port: the target is serial:PORT@BAUD then")]
    NoSerialBehind,
}

impl RelayEnd {
    /// Whether RFC 2217 is spoken there.
    pub const fn speaks_rfc2217(&self) -> bool {
        matches!(self, Self::Rfc2217 { .. })
    }

    /// Whether it is secured by TLS.
    pub const fn speaks_tls(&self) -> bool {
        matches!(self, Self::Tls { .. })
    }

    /// Where it is on TCP, with its port; `None` for a serial port.
    pub fn tcp(&self) -> Option<(&str, u16)> {
        match self {
            Self::Tcp { host, port }
            | Self::Tls { host, port }
            | Self::Rfc2217 { host, port, .. } => Some((host, *port)),
            Self::Serial { .. } => None,
        }
    }
}

impl fmt::Display for RelayEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } => f.write_str(&host_and_port(host, port)),
            Self::Tls { host, port } => write!(f, "tls:{}", host_and_port(host, port)),
            Self::Rfc2217 { host, port, baud: None } => {
                write!(f, "rfc2217:{}", host_and_port(host, port))
            }
            Self::Rfc2217 { host, port, baud: Some(baud) } => {
                write!(f, "rfc2217:{}@{baud}", host_and_port(host, port))
            }
            Self::Serial { port, baud } => write!(f, "serial:{port}@{baud}"),
        }
    }
}

/// `ADDR:PORT`, or a port alone.
fn address(text: &str) -> Result<(String, u16), NoRelayEnd> {
    let digits = text.rsplit(':').next().unwrap_or_default();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && digits.parse::<u16>().is_err() {
        return Err(NoRelayEnd::PortRange);
    }
    let parts = match text.contains(':') {
        true => split_host_and_port(text),
        false => text.parse().ok().map(|port| ("127.0.0.1", port)),
    };
    let is_bad = |c: char| c.is_whitespace() || "[]/@".contains(c);
    let (host, port) =
        parts.filter(|(host, _)| !host.contains(is_bad)).ok_or(NoRelayEnd::Unknown)?;
    Ok((host.to_owned(), port))
}

/// Bits per second.
fn baud(text: &str) -> Result<u32, NoRelayEnd> {
    text.parse().ok().filter(|baud| *baud > 0).ok_or(NoRelayEnd::Unknown)
}

impl FromStr for RelayEnd {
    type Err = NoRelayEnd;

    fn from_str(text: &str) -> Result<Self, NoRelayEnd> {
        let text = text.trim();
        if let Some(serial) = text.strip_prefix("serial:") {
            let (port, speed) = serial.rsplit_once('@').unwrap_or((serial, "115200"));
            if port.trim().is_empty() || port.contains(char::is_control) {
                return Err(NoRelayEnd::Unknown);
            }
            return Ok(Self::Serial { port: port.to_owned(), baud: baud(speed)? });
        }
        if let Some(remote) = text.strip_prefix("rfc2217:") {
            let (place, speed) = match remote.rsplit_once('@') {
                Some((place, speed)) => (place, Some(baud(speed)?)),
                None => (remote, None),
            };
            let (host, port) = address(place)?;
            return Ok(Self::Rfc2217 { host, port, baud: speed });
        }
        if let Some(place) = text.strip_prefix("tls:") {
            let (host, port) = address(place)?;
            return Ok(Self::Tls { host, port });
        }
        if text.starts_with("udp:") {
            return Err(NoRelayEnd::OtherKind);
        }
        let (host, port) = address(text)?;
        Ok(Self::Tcp { host, port })
    }
}

impl TryFrom<String> for RelayEnd {
    type Error = NoRelayEnd;

    fn try_from(text: String) -> Result<Self, NoRelayEnd> {
        text.parse()
    }
}

impl From<RelayEnd> for String {
    fn from(end: RelayEnd) -> Self {
        end.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_is_read_as_it_is_written() {
        for text in [
            "127.0.0.1:7000",
            "[::1]:0",
            "[fe80::1%eth0]:7",
            "*:80",
            "board.local:65535",
            "tls:board.local:8883",
            "tls:[::1]:0",
            "rfc2217:[::1]:4000",
            "rfc2217:h:4000@9600",
            "serial:/dev/ttyUSB0@921600",
            "serial:COM3@9600",
        ] {
            assert_eq!(text.parse::<RelayEnd>().unwrap().to_string(), text);
        }
        assert_eq!("7000".parse::<RelayEnd>().unwrap().to_string(), "127.0.0.1:7000");
        for bad in ["", "host", "host:", ":7", "::1:7", "a b:7", "[::1]", "a/b:1"] {
            assert_eq!(bad.parse::<RelayEnd>(), Err(NoRelayEnd::Unknown), "{bad:?}");
        }
        for bad in ["65536", "host:65536", "tls:[::1]:70000", "rfc2217:h:99999999999@9600"] {
            assert_eq!(bad.parse::<RelayEnd>(), Err(NoRelayEnd::PortRange), "{bad:?}");
        }
        assert_eq!("serial:COM3".parse::<RelayEnd>().unwrap().to_string(), "serial:COM3@115200");
        for bad in ["serial:", "serial:@9600", "serial:COM3@0", "serial:COM3@x", "rfc2217:h:1@"] {
            assert_eq!(bad.parse::<RelayEnd>(), Err(NoRelayEnd::Unknown), "{bad:?}");
        }
        for bad in ["tls:", "tls:h", "tls:h:1@9600", "tls:tls:h:1"] {
            assert_eq!(bad.parse::<RelayEnd>(), Err(NoRelayEnd::Unknown), "{bad:?}");
        }
        assert_eq!("udp:h:1".parse::<RelayEnd>(), Err(NoRelayEnd::OtherKind));
    }
}

//! The two sides of a relay, as the kinds of session that they are like.

use std::net::{IpAddr, Ipv4Addr};

use super::relay_spec::{NoRelayEnd, RelayEnd, RelaySpec};
use super::spec::{SerialSpec, TcpClientSpec, TcpServerSpec};
use super::zoned_ip::ZonedIp;

impl RelaySpec {
    /// The server that takes its clients.
    ///
    /// # Errors
    /// It cannot listen there.
    pub fn server(&self) -> Result<TcpServerSpec, NoRelayEnd> {
        let (RelayEnd::Tcp { host, port } | RelayEnd::Rfc2217 { host, port, .. }) = &self.listen
        else {
            return Err(NoRelayEnd::SerialListens);
        };
        let bind = bind_address(host).ok_or(NoRelayEnd::NotOurs)?;
        Ok(TcpServerSpec {
            bind,
            max_clients: self.max_clients,
            options: self.options.clone(),
            ..TcpServerSpec::new(*port)
        })
    }

    /// The serial port that is its target, if it is one.
    pub fn serial(&self) -> Option<SerialSpec> {
        let RelayEnd::Serial { port, baud } = &self.target else { return None };
        Some(SerialSpec { baud: *baud, ..SerialSpec::new(port) })
    }

    /// Whether both sides can be, and go together.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), NoRelayEnd> {
        self.server()?;
        match (self.listen.speaks_rfc2217(), self.serial()) {
            (true, None) => Err(NoRelayEnd::NoSerialBehind),
            (_, Some(_)) => Ok(()),
            (false, None) => self.client().map(drop),
        }
    }

    /// The client that reaches its target.
    ///
    /// # Errors
    /// There is nothing to be reached.
    pub fn client(&self) -> Result<TcpClientSpec, NoRelayEnd> {
        let (RelayEnd::Tcp { host, port } | RelayEnd::Rfc2217 { host, port, .. }) = &self.target
        else {
            return Err(NoRelayEnd::NoPort);
        };
        if *port == 0 || host == "*" {
            return Err(NoRelayEnd::NoPort);
        }
        Ok(TcpClientSpec {
            connect_timeout_ms: self.connect_timeout_ms,
            options: self.options.clone(),
            ..TcpClientSpec::new(host, *port)
        })
    }
}

/// An address to listen on, as it may be written.
fn bind_address(host: &str) -> Option<ZonedIp> {
    match host {
        "localhost" => Some(IpAddr::V4(Ipv4Addr::LOCALHOST).into()),
        "*" => Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED).into()),
        ip => ip.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_listens_on_its_own_addresses_and_forwards_to_real_ports() {
        let relay = |listen: &str, target: &str| {
            RelaySpec::new(listen.parse().unwrap(), target.parse().unwrap())
        };
        let local = relay("localhost:0", "board.local:7681");
        assert_eq!(local.server().unwrap().bind.to_string(), "127.0.0.1");
        assert_eq!(local.client().unwrap().host, "board.local");
        assert_eq!(relay("*:1", "h:1").server().unwrap().bind.to_string(), "0.0.0.0");
        assert_eq!(relay("board.local:1", "h:1").server(), Err(NoRelayEnd::NotOurs));
        assert_eq!(relay("1", "h:0").check(), Err(NoRelayEnd::NoPort));
        assert_eq!(relay("rfc2217:h:1", "h:1").check(), Err(NoRelayEnd::NotOurs));
        assert_eq!(relay("rfc2217:*:1", "h:1").check(), Err(NoRelayEnd::NoSerialBehind));
        assert_eq!(relay("serial:COM3", "h:1").check(), Err(NoRelayEnd::SerialListens));
        assert_eq!(relay("rfc2217:*:1", "serial:COM3").check(), Ok(()));
        assert_eq!(relay("1", "serial:COM3@9600").serial().unwrap().baud, 9600);
    }
}

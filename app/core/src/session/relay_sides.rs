//! The two sides of a relay, as the kinds of session that they are like.

use super::relay_end::{NoRelayEnd, RelayEnd};
use super::relay_spec::RelaySpec;
use super::spec::{SerialSpec, TcpClientSpec, TcpServerSpec};
use super::zoned_ip::ZonedIp;

impl RelayEnd {
    /// The serial port of this computer that it is, if it is one.
    pub fn serial(&self) -> Option<SerialSpec> {
        let Self::Serial { port, baud } = self else { return None };
        Some(SerialSpec { baud: *baud, ..SerialSpec::new(port) })
    }
}

impl RelaySpec {
    /// The server that takes its clients.
    ///
    /// # Errors
    /// It cannot listen there.
    pub fn server(&self) -> Result<TcpServerSpec, NoRelayEnd> {
        let (host, port) = self.listen.tcp().ok_or(NoRelayEnd::SerialListens)?;
        let bind = ZonedIp::to_listen_on(host).map_err(|_| NoRelayEnd::NotOurs)?;
        Ok(TcpServerSpec {
            bind,
            max_clients: self.max_clients,
            options: self.options.clone(),
            tls: self.listen.speaks_tls().then(|| (*self.listen_tls).clone()),
            ..TcpServerSpec::new(port)
        })
    }

    /// Whether both sides can be, and go together.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), NoRelayEnd> {
        match (&self.listen, &self.target) {
            (RelayEnd::Serial { port, .. }, RelayEnd::Serial { port: other, .. }) => {
                if port == other { Err(NoRelayEnd::SamePort) } else { Ok(()) }
            }
            (RelayEnd::Serial { .. }, _) => self.client().map(drop),
            (RelayEnd::Rfc2217 { .. }, RelayEnd::Serial { .. }) => self.server().map(drop),
            (RelayEnd::Rfc2217 { .. }, _) => {
                self.server()?;
                Err(NoRelayEnd::NoSerialBehind)
            }
            (_, RelayEnd::Serial { .. }) => self.server().map(drop),
            _ => {
                self.server()?;
                self.client().map(drop)
            }
        }
    }

    /// The client that reaches its target.
    ///
    /// # Errors
    /// There is nothing to be reached.
    pub fn client(&self) -> Result<TcpClientSpec, NoRelayEnd> {
        let (host, port) = self.target.tcp().ok_or(NoRelayEnd::NoPort)?;
        if host == "*" {
            return Err(NoRelayEnd::Unknown);
        }
        if port == 0 {
            return Err(NoRelayEnd::NoPort);
        }
        Ok(TcpClientSpec {
            connect_timeout_ms: self.connect_timeout_ms,
            options: self.options.clone(),
            tls: self.target.speaks_tls().then(|| (*self.target_tls).clone()),
            ..TcpClientSpec::new(host, port)
        })
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
        assert_eq!(relay("1", "*:7").check(), Err(NoRelayEnd::Unknown));
        assert_eq!(relay("rfc2217:h:1", "h:1").check(), Err(NoRelayEnd::NotOurs));
        assert_eq!(relay("rfc2217:*:1", "tls:h:1").check(), Err(NoRelayEnd::NoSerialBehind));
        assert_eq!(relay("rfc2217:*:1", "serial:COM3").check(), Ok(()));
        assert_eq!(relay("tls:*:1", "serial:COM3").check(), Ok(()));
        assert_eq!(relay("1", "serial:COM3@9600").target.serial().unwrap().baud, 9600);
        assert_eq!(relay("serial:COM3", "tls:h:1").check(), Ok(()));
        assert_eq!(relay("serial:COM3", "h:0").check(), Err(NoRelayEnd::NoPort));
        assert_eq!(relay("serial:COM3", "serial:COM4").check(), Ok(()));
        assert_eq!(relay("serial:COM3", "serial:COM3@9600").check(), Err(NoRelayEnd::SamePort));
    }

    #[test]
    fn each_side_has_the_tls_that_is_asked_for_there() {
        let relay = |listen: &str, target: &str| {
            let spec = RelaySpec::new(listen.parse().unwrap(), target.parse().unwrap());
            (spec.server().unwrap().tls.is_some(), spec.client().unwrap().tls.is_some())
        };
        assert_eq!(relay("tls:*:1", "h:1"), (true, false));
        assert_eq!(relay("1", "tls:h:1"), (false, true));
        assert_eq!(relay("tls:1", "tls:h:1"), (true, true));
        assert_eq!(relay("1", "h:1"), (false, false));
    }
}

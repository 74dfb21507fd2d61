//! `espalier client`: one TCP connection, stdin to the peer and the peer to stdout.

use clap::Args as ClapArgs;
use espalier_core::session::{LocalEndpoint, Reconnect, SessionSpec, TcpClientSpec, TransportSpec};

use super::exit::Exit;
use super::host_terminal::TerminalArgs;
use super::input::AtEnd;
use super::options::{self, TalkArgs};
use super::talk::{self, Talked};
use super::tls_args::ClientTlsArgs;
use crate::print::complain;

/// Connect to HOST:PORT; stdin is sent, received bytes go to stdout
///
/// At the end of stdin our side is closed (FIN) and receiving goes on until the peer closes too.
/// What happens to the connection is told on stderr.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Where to connect; an IPv6 address stands in brackets
    #[arg(value_name = "HOST:PORT", value_parser = options::host_port)]
    target: (String, u16),
    /// Connect again when the connection ends: exponential (the default), a fixed wait such as 2s, or off
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true,
          default_value = "off", default_missing_value = "exponential", value_parser = options::reconnect)]
    reconnect: Reconnect,
    /// Give up connecting after this long, over all addresses of the name
    #[arg(long, value_name = "S", default_value = "5s", value_parser = options::duration)]
    connect_timeout: std::time::Duration,
    /// Local address and port to connect from
    #[arg(long, value_name = "ADDR:PORT", value_parser = options::bind)]
    bind: Option<LocalEndpoint>,
    #[command(flatten)]
    tls: ClientTlsArgs,
    #[command(flatten)]
    terminal: TerminalArgs,
    #[command(flatten)]
    shared: TalkArgs,
}

impl Args {
    fn spec(&self) -> SessionSpec {
        let (host, port) = self.target.clone();
        let mut client = TcpClientSpec::new(host, port);
        client.connect_timeout_ms =
            u64::try_from(self.connect_timeout.as_millis()).unwrap_or(u64::MAX).max(1);
        client.local.clone_from(&self.bind);
        client.reconnect = self.reconnect;
        client.options = self.shared.socket();
        client.tls = self.tls.spec();
        client.faults = self.shared.faults();
        SessionSpec::new(TransportSpec::TcpClient(client))
    }
}

/// Talks until the connection has ended and no other attempt follows.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    if args.terminal.terminal {
        if args.shared.data.hex || args.shared.data.raw {
            complain("--terminal goes with neither --hex nor --raw");
            return Ok(Exit::BadArguments);
        }
        return talk::run_terminal(args.spec(), &args.shared.data, args.terminal.spec());
    }
    let Talked { ended, sent_all, logged_all, .. } =
        talk::run(args.spec(), &args.shared.data, AtEnd::HalfClose)?;
    Ok(ended.map_or(Exit::Interrupted, Exit::of).if_sent(sent_all).if_logged(logged_all))
}

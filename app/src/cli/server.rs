//! `espalier server`: listens, stdin to all clients and all clients to stdout.

use clap::{Args as ClapArgs, ValueEnum};
use espalier_core::session::{
    Behaviour, LocalEndpoint, OverLimit, SessionSpec, TcpServerSpec, TransportSpec,
};

use super::exit::Exit;
use super::input::AtEnd;
use super::options::{self, TalkArgs};
use super::talk::{self, Talked};
use super::tls_args::ServerTlsArgs;

/// Listen on ADDR:PORT; stdin is sent to all clients, what they send goes to stdout
///
/// Tells "listening on ADDR:PORT" on stderr when ready, with the real port for 0. Runs until Ctrl-C;
/// the end of stdin changes nothing.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Where to listen; an IPv6 address stands in brackets, * is all interfaces, port 0 takes any free one
    #[arg(value_name = "ADDR:PORT", value_parser = options::bind)]
    address: LocalEndpoint,
    /// What is done with received bytes, besides showing them
    #[arg(long, value_enum, default_value_t = Mode::Manual)]
    mode: Mode,
    /// Serve at most N clients at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_clients: Option<u32>,
    /// Close connections over the limit at once, instead of leaving them in the system's backlog
    #[arg(long, requires = "max_clients")]
    close_over_limit: bool,
    #[command(flatten)]
    tls: ServerTlsArgs,
    #[command(flatten)]
    shared: TalkArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    /// Nothing: stdin answers
    Manual,
    /// Sent back to the same client
    Echo,
    /// Nothing
    Discard,
    /// Sent to all other clients
    Broadcast,
}

impl Args {
    fn spec(&self) -> SessionSpec {
        let mut server = TcpServerSpec::new(self.address.port);
        server.bind = self.address.address.clone();
        server.max_clients = self.max_clients;
        server.over_limit =
            if self.close_over_limit { OverLimit::Close } else { OverLimit::Pending };
        server.behaviour = match self.mode {
            Mode::Manual => Behaviour::Manual,
            Mode::Echo => Behaviour::Echo,
            Mode::Discard => Behaviour::Discard,
            Mode::Broadcast => Behaviour::Broadcast,
        };
        server.options = self.shared.socket();
        server.tls = self.tls.spec();
        SessionSpec::new(TransportSpec::TcpServer(server))
    }
}

/// Serves until Ctrl-C.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let Talked { ended, sent_all } = talk::run(args.spec(), &args.shared, AtEnd::GoOn)?;
    Ok(ended.map_or(Exit::Done, Exit::of).if_sent(sent_all))
}

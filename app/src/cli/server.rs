//! `espalier server`: listens, stdin to all clients and all clients to stdout.

use clap::{Args as ClapArgs, ValueEnum};
use espalier_core::faults::ReceiveFaults;
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
    #[arg(long, value_enum, default_value_t = BehaviourArg::Manual)]
    mode: BehaviourArg,
    /// Serve at most N clients at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_clients: Option<u32>,
    /// Close connections over the limit at once, instead of leaving them in the system's backlog
    #[arg(long, requires = "max_clients")]
    close_over_limit: bool,
    /// Fault: a client waits for this long before it is served
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = options::millis)]
    accept_delay: u32,
    #[command(flatten)]
    tls: ServerTlsArgs,
    #[command(flatten)]
    shared: TalkArgs,
}

/// What is done with received bytes, besides showing them.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum BehaviourArg {
    /// Nothing: stdin answers
    Manual,
    /// Sent back to the same client
    Echo,
    /// Nothing
    Discard,
    /// Sent to all other clients
    Broadcast,
    /// A chat room: clients have names, private messages, and what they say surely arrives (chat/1)
    Room,
}

impl BehaviourArg {
    /// As a session is asked for it.
    pub const fn behaviour(self) -> Behaviour {
        match self {
            Self::Manual => Behaviour::Manual,
            Self::Echo => Behaviour::Echo,
            Self::Discard => Behaviour::Discard,
            Self::Broadcast => Behaviour::Broadcast,
            Self::Room => Behaviour::Room,
        }
    }
}

impl Args {
    fn spec(&self) -> SessionSpec {
        let mut server = TcpServerSpec::new(self.address.port);
        server.bind = self.address.address.clone();
        server.max_clients = self.max_clients;
        server.over_limit =
            if self.close_over_limit { OverLimit::Close } else { OverLimit::Pending };
        server.behaviour = self.mode.behaviour();
        server.options = self.shared.socket();
        server.tls = self.tls.spec();
        let accept_delay_ms = self.accept_delay;
        server.faults = ReceiveFaults { accept_delay_ms, ..self.shared.faults() };
        SessionSpec::new(TransportSpec::TcpServer(server))
    }
}

/// Serves until Ctrl-C.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let Talked { ended, sent_all, logged_all, .. } =
        talk::run(args.spec(), &args.shared.data, AtEnd::GoOn)?;
    Ok(ended.map_or(Exit::Done, Exit::of).if_sent(sent_all).if_logged(logged_all))
}

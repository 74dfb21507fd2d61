//! `espalier udp`: datagrams, stdin as datagrams and what is received to stdout.

use std::net::IpAddr;
use std::time::Duration;

use clap::{ArgGroup, Args as ClapArgs};
use espalier_core::session::{LocalEndpoint, RemoteEndpoint, SessionSpec, TransportSpec, UdpSpec};

use super::exit::Exit;
use super::input::{AtEnd, DatagramCut};
use super::options::{self, DataArgs};
use super::server::BehaviourArg;
use super::talk::{self, Reading, Talked};

/// Exchange UDP datagrams: each line of stdin is one, and what is received goes to stdout
///
/// With HOST:PORT they go there; without it, to whoever sent last. Tells "listening on ADDR:PORT" on stderr when ready, with
/// the real port for 0. With HOST:PORT it ends after --linger behind the end of stdin, otherwise it runs until Ctrl-C.
#[derive(Debug, ClapArgs)]
#[command(group(ArgGroup::new("ends").args(["target", "bind"]).required(true).multiple(true)))]
pub struct Args {
    /// Where to send; an IPv6 address stands in brackets. A multicast group can be sent to, and a broadcast address with --broadcast
    #[arg(value_name = "HOST:PORT", value_parser = options::host_port)]
    target: Option<(String, u16)>,
    /// Where to receive; an IPv6 address stands in brackets, * is all interfaces, port 0 takes any free one
    #[arg(long, value_name = "ADDR:PORT", value_parser = options::bind)]
    bind: Option<LocalEndpoint>,
    /// Join a multicast group; may be given several times
    #[arg(long, value_name = "ADDR", value_parser = group)]
    group: Vec<IpAddr>,
    /// The interface for multicast: its name, its number or an address of it
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    interface: String,
    /// How many routers datagrams may pass (TTL, hop limit); the system lets multicast pass none
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    ttl: Option<u8>,
    /// Multicast that is sent does not come back to this computer
    #[arg(long)]
    no_loop: bool,
    /// Allow sending to broadcast addresses
    #[arg(long)]
    broadcast: bool,
    /// Share the port with other programs (SO_REUSEADDR); with --group it is shared anyway
    #[arg(long)]
    reuse: bool,
    /// What is done with received datagrams, besides showing them
    #[arg(long, value_enum, default_value_t = BehaviourArg::Manual)]
    mode: BehaviourArg,
    /// Send stdin in datagrams of N bytes instead of lines
    #[arg(long, value_name = "N", conflicts_with_all = ["hex", "encoding"],
          value_parser = clap::value_parser!(u32).range(1..=65_507))]
    chunk: Option<u32>,
    /// How long to go on receiving after the end of stdin, where HOST:PORT is given
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = options::duration)]
    linger: Duration,
    #[command(flatten)]
    data: DataArgs,
}

/// Reads a multicast group.
fn group(text: &str) -> Result<IpAddr, String> {
    let group = text.parse().ok().filter(IpAddr::is_multicast);
    group.ok_or_else(|| {
        "a multicast group is 224.0.0.0 to 239.255.255.255, or begins with ff".to_owned()
    })
}

impl Args {
    fn spec(&self) -> SessionSpec {
        let target = self.target.clone();
        let udp = UdpSpec {
            bind: self.bind.as_ref().map(|bind| bind.address.clone()),
            port: self.bind.as_ref().map_or(0, |bind| bind.port),
            remote: target.map(|(host, port)| RemoteEndpoint { host, port }),
            groups: self.group.clone(),
            interface: self.interface.clone(),
            ttl: self.ttl,
            loopback: !self.no_loop,
            broadcast: self.broadcast,
            reuse: self.reuse,
            behaviour: self.mode.behaviour(),
            ..UdpSpec::default()
        };
        SessionSpec::new(TransportSpec::Udp(udp))
    }

    fn reading(&self) -> Reading {
        let at_end = match self.target {
            Some(_) => AtEnd::Linger(self.linger),
            None => AtEnd::GoOn,
        };
        let cut = match self.chunk {
            Some(bytes) => DatagramCut::Chunks(bytes as usize),
            None => DatagramCut::Lines,
        };
        Reading { at_end, datagrams: Some(cut) }
    }
}

/// Talks until stdin has ended, or until Ctrl-C.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let Talked { ended, sent_all, logged_all, undelivered } =
        talk::run(args.spec(), &args.data, args.reading())?;
    let exit = match ended.map_or(Exit::Done, Exit::of) {
        // The network said so of what was sent last, and nothing came since.
        Exit::Done if undelivered => Exit::Refused,
        exit => exit,
    };
    Ok(exit.if_sent(sent_all).if_logged(logged_all))
}

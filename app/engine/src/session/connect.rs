//! Making a connection: all addresses of a name within one time limit.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use espalier_core::session::{EndReason, LocalEndpoint, TcpClientSpec};
use socket2::SockRef;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::end_cause::EndCause;
use super::socket;
use crate::addresses;

/// How long an address is tried alone before the next one joins the race (RFC 8305 section 8).
const HEAD_START: Duration = Duration::from_millis(250);

/// A connection that was made. Its other end is kept because a peer that resets at once leaves nobody to ask for it.
#[derive(Debug)]
pub struct Connected {
    /// The connection.
    pub stream: TcpStream,
    /// Who we connected to.
    pub remote: SocketAddr,
    /// From the SYN to the answer to it, of the address that answered.
    pub time: Duration,
    /// A sentence for each socket option the system refused.
    pub told: Vec<espalier_core::Sentence>,
}

/// Connects as asked; a name with several addresses is tried over all of them (RFC 8305).
pub async fn connect(spec: &TcpClientSpec) -> Result<Connected, EndCause> {
    connect_if(Arc::new(spec.clone()), |_| true).await
}

/// The same with those addresses of the name alone that are allowed; none of others is ever connected to.
pub async fn connect_if(
    spec: Arc<TcpClientSpec>,
    is_allowed: impl Fn(IpAddr) -> bool,
) -> Result<Connected, EndCause> {
    let limit = Duration::from_millis(spec.connect_timeout_ms);
    let attempt = async {
        let mut addresses = resolve(&spec).await?;
        let first = addresses.first().copied();
        addresses.retain(|address| is_allowed(address.ip()));
        if addresses.is_empty() {
            let detail = first.map(|address| address.to_string()).unwrap_or_default();
            return Err(EndCause { reason: EndReason::Forbidden, detail });
        }
        race(addresses, spec.clone()).await
    };
    timeout(limit, attempt).await.unwrap_or_else(|_| {
        let detail = format!("no answer within {:.1} s", limit.as_secs_f64());
        Err(EndCause { reason: EndReason::ConnectTimedOut, detail })
    })
}

/// The addresses of the host, in the order in which they are tried.
pub async fn resolve(spec: &TcpClientSpec) -> Result<Vec<SocketAddr>, EndCause> {
    let name_not_found = |detail: String| EndCause { reason: EndReason::NameNotFound, detail };
    let found = tokio::net::lookup_host((spec.host.as_str(), spec.port)).await;
    let found: Vec<SocketAddr> =
        found.map_err(|error| name_not_found(error.to_string()))?.collect();
    let usable = |address: &SocketAddr| {
        let local = spec.local.as_ref().map(|local| local.address.ip.is_ipv4());
        local.is_none_or(|is_ipv4| is_ipv4 == address.is_ipv4())
    };
    let (usable, other): (Vec<_>, Vec<_>) = found.into_iter().partition(usable);
    if usable.is_empty() {
        return Err(match (other.is_empty(), &spec.local) {
            (false, Some(local)) => EndCause {
                reason: EndReason::BindFailed,
                detail: format!("{local} is of another family than every address of {}", spec.host),
            },
            _ => name_not_found("the name has no address".to_owned()),
        });
    }
    Ok(interleave(usable))
}

/// IPv4 and IPv6 in turn, beginning with what the system puts first (RFC 8305 section 4).
fn interleave(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v4 = addresses.first().is_some_and(SocketAddr::is_ipv4);
    let (mut one, mut other): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv4() == first_is_v4);
    one.reverse();
    other.reverse();
    let mut order = Vec::new();
    while let Some(address) = one.pop() {
        order.push(address);
        order.extend(other.pop());
    }
    other.reverse();
    order.extend(other);
    order
}

async fn race(addresses: Vec<SocketAddr>, spec: Arc<TcpClientSpec>) -> Result<Connected, EndCause> {
    let several = addresses.len() > 1;
    let mut waiting = addresses.into_iter();
    let mut running = JoinSet::new();
    let mut failures: Vec<(SocketAddr, EndCause)> = Vec::new();
    loop {
        if let Some(address) = waiting.next() {
            let spec = spec.clone();
            running.spawn(async move { (address, attempt(address, &spec).await) });
        } else if running.is_empty() {
            return Err(verdict(failures, several));
        }
        tokio::select! {
            Some(done) = running.join_next() => match done {
                Ok((_, Ok(connection))) => return Ok(connection),
                Ok((address, Err(end))) => failures.push((address, end)),
                Err(broken) => tracing::warn!("an attempt to connect broke: {broken}"),
            },
            () = sleep(HEAD_START), if waiting.len() > 0 => {}
        }
    }
}

/// One end of many: what tells most about the network goes first, and every address keeps its own words.
fn verdict(failures: Vec<(SocketAddr, EndCause)>, several: bool) -> EndCause {
    const TELLING: [EndReason; 5] = [
        EndReason::Refused,
        EndReason::ResetByPeer,
        EndReason::ConnectTimedOut,
        EndReason::Unreachable,
        EndReason::BindFailed,
    ];
    let reason = TELLING
        .into_iter()
        .find(|reason| failures.iter().any(|(_, end)| end.reason == *reason))
        .unwrap_or(EndReason::Other);
    let words = failures.into_iter().map(|(address, end)| match several {
        true => format!("{address}: {}", end.detail),
        false => end.detail,
    });
    EndCause { reason, detail: words.collect::<Vec<_>>().join("; ") }
}

async fn attempt(address: SocketAddr, spec: &TcpClientSpec) -> Result<Connected, EndCause> {
    let (socket, mut told) =
        socket::new(address, &spec.options).map_err(|error| EndCause::of_attempt(&error))?;
    if let Some(local) = &spec.local {
        bind(&socket, local)?;
    }
    let socket = TcpSocket::from_std_stream(socket.into());
    let begun = Instant::now();
    let stream = socket.connect(address).await.map_err(|error| of_failed(address, &error))?;
    let time = begun.elapsed();
    if is_connected_to_itself(&stream) {
        let error = io::Error::from(io::ErrorKind::ConnectionRefused);
        return Err(EndCause::of_attempt(&error));
    }
    // The buffers were set before; what was told of them is told once.
    let rest = socket::apply(SockRef::from(&stream), &spec.options);
    told.extend(rest.into_iter().filter(|sentence| !sentence.contains("SO_")));
    Ok(Connected { stream, remote: address, time, told })
}

/// Why nothing came of an attempt. "Cannot assign requested address" means two things: that no port is left for one more connection
/// to there, or that no address of this computer leads there (IPv6 is switched off, say).
fn of_failed(address: SocketAddr, error: &io::Error) -> EndCause {
    let end = EndCause::of_attempt(error);
    match error.kind() {
        io::ErrorKind::AddrNotAvailable if !is_led_to(address) => {
            EndCause { reason: EndReason::Unreachable, ..end }
        }
        _ => end,
    }
}

/// Whether an address of this computer leads there, by its routes: a socket of datagrams is connected, which sends nothing, and has
/// ports of its own.
fn is_led_to(address: SocketAddr) -> bool {
    let any: IpAddr = match address {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    UdpSocket::bind((any, 0)).and_then(|socket| socket.connect(address)).is_ok()
}

fn bind(socket: &socket2::Socket, local: &LocalEndpoint) -> Result<(), EndCause> {
    let failed = |error: io::Error| EndCause {
        reason: EndReason::BindFailed,
        detail: format!("{local}: {error}"),
    };
    let address = addresses::socket_address(&local.address, local.port).map_err(failed)?;
    // A fixed port is free again at once after a reconnect; on Windows the option would let others steal it.
    #[cfg(not(windows))]
    if local.port != 0 {
        socket.set_reuse_address(true).ok();
    }
    socket.bind(&address.into()).map_err(failed)
}

/// When nobody listens on a port that the system also gives to clients, an attempt may get that very port as its own and
/// meet itself (a simultaneous open, RFC 9293 section 3.5). Nobody else is there, so it is a refusal.
fn is_connected_to_itself(stream: &TcpStream) -> bool {
    matches!((stream.local_addr(), stream.peer_addr()), (Ok(local), Ok(remote)) if local == remote)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns_and_the_systems_choice_is_first() {
        let order: Vec<SocketAddr> = ["[::1]:1", "[::2]:1", "[::3]:1", "127.0.0.1:1"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        let turns = interleave(order.clone());
        assert_eq!(turns, [order[0], order[3], order[1], order[2]]);
    }

    #[test]
    fn no_port_that_is_left_is_not_an_address_that_leads_nowhere() {
        let none = io::Error::from(io::ErrorKind::AddrNotAvailable);
        let here = SocketAddr::from(([127, 0, 0, 1], 9));
        assert_eq!(of_failed(here, &none).reason, EndReason::BindFailed);
        // Without its zone a link-local address leads nowhere (RFC 4007 section 6); Windows takes any.
        let nowhere: SocketAddr = "[fe80::1]:9".parse().unwrap();
        if cfg!(unix) {
            assert_eq!(of_failed(nowhere, &none).reason, EndReason::Unreachable);
        }
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(of_failed(nowhere, &refused).reason, EndReason::Refused);
    }

    #[test]
    fn of_many_failures_the_most_telling_is_the_verdict() {
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let end = |reason, detail: &str| EndCause { reason, detail: detail.to_owned() };
        let failures = vec![
            (at(1), end(EndReason::Unreachable, "no route")),
            (at(2), end(EndReason::Refused, "refused")),
        ];
        let verdict = verdict(failures, true);
        assert_eq!(verdict.reason, EndReason::Refused);
        assert_eq!(verdict.detail, "127.0.0.1:1: no route; 127.0.0.1:2: refused");
    }
}

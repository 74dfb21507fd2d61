//! The socket of a datagram session: where it receives, whom it sends to, and its options.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use espalier_core::session::{EndReason, LocalEndpoint, RemoteEndpoint, UdpSpec, ZonedIp};
use espalier_core::{Sentence, say};
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::UdpSocket;

use super::undelivered::queue;
use super::why::broadcast_off;
use crate::addresses::{self, MulticastInterface};
use crate::arrival;
use crate::session::connection::canonical;
use crate::session::end_cause::EndCause;

/// How much the system is asked to hold of what is not taken yet; it may give less.
const RECEIVE_BUFFER: usize = 4 << 20;

/// A socket that is open.
#[derive(Debug)]
pub struct OpenSocket {
    /// The socket.
    pub socket: UdpSocket,
    /// Where it receives, with the real port.
    pub local: SocketAddr,
    /// Whom the session sends to, in the family of the socket.
    pub remote: Option<SocketAddr>,
    /// What is worth a line in the log.
    pub told: Vec<Sentence>,
}

/// Opens the socket as asked.
pub async fn open(spec: &UdpSpec) -> Result<OpenSocket, EndCause> {
    check(spec).map_err(|why| bind_failed(why.to_string()))?;
    let interface = interface(spec).map_err(|error| bind_failed(error.to_string()))?;
    let remote = match &spec.remote {
        Some(remote) => Some(resolve(spec, remote).await?),
        None => None,
    };
    let bind = spec.bind_for(remote.map(|remote| remote.ip()));
    let at = LocalEndpoint { address: bind.clone(), port: spec.port };
    let failed = |error: io::Error| bind_failed(format!("{at}: {error}"));
    let address = addresses::socket_address(&bind, spec.port).map_err(failed)?;
    if let Some(remote) = remote {
        reach(remote, spec.broadcast)?;
    }
    let socket = bound(spec, address).map_err(failed)?;
    let mut told = options(SockRef::from(&socket), spec, interface, false);
    for group in &spec.groups {
        join(SockRef::from(&socket), *group, interface)
            .map_err(|error| bind_failed(not_joined(*group, &error).to_string()))?;
        told.push(joined(*group));
    }
    let socket = UdpSocket::from_std(socket.into()).map_err(failed)?;
    let local = socket.local_addr().map_err(failed)?;
    let remote = remote.map(|remote| in_family_of(local, remote));
    Ok(OpenSocket { socket, local, remote, told })
}

/// What of it makes no sense.
fn check(spec: &UdpSpec) -> Result<(), Sentence> {
    if let Some(bind) = spec.bind.as_ref().filter(|bind| bind.ip.is_multicast()) {
        return Err(say!(
            "told-bind-multicast",
            "{address} is a multicast group: receive at an address of this computer, and join the group (--group)",
            address = bind,
        ));
    }
    match spec.groups.iter().find(|group| !group.is_multicast()) {
        Some(group) => Err(say!(
            "told-no-group",
            "{address} is no multicast group: those are 224.0.0.0 to 239.255.255.255, and ff00::/8",
            address = group,
        )),
        None => Ok(()),
    }
}

fn bind_failed(detail: String) -> EndCause {
    EndCause { reason: EndReason::BindFailed, detail }
}

fn interface(spec: &UdpSpec) -> io::Result<Option<MulticastInterface>> {
    match spec.interface.trim() {
        "" => Ok(None),
        text => addresses::multicast_interface(text).map(Some),
    }
}

/// The address of the remote, of a family that the socket can send to.
async fn resolve(spec: &UdpSpec, remote: &RemoteEndpoint) -> Result<SocketAddr, EndCause> {
    let not_found = |detail: String| EndCause { reason: EndReason::NameNotFound, detail };
    let RemoteEndpoint { host, port } = remote;
    let found: Vec<SocketAddr> = match host.parse::<ZonedIp>() {
        Ok(address) => {
            let address = addresses::socket_address(&address, *port);
            vec![address.map_err(|error| not_found(error.to_string()))?]
        }
        Err(_) => {
            let found = tokio::net::lookup_host((host.as_str(), *port)).await;
            found.map_err(|error| not_found(error.to_string()))?.collect()
        }
    };
    let usable = |to: &&SocketAddr| match &spec.bind {
        Some(bind) => {
            bind.ip == IpAddr::V6(Ipv6Addr::UNSPECIFIED) || bind.ip.is_ipv4() == to.is_ipv4()
        }
        None => true,
    };
    match (found.iter().find(usable), found.is_empty(), &spec.bind) {
        (Some(address), ..) => Ok(*address),
        (None, false, Some(bind)) => {
            Err(bind_failed(format!("{bind} is of another family than every address of {host}")))
        }
        _ => Err(not_found("the name has no address".to_owned())),
    }
}

/// Whether the system would send there at all: asked before anything is sent.
fn reach(remote: SocketAddr, broadcast: bool) -> Result<(), EndCause> {
    match source_of(remote, broadcast) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied && !broadcast => {
            let detail = broadcast_off(remote.ip()).to_string();
            Err(EndCause { reason: EndReason::Forbidden, detail })
        }
        // Which interface a group is reached by is another question.
        Err(error) if !remote.ip().is_multicast() => Err(EndCause::of_attempt(&error)),
        _ => Ok(()),
    }
}

/// Where the system sends from to this address. Nothing is sent.
pub fn source_of(remote: SocketAddr, broadcast: bool) -> io::Result<SocketAddr> {
    let any: IpAddr = match remote {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = std::net::UdpSocket::bind((any, 0))?;
    socket.set_broadcast(broadcast)?;
    socket.connect(remote)?;
    socket.local_addr()
}

fn bound(spec: &UdpSpec, address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    arrival::stamp(&socket);
    if address.is_ipv6() {
        // `::` means all interfaces of both families everywhere.
        socket.set_only_v6(false)?;
    }
    // Several programs of one computer may be members of a group.
    if spec.reuse || !spec.groups.is_empty() {
        socket.set_reuse_address(true)?;
        // What the others of this kind call it.
        #[cfg(all(
            unix,
            not(any(
                target_os = "linux",
                target_os = "android",
                target_os = "solaris",
                target_os = "illumos"
            ))
        ))]
        socket.set_reuse_port(true)?;
    }
    socket.set_recv_buffer_size(RECEIVE_BUFFER).ok();
    queue::keep(&socket);
    socket.bind(&address.into())?;
    Ok(socket)
}

/// Applies what is different on an open socket; what is worth a line in the log.
pub fn adapt(socket: &UdpSocket, old: &UdpSpec, new: &UdpSpec) -> Vec<Sentence> {
    let socket = SockRef::from(socket);
    let interface = match interface(new) {
        Ok(interface) => interface,
        Err(error) => return vec![refused("IP_MULTICAST_IF", &error)],
    };
    let key = |spec: &UdpSpec| (spec.interface.clone(), spec.ttl, spec.loopback, spec.broadcast);
    let mut told = Vec::new();
    if key(old) != key(new) {
        told.extend(options(SockRef::from(&*socket), new, interface, old.ttl.is_some()));
    }
    // At another interface a membership is another one.
    let moved = old.interface != new.interface;
    let was = self::interface(old).ok().flatten();
    for group in old.groups.iter().filter(|group| moved || !new.groups.contains(group)) {
        told.push(match leave(SockRef::from(&*socket), *group, was) {
            Ok(()) => say!("note-udp-left", "left the multicast group {group}", group = group),
            Err(error) => refused("IP_DROP_MEMBERSHIP", &error),
        });
    }
    for group in new.groups.iter().filter(|group| moved || !old.groups.contains(group)) {
        told.push(match join(SockRef::from(&*socket), *group, interface) {
            Ok(()) => joined(*group),
            Err(error) => not_joined(*group, &error),
        });
    }
    told
}

/// Sets all options of a socket, which may have had a TTL of its own; a sentence for each that the system refused.
fn options(
    socket: SockRef<'_>,
    spec: &UdpSpec,
    interface: Option<MulticastInterface>,
    had_ttl: bool,
) -> Vec<Sentence> {
    let mut told = Vec::new();
    let mut check = |what: &str, done: io::Result<()>| {
        if let Err(error) = done {
            told.push(refused(what, &error));
        }
    };
    let v6 = socket.local_addr().ok().and_then(|it| it.as_socket()).is_some_and(|it| it.is_ipv6());
    check("SO_BROADCAST", socket.set_broadcast(spec.broadcast));
    let ttl = match spec.ttl {
        Some(ttl) => Some(Ok((ttl.into(), ttl.into()))),
        None => had_ttl.then(|| ttl_of_system(v6)),
    };
    match ttl {
        None => {}
        Some(Ok((unicast, multicast))) if v6 => {
            check("IPV6_UNICAST_HOPS", socket.set_unicast_hops_v6(unicast));
            check("IPV6_MULTICAST_HOPS", socket.set_multicast_hops_v6(multicast));
        }
        Some(Ok((unicast, multicast))) => {
            check("IP_TTL", socket.set_ttl_v4(unicast));
            check("IP_MULTICAST_TTL", socket.set_multicast_ttl_v4(multicast));
        }
        Some(Err(error)) => check("IP_TTL", Err(error)),
    }
    let by = interface.unwrap_or_default();
    if v6 {
        check("IPV6_MULTICAST_LOOP", socket.set_multicast_loop_v6(spec.loopback));
        check("IPV6_MULTICAST_IF", socket.set_multicast_if_v6(by.index));
    } else {
        check("IP_MULTICAST_LOOP", socket.set_multicast_loop_v4(spec.loopback));
        check("IP_MULTICAST_IF", socket.set_multicast_if_v4(&by.address_v4()));
    }
    // Datagrams of the groups that it joined, not of those that any program of this computer did (ip(7)).
    #[cfg(target_os = "linux")]
    if v6 {
        socket.set_multicast_all_v6(false).ok();
    } else {
        socket.set_multicast_all_v4(false).ok();
    }
    told
}

/// What the system chooses for unicast and for multicast, as a new socket has it.
fn ttl_of_system(v6: bool) -> io::Result<(u32, u32)> {
    let domain = if v6 { Domain::IPV6 } else { Domain::IPV4 };
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    Ok(match v6 {
        true => (socket.unicast_hops_v6()?, socket.multicast_hops_v6()?),
        false => (socket.ttl_v4()?, socket.multicast_ttl_v4()?),
    })
}

fn join(socket: SockRef<'_>, group: IpAddr, by: Option<MulticastInterface>) -> io::Result<()> {
    let by = by.unwrap_or_default();
    match group {
        IpAddr::V4(group) => socket.join_multicast_v4(&group, &by.needed_v4()?),
        IpAddr::V6(group) => socket.join_multicast_v6(&group, by.index),
    }
}

fn leave(socket: SockRef<'_>, group: IpAddr, by: Option<MulticastInterface>) -> io::Result<()> {
    let by = by.unwrap_or_default();
    match group {
        IpAddr::V4(group) => socket.leave_multicast_v4(&group, &by.needed_v4()?),
        IpAddr::V6(group) => socket.leave_multicast_v6(&group, by.index),
    }
}

fn joined(group: IpAddr) -> Sentence {
    say!("note-udp-joined", "joined the multicast group {group}", group = group)
}

fn not_joined(group: IpAddr, error: &io::Error) -> Sentence {
    say!(
        "told-not-joined",
        "cannot join the multicast group {group}: {error}",
        group = group,
        error = error,
    )
}

fn refused(what: &str, error: &io::Error) -> Sentence {
    say!("note-refused", "the system refused {what}: {error}", what = what, error = error)
}

/// An address as the socket at `local` sends to it.
fn in_family_of(local: SocketAddr, to: SocketAddr) -> SocketAddr {
    match canonical(to).ip() {
        IpAddr::V4(ip) if local.is_ipv6() => SocketAddr::new(ip.to_ipv6_mapped().into(), to.port()),
        _ => to,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_ttl_that_is_taken_back_is_the_systems_again() {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let ttl = || {
            let socket = SockRef::from(&socket);
            (socket.ttl_v4().unwrap(), socket.multicast_ttl_v4().unwrap())
        };
        let before = ttl();
        let (none, own) = (UdpSpec::default(), UdpSpec { ttl: Some(9), ..UdpSpec::default() });
        adapt(&socket, &none, &own);
        assert_eq!(ttl(), (9, 9));
        adapt(&socket, &own, &none);
        assert_eq!(ttl(), before);
    }
}

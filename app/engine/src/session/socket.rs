//! Options of sockets. What the system refuses is told in a sentence, not ignored in silence.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use espalier_core::session::{Keepalive, SocketOptions, TransportSpec};
use espalier_core::{Sentence, say};
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};

use crate::arrival;

/// The socket options of a transport; defaults for one without sockets.
pub fn options_of(transport: &TransportSpec) -> SocketOptions {
    match transport {
        TransportSpec::TcpClient(client) => client.options.clone(),
        TransportSpec::TcpServer(server) => server.options.clone(),
        TransportSpec::Relay(relay) => relay.options.clone(),
        TransportSpec::Load(load) => load.options.clone(),
        TransportSpec::Udp(_) | TransportSpec::Serial(_) | TransportSpec::Capture(_) => {
            SocketOptions::default()
        }
    }
}

/// The same, to be changed; `None` for a transport without sockets.
pub fn options_mut(transport: &mut TransportSpec) -> Option<&mut SocketOptions> {
    match transport {
        TransportSpec::TcpClient(client) => Some(&mut client.options),
        TransportSpec::TcpServer(server) => Some(&mut server.options),
        TransportSpec::Relay(relay) => Some(&mut relay.options),
        TransportSpec::Load(load) => Some(&mut load.options),
        TransportSpec::Udp(_) | TransportSpec::Serial(_) | TransportSpec::Capture(_) => None,
    }
}

/// A socket that does not block, of the address's family, with its buffers set: they must be known before the
/// connection stands for the window to grow beyond 64 KiB (RFC 7323 section 2.2).
pub fn new(address: SocketAddr, options: &SocketOptions) -> io::Result<(Socket, Vec<Sentence>)> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    // What a listener accepts is as it is.
    arrival::stamp(&socket);
    let refusals = set_buffers(SockRef::from(&socket), options);
    Ok((socket, refusals))
}

/// Sets all options of an open connection; returns a sentence for each that the system refused or changed.
pub fn apply(socket: SockRef<'_>, options: &SocketOptions) -> Vec<Sentence> {
    let mut refusals = Vec::new();
    let mut check = |what: &str, done: io::Result<()>| {
        if let Err(error) = done {
            refusals.push(refused(what, &error));
        }
    };
    check("TCP_NODELAY", socket.set_tcp_nodelay(options.nodelay));
    check("keepalive", set_keepalive(&socket, options.keepalive));
    refusals.extend(set_buffers(socket, options));
    refusals
}

fn refused(what: &str, error: &io::Error) -> Sentence {
    say!("note-refused", "the system refused {what}: {error}", what = what, error = error,)
}

fn set_buffers(socket: SockRef<'_>, options: &SocketOptions) -> Vec<Sentence> {
    let mut refusals = Vec::new();
    let mut check = |what: &str, asked: Option<u32>, done: io::Result<usize>| match (asked, done) {
        (Some(asked), Ok(got)) if got < asked as usize => {
            refusals.push(say!(
                "note-smaller",
                "the system gave {got} bytes of {what} instead of {asked}",
                got = got,
                what = what,
                asked = asked,
            ));
        }
        (Some(_), Err(error)) => refusals.push(refused(what, &error)),
        _ => {}
    };
    if let Some(bytes) = options.receive_buffer {
        let done = socket.set_recv_buffer_size(bytes as usize);
        check("SO_RCVBUF", Some(bytes), done.and_then(|()| socket.recv_buffer_size()));
    }
    if let Some(bytes) = options.send_buffer {
        let done = socket.set_send_buffer_size(bytes as usize);
        check("SO_SNDBUF", Some(bytes), done.and_then(|()| socket.send_buffer_size()));
    }
    refusals
}

fn set_keepalive(socket: &SockRef<'_>, keepalive: Option<Keepalive>) -> io::Result<()> {
    let Some(Keepalive { idle, interval, count }) = keepalive else {
        set_patience(socket, None)?;
        return socket.set_keepalive(false);
    };
    let seconds = |seconds: u16| Duration::from_secs(u64::from(seconds.max(1)));
    let (idle, interval) = (seconds(idle), seconds(interval));
    let probes = TcpKeepalive::new().with_time(idle).with_interval(interval);
    #[cfg(not(any(target_os = "openbsd", target_os = "haiku", target_os = "solaris")))]
    let probes = probes.with_retries(u32::from(count.max(1)));
    socket.set_tcp_keepalive(&probes)?;
    set_patience(socket, Some(idle + interval * u32::from(count.max(1))))
}

/// Keepalive probes are not sent while data waits for its acknowledgement; then the system would retransmit for a
/// quarter of an hour. Where it can be said, unacknowledged data gets the same patience as silence.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn set_patience(socket: &SockRef<'_>, patience: Option<Duration>) -> io::Result<()> {
    socket.set_tcp_user_timeout(Some(patience.unwrap_or_default()))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn set_patience(_: &SockRef<'_>, _: Option<Duration>) -> io::Result<()> {
    Ok(())
}

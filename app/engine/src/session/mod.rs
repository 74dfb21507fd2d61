//! Sessions on tokio: one task per session, one more for each client of a server.
//!
//! A session's state is its `SessionShared`, shared by its tasks. Everything that moves or happens is written
//! down there in one order: capture, counts and digests agree. Tasks end by themselves; nobody waits for them while
//! holding a lock.

mod actor;
mod commands;
mod connect;
mod connection;
mod cyclic_send;
mod end_cause;
mod handle;
mod outbox;
mod peer;
mod peers;
mod recorder;
mod relay;
mod saved;
mod serial;
mod shared;
mod socket;
mod tap;
mod tcp_client;
mod tcp_server;

use std::net::SocketAddr;
use std::sync::Arc;

use espalier_core::capture::Endpoints;
use espalier_core::session::{SessionEvent, SocketOptions, TransportSpec};
use tokio::net::TcpStream;

pub use handle::{Session, SessionOver};
pub use outbox::LIMIT as OUTBOX_LIMIT;
pub use recorder::CaptureTarget;
pub use tap::{Tap, TapItem};

use peer::Peer;
use shared::SessionShared;

/// A connection stands: it gets its number, its line in the log and its place in the list.
fn join(
    shared: &SessionShared,
    stream: &Arc<TcpStream>,
    ends: Endpoints,
    event: impl FnOnce(SocketAddr, SocketAddr) -> SessionEvent,
) -> Arc<Peer> {
    let id = shared.peers.write().number();
    let peer = Arc::new(Peer::new(id, ends, crate::clock::now(), Arc::downgrade(stream)));
    shared.event(Some(&peer), event(ends.local, ends.remote));
    shared.peers.write().add(peer.clone());
    shared.changed.notify_waiters();
    peer
}

/// The socket options of a transport; defaults for one without sockets.
fn options_of(transport: &TransportSpec) -> SocketOptions {
    match transport {
        TransportSpec::TcpClient(client) => client.options.clone(),
        TransportSpec::TcpServer(server) => server.options.clone(),
        TransportSpec::Serial(_) | TransportSpec::Capture(_) => SocketOptions::default(),
    }
}

fn options_mut(transport: &mut TransportSpec) -> Option<&mut SocketOptions> {
    match transport {
        TransportSpec::TcpClient(client) => Some(&mut client.options),
        TransportSpec::TcpServer(server) => Some(&mut server.options),
        TransportSpec::Serial(_) | TransportSpec::Capture(_) => None,
    }
}

//! A relay to a serial port: all clients share it. What comes from the port goes to each of them, what they send goes in piece by piece.

mod client;
mod sink;
mod writer;

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use espalier_core::PeerId;
use espalier_core::backend::SessionCommand;
use espalier_core::session::{EndReason, RelaySpec, SerialSpec, SessionEvent};
use parking_lot::Mutex;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::session::behaviour;
use crate::session::end_cause::EndCause;
use crate::session::onward::Onward;
use crate::session::peer::Peer;
use crate::session::shared::SessionShared;
use crate::session::tcp_server;
pub use sink::PortSink;
pub use writer::{PATIENCE as WRITE_PATIENCE, write};

/// Reads of the port that may wait for clients; then the port is read no more.
pub const READS: usize = 64;

/// How long one of several clients that takes nothing is waited for, before it misses what comes.
const PATIENCE: Duration = Duration::from_secs(1);

/// A client, and the way to it.
type Client = (Arc<Peer>, Arc<Onward>);

/// What the clients of a port have in common.
#[derive(Debug)]
struct SharedPort {
    /// Those that are connected.
    clients: Mutex<BTreeMap<PeerId, Client>>,
    /// The port as it was asked for.
    spec: SerialSpec,
    /// The clients speak RFC 2217.
    speaks_rfc2217: bool,
    /// Told when the modem lines may have changed.
    looked: watch::Receiver<()>,
}

/// Runs until the user stops it or it cannot go on; whether it was started again while it stopped.
pub async fn run(
    shared: &Arc<SessionShared>,
    commands: &mut Receiver<SessionCommand>,
    relay: &RelaySpec,
    spec: SerialSpec,
) -> bool {
    let (over, mut ended) = channel(1);
    let (bytes, mut reads) = channel(READS);
    let (look, looked) = watch::channel(());
    let port = PeerId::SESSION;
    let sink = PortSink { shared: shared.clone(), port, over, bytes, look };
    if let Err(error) = shared.serial.open(spec.clone(), Box::new(sink)) {
        let detail = format!("no thread for the port: {error}");
        let told = SessionEvent::Ended { reason: EndReason::Other, detail: detail.clone() };
        shared.event(None, told);
        shared.end_session(Some(&EndCause { reason: EndReason::Other, detail }));
        return false;
    }
    let speaks_rfc2217 = relay.listen.speaks_rfc2217();
    let port = SharedPort { clients: Mutex::default(), spec, speaks_rfc2217, looked };
    let port = Arc::new(port);
    let (session, to_all) = (shared.clone(), port.clone());
    let spread = tokio::spawn(async move {
        while let Some(bytes) = reads.recv().await {
            spread(&session, &to_all, &bytes).await;
        }
    });
    let (session, mut served) = (shared.clone(), 0);
    let serve = move |peer, stream, stop| {
        served += 1;
        client::run(session.clone(), (peer, stream), port.clone(), served, stop)
    };
    let gone = async move {
        match ended.recv().await {
            Some(end) => end,
            None => std::future::pending().await,
        }
    };
    let again = tcp_server::run_with(shared, commands, |_| Ok(()), gone, serve).await;
    shared.serial.close();
    spread.abort();
    again
}

/// Gives a read of the port to all clients. One that takes nothing for [`PATIENCE`] is passed over until it takes something again,
/// as in a broadcast; one that has the port for itself is waited for, and so is the port, as far as it can.
async fn spread(shared: &SessionShared, port: &SharedPort, bytes: &Arc<[u8]>) {
    let clients: Vec<_> = port.clients.lock().values().cloned().collect();
    for (peer, to) in clients {
        let is_stalled = peer.stalled.load(Ordering::Acquire);
        let mut patience = if is_stalled { Duration::ZERO } else { PATIENCE };
        let mut giving = pin!(to.give(bytes));
        let is_given = loop {
            if timeout(patience, giving.as_mut()).await.is_ok() {
                break true;
            }
            // Others may have come while it was waited for.
            if port.clients.lock().len() > 1 {
                break false;
            }
            patience = PATIENCE;
        };
        match is_given {
            // Who is over meanwhile takes everything, and reads nothing.
            true if peer.outbox.accepts() => behaviour::take_up_again(shared, &peer),
            true => {}
            false => behaviour::pass_over(shared, &peer, bytes.len()),
        }
    }
}

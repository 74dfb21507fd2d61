//! A relay: a server whose clients are forwarded, each by a connection of its own.
//!
//! - `pair`: one client and what it is forwarded to; `reach`: the target, called and secured
//! - `port`: a serial port that all clients share; `from_port`: one that is the only client
//! - `loops`: who would be forwarded to itself
//!
//! Clients are taken as a server takes them (`tcp_server`); bytes go from one side to the other by `onward`.

mod from_port;
mod loops;
mod pair;
mod port;
mod reach;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use espalier_core::backend::SessionCommand;
use espalier_core::faults::RelayFaults;
use espalier_core::say;
use espalier_core::session::{EndReason, RelaySpec, SessionEvent, TransportSpec};
use tokio::sync::mpsc::Receiver;

use super::end_cause::EndCause;
use super::peer::Peer;
use super::shared::SessionShared;
use super::tcp_server;

/// Runs until the user stops it or it cannot go on; whether it was started again while it stopped.
pub async fn run(
    shared: &Arc<SessionShared>,
    commands: &mut Receiver<SessionCommand>,
    spec: &RelaySpec,
) -> bool {
    if let Err(bad) = spec.check() {
        let end = EndCause { reason: EndReason::Other, detail: bad.to_string() };
        shared.event(None, SessionEvent::Ended { reason: end.reason, detail: end.detail.clone() });
        shared.end_session(Some(&end));
        return false;
    }
    reach::tell_key_log(shared, spec);
    let again = run_checked(shared, commands, spec).await;
    // A certificate is trusted once: until the relay is stopped.
    shared.trusted_once.lock().take();
    again
}

async fn run_checked(
    shared: &Arc<SessionShared>,
    commands: &mut Receiver<SessionCommand>,
    spec: &RelaySpec,
) -> bool {
    if let Some(near) = spec.listen.serial() {
        return from_port::run(shared, commands, spec, near).await;
    }
    if let Some(serial) = spec.target.serial() {
        return port::run(shared, commands, spec, serial).await;
    }
    let (server, target) = (shared.clone(), spec.clone());
    let check = move |local| refuse_self(&target, local);
    let mut served = 0;
    let serve = move |client, stream, _| {
        served += 1;
        pair::run(server.clone(), client, stream, served)
    };
    tcp_server::run_with(shared, commands, check, std::future::pending(), serve).await
}

/// The target of a relay is not where it listens itself: each client would make another one, without end.
fn refuse_self(spec: &RelaySpec, local: SocketAddr) -> Result<(), EndCause> {
    let Ok(target) = spec.client() else { return Ok(()) };
    let host = if target.host == "localhost" { "127.0.0.1" } else { target.host.as_str() };
    let is_ours = host.parse().is_ok_and(|ip: IpAddr| {
        let (ip, ours) = (ip.to_canonical(), local.ip());
        ip == ours || (ours.is_unspecified() && ip.is_loopback()) || ip.is_unspecified()
    });
    if target.port != local.port() || !is_ours {
        return Ok(());
    }
    let detail = say!(
        "relay-to-itself",
        "the relay would forward to itself: its target is where it listens, {address}",
        address = local,
    );
    Err(EndCause { reason: EndReason::Other, detail: detail.to_string() })
}

impl SessionShared {
    /// Says of a connection that is over, or of a port, how many bytes that it had sent go no further.
    fn tell_lost(&self, from: Option<&Peer>, bytes: usize) {
        if bytes > 0 {
            let sentence = say!(
                "relay-lost",
                "{bytes} bytes that it had sent were not passed on when it ended",
                bytes = bytes,
            );
            self.note(from, sentence);
        }
    }

    /// What a relay's specification says of faults; none for other sessions.
    pub fn faults(&self) -> RelayFaults {
        self.relay().map_or_else(RelayFaults::default, |relay| relay.faults)
    }

    /// Has these faults from now on, in connections that stand too.
    pub fn set_faults(&self, faults: RelayFaults) {
        self.change_spec(|spec| {
            if let TransportSpec::Relay(relay) = &mut spec.transport {
                relay.faults = faults.clone();
            }
        });
        self.receiving.send_replace(self.spec.read().transport.receive_faults());
        if let Some(line) = self.port_line.lock().upgrade() {
            line.set(&faults);
        }
        for peer in self.peers.read().open() {
            if let Some(onward) = peer.onward.get() {
                onward.set(&faults);
            }
        }
    }
}

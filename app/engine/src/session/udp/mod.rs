//! A session of UDP datagrams: one socket, and a peer for everybody who sends to it, or is sent to.
//!
//! One datagram is one record. UDP has no connections, so a peer is made by its first datagram and forgotten when nothing moved
//! for five minutes; the remote that the session was given stays.
//!
//! - `open`: the socket, with its groups and options; `link`: what the session has of it
//! - `members`: who is met; `peer_table`: who is there, and who was idle longest
//! - `receiving`, `sending`: datagrams in and out; `why`: what the system says when it does not take one
//! - `undelivered`: what the network says of datagrams that did not arrive; `drops`: what the system says of its own

mod drops;
mod link;
mod members;
mod open;
mod peer_table;
mod receiving;
mod sending;
mod undelivered;
mod why;

use std::pin::pin;
use std::sync::Arc;

use espalier_core::backend::SessionCommand;
use espalier_core::session::{Behaviour, SessionEvent, SessionState, TransportSpec, UdpSpec};
use tokio::sync::mpsc::Receiver;
use tokio::time::sleep;

use super::commands::TaskCommand;
use super::end_cause::EndCause;
use super::peer::CloseRequest;
use super::shared::SessionShared;
use crate::clock::now;
use link::DatagramLink;

/// How an attempt to open the socket went.
enum Opening {
    Opened(open::OpenSocket),
    /// The user gave up.
    Stopped,
    Failed(EndCause),
}

/// Runs until the user stops it or it cannot go on; whether it was started again while it stopped.
pub async fn run(shared: &Arc<SessionShared>, commands: &mut Receiver<SessionCommand>) -> bool {
    let Some(spec) = spec(shared) else {
        shared.end_session(None);
        return false;
    };
    let opened = match open(shared, commands, &spec).await {
        Opening::Opened(opened) => opened,
        Opening::Stopped => {
            shared.end_session(None);
            return false;
        }
        Opening::Failed(end) => {
            let EndCause { reason, detail } = end.clone();
            shared.event(None, SessionEvent::Ended { reason, detail });
            shared.end_session(Some(&end));
            return false;
        }
    };
    let open::OpenSocket { socket, local, remote, told } = opened;
    let link = Arc::new(DatagramLink::new(shared, socket, local, remote));
    shared.event(None, SessionEvent::Listening { local });
    if spec.behaviour == Behaviour::Room {
        shared.may_be_room();
    }
    for sentence in told {
        shared.note(None, sentence);
    }
    // Before anybody is told that it can be sent to.
    if let Some(remote) = remote {
        let peer = link.meet(shared, remote);
        shared.set_counterpart(peer.id);
    }
    shared.update_phase(|phase| {
        phase.state = SessionState::Listening;
        phase.local = Some(local);
        phase.remote = remote.map(super::connection::canonical);
        phase.since = Some(now());
    });
    let end = serve(&link, shared, commands, spec).await;
    let again = close(&link, shared, commands).await;
    shared.event(None, SessionEvent::StoppedListening);
    // What starts again at once is not over for anybody.
    if !again {
        shared.end_session(end.as_ref());
    }
    again
}

fn spec(shared: &SessionShared) -> Option<UdpSpec> {
    match &shared.spec.read().transport {
        TransportSpec::Udp(udp) => Some(udp.clone()),
        _ => None,
    }
}

/// Opens the socket; a name may take its time to be resolved.
async fn open(
    shared: &Arc<SessionShared>,
    commands: &mut Receiver<SessionCommand>,
    spec: &UdpSpec,
) -> Opening {
    if let Some(remote) = &spec.remote {
        shared.update_phase(|phase| phase.state = SessionState::Connecting);
        shared.event(None, SessionEvent::Connecting { target: remote.to_string() });
    }
    let mut opening = pin!(open::open(spec));
    loop {
        tokio::select! {
            opened = &mut opening => {
                return opened.map_or_else(Opening::Failed, Opening::Opened);
            }
            command = commands.recv() => {
                if shared.apply(command) == Some(TaskCommand::Stop) {
                    return Opening::Stopped;
                }
            }
            end = shared.broken() => return Opening::Failed(end),
        }
    }
}

/// Serves until it is stopped (`None`) or cannot go on.
async fn serve(
    link: &Arc<DatagramLink>,
    shared: &Arc<SessionShared>,
    commands: &mut Receiver<SessionCommand>,
    mut applied: UdpSpec,
) -> Option<EndCause> {
    let mut receiving = pin!(link.receive(shared));
    loop {
        let idle = link.until_idle();
        tokio::select! {
            end = &mut receiving => return Some(end),
            command = commands.recv() => {
                if shared.apply(command) == Some(TaskCommand::Stop) {
                    return None;
                }
                let wanted = spec(shared).filter(|wanted| *wanted != applied);
                if let Some(wanted) = wanted {
                    for sentence in open::adapt(&link.socket, &applied, &wanted) {
                        shared.note(None, sentence);
                    }
                    applied = wanted;
                }
            }
            () = sleep(idle.unwrap_or_default()), if idle.is_some() => link.forget_idle(),
            end = shared.broken() => return Some(end),
        }
    }
}

/// Sends what waits and waits for that; whether it is to start again then.
async fn close(
    link: &DatagramLink,
    shared: &Arc<SessionShared>,
    commands: &mut Receiver<SessionCommand>,
) -> bool {
    let mut again = false;
    link.close();
    for peer in shared.peers.read().open() {
        peer.request_close(CloseRequest::Close);
    }
    let mut emptied = pin!(link.emptied());
    loop {
        tokio::select! {
            () = &mut emptied => return again,
            Some(command) = commands.recv() => match shared.apply(Some(command)) {
                Some(TaskCommand::Start) => again = true,
                Some(TaskCommand::Stop) => again = false,
                None => {}
            }
        }
    }
}

//! One client of a relay, and the connection that carries it on.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use espalier_core::faults::{FiredFault, LineEnd};
use espalier_core::rfc2217::escape;
use espalier_core::session::{EndReason, RelayEnd, RelaySpec};
use espalier_core::{Sentence, say};
use tokio::task::{JoinError, JoinSet};

use super::loops::{Carrying, is_circle};
use super::reach::{Called, call, port_elsewhere};
use crate::session::connection;
use crate::session::end_cause::EndCause;
use crate::session::onward::Onward;
use crate::session::peer::{CloseRequest, Peer};
use crate::session::shared::SessionShared;
use crate::session::stream::Stream;

/// Reaches the target for a client, and lives through both connections; how that of the client ended. `place` is its place among
/// the clients of this run, from 1.
pub async fn run(
    shared: Arc<SessionShared>,
    client: Arc<Peer>,
    stream: Arc<Stream>,
    place: u64,
) -> EndCause {
    let relay = Arc::as_ptr(&shared) as usize;
    if shared.faults().refuse {
        let why = say!("fault-refuse", "fault: each new client is reset (refuse)");
        return turn_away(&shared, &client, &stream, why);
    }
    if is_circle(relay, client.ends) {
        let why = say!(
            "relay-circle",
            "this client is the relay's own connection to its target: relays that forward in a circle, so it is reset"
        );
        return turn_away(&shared, &client, &stream, why);
    }
    let mut called = match reach(&shared, &client).await {
        Ok(called) => called,
        Err(Unreached::Ended(end)) => {
            shared.end_connection(&client, &end);
            return end;
        }
        Err(Unreached::Why(why)) => return turn_away(&shared, &client, &stream, why),
    };
    // Before the other end can make anything of it: what it does may come back here.
    let _carrying = Carrying::new(called.ends, relay, client.ends);
    let target = called.begin(&shared);
    let carries = say!("relay-carries", "carries on #{number}", number = client.id.0);
    shared.note(Some(&target), carries);
    let secured = unless_closed(&shared, &client, called.secure(&shared, &target)).await;
    if let Err(end) = secured {
        shared.end_connection(&target, &end);
        if matches!(end.reason, EndReason::ClosedByUs | EndReason::CaptureFailed) {
            shared.end_connection(&client, &end);
            return end;
        }
        return turn_away(&shared, &client, &stream, not_reached(&shared, &end));
    }
    connection::join(&shared, &target);
    let faults = shared.faults();
    let mut up = Onward::new(target.outbox.clone(), true, &faults, place);
    let mut down = Onward::new(client.outbox.clone(), false, &faults, place);
    if let Some(RelaySpec { target: RelayEnd::Rfc2217 { baud, .. }, .. }) = shared.relay() {
        up = up.with_encoding(Box::new(escape));
        down = down.with_decoding(port_elsewhere(&shared, &target, baud));
    }
    let (up, down) = (Arc::new(up), Arc::new(down));
    // One side may be over while the other one is not.
    up.set_back(&down);
    down.set_back(&up);
    // Nobody else sets them.
    client.onward.set(up.clone()).ok();
    target.onward.set(down.clone()).ok();
    // They may have been changed before these two were known.
    up.set(&shared.faults());
    let pair = Pair { shared: &shared, client: &client, target: &target, up: &up, down: &down };
    let end = pair.live(stream, called.stream).await;
    shared.tell_lost(Some(&client), up.lost(true));
    shared.tell_lost(Some(&target), down.lost(true));
    end
}

/// Why a client is not carried on.
enum Unreached {
    /// It is over already.
    Ended(EndCause),
    /// It is to be reset, for this.
    Why(Sentence),
}

/// Connects to the target, unless the client is closed meanwhile.
async fn reach(shared: &SessionShared, client: &Peer) -> Result<Called, Unreached> {
    let Some(relay) = shared.relay() else {
        return Err(Unreached::Ended(EndCause::plain(EndReason::ClosedByUs)));
    };
    let spec = relay.client().map_err(|bad| {
        let end = EndCause { reason: EndReason::Other, detail: bad.to_string() };
        Unreached::Why(not_reached(shared, &end))
    })?;
    unless_closed(shared, client, call(shared, spec)).await.map_err(|end| match end.reason {
        EndReason::ClosedByUs | EndReason::CaptureFailed => Unreached::Ended(end),
        _ => Unreached::Why(not_reached(shared, &end)),
    })
}

/// Does something for a client, unless that is closed meanwhile.
async fn unless_closed<T>(
    shared: &SessionShared,
    client: &Peer,
    doing: impl Future<Output = Result<T, EndCause>>,
) -> Result<T, EndCause> {
    let mut requests = client.close_request.subscribe();
    tokio::select! {
        done = doing => done,
        Ok(_) = requests.wait_for(|asked| *asked != CloseRequest::None) => {
            Err(EndCause::plain(EndReason::ClosedByUs))
        }
        end = shared.broken() => Err(end),
    }
}

/// Resets a client, and says why.
pub fn turn_away(
    shared: &SessionShared,
    client: &Peer,
    stream: &Stream,
    why: Sentence,
) -> EndCause {
    shared.note(Some(client), why);
    let end = match stream.socket().set_linger(Some(Duration::ZERO)) {
        Ok(()) => EndCause::plain(EndReason::ResetByUs),
        Err(error) => EndCause { reason: EndReason::ClosedByUs, detail: error.to_string() },
    };
    shared.end_connection(client, &end);
    end
}

fn not_reached(shared: &SessionShared, end: &EndCause) -> Sentence {
    let target = shared.relay().map_or_else(String::new, |relay| relay.target.to_string());
    match end.reason {
        EndReason::TlsFailed => say!(
            "relay-not-secured",
            "TLS with the target {target} came to nothing, so the client is reset: {error}",
            target = target,
            error = end.detail,
        ),
        EndReason::Refused => say!(
            "relay-refused",
            "the target {target} refused: nobody listens there, so the client is reset",
            target = target,
        ),
        EndReason::ConnectTimedOut => say!(
            "relay-timed-out",
            "the target {target} did not answer in time, so the client is reset",
            target = target,
        ),
        EndReason::NameNotFound => say!(
            "relay-no-name",
            "the name of the target {target} has no address, so the client is reset",
            target = target,
        ),
        _ => say!(
            "relay-not-reached",
            "the target {target} was not reached, so the client is reset: {error}",
            target = target,
            error = end.detail,
        ),
    }
}

struct Pair<'a> {
    shared: &'a Arc<SessionShared>,
    client: &'a Arc<Peer>,
    target: &'a Arc<Peer>,
    up: &'a Onward,
    down: &'a Onward,
}

impl Pair<'_> {
    /// Lives until both connections are over.
    async fn live(&self, stream: Arc<Stream>, onward: Arc<Stream>) -> EndCause {
        let mut client = pin!(connection::run(self.shared.clone(), self.client.clone(), stream));
        // In a task of its own: what one side receives and the other one sends is done by two processors.
        let mut target = JoinSet::new();
        target.spawn(connection::run(self.shared.clone(), self.target.clone(), onward));
        let tell = |from: &'_ Arc<Peer>, up: bool| {
            let (shared, from) = (self.shared.clone(), from.clone());
            move |fired: FiredFault| shared.note(Some(&from), fired.told(up))
        };
        let mut up = pin!(self.up.run(tell(self.client, true)));
        let mut down = pin!(self.down.run(tell(self.target, false)));
        let (mut up_over, mut down_over) = (false, false);
        let (mut client_end, mut target_end) = (None, None);
        loop {
            tokio::select! {
                end = &mut client, if client_end.is_none() => {
                    pass_end(&end, self.up, self.target);
                    client_end = Some(end);
                }
                Some(end) = target.join_next(), if target_end.is_none() => {
                    let end = end.unwrap_or_else(|error| self.end_of_fault(error));
                    pass_end(&end, self.down, self.client);
                    target_end = Some(end);
                }
                end = &mut up, if !up_over => {
                    up_over = true;
                    self.end_line(end);
                }
                end = &mut down, if !down_over => {
                    down_over = true;
                    self.end_line(end);
                }
            }
            // All that came from a side that is over has been given on: whoever still speaks to it speaks to nobody.
            if up_over && client_end.is_some() && !self.down.is_finished() {
                self.target.request_close(CloseRequest::Close);
            }
            if down_over && target_end.is_some() && !self.up.is_finished() {
                self.client.request_close(CloseRequest::Close);
            }
            if let (Some(end), Some(_)) = (&client_end, &target_end) {
                return end.clone();
            }
        }
    }

    /// A fault of ours has ended the task of the target.
    fn end_of_fault(&self, error: JoinError) -> EndCause {
        let end = EndCause { reason: EndReason::Other, detail: error.to_string() };
        self.shared.end_connection(self.target, &end);
        end
    }

    /// What a fault ends, it ends on both sides.
    fn end_line(&self, end: LineEnd) {
        for peer in [self.client, self.target] {
            end_side(peer, end);
        }
    }
}

/// What a fault ends, it ends below TLS: by FIN without close_notify, or by RST.
pub fn end_side(peer: &Peer, end: LineEnd) {
    match end {
        LineEnd::Finished => {}
        LineEnd::Closed => {
            peer.outbox.cut();
            peer.request_close(CloseRequest::Close);
        }
        LineEnd::Reset => peer.request_close(CloseRequest::Reset),
    }
}

/// One side is over: in order, and the other one hears of that behind all that came from it; or not, and then at once.
fn pass_end(end: &EndCause, onward: &Onward, other: &Peer) {
    match end.reason {
        EndReason::ClosedByPeer | EndReason::ClosedByUs => onward.finish(false),
        EndReason::Truncated => onward.finish(true),
        _ => {
            onward.reset();
            // At once, though it may be waited for until the other side takes something.
            if !onward.is_silent() {
                other.request_close(CloseRequest::Reset);
            }
        }
    }
}

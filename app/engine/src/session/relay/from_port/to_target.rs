//! A port and a target: what the port says goes there, and what comes from there goes into the port.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use espalier_core::Timestamp;
use espalier_core::faults::{FiredFault, LineEnd};
use espalier_core::rfc2217::escape;
use espalier_core::say;
use espalier_core::session::{
    Backoff, ConnectionState, EndReason, RelayEnd, RelaySpec, SessionEvent, SessionState,
};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::backlog::PortReads;
use super::{Steering, Wanted};
use crate::clock::now;
use crate::session::connection;
use crate::session::end_cause::EndCause;
use crate::session::onward::Onward;
use crate::session::outbox::Outbox;
use crate::session::peer::{CloseRequest, Peer};
use crate::session::relay::pair::end_side;
use crate::session::relay::port::{WRITE_PATIENCE, write};
use crate::session::relay::reach::{Called, call, port_elsewhere};
use crate::session::shared::{SessionShared, is_worth_retrying};
use crate::session::socket;

/// Forwards until it is stopped, the port is over, or the target is not tried again; why, unless it was stopped.
pub async fn run(
    shared: &Arc<SessionShared>,
    near: PortReads,
    looked: watch::Receiver<()>,
    steering: Steering,
) -> Option<EndCause> {
    let shown = watch::Sender::new(SessionState::Connecting);
    let mut bridge = PortBridge { shared, near, steering, shown: &shown };
    let end = tokio::select! {
        end = bridge.run() => end,
        // It ends with the other one.
        () = show(shared, shown.subscribe(), looked) => None,
    };
    bridge.near.backlog.tell_rest(shared);
    end
}

/// Shows how it stands with the target, or that the board is away.
async fn show(
    shared: &SessionShared,
    mut target: watch::Receiver<SessionState>,
    mut port: watch::Receiver<()>,
) {
    loop {
        let away = espalier_core::board::LinkState::Away;
        let is_away = shared.serial.board(None).link == away;
        let state = match is_away {
            true => SessionState::Waiting { reason: EndReason::PortGone, until: None },
            false => target.borrow_and_update().clone(),
        };
        if shared.state() != state {
            shared.update_phase(|phase| {
                phase.state = state;
                phase.since = Some(now());
            });
        }
        let changed = tokio::select! {
            changed = target.changed() => changed,
            changed = port.changed() => match changed {
                Ok(()) => Ok(()),
                // The port is over: what is left is the target.
                Err(_) => target.changed().await,
            },
        };
        if changed.is_err() {
            return std::future::pending().await;
        }
    }
}

struct PortBridge<'a> {
    shared: &'a Arc<SessionShared>,
    near: PortReads,
    steering: Steering,
    shown: &'a watch::Sender<SessionState>,
}

/// How a connection to the target came to its end.
struct TargetEnd {
    cause: EndCause,
    /// How long it stood; zero: not at all.
    life: Duration,
    /// A fault has ended it.
    by_fault: bool,
}

impl PortBridge<'_> {
    async fn run(&mut self) -> Option<EndCause> {
        let mut policy = self.spec()?.reconnect;
        let mut backoff = Backoff::new(policy);
        for place in 1.. {
            let end = self.once(place).await?;
            if self.steering.finishes() {
                return None;
            }
            backoff.lived(end.life);
            let current = self.spec()?.reconnect;
            if current != policy {
                policy = current;
                backoff = Backoff::new(policy);
            }
            let tries = end.by_fault || is_worth_retrying(end.cause.reason);
            let Some((delay, attempt)) = backoff.failed().filter(|_| tries) else {
                return Some(end.cause);
            };
            self.shared.event(None, SessionEvent::RetryIn { delay, attempt });
            self.wait(end.cause.reason, delay).await;
            if self.steering.finishes() {
                return None;
            }
        }
        None
    }

    fn spec(&self) -> Option<RelaySpec> {
        self.shared.relay()
    }

    async fn wait(&mut self, reason: EndReason, delay: Duration) {
        let until = now().0.saturating_add(i64::try_from(delay.as_nanos()).unwrap_or(i64::MAX));
        let until = Some(Timestamp(until));
        self.shown.send_replace(SessionState::Waiting { reason, until });
        let (mut steering, again) = (self.steering.clone(), self.steering.again.clone());
        let waiting = async move {
            tokio::select! {
                () = sleep(delay) => {}
                () = again.notified() => {}
                () = steering.until(Wanted::Finish) => {}
            }
        };
        self.near.meanwhile(self.shared, waiting).await;
    }

    /// One connection to the target, from the attempt to its end; `None`: stopped before it stood.
    async fn once(&mut self, place: u64) -> Option<TargetEnd> {
        self.shown.send_replace(SessionState::Connecting);
        let spec = self.spec()?;
        let failed = |cause| Some(TargetEnd { cause, life: Duration::ZERO, by_fault: false });
        let target = spec.target.to_string();
        self.shared.event(None, SessionEvent::Connecting { target });
        let client =
            match spec.client() {
                Ok(client) => client,
                Err(bad) => {
                    return failed(self.not_reached(EndCause {
                        reason: EndReason::Other,
                        detail: bad.to_string(),
                    }));
                }
            };
        let called = self.unless_stopped(call(self.shared, client)).await?;
        let mut called: Called = match called {
            Ok(called) => called,
            Err(end) => return failed(self.not_reached(end)),
        };
        let peer = called.begin(self.shared);
        let secured = self.unless_stopped(called.secure(self.shared, &peer)).await;
        if let Err(end) = secured.unwrap_or(Err(EndCause::plain(EndReason::ClosedByUs))) {
            self.shared.end_connection(&peer, &end);
            return failed(end);
        }
        connection::join(self.shared, &peer);
        self.near.backlog.tell_lost(self.shared);
        self.shown.send_replace(SessionState::Connected(ConnectionState::Open));
        Some(self.live(&peer, called, &spec, place).await)
    }

    fn not_reached(&self, end: EndCause) -> EndCause {
        let EndCause { reason, detail } = end.clone();
        self.shared.event(None, SessionEvent::Ended { reason, detail });
        end
    }

    /// Does something while the port is not listened to, unless all is to end.
    async fn unless_stopped<T>(&mut self, doing: impl Future<Output = T>) -> Option<T> {
        let mut steering = self.steering.clone();
        let either = async {
            tokio::select! {
                done = doing => Some(done),
                () = steering.until(Wanted::Finish) => None,
            }
        };
        self.near.meanwhile(self.shared, either).await
    }

    /// Lives through a connection to the target.
    async fn live(
        &mut self,
        target: &Arc<Peer>,
        called: Called,
        spec: &RelaySpec,
        place: u64,
    ) -> TargetEnd {
        let shared = self.shared;
        let faults = shared.faults();
        let to_port = Arc::new(Outbox::default());
        let mut up = Onward::new(target.outbox.clone(), true, &faults, place);
        let mut down = Onward::new(to_port.clone(), false, &faults, place);
        if let RelayEnd::Rfc2217 { baud, .. } = spec.target {
            up = up.with_encoding(Box::new(escape));
            down = down.with_decoding(port_elsewhere(shared, target, baud));
        }
        let (up, down) = (Arc::new(up), Arc::new(down));
        down.set_back(&up);
        // Nobody else sets it.
        target.onward.set(down.clone()).ok();
        // They may have been changed before this was known.
        down.set(&shared.faults());
        let tell = |is_up: bool| {
            let (shared, target) = (shared.clone(), target.clone());
            move |fired: FiredFault| shared.note((!is_up).then_some(&*target), fired.told(is_up))
        };
        let stands = Instant::now();
        let mut life = pin!(connection::run(shared.clone(), target.clone(), called.stream));
        let mut lines = (pin!(up.run(tell(true))), pin!(down.run(tell(false))));
        let mut writes = pin!(write(&shared.serial, &to_port));
        let takes = || target.outbox.accepts();
        // While the target takes nothing, the port is not read either.
        let mut giving = pin!(self.near.give(shared, &up, takes, || false));
        let (mut up_over, mut down_over, mut written, mut given) = (false, false, false, false);
        let (mut end, mut waiting, mut by_fault) = (None, None, false);
        let mut steering = self.steering.clone();
        let mut stopping = false;
        let end = loop {
            tokio::select! {
                ended = &mut life, if end.is_none() => {
                    // What it has sent before still goes into the port.
                    down.finish(false);
                    end = Some(ended);
                }
                line = &mut lines.0, if !up_over => {
                    up_over = true;
                    match line {
                        // The port is over, and all that it has said is on its way: whoever still speaks to it speaks to nobody.
                        LineEnd::Finished => target.request_close(CloseRequest::Close),
                        cut => {
                            by_fault = true;
                            end_side(target, cut);
                        }
                    }
                }
                line = &mut lines.1, if !down_over => {
                    down_over = true;
                    if line != LineEnd::Finished {
                        by_fault = true;
                        end_side(target, line);
                        to_port.finish();
                    }
                }
                () = &mut writes, if !written => {
                    written = true;
                    // Its FIN came, and all before it is in the port: the port has no end to pass on.
                    if !socket::options_of(&shared.spec.read().transport).stay_half_open {
                        target.outbox.finish();
                    }
                }
                () = &mut giving, if !given && end.is_none() => {
                    given = true;
                    up.finish(false);
                }
                // Where the port is over, what is read of it ends by itself.
                () = steering.until(Wanted::Stop), if !stopping => {
                    stopping = true;
                    target.request_close(CloseRequest::Close);
                }
                () = sleep(WRITE_PATIENCE), if end.is_some() && (down_over || down.is_silent()) => {
                    let waits = to_port.queued() as u64 + shared.serial.queued();
                    if waiting.replace(waits).is_some_and(|before| waits >= before) {
                        written = true;
                    }
                }
            }
            if let Some(end) = &end
                && (written
                    || stopping
                    || !matches!(end.reason, EndReason::ClosedByPeer | EndReason::ClosedByUs))
            {
                break end.clone();
            }
        };
        let unwritten = to_port.close();
        if unwritten > 0 {
            let sentence = say!(
                "relay-port-unsent",
                "{bytes} bytes that it had sent were not in the port when it ended",
                bytes = unwritten,
            );
            shared.note(Some(target), sentence);
        }
        shared.tell_lost(Some(target), down.lost(true));
        // What it was offered and did not take stays for the next one.
        shared.tell_lost(None, up.lost(false));
        TargetEnd { cause: end, life: stands.elapsed(), by_fault }
    }
}

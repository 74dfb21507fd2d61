//! A load test: many clients in one session, each a connection of it, within bounds of number and time.
//!
//! - `client`: one client; `traffic`: what it sends; `meter`: what is known of it
//! - `room`: how many connections this program may have

mod client;
mod meter;
mod room;
mod traffic;

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use espalier_core::backend::SessionCommand;
use espalier_core::load::{LoadSpec, LoadStatus, is_inside};
use espalier_core::session::{EndReason, SessionEvent, SessionState, TcpClientSpec, host_and_port};
use espalier_core::{Sentence, say};
use tokio::sync::mpsc::Receiver;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::commands::TaskCommand;
use super::connect;
use super::end_cause::EndCause;
use super::peer::CloseRequest;
use super::secure;
use super::shared::SessionShared;
use crate::clock::now;
use client::{LoadPlan, LoadingClient};
pub use meter::ClientMeter;
use meter::LoadMeter;
use traffic::LoadMessages;

/// How often its figures are looked at.
const LOOK: Duration = Duration::from_millis(250);

/// How long all clients together may take at the end, for what is on its way, and to close in order; those that are left are reset.
/// Where nothing moves, each takes a second or two.
const CLOSING: Duration = Duration::from_secs(10);

/// Runs until all is done, its time is over, or the user stops it; whether it was started again while it stopped.
pub async fn run(
    shared: &Arc<SessionShared>,
    commands: &mut Receiver<SessionCommand>,
    spec: &LoadSpec,
) -> bool {
    *shared.load.lock() = None;
    let target = host_and_port(&spec.host, spec.port);
    shared.update_phase(|phase| phase.state = SessionState::Connecting);
    shared.event(None, SessionEvent::Connecting { target });
    let mut preparing = pin!(prepare(shared, spec));
    let prepared = loop {
        tokio::select! {
            prepared = &mut preparing => break prepared,
            command = commands.recv() => {
                if shared.apply(command) == Some(TaskCommand::Stop) {
                    shared.end_session(None);
                    return false;
                }
            }
            end = shared.broken() => break Err(end),
        }
    };
    let plan = match prepared {
        Ok(plan) => Arc::new(plan),
        Err(end) => {
            let EndCause { reason, detail } = end.clone();
            shared.event(None, SessionEvent::Ended { reason, detail });
            shared.end_session(Some(&end));
            return false;
        }
    };
    shared.update_phase(|phase| {
        phase.state = SessionState::Open;
        phase.since = Some(now());
    });
    if spec.kept_clients < spec.clients {
        let sentence = say!(
            "load-kept",
            "bytes of the first {count} of {clients} clients are kept in this log; of the others it has what happens to them, and their bytes are counted",
            count = spec.kept_clients,
            clients = spec.clients,
        );
        shared.note(None, sentence);
    }
    let mut load = RunningLoad::new(shared, plan);
    let end = load.ramp(commands).await;
    let again = load.close(commands).await;
    load.look(true);
    shared.note(None, load.sum());
    // What happened at the end may not have found room.
    let end = shared.broken_now().or(end);
    // What starts again at once is not over for anybody.
    if !again {
        shared.end_session(end.as_ref());
    }
    again
}

fn other(sentence: impl ToString) -> EndCause {
    EndCause { reason: EndReason::Other, detail: sentence.to_string() }
}

/// Looks at all that can be wrong before anybody is connected to.
async fn prepare(shared: &SessionShared, spec: &LoadSpec) -> Result<LoadPlan, EndCause> {
    spec.check().map_err(other)?;
    if let Some(most) = room::most_connections().filter(|most| *most < u64::from(spec.clients)) {
        return Err(other(say!(
            "load-few-files",
            "{clients} clients are asked for, and this program may have {most} connections: raise its limit of open files (ulimit -n), or load with fewer clients",
            clients = spec.clients,
            most = most,
        )));
    }
    let messages = LoadMessages::of(shared, spec).map_err(other)?;
    let target = Arc::new(TcpClientSpec {
        connect_timeout_ms: spec.connect_timeout_ms,
        options: spec.options.clone(),
        tls: spec.tls.clone(),
        ..TcpClientSpec::new(spec.host.clone(), spec.port)
    });
    let goes_outside = spec.allowed_outside || shared.load_allowed.load(Ordering::Acquire);
    let tls = secure::client_parts(shared, &target).await?;
    // It was for this test.
    shared.trusted_once.lock().take();
    let addresses = connect::resolve(&target).await?;
    // Each connection looks again: a name may lead elsewhere by then.
    let inside = addresses.iter().any(|address| is_inside(address.ip()));
    if !goes_outside
        && !inside
        && let Some(outside) = addresses.first()
    {
        let status = LoadStatus { outside: Some(*outside), ..LoadStatus::default() };
        *shared.load.lock() = Some(Arc::new(status));
        let sentence = say!(
            "load-outside",
            "{address} is outside of this computer and of private networks: a load test goes there only when you say so",
            address = outside,
        );
        return Err(EndCause { reason: EndReason::Forbidden, detail: sentence.to_string() });
    }
    Ok(LoadPlan { spec: spec.clone(), target, goes_outside, messages, tls })
}

/// A load test that runs.
struct RunningLoad<'a> {
    shared: &'a Arc<SessionShared>,
    plan: Arc<LoadPlan>,
    all: Arc<LoadMeter>,
    meters: Vec<Arc<ClientMeter>>,
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
    /// How many have had their turn.
    begun: u32,
}

impl<'a> RunningLoad<'a> {
    fn new(shared: &'a Arc<SessionShared>, plan: Arc<LoadPlan>) -> Self {
        let all = LoadMeter::new();
        let meters = (1..=plan.spec.clients)
            .map(|number| ClientMeter::new(&all, &plan.spec, number))
            .collect();
        let (stop, _) = watch::channel(false);
        Self { shared, plan, all, meters, tasks: JoinSet::new(), stop, begun: 0 }
    }

    /// Gives each client its turn, and waits until all are over, the time is, or it is stopped. The reason why it ends by
    /// itself; `None`: the user has stopped it.
    async fn ramp(&mut self, commands: &mut Receiver<SessionCommand>) -> Option<EndCause> {
        let begun = Instant::now();
        let over = begun + Duration::from_millis(self.plan.spec.time_ms);
        // By absolute time, so that a ramp is as steep as was asked for.
        let ramp = self.plan.spec.ramp;
        let turn = |number: u32| begun + Duration::from_secs(1) * number / ramp;
        let mut look = begun + LOOK;
        loop {
            let next = (self.begun < self.plan.spec.clients).then(|| turn(self.begun));
            if next.is_none() && self.tasks.is_empty() {
                return Some(EndCause::plain(EndReason::ClosedByUs));
            }
            tokio::select! {
                () = until(next) => {
                    let now = Instant::now();
                    while self.begun < self.plan.spec.clients && turn(self.begun) <= now {
                        self.begin();
                    }
                }
                Some(done) = self.tasks.join_next() => done.unwrap_or_else(raise),
                () = sleep_until(look) => {
                    self.look(false);
                    look = Instant::now() + LOOK;
                }
                () = sleep_until(over) => return Some(EndCause::plain(EndReason::ClosedByUs)),
                command = commands.recv() => {
                    if self.shared.apply(command) == Some(TaskCommand::Stop) {
                        return None;
                    }
                }
                end = self.shared.broken() => return Some(end),
            }
        }
    }

    /// The next client has its turn.
    fn begin(&mut self) {
        let Some(meter) = self.meters.get(self.begun as usize) else { return };
        self.begun += 1;
        let id = self.shared.peers.write().number();
        let client = LoadingClient {
            shared: self.shared.clone(),
            plan: self.plan.clone(),
            number: self.begun,
            meter: meter.clone(),
            stop: self.stop.subscribe(),
        };
        self.tasks.spawn(client.run(id));
    }

    /// Publishes how they stand, if that has changed.
    fn look(&self, is_over: bool) {
        let status = self.all.status(&self.meters, is_over.then(now));
        let mut shown = self.shared.load.lock();
        if shown.as_deref() != Some(&status) {
            *shown = Some(Arc::new(status));
            self.shared.mark_dirty();
        }
    }

    /// Closes all connections in order and waits for their ends; those that take too long are told and reset. Whether it is to
    /// start again then.
    async fn close(&mut self, commands: &mut Receiver<SessionCommand>) -> bool {
        let mut again = false;
        self.stop.send_replace(true);
        let mut patience = Some(Instant::now() + CLOSING);
        while !self.tasks.is_empty() {
            tokio::select! {
                Some(done) = self.tasks.join_next() => done.unwrap_or_else(raise),
                () = until(patience) => {
                    patience = None;
                    self.reset_rest();
                }
                // A close that takes too long may still be cut short.
                Some(command) = commands.recv() => match self.shared.apply(Some(command)) {
                    Some(TaskCommand::Start) => again = true,
                    Some(TaskCommand::Stop) => again = false,
                    None => {}
                }
            }
        }
        again
    }

    fn reset_rest(&self) {
        let rest = self.shared.peers.read().open();
        if rest.is_empty() {
            return;
        }
        let sentence = say!(
            "load-reset-rest",
            "{count} connections did not close within {seconds} s: they are reset",
            count = rest.len(),
            seconds = CLOSING.as_secs(),
        );
        self.shared.note(None, sentence);
        for peer in rest {
            peer.request_close(CloseRequest::Reset);
        }
    }

    /// What came of it.
    fn sum(&self) -> Sentence {
        let status = self.shared.load.lock().clone().unwrap_or_default();
        let sum = status.sum;
        if self.plan.tls.is_some() {
            return say!(
                "load-over-tls",
                "the load test is over: {reached} of {clients} clients were connected; attempts refused: {refused}, timed out: {timed_out}, TLS failed: {tls_failed}, failed otherwise: {failed}; errors: {errors}",
                reached = sum.reached,
                clients = sum.clients,
                refused = sum.refused,
                timed_out = sum.timed_out,
                tls_failed = sum.tls_failed,
                failed = sum.failed,
                errors = sum.errors(),
            );
        }
        say!(
            "load-over",
            "the load test is over: {reached} of {clients} clients were connected; attempts refused: {refused}, timed out: {timed_out}, failed: {failed}; errors: {errors}",
            reached = sum.reached,
            clients = sum.clients,
            refused = sum.refused,
            timed_out = sum.timed_out,
            failed = sum.failed,
            errors = sum.errors(),
        )
    }
}

/// A client has panicked: so does the session, which ends with that and says so. Its figures would not be true.
fn raise(broken: JoinError) {
    if let Ok(panic) = broken.try_into_panic() {
        std::panic::resume_unwind(panic);
    }
}

/// Completes at this time; never without one.
async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => pending().await,
    }
}

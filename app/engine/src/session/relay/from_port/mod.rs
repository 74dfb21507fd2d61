//! A relay whose one client is a serial port.
//!
//! - `to_target`: it is forwarded by a connection, which is made again when it ends; `to_port`: to another port
//! - `backlog`: what it has said that nobody has taken yet

mod backlog;
mod to_port;
mod to_target;

use std::sync::Arc;
use std::time::Duration;

use espalier_core::PeerId;
use espalier_core::backend::SessionCommand;
use espalier_core::session::{EndReason, RelaySpec, SerialSpec, SessionEvent};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::watch;
use tokio::time::timeout;

use super::port::{PortSink, READS};
use crate::session::commands::TaskCommand;
use crate::session::end_cause::EndCause;
use crate::session::serial_port::SerialState;
use crate::session::shared::SessionShared;
use backlog::PortReads;

/// How long the reason of an end is waited for.
const REASON: Duration = Duration::from_secs(1);

/// Runs until the user stops it or it cannot go on; whether it was started again while it stopped.
pub async fn run(
    shared: &Arc<SessionShared>,
    commands: &mut Receiver<SessionCommand>,
    spec: &RelaySpec,
    near: SerialSpec,
) -> bool {
    let (over, mut ended) = channel(2);
    let opened = open(shared, &shared.serial, PeerId::SESSION, near, &over);
    let (near, looked) = match opened {
        Ok(opened) => opened,
        Err(end) => {
            shared.end_session(Some(&end));
            return false;
        }
    };
    let (stop, stopping) = watch::channel(Wanted::GoOn);
    let steering = Steering { wanted: stopping, again: Arc::default() };
    let (commanded, kick) = (shared.clone(), steering.again.clone());
    let work = async move {
        match spec.target.serial() {
            Some(far) => to_port::run(shared, near, far, looked, &over, steering).await,
            None => to_target::run(shared, near, looked, steering).await,
        }
    };
    let mut work = std::pin::pin!(work);
    let (mut cause, mut stopped, mut again) = (None, false, false);
    let end = loop {
        tokio::select! {
            end = &mut work => break end,
            // What it has said before still goes on its way.
            Some(end) = ended.recv() => {
                cause.get_or_insert(end);
                stop.send_if_modified(|wanted| wanted.become_at_least(Wanted::Finish));
            }
            end = commanded.broken(), if cause.is_none() => {
                cause = Some(end);
                stop.send_replace(Wanted::Stop);
            }
            command = commands.recv() => match commanded.apply(command) {
                Some(TaskCommand::Stop) => {
                    (stopped, again) = (true, false);
                    stop.send_replace(Wanted::Stop);
                }
                Some(TaskCommand::Start) => {
                    again = stopped;
                    kick.notify_waiters();
                }
                None => {}
            }
        }
    };
    // It is seen that a port is over before it is told why.
    if cause.is_none() && end.is_none() && !stopped {
        cause = timeout(REASON, ended.recv()).await.ok().flatten();
    }
    commanded.serial.close();
    if !again {
        let end = cause.or(end).filter(|_| !stopped);
        commanded.end_session(end.as_ref());
    }
    again
}

/// What is wanted of the work; what comes later here is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wanted {
    GoOn,
    /// The port is over: what it has said goes on its way, and nothing new begins.
    Finish,
    /// It is to end.
    Stop,
}

impl Wanted {
    fn become_at_least(&mut self, wanted: Self) -> bool {
        let changes = wanted > *self;
        *self = wanted.max(*self);
        changes
    }
}

/// How the work is told what is wanted of it.
#[derive(Clone, Debug)]
struct Steering {
    wanted: watch::Receiver<Wanted>,
    /// It is to try again now.
    again: Arc<tokio::sync::Notify>,
}

impl Steering {
    /// Whether nothing new is to begin.
    fn finishes(&self) -> bool {
        *self.wanted.borrow() >= Wanted::Finish
    }

    /// Completes when at least this is wanted.
    async fn until(&mut self, least: Wanted) {
        // The sender is there as long as the work is.
        self.wanted.wait_for(|wanted| *wanted >= least).await.ok();
    }
}

/// Opens a port; what it says, and who is told that it may have changed.
fn open(
    shared: &Arc<SessionShared>,
    state: &SerialState,
    number: PeerId,
    spec: SerialSpec,
    over: &Sender<EndCause>,
) -> Result<(PortReads, watch::Receiver<()>), EndCause> {
    let (bytes, reads) = channel(READS);
    let (look, looked) = watch::channel(());
    let sink = PortSink { shared: shared.clone(), port: number, over: over.clone(), bytes, look };
    state.open(spec, Box::new(sink)).map_err(|error| {
        let (reason, detail) = (EndReason::Other, format!("no thread for the port: {error}"));
        let told = SessionEvent::Ended { reason, detail: detail.clone() };
        shared.event_of(number, None, told);
        EndCause { reason, detail }
    })?;
    Ok((PortReads::new(reads), looked))
}

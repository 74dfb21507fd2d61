//! A session as the rest of the program holds it.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use espalier_core::backend::{Busy, Refusal, SessionCommand, Target};
use espalier_core::board::BoardStatus;
use espalier_core::session::{
    EndReason, SessionEvent, SessionId, SessionSpec, SessionState, SessionStatus, TransportSpec,
};
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Sender, channel};
use tokio::sync::{Notify, watch};

use super::actor;
use super::book::Store;
use super::ending::End;
use super::ledger::Ledger;
use super::peer::{Peer, Wish};
use super::relay;
use super::tap::Tap;
use crate::board::ports::SimulatedBoards;
use crate::capture::{Capture, CaptureError};
use crate::captures::Numbered;
use crate::foreign::said;
use crate::receipt::Receipt;

/// Commands that may wait for a session.
const COMMANDS: usize = 256;

/// A running session. It ends in order when it is told to [`leave`](Self::leave) or the last handle is dropped.
#[derive(Clone, Debug)]
pub struct Session {
    ledger: Arc<Ledger>,
    commands: Arc<Mutex<Option<Sender<SessionCommand>>>>,
    gone: watch::Receiver<bool>,
}

/// The session is over; nothing can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session is over")]
pub struct Over;

impl Session {
    /// Begins a session on this runtime. `pulse` is told when there is something to publish.
    pub(crate) fn spawn(
        runtime: &Handle,
        id: SessionId,
        spec: SessionSpec,
        store: Store,
        tap: Option<Arc<Tap>>,
        pulse: Arc<Notify>,
        simulated: Arc<dyn SimulatedBoards>,
    ) -> Self {
        let (commands, orders) = channel(COMMANDS);
        let (leave, gone) = watch::channel(false);
        let ledger = Arc::new(Ledger::new(id, spec, store, tap, pulse, simulated));
        let shared = ledger.clone();
        runtime.spawn(async move {
            // In a task of its own, so that even a fault of ours in it is an end that is told.
            let life = tokio::spawn(actor::run(shared.clone(), orders));
            if let Err(error) = life.await
                && let Ok(panic) = error.try_into_panic()
            {
                let end = End { reason: EndReason::Other, detail: said(&*panic) };
                shared.event(
                    None,
                    SessionEvent::Ended { reason: end.reason, detail: end.detail.clone() },
                );
                shared.rest(Some(&end));
            }
            shared.publish();
            leave.send_replace(true);
        });
        Self { ledger, commands: Arc::new(Mutex::new(Some(commands))), gone }
    }

    /// Which session.
    pub fn id(&self) -> SessionId {
        self.ledger.id
    }

    /// As asked for, with all changes since.
    pub fn spec(&self) -> SessionSpec {
        self.ledger.spec.read().clone()
    }

    /// The last published snapshot.
    pub fn status(&self) -> Arc<SessionStatus> {
        self.ledger.status()
    }

    /// Where it stands now.
    pub fn state(&self) -> SessionState {
        self.ledger.state()
    }

    /// Whether it is a TCP client.
    pub(crate) fn is_client(&self) -> bool {
        matches!(self.ledger.spec.read().transport, TransportSpec::TcpClient(_))
    }

    /// The board on it; `None` when it is no serial session.
    pub fn board(&self) -> Option<Arc<BoardStatus>> {
        let is_serial = matches!(self.ledger.spec.read().transport, TransportSpec::Serial(_));
        is_serial.then(|| self.ledger.serial.board())
    }

    /// The capture, once the session was started.
    pub fn capture(&self) -> Option<Capture> {
        self.ledger.capture()
    }

    /// Makes its capture ready to be written, though it was not started yet, and gives it.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub(crate) fn ready_capture(&self) -> Result<Option<Capture>, CaptureError> {
        self.ledger.open_capture()?;
        Ok(self.capture())
    }

    /// Asks something of it.
    ///
    /// # Errors
    /// [`Busy`] when its queue is full.
    pub fn command(&self, command: SessionCommand) -> Result<(), Busy> {
        match &*self.commands.lock() {
            Some(commands) => commands.try_send(command).map_err(|_| Busy),
            // It is leaving: nothing can be asked of it, and nobody needs to hear that it is busy.
            None => Ok(()),
        }
    }

    /// Sends to these connections, or says why not.
    ///
    /// # Errors
    /// [`Refusal`]: nothing was sent to anybody.
    pub fn send(&self, to: &Target, bytes: &Arc<[u8]>) -> Result<(), Refusal> {
        let done = self.ledger.deliver(to, bytes);
        self.ledger.mark();
        done
    }

    /// The board at the other end of the connection that we opened from `local` restarted. On a chip nothing tells TCP so:
    /// it would believe in the connection until it next sends.
    pub(crate) fn board_restarted(&self, local: SocketAddr) {
        let open = self.ledger.peers.read().open();
        if let Some(peer) = open.iter().find(|peer| peer.ends.local == local) {
            peer.ask(Wish::Forsake);
        }
    }

    /// Sends to all connections whose sending half is open; waits for one when there is none. A single connection is waited
    /// for however long it takes to have room; of several, one that takes nothing is passed over, as in a broadcast.
    /// The receipt tells what the system did not take of it, from the end of each connection on; several pieces may share
    /// one.
    ///
    /// # Errors
    /// [`Over`] when the session ends first: nothing of this was given to any connection.
    pub async fn feed(&self, bytes: Arc<[u8]>, receipt: &Receipt) -> Result<(), Over> {
        loop {
            let peers = self.connections(|peer| peer.outbox.accepts()).await?;
            let mut given = false;
            if let [only] = &peers[..] {
                given = only.outbox.push_when_room(&bytes, Some(receipt)).await.is_ok();
            } else {
                for peer in peers {
                    given |= relay::pass(&self.ledger, &peer, &bytes, Some(receipt)).await;
                }
            }
            if given {
                return Ok(());
            }
        }
    }

    /// Sends FIN behind all that is queued, on the connections there are; waits for the first one when there is none yet.
    ///
    /// # Errors
    /// [`Over`] when the session ends first.
    pub async fn finish(&self) -> Result<(), Over> {
        for peer in self.connections(|_| true).await? {
            peer.outbox.finish();
        }
        Ok(())
    }

    /// The open connections that are meant, as soon as there are any.
    async fn connections(&self, meant: impl Fn(&Peer) -> bool) -> Result<Vec<Arc<Peer>>, Over> {
        loop {
            let mut changed = pin!(self.ledger.changed.notified());
            changed.as_mut().enable();
            let mut open = self.ledger.peers.read().open();
            open.retain(|peer| meant(peer));
            if !open.is_empty() {
                return Ok(open);
            }
            if matches!(self.state(), SessionState::Ended { .. }) || *self.gone.borrow() {
                return Err(Over);
            }
            tokio::select! {
                () = changed => {}
                () = self.left() => {}
            }
        }
    }

    /// Ends the session in order: FIN on all connections, then its task is over. Returns at once.
    pub fn leave(&self) {
        self.commands.lock().take();
    }

    /// Completes when the session's task is over.
    pub async fn left(&self) {
        // An error says that the task was dropped with its runtime: it is over as well.
        self.gone.clone().wait_for(|gone| *gone).await.ok();
    }

    /// Whether nothing moved in it, and nothing was in its capture before.
    pub(crate) fn left_nothing(&self) -> bool {
        self.ledger.left_nothing()
    }

    /// Where the numbers of its connections stand; `None` when it has no capture.
    pub(crate) fn numbered(&self) -> Option<Numbered> {
        self.ledger.numbered()
    }

    /// Nothing is written any more: somebody else may continue the capture.
    pub(crate) fn finish_capture(&self) {
        self.ledger.finish_capture();
    }

    /// Deletes the capture if it is one of the engine's own folders; a file that the user named stays.
    pub(crate) fn discard_capture(&self) {
        self.ledger.discard_capture();
    }

    /// Makes a new snapshot if something changed, or if a rate must fall; whether it did.
    pub(crate) fn refresh(&self) -> bool {
        let changes = self.ledger.take_dirty() || self.ledger.is_lively();
        if changes {
            self.ledger.publish();
        }
        changes
    }

    /// Whether its snapshot changes without anything happening.
    pub(crate) fn is_lively(&self) -> bool {
        self.ledger.is_lively()
    }
}

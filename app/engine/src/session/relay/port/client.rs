//! One client of a port that is relayed.

use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Instant;

use espalier_core::board::BoardCommand;
use espalier_core::faults::{FiredFault, LineEnd};
use espalier_core::rfc2217::{PortAction, Rfc2217Server, escape};
use espalier_core::say;
use espalier_core::session::{EndReason, SerialSpec};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::sleep;

use super::SharedPort;
use super::writer::{PATIENCE, write};
use crate::session::connection;
use crate::session::end_cause::EndCause;
use crate::session::onward::Onward;
use crate::session::outbox::Outbox;
use crate::session::peer::Peer;
use crate::session::relay::pair::{end_side, turn_away};
use crate::session::repeats::Repeats;
use crate::session::shared::SessionShared;
use crate::session::socket;
use crate::session::stream::Stream;

/// Lives through a client of the port; `place` is its place among those of this run, from 1, and `stop` says when the run is to
/// end.
pub async fn run(
    shared: Arc<SessionShared>,
    (peer, stream): (Arc<Peer>, Arc<Stream>),
    port: Arc<SharedPort>,
    place: u64,
    stop: watch::Receiver<bool>,
) -> EndCause {
    let faults = shared.faults();
    if faults.refuse {
        let why = say!("fault-refuse", "fault: each new client is reset (refuse)");
        return turn_away(&shared, &peer, &stream, why);
    }
    let to_port = Arc::new(Outbox::default());
    let mut up = Onward::new(to_port.clone(), true, &faults, place);
    let mut down = Onward::new(peer.outbox.clone(), false, &faults, place);
    let mut speaker = None;
    if port.speaks_rfc2217 {
        let (server, greeting) = Rfc2217Server::new(port.spec.clone());
        peer.outbox.push(&greeting.into(), None).ok();
        peer.speaks_rfc2217.store(true, Ordering::Relaxed);
        let server = Arc::new(Mutex::new(server));
        down = down.with_encoding(Box::new(escape));
        let (client, session, base) = (server.clone(), Arc::downgrade(&shared), port.spec.clone());
        let refused = Mutex::new(Repeats::default());
        let answers = peer.outbox.clone();
        let held = Arc::new(OnceLock::<Weak<Onward>>::new());
        let down_later = held.clone();
        up = up.with_decoding(Box::new(move |bytes| {
            let output = client.lock().receive(bytes);
            answers.push(&output.answer.into(), None).ok();
            let (asked, suspended) = {
                let client = client.lock();
                (client.port().clone(), client.is_suspended())
            };
            if let Some(down) = held.get().and_then(Weak::upgrade) {
                down.hold(suspended);
            }
            if let Some(session) = session.upgrade() {
                for action in &output.actions {
                    act(&session, action, &asked, &base, &refused);
                }
            }
            output.data
        }));
        speaker = Some((server, down_later));
    }
    let (up, down) = (Arc::new(up), Arc::new(down));
    let speaker = speaker.map(|(server, down_later)| {
        down_later.set(Arc::downgrade(&down)).ok();
        server
    });
    up.set_back(&down);
    peer.onward.set(up.clone()).ok();
    // They may have been changed before this was known.
    up.set(&shared.faults());
    port.clients.lock().insert(peer.id, (peer.clone(), down.clone()));
    let client = PortClient { shared: &shared, peer: &peer, port: &port, up: &up, down: &down };
    let end = client.live(stream, &to_port, speaker.as_deref(), stop).await;
    shared.tell_lost(Some(&peer), up.lost(true));
    end
}

/// Does what a client asks of the port. What is `refused` of much that is asked is told once a second.
fn act(
    shared: &SessionShared,
    action: &PortAction,
    asked: &SerialSpec,
    base: &SerialSpec,
    refused: &Mutex<Repeats>,
) {
    let command = match action {
        PortAction::Configure => {
            // The lines are set by commands of their own.
            let spec = SerialSpec { dtr: base.dtr, rts: base.rts, ..asked.clone() };
            return shared.serial.configure(spec);
        }
        PortAction::Dtr(on) => BoardCommand::Dtr(*on),
        PortAction::Rts(on) => BoardCommand::Rts(*on),
        PortAction::Break => BoardCommand::Break,
        PortAction::DownloadMode => BoardCommand::DownloadMode,
    };
    if let Err(refusal) = shared.serial.command(command)
        && let Some(count) = refused.lock().happens(Instant::now())
    {
        let sentence = match count {
            1 => say!("relay-port-refuses", "the port did not do it: {why}", why = refusal),
            _ => say!(
                "relay-port-refuses-often",
                "the port did not do what it was asked, {count} times: {why}",
                count = count,
                why = refusal,
            ),
        };
        shared.note(None, sentence);
    }
}

struct PortClient<'a> {
    shared: &'a Arc<SessionShared>,
    peer: &'a Arc<Peer>,
    port: &'a SharedPort,
    up: &'a Onward,
    down: &'a Onward,
}

impl PortClient<'_> {
    async fn live(
        &self,
        stream: Arc<Stream>,
        to_port: &Outbox,
        speaker: Option<&Mutex<Rfc2217Server>>,
        mut stop: watch::Receiver<bool>,
    ) -> EndCause {
        let tell = |up: bool| {
            let (shared, peer) = (self.shared.clone(), self.peer.clone());
            move |fired: FiredFault| shared.note(Some(&peer), fired.told(up))
        };
        let mut life = pin!(connection::run(self.shared.clone(), self.peer.clone(), stream));
        let mut up = pin!(self.up.run(tell(true)));
        let mut down = pin!(self.down.run(tell(false)));
        let mut writes = pin!(write(&self.shared.serial, to_port));
        let mut looked = self.port.looked.clone();
        looked.mark_changed();
        let (mut up_over, mut down_over, mut written) = (false, false, false);
        let (mut end, mut waiting) = (None, None);
        loop {
            tokio::select! {
                ended = &mut life, if end.is_none() => {
                    // What it has sent before still goes into the port.
                    self.up.finish(false);
                    self.port.clients.lock().remove(&self.peer.id);
                    // Nobody reads what the port sends: it does not wait for that, and still takes.
                    self.down.close();
                    end = Some(ended);
                }
                line = &mut up, if !up_over => {
                    up_over = true;
                    self.end_line(line, to_port);
                }
                line = &mut down, if !down_over => {
                    down_over = true;
                    self.end_line(line, to_port);
                }
                () = &mut writes, if !written => {
                    written = true;
                    // Its FIN came, and all before it is in the port: the port has no end to pass on.
                    if !socket::options_of(&self.shared.spec.read().transport).stay_half_open {
                        self.peer.outbox.finish();
                    }
                }
                // What a fault holds back of a client that is over is not waited for.
                _ = stop.wait_for(|stop| *stop), if end.is_some() && !up_over => {
                    up_over = true;
                    to_port.finish();
                }
                // What a fault holds back is on its way.
                () = sleep(PATIENCE), if end.is_some() && (up_over || self.up.is_silent()) => {
                    let waits = to_port.queued() as u64 + self.shared.serial.queued();
                    if waiting.replace(waits).is_some_and(|before| waits >= before) {
                        self.tell_unsent(to_port, true);
                        written = true;
                    }
                }
                Ok(()) = looked.changed(), if end.is_none() => {
                    if let Some(speaker) = speaker {
                        self.tell_lines(speaker);
                    }
                }
            }
            if let Some(end) = &end
                && (written
                    || !matches!(end.reason, EndReason::ClosedByPeer | EndReason::ClosedByUs))
            {
                self.tell_unsent(to_port, false);
                return end.clone();
            }
        }
    }

    /// The client is over, and what it has sent goes no further: because the port takes nothing, or with the connection.
    fn tell_unsent(&self, to_port: &Outbox, is_stuck: bool) {
        let bytes = to_port.close();
        if bytes == 0 {
            return;
        }
        let sentence = match is_stuck {
            true => say!(
                "relay-port-stuck",
                "{bytes} bytes that it had sent did not go into the port, which takes nothing",
                bytes = bytes,
            ),
            false => say!(
                "relay-port-unsent",
                "{bytes} bytes that it had sent were not in the port when it ended",
                bytes = bytes,
            ),
        };
        self.shared.note(Some(self.peer), sentence);
    }

    fn tell_lines(&self, speaker: &Mutex<Rfc2217Server>) {
        let lines = self.shared.serial.board(None).lines;
        if !lines.present {
            return;
        }
        let mut speaker = speaker.lock();
        let said = speaker.lines(lines.cts, lines.dsr, lines.ri, lines.dcd);
        self.peer.outbox.push(&said.into(), None).ok();
    }

    fn end_line(&self, end: LineEnd, to_port: &Outbox) {
        if end != LineEnd::Finished {
            end_side(self.peer, end);
            to_port.finish();
        }
    }
}

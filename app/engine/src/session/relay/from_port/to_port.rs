//! Two ports: what one says goes into the other.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use espalier_core::PeerId;
use espalier_core::board::LinkState;
use espalier_core::faults::{FiredFault, LineEnd};
use espalier_core::session::{EndReason, SerialSpec, SessionEvent, SessionState};
use tokio::sync::mpsc::Sender;
use tokio::sync::watch;
use tokio::time::sleep;

use super::backlog::PortReads;
use super::{Steering, Wanted, open};
use crate::clock::now;
use crate::session::end_cause::EndCause;
use crate::session::onward::Onward;
use crate::session::outbox::Outbox;
use crate::session::relay::port::{WRITE_PATIENCE, write};
use crate::session::serial_port::SerialState;
use crate::session::shared::SessionShared;

/// How often it is looked how much is yet to be written.
const LOOK: Duration = Duration::from_millis(20);

/// Forwards until it is stopped or one of the ports is over.
pub async fn run(
    shared: &Arc<SessionShared>,
    mut near: PortReads,
    far: SerialSpec,
    mut looked: watch::Receiver<()>,
    ended: &Sender<EndCause>,
    mut steering: Steering,
) -> Option<EndCause> {
    let far_port = shared.serial.beside();
    let number = shared.peers.write().number();
    let (mut far, mut far_looked) = match open(shared, &far_port, number, far, ended) {
        Ok(opened) => opened,
        Err(end) => return Some(end),
    };
    let faults = shared.faults();
    let (to_near, to_far) = (Arc::new(Outbox::default()), Arc::new(Outbox::default()));
    let up = Arc::new(Onward::new(to_far.clone(), true, &faults, 1));
    let down = Arc::new(Onward::new(to_near.clone(), false, &faults, 1));
    down.set_back(&up);
    *shared.port_line.lock() = Arc::downgrade(&down);
    down.set(&shared.faults());
    let tell = |is_up: bool| {
        let shared = shared.clone();
        let from = if is_up { PeerId::SESSION } else { number };
        move |fired: FiredFault| {
            shared.event_of(from, None, SessionEvent::Note(fired.told(is_up)));
        }
    };
    let mut lines = (pin!(up.run(tell(true))), pin!(down.run(tell(false))));
    let mut writes = (pin!(write(&far_port, &to_far)), pin!(write(&shared.serial, &to_near)));
    // The two lines, and the two writes.
    let mut over = (false, false, false, false);
    let (near_away, far_away) = (|| !shared.serial.takes(), || !far_port.takes());
    let end = {
        let mut given = (
            pin!(near.give(shared, &up, || true, far_away)),
            pin!(far.give(shared, &down, || true, near_away)),
        );
        show(shared, &far_port);
        loop {
            tokio::select! {
                line = &mut lines.0 => {
                    over.0 = true;
                    break cut(line);
                }
                line = &mut lines.1 => {
                    over.1 = true;
                    break cut(line);
                }
                // A port is over: the link says why.
                () = &mut given.0 => break None,
                () = &mut given.1 => break None,
                () = &mut writes.0 => {
                    over.2 = true;
                    break None;
                }
                () = &mut writes.1 => {
                    over.3 = true;
                    break None;
                }
                () = steering.until(Wanted::Stop) => break None,
                Ok(()) = looked.changed() => show(shared, &far_port),
                Ok(()) = far_looked.changed() => show(shared, &far_port),
            }
        }
    };
    // What each has said before still goes into the other.
    for line in [&up, &down] {
        line.finish(false);
    }
    let waiting = || {
        // What is late on purpose is on its way, too.
        let lines = up.lost(false) + down.lost(false);
        let outboxes = to_near.queued() + to_far.queued();
        (lines + outboxes) as u64 + shared.serial.queued() + far_port.queued()
    };
    let (mut before, mut moved) = (waiting(), Instant::now());
    while before > 0 && moved.elapsed() < WRITE_PATIENCE {
        tokio::select! {
            _ = &mut lines.0, if !over.0 => over.0 = true,
            _ = &mut lines.1, if !over.1 => over.1 = true,
            () = &mut writes.0, if !over.2 => over.2 = true,
            () = &mut writes.1, if !over.3 => over.3 = true,
            () = sleep(LOOK) => {}
        }
        let now = waiting();
        if now < before {
            moved = Instant::now();
        }
        before = now;
    }
    shared.tell_lost(None, up.lost(true));
    shared.tell_lost(None, down.lost(true));
    near.backlog.tell_rest(shared);
    far.backlog.tell_rest(shared);
    far_port.close();
    end
}

/// What a fault ends, it ends here: there is no connection to be made again.
fn cut(line: LineEnd) -> Option<EndCause> {
    (line != LineEnd::Finished).then(|| EndCause::plain(EndReason::ClosedByUs))
}

/// Shows whether both are there.
fn show(shared: &SessionShared, far: &SerialState) {
    let links = [&shared.serial, far].map(|port| port.board(None).link);
    let state = match links {
        _ if links.contains(&LinkState::Away) => {
            SessionState::Waiting { reason: EndReason::PortGone, until: None }
        }
        [LinkState::Monitoring, LinkState::Monitoring] => SessionState::Open,
        _ => SessionState::Connecting,
    };
    if shared.state() != state {
        shared.update_phase(|phase| {
            phase.state = state;
            phase.since = Some(now());
        });
    }
}

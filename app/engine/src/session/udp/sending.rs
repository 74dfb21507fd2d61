//! Datagrams out: each piece of an outbox is one, whole or not at all.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use espalier_core::session::{EndReason, SessionEvent, UdpSpec};
use espalier_core::{Direction, Sentence, say};
use tokio::time::sleep_until;

use super::link::{DatagramLink, PeerPlace};
use super::undelivered::is_of_earlier_datagram;
use super::why::why_not_sent;
use crate::clock::now;
use crate::receipt::{Piece, Receipt};
use crate::session::end_cause::EndCause;
use crate::session::outbox::{NextWrite, PushError};
use crate::session::peer::{CloseRequest, DatagramSender, Peer};
use crate::session::shared::SessionShared;

/// How long a peer that is closed may still take what waits for it.
const GRACE: Duration = Duration::from_secs(1);

/// How often a datagram is sent again because the system told of earlier ones instead of sending it.
const ATTEMPTS: usize = 8;

/// Lives through a peer: sends what waits for it, until it is closed or forgotten.
pub async fn live(shared: &SessionShared, place: &PeerPlace) {
    let PeerPlace { link, peer } = place;
    let end = send_all(shared, link, peer).await;
    if let Some((path, _)) = &peer.datagrams {
        let (undelivered, unsent) = (path.undelivered.lock().rest(), path.unsent.lock().rest());
        if let Some(count) = undelivered {
            let remote = Some(peer.ends.remote);
            let event = SessionEvent::Undelivered { remote, count, detail: String::new() };
            shared.event(Some(peer), event);
        }
        if let Some(count) = unsent {
            shared.note(Some(peer), not_sent(count, ""));
        }
    }
    shared.end_connection(peer, &end);
}

async fn send_all(shared: &SessionShared, link: &DatagramLink, peer: &Peer) -> EndCause {
    let mut writing = pin!(write(shared, link, peer));
    let mut requests = peer.close_request.subscribe();
    requests.mark_changed();
    let mut deadline = None;
    loop {
        tokio::select! {
            end = &mut writing => return end,
            Ok(()) = requests.changed() => match *requests.borrow_and_update() {
                CloseRequest::None => {}
                CloseRequest::Close => {
                    peer.outbox.finish();
                    deadline = Some(tokio::time::Instant::now() + GRACE);
                }
                CloseRequest::Idle => return EndCause::plain(EndReason::Idle),
                CloseRequest::Displaced => return EndCause::plain(EndReason::Displaced),
                CloseRequest::Reset | CloseRequest::PeerRestarted | CloseRequest::Unanswered => {
                    return EndCause::plain(EndReason::ClosedByUs);
                }
            },
            () = sleep_until(deadline.unwrap_or_else(tokio::time::Instant::now)), if deadline.is_some() => {
                return EndCause::plain(EndReason::ClosedByUs);
            }
            end = shared.broken() => return end,
        }
    }
}

async fn write(shared: &SessionShared, link: &DatagramLink, peer: &Peer) -> EndCause {
    loop {
        let mut piece = match peer.outbox.next().await {
            NextWrite::Piece(piece) => piece,
            NextWrite::Finish => return EndCause::plain(EndReason::ClosedByUs),
            NextWrite::Failed(error) => return EndCause::of_connection(&error),
        };
        loop {
            match send_once(shared, link, peer, &mut piece) {
                Ok(true) => break,
                Ok(false) => {
                    if let Err(error) = link.socket.writable().await {
                        return EndCause::of_connection(&error);
                    }
                }
                Err(end) => return end,
            }
        }
    }
}

impl DatagramSender for DatagramLink {
    fn push_now(
        &self,
        peer: &Peer,
        bytes: &Arc<[u8]>,
        receipt: Option<&Receipt>,
    ) -> Result<(), PushError> {
        let Some(shared) = self.shared.upgrade() else { return Err(PushError::Closed) };
        let Some(mut lent) = peer.outbox.push_or_lend(bytes, receipt)? else { return Ok(()) };
        if let Some(piece) = lent.rest() {
            // What it did not take now is the peer's task's, as is what could not be written down.
            send_once(&shared, self, peer, piece).ok();
        }
        Ok(())
    }
}

/// Sends a datagram if the system takes it now, and writes that down; whether it needs to be sent no more. What the system
/// refuses for good is told and counts as missed.
fn send_once(
    shared: &SessionShared,
    link: &DatagramLink,
    peer: &Peer,
    piece: &mut Piece,
) -> Result<bool, EndCause> {
    let Some((path, _)) = &peer.datagrams else { return Ok(true) };
    for _ in 0..ATTEMPTS {
        if let Some(end) = shared.broken_now() {
            return Err(end);
        }
        // Held from before the sending until it is in the capture: the answer comes after it.
        let mut meter = peer.meter.lock();
        let (at, bytes) = (now(), piece.rest());
        let length = bytes.len();
        match link.socket.try_send_to(bytes, path.to) {
            Ok(_) => {
                meter.add(at, Direction::Out, length as u64);
                peer.outbox.taken(length, true);
                peer.touch(link.elapsed());
                let stored = shared.data(at, Direction::Out, peer, piece.part(length));
                drop(meter);
                piece.take(length);
                link.tell_fragments(shared, peer, length);
                return stored.map(|()| true);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if is_of_earlier_datagram(&error) => {
                drop(meter);
                link.hear_undelivered(shared, &error);
            }
            Err(error) => {
                drop(meter);
                peer.outbox.taken(length, true);
                piece.give_up();
                let repeats = path.unsent.lock().happens(Instant::now());
                if let Some(count) = repeats {
                    shared
                        .note(Some(peer), not_sent(count, &why_not_sent(peer.ends.remote, &error)));
                }
                return Ok(true);
            }
        }
    }
    Ok(false)
}

impl DatagramLink {
    /// Says once that a datagram is larger than what Ethernet carries whole.
    fn tell_fragments(&self, shared: &SessionShared, peer: &Peer, length: usize) {
        let whole = UdpSpec::unfragmented(peer.ends.remote.ip());
        if length <= whole as usize || self.fragments_told.swap(true, Ordering::Relaxed) {
            return;
        }
        shared.note(
            Some(peer),
            say!(
                "note-udp-fragments",
                "a datagram of {bytes} bytes is sent in fragments over Ethernet, which carries {most} bytes at once: if one is lost, all of it is",
                bytes = length,
                most = whole,
            ),
        );
    }
}

fn not_sent(count: u64, why: &str) -> Sentence {
    match why.is_empty() {
        true => {
            say!("note-udp-more-not-sent", "more datagrams were not sent: {count}", count = count)
        }
        false => say!(
            "note-udp-not-sent",
            "datagrams not sent: {count} ({why})",
            count = count,
            why = why,
        ),
    }
}

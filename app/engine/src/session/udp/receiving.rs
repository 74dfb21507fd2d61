//! Datagrams in.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use espalier_core::{Direction, Timestamp, say};
use tokio::io::Interest;
use tokio::time::{sleep, timeout};

use super::drops::DropCounter;
use super::link::DatagramLink;
use super::undelivered::is_of_earlier_datagram;
use crate::arrival;
use crate::clock::now;
use crate::session::behaviour;
use crate::session::end_cause::EndCause;
use crate::session::shared::SessionShared;

/// More than any datagram has: one that fills it was cut.
const LARGEST: usize = 64 << 10;

/// Datagrams that are read before others have their turn.
const BATCH: usize = 64;

/// How often it is asked what the system dropped, while datagrams come.
const LOOK: Duration = Duration::from_secs(1);

/// How long a socket is left alone that cannot be read.
const PAUSE: Duration = Duration::from_millis(100);

impl DatagramLink {
    /// Receives until the socket or the capture fails.
    pub(super) async fn receive(self: &Arc<Self>, shared: &Arc<SessionShared>) -> EndCause {
        let mut buffer = vec![0; LARGEST];
        let mut drops = DropCounter::of(&self.socket);
        let (mut looked, mut received) = (Instant::now(), false);
        loop {
            let ready = self.socket.ready(Interest::READABLE | Interest::ERROR);
            let ready = match received {
                // What was dropped of a burst is told though nothing follows it.
                true => timeout(LOOK, ready).await.ok(),
                false => Some(ready.await),
            };
            match ready {
                Some(Err(error)) => return EndCause::of_connection(&error),
                Some(Ok(ready)) if ready.is_error() => self.hear_errors(shared),
                _ => {}
            }
            for _ in 0..BATCH {
                // What is not read stays with the system.
                if let Some(end) = shared.broken_now() {
                    return end;
                }
                match arrival::receive_datagram(&self.socket, &mut buffer) {
                    Ok((count, from, stamped)) => {
                        received = true;
                        if let Err(end) = self.take(shared, from, &buffer[..count], stamped).await {
                            return end;
                        }
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) if is_of_earlier_datagram(&error) => {
                        self.hear_undelivered(shared, &error)
                    }
                    Err(error) if is_cut(&error) => cut(shared, LARGEST),
                    Err(error) => {
                        shared.note(
                            None,
                            say!("note-udp-unread", "cannot receive now: {error}", error = error),
                        );
                        sleep(PAUSE).await;
                        break;
                    }
                }
            }
            if received && looked.elapsed() >= LOOK {
                (looked, received) = (Instant::now(), ready.is_some());
                let dropped = drops.since_last();
                if dropped > 0 {
                    shared.note(
                        None,
                        say!(
                            "note-udp-dropped",
                            "the system dropped {count} datagrams that came faster than they were taken",
                            count = dropped,
                        ),
                    );
                }
            }
        }
    }

    /// Writes a datagram down, and hands it on.
    async fn take(
        self: &Arc<Self>,
        shared: &Arc<SessionShared>,
        from: SocketAddr,
        bytes: &[u8],
        stamped: Option<Timestamp>,
    ) -> Result<(), EndCause> {
        let at = arrival::time(stamped, now());
        let peer = self.peer_at(shared, from);
        if self.remote.is_none() {
            shared.set_counterpart(peer.id);
        }
        peer.touch(self.elapsed());
        {
            let mut meter = peer.meter.lock();
            meter.add(at, Direction::In, bytes.len() as u64);
            shared.data(at, Direction::In, &peer, bytes.into())?;
        }
        if bytes.len() == LARGEST {
            cut(shared, LARGEST);
        }
        if behaviour::is_wanted(shared, &peer) {
            behaviour::forward(shared, &peer, &bytes.into()).await;
        }
        Ok(())
    }
}

/// `WSAEMSGSIZE`: what came is larger than the buffer. Elsewhere it is cut without an error.
fn is_cut(error: &io::Error) -> bool {
    cfg!(windows) && error.raw_os_error() == Some(10040)
}

fn cut(shared: &SessionShared, most: usize) {
    shared.note(
        None,
        say!(
            "note-udp-cut",
            "a datagram was longer than {most} bytes and was cut there",
            most = most
        ),
    );
}

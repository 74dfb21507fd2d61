//! What waits to be sent on one connection: bounded, and the only way bytes get to its socket.

use std::collections::VecDeque;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::receipt::{Piece, Receipt};

/// Bytes that may wait on one connection. A piece that is larger is taken when nothing else waits.
pub const LIMIT: usize = 16 << 20;

/// What a piece costs beside its bytes, so that a queue of single bytes is bounded too.
const PIECE: usize = 64;

/// The queue of one connection.
#[derive(Debug, Default)]
pub struct Outbox {
    inner: Mutex<Inner>,
    filled: Notify,
    room: Notify,
    returned: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    /// Each piece is a datagram, and so is one without bytes.
    datagrams: bool,
    pieces: VecDeque<Piece>,
    /// Bytes not yet taken by the system, those of the piece being written included.
    bytes: usize,
    /// What the queue costs.
    cost: usize,
    stage: Stage,
    /// The end says nothing of itself.
    cut: bool,
    /// A piece is with who gave it: the writer waits for that.
    lent: bool,
    /// Why that one could not write it.
    failed: Option<io::Error>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Open,
    /// Nothing more is accepted; FIN follows the last piece.
    Finishing,
    /// The connection is over.
    Closed,
}

/// Why a piece was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushError {
    /// [`LIMIT`] bytes wait already.
    Full,
    /// Our sending half is closed or the connection is over.
    Closed,
}

/// What the writer does next.
#[derive(Debug)]
pub enum NextWrite {
    /// Write this.
    Piece(Piece),
    /// All is written: send FIN.
    Finish,
    /// A piece that was lent could not be written.
    Failed(io::Error),
}

/// A piece that is written at once by who gave it, in the writer's place. What is left of it is the writer's.
#[derive(Debug)]
pub struct LentPiece<'a> {
    outbox: &'a Outbox,
    piece: Option<Piece>,
    failed: Option<io::Error>,
}

impl LentPiece<'_> {
    /// What is to be written; `None`: it all is.
    pub fn rest(&mut self) -> Option<&mut Piece> {
        self.piece.as_mut().filter(|piece| !piece.is_done())
    }

    /// The system refused to go on: the writer is to end the connection for it.
    pub fn fail(mut self, error: io::Error) {
        self.failed = Some(error);
    }
}

impl Drop for LentPiece<'_> {
    fn drop(&mut self) {
        let mut inner = self.outbox.inner.lock();
        inner.lent = false;
        inner.failed = self.failed.take();
        if let Some(piece) = self.piece.take().filter(|piece| !piece.is_done()) {
            inner.pieces.push_front(piece);
        }
        // Mostly nothing is left to the writer, and it sleeps on.
        let has_more =
            !inner.pieces.is_empty() || inner.failed.is_some() || inner.stage != Stage::Open;
        drop(inner);
        self.outbox.returned.notify_all();
        if has_more {
            self.outbox.filled.notify_one();
        }
    }
}

impl Inner {
    /// Counts a piece that is taken; `None`: it is empty.
    fn accept(
        &mut self,
        bytes: &Arc<[u8]>,
        receipt: Option<&Receipt>,
    ) -> Result<Option<Piece>, PushError> {
        if self.stage != Stage::Open {
            return Err(PushError::Closed);
        }
        if bytes.is_empty() && !self.datagrams {
            return Ok(None);
        }
        let cost = bytes.len() + PIECE;
        if self.cost > 0 && self.cost + cost > LIMIT {
            return Err(PushError::Full);
        }
        self.bytes += bytes.len();
        self.cost += cost;
        Ok(Some(Piece::new(bytes.clone(), receipt.cloned())))
    }
}

impl Outbox {
    /// A queue of datagrams.
    pub fn of_datagrams() -> Self {
        let inner = Inner { datagrams: true, ..Inner::default() };
        Self { inner: Mutex::new(inner), ..Self::default() }
    }

    /// Takes a piece, all of it or nothing. Empty pieces are taken and forgotten, unless they are datagrams. The receipt tells what the system does not
    /// take of it.
    pub fn push(&self, piece: &Arc<[u8]>, receipt: Option<&Receipt>) -> Result<(), PushError> {
        let mut inner = self.inner.lock();
        let Some(piece) = inner.accept(piece, receipt)? else { return Ok(()) };
        inner.pieces.push_back(piece);
        drop(inner);
        self.filled.notify_one();
        Ok(())
    }

    /// The same; where nothing else waits, the piece is lent back, to be written at once.
    pub fn push_or_lend(
        &self,
        piece: &Arc<[u8]>,
        receipt: Option<&Receipt>,
    ) -> Result<Option<LentPiece<'_>>, PushError> {
        let mut inner = self.inner.lock();
        let is_idle = inner.cost == 0 && !inner.lent && inner.failed.is_none();
        let Some(piece) = inner.accept(piece, receipt)? else { return Ok(None) };
        if is_idle {
            inner.lent = true;
            return Ok(Some(LentPiece { outbox: self, piece: Some(piece), failed: None }));
        }
        inner.pieces.push_back(piece);
        drop(inner);
        self.filled.notify_one();
        Ok(None)
    }

    /// Takes a piece as soon as there is room, however long that takes.
    pub async fn push_when_room(
        &self,
        piece: &Arc<[u8]>,
        receipt: Option<&Receipt>,
    ) -> Result<(), PushError> {
        loop {
            let mut room = pin!(self.room.notified());
            // From here on no notification is missed.
            room.as_mut().enable();
            match self.push(piece, receipt) {
                Err(PushError::Full) => room.await,
                done => return done,
            }
        }
    }

    /// Takes a piece as soon as less than `window` bytes wait, however long that takes.
    pub async fn push_within(&self, piece: &Arc<[u8]>, window: usize) -> Result<(), PushError> {
        loop {
            let mut room = pin!(self.room.notified());
            room.as_mut().enable();
            if self.queued() < window {
                match self.push(piece, None) {
                    Err(PushError::Full) => {}
                    done => return done,
                }
            }
            room.await;
        }
    }

    /// Takes a piece as soon as there is room, unless nothing at all moves for `patience`.
    pub async fn push_with_patience(
        &self,
        piece: &Arc<[u8]>,
        receipt: Option<&Receipt>,
        patience: Duration,
    ) -> Result<(), PushError> {
        loop {
            let mut room = pin!(self.room.notified());
            room.as_mut().enable();
            match self.push(piece, receipt) {
                Err(PushError::Full) => {}
                done => return done,
            }
            timeout(patience, room).await.map_err(|_| PushError::Full)?;
        }
    }

    /// Whether anything more is accepted at all.
    pub fn accepts(&self) -> bool {
        self.inner.lock().stage == Stage::Open
    }

    /// Accepts nothing more; FIN follows what waits.
    pub fn finish(&self) {
        let mut inner = self.inner.lock();
        if inner.stage == Stage::Open {
            inner.stage = Stage::Finishing;
        }
        drop(inner);
        self.filled.notify_one();
        self.room.notify_waiters();
    }

    /// The same, and FIN comes without close_notify, where there is TLS: what is cut on its way does not say that it ends.
    pub fn cut(&self) {
        self.inner.lock().cut = true;
        self.finish();
    }

    /// Whether it was cut.
    pub fn is_cut(&self) -> bool {
        self.inner.lock().cut
    }

    /// The connection is over; returns how many bytes will never be sent. What is being written at once is waited for.
    pub fn close(&self) -> usize {
        let mut inner = self.inner.lock();
        inner.stage = Stage::Closed;
        while inner.lent {
            self.returned.wait(&mut inner);
        }
        inner.pieces.clear();
        inner.cost = 0;
        let unsent = std::mem::take(&mut inner.bytes);
        drop(inner);
        self.room.notify_waiters();
        unsent
    }

    /// The next piece in order, or the end; waits for one of them. For the one writer alone.
    pub async fn next(&self) -> NextWrite {
        loop {
            if let Some(next) = self.take() {
                return next;
            }
            self.filled.notified().await;
        }
    }

    fn take(&self) -> Option<NextWrite> {
        let mut inner = self.inner.lock();
        if inner.lent {
            return None;
        }
        if let Some(error) = inner.failed.take() {
            return Some(NextWrite::Failed(error));
        }
        match (inner.pieces.pop_front(), inner.stage) {
            (Some(piece), _) => Some(NextWrite::Piece(piece)),
            (None, Stage::Finishing) => Some(NextWrite::Finish),
            (None, _) => None,
        }
    }

    /// The system took `bytes` of the current piece; `last` ends it.
    pub fn taken(&self, bytes: usize, last: bool) {
        let mut inner = self.inner.lock();
        inner.bytes = inner.bytes.saturating_sub(bytes);
        inner.cost = inner.cost.saturating_sub(bytes + if last { PIECE } else { 0 });
        drop(inner);
        self.room.notify_waiters();
    }

    /// Bytes that wait to be sent, those of the piece being written included.
    pub fn queued(&self) -> usize {
        self.inner.lock().bytes
    }

    /// Whether less than half of [`LIMIT`] is used.
    pub fn is_roomy(&self) -> bool {
        self.inner.lock().cost < LIMIT / 2
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    fn piece(length: usize) -> Arc<[u8]> {
        vec![7; length].into()
    }

    #[test]
    fn a_full_outbox_refuses_until_the_system_took_some() {
        let outbox = Outbox::default();
        outbox.push(&piece(LIMIT - PIECE), None).unwrap();
        assert_eq!(outbox.push(&piece(1), None), Err(PushError::Full));
        outbox.taken(100, false);
        outbox.push(&piece(1), None).unwrap();
        assert_eq!(outbox.queued(), LIMIT - PIECE - 100 + 1);
    }

    #[test]
    fn a_queue_of_single_bytes_is_bounded_too() {
        let outbox = Outbox::default();
        let taken = (0..LIMIT).take_while(|_| outbox.push(&piece(1), None).is_ok()).count();
        assert_eq!(taken, LIMIT / (PIECE + 1));
    }

    #[test]
    fn one_piece_above_the_limit_is_taken_when_nothing_waits() {
        let outbox = Outbox::default();
        outbox.push(&piece(2 * LIMIT), None).unwrap();
        assert_eq!(outbox.push(&piece(1), None), Err(PushError::Full));
    }

    #[tokio::test]
    async fn what_is_written_at_once_goes_before_all_that_comes_meanwhile() {
        let outbox = Outbox::default();
        let mut lent = outbox.push_or_lend(&piece(10), None).unwrap().expect("nothing waits");
        outbox.push(&piece(3), None).unwrap();
        assert!(outbox.push_or_lend(&piece(2), None).unwrap().is_none(), "something waits");
        assert!(outbox.take().is_none(), "the writer waits, too");
        lent.rest().unwrap().take(4);
        outbox.taken(4, false);
        drop(lent);
        let mut lengths = Vec::new();
        for _ in 0..3 {
            let NextWrite::Piece(mut piece) = outbox.next().await else { panic!("a piece") };
            let length = piece.rest().len();
            lengths.push(length);
            piece.take(length);
            outbox.taken(length, true);
        }
        assert_eq!(lengths, [6, 3, 2]);
        let whole = outbox.push_or_lend(&piece(1), None).unwrap().expect("nothing waits");
        whole.fail(ErrorKind::ConnectionReset.into());
        let next = outbox.next().await;
        assert!(
            matches!(next, NextWrite::Failed(error) if error.kind() == ErrorKind::ConnectionReset)
        );
    }

    #[test]
    fn a_connection_is_over_when_what_is_written_at_once_is_back() {
        let outbox = Arc::new(Outbox::default());
        let unsent = crate::receipt::UnsentCounter::default();
        let receipt = unsent.receipt();
        let mut lent = outbox.push_or_lend(&piece(10), Some(&receipt)).unwrap().unwrap();
        drop(receipt);
        let closed = outbox.clone();
        let closing = std::thread::Builder::new().name("closing".to_owned());
        let closing = closing.spawn(move || closed.close()).unwrap();
        while outbox.accepts() {
            std::thread::yield_now();
        }
        lent.rest().unwrap().take(4);
        outbox.taken(4, false);
        drop(lent);
        assert_eq!(closing.join().unwrap(), 6);
        assert_eq!(unsent.missed_bytes(), 6);
    }

    #[tokio::test]
    async fn the_end_comes_after_all_that_waited_and_nothing_is_accepted_behind_it() {
        let outbox = Outbox::default();
        outbox.push(&piece(3), None).unwrap();
        outbox.finish();
        assert_eq!(outbox.push(&piece(1), None), Err(PushError::Closed));
        assert!(matches!(outbox.next().await, NextWrite::Piece(piece) if piece.rest().len() == 3));
        assert!(matches!(outbox.next().await, NextWrite::Finish));
    }

    #[tokio::test(start_paused = true)]
    async fn patience_ends_only_when_nothing_moves() {
        let outbox = Arc::new(Outbox::default());
        outbox.push(&piece(LIMIT), None).unwrap();
        let second = Duration::from_secs(1);
        assert_eq!(outbox.push_with_patience(&piece(9), None, second).await, Err(PushError::Full));
        let slow = outbox.clone();
        let reader = tokio::spawn(async move {
            for _ in 0..20 {
                tokio::time::sleep(second / 2).await;
                slow.taken(1, false);
            }
            slow.taken(LIMIT, false);
        });
        assert_eq!(outbox.push_with_patience(&piece(9), None, second).await, Ok(()));
        reader.await.unwrap();
    }

    #[tokio::test]
    async fn a_datagram_without_bytes_waits_for_its_turn_as_any_other() {
        let outbox = Outbox::of_datagrams();
        outbox.push(&piece(0), None).unwrap();
        assert!(outbox.push_or_lend(&piece(2), None).unwrap().is_none(), "something waits");
        for length in [0, 2] {
            let NextWrite::Piece(mut piece) = outbox.next().await else { panic!("a piece") };
            assert_eq!((piece.rest().len(), piece.is_done()), (length, false));
            piece.take(length);
            assert!(piece.is_done());
            outbox.taken(length, true);
        }
        let mut lent = outbox.push_or_lend(&piece(0), None).unwrap().expect("nothing waits");
        assert!(lent.rest().is_some());
        drop(lent);
        assert!(matches!(outbox.next().await, NextWrite::Piece(_)), "it was not sent");
    }
}

//! The digests of what a session moves, made behind it: a byte costs more to digest than to receive, so who moves it does not
//! wait for that. They are exact whenever they are asked for.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use espalier_core::Direction;
use espalier_core::session::Integrity;
use parking_lot::{Condvar, Mutex};
use sha2::{Digest as _, Sha256};

use crate::part::{KeptPart, Part};

/// What may wait for one session's digests; who brings more digests as much first.
const LIMIT: usize = 4 << 20;

/// What waits when the thread is called. Less is digested by who asks for the digests.
const ENOUGH: usize = 512 << 10;

/// What is digested for one session before it is another one's turn.
const TURN: usize = 1 << 20;

/// Up to so many bytes are digested at once, where nothing waits: they take less time than to keep them.
const SMALL: usize = 2 << 10;

/// What a piece costs beside its bytes.
const PIECE: usize = 64;

/// The digests of one session. Clones are handles of the same ones.
#[derive(Clone, Debug, Default)]
pub struct Digests(Arc<Session>);

#[derive(Debug, Default)]
struct Session {
    waiting: Mutex<Waiting>,
    /// Locked before `waiting`, or else only tried: who has it decides what is digested next.
    made: Mutex<Made>,
}

/// What is not digested yet.
#[derive(Debug, Default)]
struct Waiting {
    pieces: VecDeque<(Direction, KeptPart)>,
    cost: usize,
    /// The thread will come.
    called: bool,
}

#[derive(Debug, Default)]
struct Made {
    digests: [Sha256; 2],
    bytes: [u64; 2],
}

impl Digests {
    /// Digests what moved, now or later; in the order of these calls.
    pub fn add(&self, direction: Direction, part: Part<'_>) {
        let length = part.bytes().len();
        let mut waiting = self.0.waiting.lock();
        if length <= SMALL
            && waiting.pieces.is_empty()
            && let Some(mut made) = self.0.made.try_lock()
        {
            return made.add(direction, part.bytes());
        }
        waiting.pieces.push_back((direction, part.keep()));
        waiting.cost += length + PIECE;
        let calls = waiting.cost >= ENOUGH && !waiting.called;
        waiting.called |= calls;
        let excess = waiting.cost.saturating_sub(LIMIT);
        drop(waiting);
        if calls {
            THREAD.call(self.0.clone());
        }
        if excess > 0 {
            self.0.digest(excess);
        }
    }

    /// The digests of all that was added before.
    pub fn integrity(&self) -> Integrity {
        let waits = self.0.waiting.lock().cost;
        self.0.digest(waits);
        let (digests, bytes) = {
            let made = self.0.made.lock();
            (made.digests.clone(), made.bytes)
        };
        let [received, sent] = digests.map(|digest| digest.finalize().into());
        let [received_bytes, sent_bytes] = bytes;
        Integrity { received, received_bytes, sent, sent_bytes }
    }
}

impl Session {
    /// Digests the oldest of what waits, as much as costs this; others may take their share of it.
    fn digest(&self, mut cost: usize) {
        while cost > 0 {
            let mut made = self.made.lock();
            let Some((direction, part)) = self.waiting.lock().take() else { return };
            made.add(direction, part.bytes());
            cost = cost.saturating_sub(part.bytes().len() + PIECE);
        }
    }

    /// Whether there is more to do for the thread; otherwise it will be called again.
    fn is_left(&self) -> bool {
        let mut waiting = self.waiting.lock();
        waiting.called = !waiting.pieces.is_empty();
        waiting.called
    }
}

impl Waiting {
    fn take(&mut self) -> Option<(Direction, KeptPart)> {
        let (direction, part) = self.pieces.pop_front()?;
        self.cost -= part.bytes().len() + PIECE;
        Some((direction, part))
    }
}

impl Made {
    fn add(&mut self, direction: Direction, bytes: &[u8]) {
        self.digests[direction as usize].update(bytes);
        self.bytes[direction as usize] += bytes.len() as u64;
    }
}

/// The one thread that digests for all sessions, in turn. Each is in its queue once at most.
struct DigestThread {
    sessions: Mutex<VecDeque<Arc<Session>>>,
    called: Condvar,
}

static THREAD: DigestThread =
    DigestThread { sessions: Mutex::new(VecDeque::new()), called: Condvar::new() };

impl DigestThread {
    /// Has a session's turn come. The thread begins with the first one; without it, who brings too much digests himself.
    fn call(&'static self, session: Arc<Session>) {
        static STARTED: OnceLock<bool> = OnceLock::new();
        let started = *STARTED.get_or_init(|| {
            let thread = std::thread::Builder::new().name("espalier-digests".to_owned());
            let spawned = thread.spawn(|| self.run());
            spawned.inspect_err(|error| tracing::error!("no thread digests: {error}")).is_ok()
        });
        if started {
            self.sessions.lock().push_back(session);
            self.called.notify_one();
        }
    }

    fn run(&self) {
        loop {
            let session = {
                let mut sessions = self.sessions.lock();
                loop {
                    match sessions.pop_front() {
                        Some(session) => break session,
                        None => self.called.wait(&mut sessions),
                    }
                }
            };
            session.digest(TURN);
            if session.is_left() {
                self.sessions.lock().push_back(session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(length: usize, seed: u8) -> Vec<u8> {
        (0..length).map(|n| (n as u8).wrapping_mul(31) ^ (n >> 8) as u8 ^ seed).collect()
    }

    fn expected(of: &[Vec<u8>]) -> ([u8; 32], u64) {
        let digest = of.iter().fold(Sha256::new(), |digest, piece| digest.chain_update(piece));
        (digest.finalize().into(), of.iter().map(|piece| piece.len() as u64).sum())
    }

    #[test]
    fn they_are_exact_whenever_they_are_asked_for() {
        let digests = Digests::default();
        let mut added = [Vec::new(), Vec::new()];
        for n in 0..400_usize {
            let direction = if n % 3 == 0 { Direction::Out } else { Direction::In };
            let piece = noise(if n % 5 == 0 { 70 } else { 64 << 10 }, n as u8);
            match n % 2 {
                0 => digests.add(direction, Part::from(&piece[..])),
                _ => digests.add(direction, Part::from(&Arc::from(&piece[..]))),
            }
            added[direction as usize].push(piece);
            if n % 97 == 0 || n == 399 {
                let is = digests.integrity();
                assert_eq!((is.received, is.received_bytes), expected(&added[0]));
                assert_eq!((is.sent, is.sent_bytes), expected(&added[1]));
            }
        }
    }

    #[test]
    fn no_more_than_the_limit_waits() {
        let digests = Digests::default();
        // As if the thread were with somebody else.
        digests.0.waiting.lock().called = true;
        let piece: Arc<[u8]> = noise(64 << 10, 0).into();
        for _ in 0..200 {
            digests.add(Direction::In, Part::from(&piece));
            assert!(digests.0.waiting.lock().cost <= LIMIT);
        }
        assert_eq!(digests.integrity().received_bytes, 200 << 16);
    }
}

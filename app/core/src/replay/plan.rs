//! What a replay comes to, found before anything is sent.

use std::collections::BTreeMap;

use super::script::{is_chosen, kind_of};
use super::{PlayStepKind, ReplayChoice};
use crate::capture::{Cursor, Damage, RecordBody, Source};
use crate::session::SessionEvent;
use crate::{Direction, PeerId, Position, Progress, Sentence, Timestamp, say};

/// A part of a capture that can be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayPlan {
    /// Whose.
    pub peer: PeerId,
    /// Where the capture ended when it was looked at: what is added later is not played.
    pub end: Position,
    /// When its first record was made.
    pub first: Timestamp,
    /// When its last one was.
    pub last: Timestamp,
    /// How many parts are played.
    pub parts: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Bytes that were answered.
    pub expected: u64,
    /// How many exchanges it has.
    pub exchanges: u64,
    /// Its parts are datagrams.
    pub datagrams: bool,
    /// What of the capture cannot be read.
    pub damage: Option<Damage>,
    /// Records of which the capture has only the beginning.
    pub cut: u64,
    /// Bytes that the capture of another program lacked when it was imported.
    pub lacking: u64,
}

/// Why nothing can be played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayFault {
    /// The part has nothing of the side that is to be played.
    #[error("{}", empty(*.0, *.1))]
    Empty(Direction, Option<PeerId>),
    /// There are several connections, and none was chosen: the first of them, and how many there are.
    #[error("{}", several(.0, *.1))]
    SeveralPeers(Vec<PeerId>, usize),
    /// Parts of it are damaged or missing.
    #[error("{}", damaged(.0))]
    Damaged(Damage),
    /// Of so many records it has only the beginning: whoever made it kept no more of each packet.
    #[error("{}", cut(*.0))]
    Cut(u64),
    /// The capture of another program that it was made of lacked so many bytes.
    #[error("{}", lacking(*.0))]
    Lacking(u64),
    /// Nobody wants it any more.
    #[error("cancelled")]
    Cancelled,
}

impl ReplayFault {
    /// The same for the user.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::Empty(direction, peer) => empty(*direction, *peer),
            Self::SeveralPeers(peers, count) => several(peers, *count),
            Self::Damaged(damage) => damaged(damage),
            Self::Cut(records) => cut(*records),
            Self::Lacking(bytes) => lacking(*bytes),
            Self::Cancelled => say!("replay-cancelled", "cancelled"),
        }
    }
}

fn empty(direction: Direction, peer: Option<PeerId>) -> Sentence {
    match (direction, peer) {
        (Direction::Out, None) => say!(
            "replay-nothing-sent",
            "nothing was sent there that could be sent again: what was received is played by taking the part of the other side"
        ),
        (Direction::In, None) => {
            say!("replay-nothing-received", "nothing was received there that could be played")
        }
        (_, Some(peer)) => say!(
            "replay-nothing-of",
            "there is nothing of connection #{number} that could be played",
            number = peer.0,
        ),
    }
}

fn several(peers: &[PeerId], count: usize) -> Sentence {
    let mut named: Vec<_> = peers.iter().map(|peer| format!("#{}", peer.0)).collect();
    if named.len() < count {
        named.push("…".to_owned());
    }
    say!(
        "replay-several-peers",
        "several connections are in this capture ({peers}; in all {count}): choose the one that is to be played",
        count = count,
        peers = named.join(", "),
    )
}

fn damaged(damage: &Damage) -> Sentence {
    let Damage { at, what, skipped, .. } = damage;
    say!(
        "replay-damaged",
        "parts of the capture are missing or damaged, from byte {place} on ({what}; bytes in all: {bytes}): what would be sent is not what was",
        bytes = skipped,
        place = at,
        what = what,
    )
}

fn cut(records: u64) -> Sentence {
    say!(
        "replay-cut",
        "of some records ({records}) the capture has only the beginning, because a snapshot length was set: what would be sent is not what was",
        records = records,
    )
}

fn lacking(bytes: u64) -> Sentence {
    say!(
        "replay-lacking",
        "the capture that this one was imported from lacks a part of what moved (bytes: {bytes}): what would be sent is not what was",
        bytes = bytes,
    )
}

/// How many bytes are missing where this is told; none elsewhere. The notes are those of the import (`engine::capture::foreign`).
fn missing(event: &SessionEvent) -> u64 {
    let SessionEvent::Note(note) = event else { return 0 };
    if !matches!(note.key(), Some("foreign-missing-sent" | "foreign-missing-received")) {
        return 0;
    }
    note.arguments().iter().find_map(|(_, value)| value.parse().ok()).unwrap_or(1)
}

/// What a connection has of the part that is played.
#[derive(Clone, Copy, Default)]
struct PeerShare {
    parts: u64,
    bytes: u64,
    expected: u64,
    exchanges: u64,
    lacking: u64,
    open: bool,
    datagrams: bool,
    span: Option<(Timestamp, Timestamp)>,
}

impl ReplayPlan {
    /// How many connections are named where several are in the way.
    const NAMED: usize = 8;

    /// Looks through a capture once. `damaged`: what cannot be read, or is not there, is passed over.
    ///
    /// # Errors
    /// [`ReplayFault`]: nothing of it can be played so.
    pub fn of(
        source: &dyn Source,
        choice: &ReplayChoice,
        damaged: bool,
        progress: &Progress,
    ) -> Result<Self, ReplayFault> {
        let end = Position(source.extent().end);
        let from = choice.places.as_ref().map_or(Position(0), |places| places.start);
        let until = choice.places.as_ref().map_or(end, |places| places.end.min(end));
        let mut shares = BTreeMap::<PeerId, PeerShare>::new();
        let mut cursor = Cursor::new(source, from);
        while let Some(record) = cursor.next() {
            if record.position >= until {
                break;
            }
            if progress.is_cancelled() {
                return Err(ReplayFault::Cancelled);
            }
            progress.set(record.position.0.saturating_sub(from.0), until.0.saturating_sub(from.0));
            if choice.peer.is_some_and(|peer| peer != record.peer) || !is_chosen(&record, choice) {
                continue;
            }
            if let RecordBody::Event(event) = &record.body {
                let lacking = missing(event);
                if lacking > 0 {
                    shares.entry(record.peer).or_default().lacking += lacking;
                }
                continue;
            }
            let Some(kind) = kind_of(&record, choice, record.peer) else { continue };
            let share = shares.entry(record.peer).or_default();
            let RecordBody::Data(bytes) = &record.body else { continue };
            share.datagrams |= record.datagram;
            share.span = Some((share.span.map_or(record.at, |(first, _)| first), record.at));
            match kind {
                PlayStepKind::Play => {
                    share.exchanges += u64::from(!share.open);
                    share.open = true;
                    share.parts += 1;
                    share.bytes += bytes.len() as u64;
                }
                PlayStepKind::Expect => {
                    share.open = false;
                    share.expected += bytes.len() as u64;
                }
                PlayStepKind::Finish => {}
            }
        }
        if !damaged {
            if let Some(damage) = cursor.damage() {
                return Err(ReplayFault::Damaged(damage));
            }
            if cursor.cut() > 0 {
                return Err(ReplayFault::Cut(cursor.cut()));
            }
        }
        shares.retain(|_, share| share.parts > 0);
        if shares.len() > 1 {
            let named = shares.keys().copied().take(Self::NAMED).collect();
            return Err(ReplayFault::SeveralPeers(named, shares.len()));
        }
        let Some((peer, share)) = shares.pop_first() else {
            return Err(ReplayFault::Empty(choice.direction, choice.peer));
        };
        let (first, last) = share.span.unwrap_or_default();
        let PeerShare { parts, bytes, expected, exchanges, lacking, datagrams, .. } = share;
        if lacking > 0 && !damaged {
            return Err(ReplayFault::Lacking(lacking));
        }
        let (damage, cut) = (cursor.damage(), cursor.cut());
        Ok(Self {
            peer,
            end,
            first,
            last,
            parts,
            bytes,
            expected,
            exchanges,
            datagrams,
            damage,
            cut,
            lacking,
        })
    }
}

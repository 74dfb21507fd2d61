//! What a replay comes to, found before anything is sent.

use std::collections::BTreeMap;

use super::script::{StepReader, is_chosen};
use super::{PlayStepKind, ReplayChoice};
use crate::capture::{Cursor, Damage, RecordBody, Source, WatchedSource};
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
    /// When the other side had said that it sends no more (FIN), whoever is played went on sending, or said so clearly later.
    pub half_open: bool,
    /// What of the capture cannot be read.
    pub damage: Option<Damage>,
    /// Records of which the capture has only the beginning.
    pub cut: u64,
    /// Bytes behind its last whole record.
    pub torn: u64,
    /// Bytes before its oldest record, which retention has let go.
    pub retired: u64,
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
    /// Its last record, of so many bytes, was cut off.
    #[error("{}", torn(*.0))]
    Torn(u64),
    /// So many bytes of its beginning are not kept any more.
    #[error("{}", retired(*.0))]
    Retired(u64),
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
            Self::Torn(bytes) => torn(*bytes),
            Self::Retired(bytes) => retired(*bytes),
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

fn torn(bytes: u64) -> Sentence {
    say!(
        "replay-torn",
        "the end of the capture is no whole record (bytes: {bytes}): what would be sent is not what was",
        bytes = bytes,
    )
}

fn retired(bytes: u64) -> Sentence {
    say!(
        "replay-retired",
        "the beginning of the capture is not kept any more (bytes: {bytes}): what would be sent is not what was",
        bytes = bytes,
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
    reader: StepReader,
    parts: u64,
    bytes: u64,
    expected: u64,
    exchanges: u64,
    lacking: u64,
    open: bool,
    datagrams: bool,
    /// Its first record is there.
    has_begun: bool,
    /// When the other side said that it sends no more.
    other_ended: Option<Timestamp>,
    half_open: bool,
    span: Option<(Timestamp, Timestamp)>,
}

impl PeerShare {
    /// A FIN that follows the other side's so soon, in nanoseconds, was nobody's decision.
    const AT_ONCE: i64 = 250_000_000;

    fn event(&mut self, event: &SessionEvent) {
        self.lacking += missing(event);
        self.has_begun |= matches!(
            event,
            SessionEvent::Accepted { .. }
                | SessionEvent::Connected { .. }
                | SessionEvent::Met { .. }
        );
    }

    fn data(&mut self, kind: PlayStepKind, at: Timestamp, length: u64) {
        self.span = Some((self.span.map_or(at, |(first, _)| first), at));
        if kind == PlayStepKind::Expect {
            self.open = false;
            self.expected += length;
            return;
        }
        self.exchanges += u64::from(!self.open);
        self.open = true;
        self.parts += 1;
        self.bytes += length;
    }

    /// What whoever is played did when the other side was over already.
    fn after_end(&mut self, kind: Option<PlayStepKind>, at: Timestamp) {
        if !self.reader.other_is_over {
            return;
        }
        let ended = *self.other_ended.get_or_insert(at);
        self.half_open |= match kind {
            Some(PlayStepKind::Play | PlayStepKind::Finish) => true,
            Some(PlayStepKind::FinishAfter) => at.0.saturating_sub(ended.0) > Self::AT_ONCE,
            Some(PlayStepKind::Expect) | None => false,
        };
    }
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
        let extent = source.extent();
        let end = Position(extent.end);
        let from = choice.places.as_ref().map_or(Position(0), |places| places.start);
        let until = choice.places.as_ref().map_or(end, |places| places.end.min(end));
        let watched = WatchedSource::new(source, from.0.max(extent.start)..until.0, progress);
        let mut shares = BTreeMap::<PeerId, PeerShare>::new();
        let mut cursor = Cursor::new(&watched, from);
        let mut oldest = None;
        while let Some(record) = cursor.next() {
            if record.position >= until || progress.is_cancelled() {
                break;
            }
            oldest.get_or_insert(record.at);
            if choice.peer.is_some_and(|peer| peer != record.peer) || !is_chosen(&record, choice) {
                continue;
            }
            let share = shares.entry(record.peer).or_default();
            let kind = share.reader.kind_of(&record, choice.direction);
            match (&record.body, kind) {
                (RecordBody::Event(event), _) => share.event(event),
                (RecordBody::Data(bytes), Some(kind)) => {
                    share.datagrams |= record.datagram;
                    share.data(kind, record.at, bytes.len() as u64);
                }
                (RecordBody::Data(_), None) => {}
            }
            share.after_end(kind, record.at);
        }
        if progress.is_cancelled() {
            return Err(ReplayFault::Cancelled);
        }
        let (damage, cut) = (cursor.damage(), cursor.cut());
        let refusal = match (damage, cut) {
            (Some(damage), _) => Some(ReplayFault::Damaged(damage)),
            (None, 0) => None,
            (None, records) => Some(ReplayFault::Cut(records)),
        };
        if let Some(fault) = refusal.filter(|_| !damaged) {
            return Err(fault);
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
        // Of a connection that has its beginning nothing is gone, and nothing that was chosen of what begins later.
        let begins_later = choice.since.zip(oldest).is_some_and(|(since, oldest)| since > oldest);
        let is_whole = share.has_begun || begins_later;
        let plan = Self {
            peer,
            end,
            first,
            last,
            parts: share.parts,
            bytes: share.bytes,
            expected: share.expected,
            exchanges: share.exchanges,
            datagrams: share.datagrams,
            half_open: share.half_open,
            damage,
            cut,
            torn: if until == end { source.torn() } else { 0 },
            retired: if is_whole { 0 } else { extent.start.saturating_sub(from.0) },
            lacking: share.lacking,
        };
        match plan.faults().into_iter().next() {
            Some(fault) if !damaged => Err(fault),
            _ => Ok(plan),
        }
    }

    /// What of it is not as it was, although it is played.
    pub fn faults(&self) -> Vec<ReplayFault> {
        let counted = [
            (self.cut, ReplayFault::Cut as fn(u64) -> ReplayFault),
            (self.torn, ReplayFault::Torn),
            (self.retired, ReplayFault::Retired),
            (self.lacking, ReplayFault::Lacking),
        ];
        let counted = counted.into_iter().filter(|(count, _)| *count > 0);
        let damage = self.damage.map(ReplayFault::Damaged);
        damage.into_iter().chain(counted.map(|(count, fault)| fault(count))).collect()
    }
}

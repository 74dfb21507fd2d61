//! What is known of one connection, and what happens to it.

use std::net::SocketAddr;

use espalier_core::capture::Endpoints;
use espalier_core::session::{EndReason, SessionEvent};
use espalier_core::{Direction, say};

use super::packet::Segment;
use super::reassembly::{Reassembled, Reassembler};

/// What a connection brings, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StreamItem<'a> {
    Data(Direction, &'a [u8]),
    Event(SessionEvent),
}

/// Who hears of it.
pub(super) type Emit<'t> = &'t mut dyn FnMut(StreamItem<'_>);

/// A TCP connection. *We* are the side that sent the SYN; when the capture begins later, the side with the higher port, because
/// servers have the lower one, or that of the first packet.
#[derive(Debug)]
pub(super) struct TcpConnection {
    pub ends: Endpoints,
    ours: Reassembler,
    theirs: Reassembler,
    /// The number of the SYN that began it.
    syn: Option<u32>,
    /// The other side answered.
    stands: bool,
    closing: Option<Direction>,
    pub over: bool,
    /// Bytes that are not in the capture.
    pub missing: u64,
}

impl TcpConnection {
    /// The connection that a segment is the first of.
    pub fn new(segment: &Segment<'_>, emit: Emit<'_>) -> Self {
        let (from, to) = (segment.from, segment.to);
        let ours = match (segment.syn, segment.acknowledged) {
            (true, None) => true,
            (true, Some(_)) => false,
            (false, _) => from.port() >= to.port(),
        };
        let (local, remote) = if ours { (from, to) } else { (to, from) };
        let syn = (segment.syn && ours).then_some(segment.sequence);
        emit(StreamItem::Event(if segment.syn {
            SessionEvent::Connecting { target: remote.to_string() }
        } else {
            SessionEvent::Note(say!(
                "foreign-begun-before",
                "The capture begins in the middle of this connection"
            ))
        }));
        Self {
            ends: Endpoints::tcp(local, remote),
            ours: Reassembler::default(),
            theirs: Reassembler::default(),
            syn,
            stands: !segment.syn,
            closing: None,
            over: false,
            missing: 0,
        }
    }

    /// Whether a segment begins another connection between the same ends.
    pub fn is_followed_by(&self, segment: &Segment<'_>) -> bool {
        let opens = segment.syn && segment.acknowledged.is_none();
        let again = self.syn == Some(segment.sequence) && self.ends.local == segment.from;
        opens && !again
    }

    /// Memory that pieces take which came early.
    pub const fn held(&self) -> usize {
        self.ours.held() + self.theirs.held()
    }

    fn direction(&self, from: SocketAddr) -> Direction {
        if from == self.ends.local { Direction::Out } else { Direction::In }
    }

    fn half(&mut self, direction: Direction) -> &mut Reassembler {
        match direction {
            Direction::Out => &mut self.ours,
            Direction::In => &mut self.theirs,
        }
    }

    /// A segment of it.
    pub fn take(&mut self, segment: &Segment<'_>, emit: Emit<'_>) {
        if self.over {
            return;
        }
        let direction = self.direction(segment.from);
        if segment.rst {
            return self.reset(direction, emit);
        }
        let mut sequence = segment.sequence;
        if segment.syn {
            // A SYN is counted as one byte before the first.
            sequence = sequence.wrapping_add(1);
            if !self.half(direction).is_begun() {
                self.half(direction).begin(sequence);
            }
            if direction == Direction::In && !self.stands {
                self.stands = true;
                let Endpoints { local, remote, .. } = self.ends;
                emit(StreamItem::Event(SessionEvent::Connected { local, remote }));
            }
        }
        if !segment.payload.is_empty() {
            self.work(direction, emit, |half, out| half.push(sequence, segment.payload, out));
        }
        if segment.cut > 0 {
            let behind = sequence.wrapping_add(segment.payload.len() as u32);
            self.work(direction, emit, |half, out| half.cut(behind, segment.cut as u64, out));
        }
        if segment.fin {
            let length = (segment.payload.len() + segment.cut) as u32;
            self.half(direction).finish(sequence.wrapping_add(length));
        }
        if let Some(acknowledged) = segment.acknowledged {
            self.work(other(direction), emit, |half, out| half.acknowledged(acknowledged, out));
        }
        self.ends(emit);
    }

    /// Lets a half work, and tells what comes out.
    fn work(
        &mut self,
        direction: Direction,
        emit: Emit<'_>,
        work: impl FnOnce(&mut Reassembler, &mut dyn FnMut(Reassembled<'_>)),
    ) {
        let mut missing = 0;
        work(self.half(direction), &mut |piece| match piece {
            Reassembled::Data(bytes) => emit(StreamItem::Data(direction, bytes)),
            Reassembled::Missing(bytes) => {
                missing += bytes;
                emit(StreamItem::Event(told_missing(direction, bytes)));
            }
        });
        self.missing += missing;
    }

    /// Frees memory: gives up what is missing before the early pieces.
    pub fn give_up(&mut self, emit: Emit<'_>) {
        for direction in [Direction::Out, Direction::In] {
            self.work(direction, &mut *emit, Reassembler::skip);
        }
    }

    fn reset(&mut self, by: Direction, emit: Emit<'_>) {
        self.finish(&mut *emit);
        let reason = match by {
            Direction::In if !self.stands => EndReason::Refused,
            Direction::In => EndReason::ResetByPeer,
            Direction::Out => EndReason::ResetByUs,
        };
        self.end(reason, emit);
    }

    /// What FINs say, once everything before them is out.
    fn ends(&mut self, emit: Emit<'_>) {
        for (direction, over) in
            [(Direction::Out, self.ours.is_over()), (Direction::In, self.theirs.is_over())]
        {
            if !over || self.over || self.closing == Some(direction) {
                continue;
            }
            match (self.closing, direction) {
                (None, Direction::In) => emit(StreamItem::Event(SessionEvent::PeerHalfClosed)),
                (None, Direction::Out) => emit(StreamItem::Event(SessionEvent::HalfClosed)),
                (Some(Direction::In), _) => self.end(EndReason::ClosedByPeer, &mut *emit),
                (Some(Direction::Out), _) => self.end(EndReason::ClosedByUs, &mut *emit),
            }
            self.closing.get_or_insert(direction);
        }
    }

    fn end(&mut self, reason: EndReason, emit: Emit<'_>) {
        self.over = true;
        emit(StreamItem::Event(SessionEvent::Ended { reason, detail: String::new() }));
    }

    /// Nothing more of it will come.
    pub fn finish(&mut self, emit: Emit<'_>) {
        if self.over {
            return;
        }
        for direction in [Direction::Out, Direction::In] {
            self.work(direction, &mut *emit, Reassembler::close);
        }
        self.ends(emit);
    }
}

/// That bytes are missing; a replay knows these notes by their keys.
pub fn told_missing(direction: Direction, bytes: u64) -> SessionEvent {
    SessionEvent::Note(match direction {
        Direction::In => say!(
            "foreign-missing-received",
            "{bytes} received bytes are missing from the capture",
            bytes = bytes
        ),
        Direction::Out => say!(
            "foreign-missing-sent",
            "{bytes} sent bytes are missing from the capture",
            bytes = bytes
        ),
    })
}

const fn other(direction: Direction) -> Direction {
    match direction {
        Direction::In => Direction::Out,
        Direction::Out => Direction::In,
    }
}
